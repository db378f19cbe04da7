"""The store's file: never plain text, never opened with the wrong key, and honest when it fails."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import (
    NewerStore,
    NotSaved,
    StoreDamaged,
    StoreLocked,
    ThroughcareError,
    WrongKey,
)
from sync_protocol.io.connection import SqlConnection, open_encrypted, transaction
from tests import toys
from tests.contract.places import STORE_KEY, DiskPlaces
from tests.contract.world import Node, World, parcel

CANARY = "canary-of-the-parcel"
PAGE_BYTES = 4096


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub whose store is a file in a folder of its own."""
    folder = tmp_path / "stores"
    folder.mkdir()
    made = World(DiskPlaces(folder))
    yield made
    for node in (made.hub, *made.spokes.values()):
        node.store.close()


@pytest.fixture
def office(world: World) -> Node:
    """A spoke on that disk."""
    return world.spoke("LEI")


def _path(node: Node) -> Path:
    assert isinstance(node.places, DiskPlaces)
    return node.places.path(node.name)


def _found_raw(folder: Path, text: str) -> list[str]:
    """Files of a folder in which a text stands as plain bytes."""
    forms = (text.encode(), text.encode("utf-16-le"), text.encode().hex().encode())
    return [
        path.name
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


def test_no_byte_of_what_is_written_stands_plain_on_the_disk(world: World, office: Node) -> None:
    """INV-05: not in the file, not in its write-ahead log, at no moment of its life."""
    folder = _path(office).parent
    world.introduce(1)
    office.write({"label": CANARY, "plan": {"why": CANARY}, "status": "open"})
    office.write({"remarks": f"{CANARY} again"})
    with office.store.reading() as reading:
        assert reading.search("parcel", "canary")
        assert _found_raw(folder, CANARY) == []
    assert any(path.name.endswith("-wal") for path in folder.iterdir())
    office.store.rebuild()
    world.settle()
    assert _found_raw(folder, CANARY) == []
    office.reopen()
    assert _found_raw(folder, CANARY) == []
    assert office.values()["label"] == CANARY
    for place in ("op_id", "kind parcel", "CREATE TABLE", "SQLite format"):
        assert _found_raw(folder, place) == []


def test_the_canary_search_would_find_plain_text(tmp_path: Path) -> None:
    """INV-05: a search that cannot find proves nothing."""
    plain = sqlite3.connect(tmp_path / "plain.db")
    plain.execute("CREATE TABLE t(a)")
    plain.execute("INSERT INTO t VALUES (?)", (CANARY,))
    plain.commit()
    plain.close()
    assert _found_raw(tmp_path, CANARY) == ["plain.db"]


@pytest.mark.parametrize("key", [bytes(32), b"", b"\x01", bytes(31), bytes(33)])
def test_a_wrong_or_missing_key_opens_nothing(office: Node, key: bytes) -> None:
    """INV-05: and changes no byte of what it did not open."""
    office.write({"label": "boots"})
    office.store.close()
    before = _path(office).read_bytes()
    with pytest.raises(WrongKey):
        open_encrypted(_path(office), key)
    assert _path(office).read_bytes() == before
    office.reopen()
    assert office.values() == {"label": "boots"}


def test_a_plain_text_database_is_refused(tmp_path: Path) -> None:
    """INV-05: else a key that is ignored would look like one that fits."""
    path = tmp_path / "plain.db"
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE meta(name, value)")
    plain.commit()
    plain.close()
    with pytest.raises(WrongKey):
        open_encrypted(path, STORE_KEY)


def test_a_store_that_must_exist_is_not_made(tmp_path: Path) -> None:
    """INV-01: a mistyped path must not look like an empty office."""
    with pytest.raises(WrongKey):
        open_encrypted(tmp_path / "none.db", STORE_KEY, must_exist=True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreDamaged):
        open_encrypted(tmp_path / "empty.db", STORE_KEY, must_exist=True)
    with pytest.raises(NotSaved):
        open_encrypted(tmp_path / "no folder" / "none.db", STORE_KEY)


def test_what_is_committed_is_on_the_disk(office: Node) -> None:
    """INV-01: synchronous is FULL, so a power cut after a receipt takes nothing."""
    connection = office.store.core.connection
    assert connection.execute("PRAGMA synchronous") == [(2,)]
    assert connection.execute("PRAGMA journal_mode") == [("wal",)]
    assert connection.execute("PRAGMA secure_delete") == [(1,)]
    assert connection.execute("PRAGMA temp_store") == [(2,)]


def test_a_store_of_a_newer_release_is_refused_untouched(office: Node) -> None:
    """INV-01."""
    office.write({"label": "boots"})
    with office.store.changing() as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'oldest_reader'")
    with pytest.raises(NewerStore, match="99"):
        office.reopen()
    again = open_encrypted(_path(office), STORE_KEY)
    assert again.execute("SELECT count(*) FROM ops") == [(1,)]
    again.execute("UPDATE meta SET value = 1 WHERE name = 'oldest_reader'")
    again.close()
    office.reopen()
    assert office.values() == {"label": "boots"}


def test_a_store_in_use_elsewhere_says_so_and_is_used_again_after(office: Node) -> None:
    """INV-02."""
    office.write({"label": "boots"})
    office.store.core.connection.execute("PRAGMA busy_timeout = 20")
    other = open_encrypted(_path(office), STORE_KEY)
    other.begin(is_write=True)
    with pytest.raises(StoreLocked):
        office.write({"colour": "red"})
    assert office.values() == {"label": "boots"}, "reading goes on"
    other.rollback()
    other.close()
    assert office.write({"colour": "red"}).number.endswith("000002")


def test_a_store_that_cannot_be_written_says_so_and_reads_on(office: Node) -> None:
    """INV-02."""
    office.write({"label": "boots"})
    connection = office.store.core.connection
    assert isinstance(connection, SqlConnection)
    digest = office.store.projection_digest()
    path = f"file:{_path(office)}?mode=ro"
    read_only = sqlcipher.connect(path, uri=True, isolation_level=None)
    read_only.execute(f"PRAGMA key = \"x'{STORE_KEY.hex()}'\"")
    usual, connection.raw = connection.raw, read_only
    with pytest.raises(NotSaved):
        office.write({"colour": "red"})
    assert office.values() == {"label": "boots"}
    connection.raw = usual
    read_only.close()
    assert office.store.projection_digest() == digest
    office.write({"colour": "red"})
    assert office.values() == {"label": "boots", "colour": "red"}


@pytest.mark.parametrize("page", [1, 5, 20, -2])
def test_a_damaged_page_is_noticed(office: Node, page: int) -> None:
    """INV-04: every page is authenticated; one flipped bit is never read as a value."""
    for number in range(40):
        office.write({"label": f"box {number}", "remarks": "x" * 500}, parcel(number))
    office.store.close()
    raw = bytearray(_path(office).read_bytes())
    place = (page % (len(raw) // PAGE_BYTES)) * PAGE_BYTES + PAGE_BYTES // 2
    raw[place] ^= 1
    _path(office).write_bytes(bytes(raw))
    damaged = open_encrypted(_path(office), STORE_KEY)
    with pytest.raises(StoreDamaged):
        _read_all(damaged.execute)
    damaged.close()


def _read_all(execute: object) -> None:
    assert callable(execute)
    for (name,) in execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        execute(f'SELECT * FROM "{name}"')
    faults = [row for row in execute("PRAGMA quick_check") if row[0] != "ok"]
    if faults or execute("PRAGMA cipher_integrity_check"):
        raise StoreDamaged(f"{len(faults)} faults")


@pytest.mark.parametrize("length", [1, PAGE_BYTES, 5 * PAGE_BYTES, 5 * PAGE_BYTES + 7])
def test_a_truncated_store_does_not_open_as_a_smaller_one(office: Node, length: int) -> None:
    """INV-01."""
    for number in range(20):
        office.write({"label": f"box {number}"}, parcel(number))
    office.store.close()
    _path(office).write_bytes(_path(office).read_bytes()[:length])
    with pytest.raises((StoreDamaged, WrongKey)):
        open_encrypted(_path(office), STORE_KEY, must_exist=True)


def test_a_rebuild_that_breaks_off_leaves_what_was(office: Node) -> None:
    """INV-02: dropping and making tables is in the transaction too."""
    office.write({"label": "boots"})
    before = office.store.projection_digest()
    refold = office.store.core.folding.refold_all

    def broken(part: int) -> None:
        refold(part)
        raise NotSaved("test")

    office.store.core.folding.refold_all = broken  # type: ignore[method-assign]
    with pytest.raises(NotSaved):
        office.store.rebuild()
    del office.store.core.folding.refold_all
    assert office.store.projection_digest() == before
    office.reopen()
    assert office.store.projection_digest() == before
    with office.store.reading() as reading:
        assert [one.values["label"] for one in reading.search("parcel", "boo")] == ["boots"]


def test_no_error_of_the_store_names_what_is_in_it(office: Node) -> None:
    """INV-13: ids and codes only, in every message that may reach a log."""
    office.write({"label": CANARY})
    office.store.core.connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(ThroughcareError) as fault:
        office.write({"plan": {"why": CANARY * 900}}, toys.PARCEL_KEY)
    assert CANARY not in str(fault.value)


def test_a_page_found_damaged_is_told_by_every_write_that_follows(tmp_path: Path) -> None:
    """The library says then that it has no memory left: it has, and the store is damaged."""
    path = tmp_path / "store.db"
    connection = open_encrypted(path, STORE_KEY)
    connection.execute("CREATE TABLE probe(at INTEGER)")
    connection.execute("CREATE TABLE texts(number INTEGER PRIMARY KEY, text TEXT)")
    texts = [(number, "x" * 3_000) for number in range(40)]
    connection.executemany("INSERT INTO texts VALUES (?, ?)", texts)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[20 * PAGE_BYTES + 9] ^= 1
    path.write_bytes(content)
    connection = open_encrypted(path, STORE_KEY)
    with transaction(connection):
        connection.execute("INSERT INTO probe VALUES (1)")
    with pytest.raises(StoreDamaged):
        _read_each(connection, [number for number, _ in texts])
    for _ in range(3):
        with pytest.raises(StoreDamaged), transaction(connection):
            connection.execute("INSERT INTO probe VALUES (1)")
    connection.close()


def _read_each(connection: SqlConnection, numbers: list[int]) -> None:
    for number in numbers:
        with transaction(connection):
            connection.execute("SELECT text FROM texts WHERE number = ?", (number,))


def test_a_lack_of_memory_is_not_taken_for_damage(tmp_path: Path) -> None:
    connection = open_encrypted(tmp_path / "store.db", STORE_KEY)

    class Small:
        def execute(self, _sql: str, _parameters: object) -> None:
            raise MemoryError

        executemany = execute

    whole, connection.raw = connection.raw, Small()
    with pytest.raises(NotSaved):
        connection.execute("SELECT 1")
    with pytest.raises(NotSaved):
        connection.executemany("SELECT ?", [(1,)])
    whole.close()
