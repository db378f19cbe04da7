"""Commit names: a log rolled back behind its back is found, and nobody can pretend that it was."""

import msgspec
import pytest

from sync_protocol.cursor import Cursor
from sync_protocol.errors import BadMessage
from sync_protocol.io import commit_names
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.tables import STORE_VERSION
from sync_protocol.messages import Fault
from tests import toys
from tests.contract.world import Node, World, secret


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fourth commit forgets all but the newest four and what may still be named."""
    monkeypatch.setattr(commit_names, "COMMITS_KEPT_MIN", 4)
    monkeypatch.setattr(commit_names, "ANSWERED_WITHIN", 3)
    monkeypatch.setattr(commit_names, "PRUNE_EVERY", 4)


def _grow(world: World, *told: Node, commits: int = 30) -> None:
    """The hub's log grows by so many commits, each told to these spokes."""
    for number in range(commits):
        world.hub.write({"text": f"{number}"}, secret(100 + number))
        world.settle(*told)


def _names(world: World) -> int:
    return world.hub.count("SELECT count(*) FROM commits")


def _cursor(node: Node) -> Cursor:
    with node.store.core.transaction():
        return node.store.core.cursor()


def _ask_from(world: World, node: Node, cursor: Cursor) -> object:
    _, request = world.request_of(node)
    hello = msgspec.structs.replace(request.hello, cursor=cursor)
    return world.carry(node, world.sealed(node, msgspec.structs.replace(request, hello=hello)))


def test_names_that_nobody_can_name_any_more_are_forgotten(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-14: else the hub keeps one for every commit of its life."""
    world, leeds, moorland = pair
    _grow(world, leeds, moorland)
    assert _names(world) <= 12


def test_a_spoke_that_was_silent_for_long_is_not_told_that_the_hub_was_rolled_back(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-10: what it named last, and what the last answer told it, is kept for it."""
    world, leeds, moorland = pair
    incarnation = world.hub.store.incarnation
    world.hub.write({"text": "told in the last answer"}, secret(9))
    world.exchange(moorland)
    _grow(world, leeds)
    assert _names(world) <= 16
    world.settle()
    assert world.hub.store.incarnation == incarnation
    world.assert_agreed()


def test_a_spoke_restored_to_long_ago_is_not_told_so_either(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-10: it names a commit that is forgotten, and has named later ones since."""
    world, leeds, moorland = pair
    incarnation = world.hub.store.incarnation
    moorland.keep_copy("old")
    _grow(world, leeds, moorland)
    moorland.roll_back("old")
    moorland.store.note_restored()
    world.settle()
    assert world.hub.store.incarnation == incarnation
    world.assert_agreed()


def test_a_rollback_is_found_by_who_was_silent_while_the_log_grew_again(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: the names of both timelines are forgotten by then, but not what it may name."""
    world, leeds, moorland = pair
    world.settle()
    world.hub.keep_copy("old")
    lost = moorland.write({"label": "boots"}).op_ids[0]
    world.settle(moorland)
    incarnation = world.hub.store.incarnation
    world.hub.roll_back("old")
    _grow(world, leeds)
    assert world.hub.store.incarnation == incarnation
    world.settle(moorland)
    assert world.hub.store.incarnation != incarnation
    world.settle()
    assert world.hub.count("SELECT count(*) FROM ops WHERE op_id = ?", lost) == 1
    assert leeds.values() == {"label": "boots"}
    world.assert_agreed()


def test_a_spoke_that_the_rolled_back_log_never_met_finds_it_too(world: World) -> None:
    """INV-01: it was enrolled after the copy was taken."""
    leeds = world.spoke("LEI")
    world.introduce(1)
    world.hub.keep_copy("old")
    late = world.spoke("NEW")
    world.hub.write({"text": "known"}, secret(2))
    world.settle(late)
    incarnation = world.hub.store.incarnation
    world.hub.roll_back("old")
    _grow(world, leeds)
    assert world.hub.store.incarnation == incarnation
    world.settle(late)
    assert world.hub.store.incarnation != incarnation
    world.settle()
    assert leeds.values(secret(2)) == {"text": "known"}
    world.assert_agreed(leeds)


@pytest.mark.parametrize("number", [0, 1, 1 << 40])
def test_a_name_that_the_hub_never_gave_proves_nothing(
    pair: tuple[World, Node, Node], number: int
) -> None:
    """INV-10: one node that lies could have all others offer everything again, for ever."""
    world, leeds, _ = pair
    before = world.hub.store.incarnation
    cursor = _cursor(leeds)
    forged = number.to_bytes(8, "big") + bytes(24)
    for lie in (
        msgspec.structs.replace(cursor, commit=forged),
        msgspec.structs.replace(cursor, commit=b"short"),
        msgspec.structs.replace(cursor, hub_seq=1 << 40),
        msgspec.structs.replace(cursor, hub_seq=1 << 40, commit=b""),
    ):
        with pytest.raises(BadMessage):
            _ask_from(world, leeds, lie)
    strange = msgspec.structs.replace(cursor, incarnation=toys.incarnation(7), commit=forged)
    came = _ask_from(world, leeds, strange)
    assert isinstance(came, Fault)
    assert (came.code, came.incarnation) == ("wrong_receiver", before)
    assert world.hub.store.incarnation == before
    world.settle()
    world.assert_agreed()


def test_a_store_of_the_form_before_keeps_its_names(pair: tuple[World, Node, Node]) -> None:
    """INV-10: an upgrade is no rollback, whatever the names looked like."""
    world, leeds, moorland = pair
    world.settle()
    incarnation = world.hub.store.incarnation
    old = b"twelve bytes"
    for node in (leeds, moorland):
        with node.store.core.transaction():
            cursor = msgspec.structs.replace(node.store.core.cursor(), commit=old)
            node.store.core.set_meta({"cursor": msgspec.msgpack.encode(cursor)})
    _make_old(world.hub.store, old)
    world.hub.reopen()
    assert world.hub.count("SELECT value FROM meta WHERE name = 'store_version'") == STORE_VERSION
    _grow(world, leeds)
    world.settle()
    assert world.hub.store.incarnation == incarnation
    world.assert_agreed()


def _make_old(store: OpStore, name: bytes) -> None:
    """As the form before had it: names without numbers, and peers that no name is known of."""
    with store.core.transaction():
        for statement in (
            "DROP TABLE commits",
            "CREATE TABLE commits(name BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
            "ALTER TABLE peers DROP COLUMN commit_named",
            "ALTER TABLE peers DROP COLUMN commit_asked",
            "DELETE FROM _sqlite_migrations WHERE name = 'm002_commits_numbered'",
            "UPDATE meta SET value = 1 WHERE name IN ('store_version', 'oldest_reader')",
        ):
            store.core.connection.execute(statement)
        store.core.connection.execute("INSERT INTO commits(name) VALUES (?)", (name,))
        store.core.set_meta({"commit": name})
