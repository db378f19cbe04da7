"""Files of a node that are damaged, by real programs: refused with what to do, and never served."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from sync_protocol.errors import StoreDamaged
from sync_protocol.io.connection import SqlConnection
from tests.process.canaries import PAGE_BYTES
from tests.process.estates import LiveEstate
from tests.process.fleet import Fleet, made_fleet
from tests.process.programs import run
from throughcare.estate import NodeFolder, folder_of

pytestmark = pytest.mark.process

RESTORE = "restore"
WRONG_KEY, DAMAGED = 1, 4
READ_BY_NO_START = "manifests"
"""What the centre proved is looked up where a restored centre lacks something, and by checks."""
FOUND_S_MAX = 40.0


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with made_fleet(tmp_path_factory.mktemp("damaged") / "estate") as made:
        yield made


@pytest.fixture
def own(fleet: Fleet) -> Iterator[NodeFolder]:
    """The folder of an office that does not run; as it was once the test is over."""
    folder = folder_of(fleet.folder, fleet.estate.node("LEI"))
    files = (folder.store, folder.store_key, folder.signing_key, folder.box_key)
    kept = {file: file.read_bytes() for file in files}
    yield folder
    fleet.end()
    for beside in folder.path.glob("store.db-*"):
        beside.unlink()
    for file, content in kept.items():
        file.write_bytes(content)
        file.chmod(0o600)


def _serve(own: NodeFolder) -> tuple[int, str]:
    said = run("serve", "edge", "--settings", str(own.settings), timeout_s=120)
    assert "Traceback" not in said.stderr
    return said.returncode, said.stderr


def _first_page(connection: SqlConnection, table: str) -> int:
    sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    return int(connection.execute(sql, (table,))[0][0]) - 1


def _flip(file: Path, page: int) -> None:
    content = bytearray(file.read_bytes())
    content[page * PAGE_BYTES + Random(page).randrange(PAGE_BYTES)] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("table", ["sqlite_master", "meta"])
def test_a_changed_page_that_a_start_reads_is_found_by_it(
    fleet: Fleet, own: NodeFolder, table: str
) -> None:
    """The first page holds what tells a key: of it only a person knows whether the key is right."""
    with LiveEstate(fleet.folder).reading("LEI") as connection:
        page = _first_page(connection, table) if table != "sqlite_master" else 0
    _flip(own.store, page)
    before = own.store.read_bytes()
    code, said = _serve(own)
    assert code == (DAMAGED if page else WRONG_KEY)
    assert "from the latest verified backup" in said
    assert RESTORE in said
    assert own.store.read_bytes() == before
    verified = run("verify", "--settings", str(own.settings))
    assert verified.returncode == code


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_store_that_was_cut_short_is_found_at_the_start(own: NodeFolder, kept: float) -> None:
    content = own.store.read_bytes()
    own.store.write_bytes(content[: int(len(content) * kept)])
    code, said = _serve(own)
    assert code == DAMAGED
    assert "The store's file fails its own checks." in said
    assert RESTORE in said


@pytest.mark.parametrize("name", ["store_key", "signing_key", "box_key"])
def test_a_key_that_is_missing_is_refused(own: NodeFolder, name: str) -> None:
    key: Path = getattr(own, name)
    key.unlink()
    code, said = _serve(own)
    assert code == WRONG_KEY
    assert f"{key.name}, which is not a file" in said


@pytest.mark.parametrize("name", ["store_key", "signing_key", "box_key"])
def test_a_key_that_was_changed_is_refused(own: NodeFolder, name: str) -> None:
    key: Path = getattr(own, name)
    content = bytearray(key.read_bytes())
    content[5] ^= 1
    key.write_bytes(content)
    before = own.store.read_bytes()
    code, said = _serve(own)
    assert code == WRONG_KEY
    assert "What to do:" in said
    assert own.store.read_bytes() == before


def test_damage_that_no_start_meets_is_found_at_the_latest_by_a_backup(
    fleet: Fleet, own: NodeFolder
) -> None:
    """INV-10: the node says that it is not ready, and a backup of before makes it so again."""
    estate = LiveEstate(fleet.folder)
    url = fleet.estate.node("LEI").url
    backup = estate.back_up("LEI")
    _begin(fleet)
    fleet.kill("LEI")
    with estate.reading("LEI") as connection:
        connection.execute("UPDATE due_job SET next_ms = 0 WHERE name = 'backup'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = _first_page(connection, READ_BY_NO_START)
    _flip(own.store, page)
    _begin(fleet)
    give_up_s = time.monotonic() + FOUND_S_MAX
    while _unsound(url).get("store") != StoreDamaged.code:
        assert time.monotonic() < give_up_s, _unsound(url)
        time.sleep(0.2)
    assert httpx.get(f"{url}/ready", trust_env=False, timeout=10).status_code == 503
    assert [one.name for one in own.backups.glob("*.backup")] == [backup.name]
    fleet.kill("LEI")
    estate.restore("LEI", backup)
    _begin(fleet)
    assert httpx.get(f"{url}/ready", trust_env=False, timeout=10).is_success


def _unsound(url: str) -> dict[str, str]:
    """The code of each check that failed."""
    checks: list[dict[str, Any]] = httpx.get(f"{url}/ready", trust_env=False).json()["checks"]
    return {one["name"]: one["code"] for one in checks if not one["is_sound"]}


def _begin(fleet: Fleet) -> None:
    fleet.start("LEI")
    asyncio.run(fleet.until_live("LEI"))
