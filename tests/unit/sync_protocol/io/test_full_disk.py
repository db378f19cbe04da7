"""A full disk: what does not fit is not saved, not even by half, until there is room again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from sync_protocol.author import Draft
from sync_protocol.errors import NotSaved
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.verify import verify_store
from tests import toys
from tests.contract.places import DiskPlaces
from tests.contract.world import Node, World, draft, parcel, secret

ROOT = Path(__file__).parents[4]
UNLIMITED = 1 << 30

SQUEEZED = """
import json, resource, sys
from pathlib import Path
from sync_protocol.errors import NotSaved
from sync_protocol.io.verify import verify_store
from tests.contract.places import DiskPlaces
from tests.contract.world import World, parcel

folder = Path(sys.argv[1])
office = World(DiskPlaces(folder)).spoke("LEI")
written = [office.write({"label": "first"}).number]
largest = max(path.stat().st_size for path in folder.iterdir())
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 60_000, hard))
refused = 0
for number in range(200):
    try:
        written.append(office.write({"label": "x" * 900}, parcel(number)).number)
    except NotSaved:
        refused += 1
        if refused == 3:
            break
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
held = office.ops
after = office.write({"label": "after"}, parcel(300)).number
office.reopen()
faults = verify_store(office.store).faults
print(json.dumps([refused, len(written), held, office.ops, after, faults]))
"""


def _squeeze(node: Node) -> None:
    """No page more for this store's writer."""
    pages = node.store.core.connection.execute("PRAGMA page_count")[0][0]
    node.store.core.connection.execute(f"PRAGMA max_page_count = {pages}")


def _mend(node: Node) -> None:
    node.store.core.connection.execute(f"PRAGMA max_page_count = {UNLIMITED}")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A hub and nobody else, on a disk."""
    return World(DiskPlaces(tmp_path))


def test_what_does_not_fit_is_not_saved_and_nothing_is_half_done(world: World) -> None:
    """INV-02: the sentence tells staff that it was not saved; then there is room, and it is."""
    office = world.spoke("LEI")
    office.write({"label": "boots"})
    before = (office.store.projection_digest(), office.ops, office.waiting)
    _squeeze(office)
    with pytest.raises(NotSaved) as fault:
        office.write_all(*[_large(number) for number in range(40)])
    assert "not saved" in str(fault.value)
    assert (office.store.projection_digest(), office.ops, office.waiting) == before
    assert office.values() == {"label": "boots"}
    _mend(office)
    assert len(office.write_all(*[_large(number) for number in range(40)]).op_ids) == 40
    assert verify_store(office.store).faults == ()


def test_a_read_that_cannot_be_witnessed_is_not_served(world: World) -> None:
    """INV-13: the caller hears of it before anything is shown."""
    office = world.spoke("LEI")
    _squeeze(office)
    line = AuditLine(actor=toys.actor(1), act="search", why="w" * 4_000)
    with pytest.raises(NotSaved):
        office.store.witness([line] * 200)
    assert office.count("SELECT count(*) FROM audit") == 0


def test_a_reply_that_does_not_fit_is_asked_for_again(world: World) -> None:
    """INV-02: neither op nor cursor; once there is room both come."""
    office = world.spoke("LEI")
    world.introduce(1)
    for number in range(40):
        world.hub.write({"text": "x" * 4_000}, secret(40 + number))
    before = (office.store.projection_digest(), office.ops)
    _squeeze(office)
    with pytest.raises(NotSaved):
        world.exchange(office)
    assert (office.store.projection_digest(), office.ops) == before
    _mend(office)
    world.settle()
    world.assert_agreed()


def test_a_hub_without_room_acknowledges_nothing(world: World) -> None:
    """INV-01: what waits at the spoke waits on."""
    office = world.spoke("LEI")
    world.introduce(1)
    office.write_all(*[_large(number) for number in range(40)])
    held = world.hub.ops
    _squeeze(world.hub)
    with pytest.raises(NotSaved):
        world.exchange(office)
    assert world.hub.ops == held
    assert office.waiting == 40
    _mend(world.hub)
    world.settle()
    assert office.waiting == 0


def test_the_last_of_the_disk_is_kept_for_reading(world: World) -> None:
    """INV-13: nothing is taken in any more, and every reading is witnessed all the same."""
    office = world.spoke("LEI")
    world.introduce(1)
    office.write({"label": "before"})
    world.hub.write({"text": "from the hub"}, secret(2))
    with _little_room(office), _little_room(world.hub):
        for node in (office, world.hub):
            with pytest.raises(NotSaved, match="kept for reading"):
                node.write({"label": "after"}, parcel(2))
            node.store.witness([AuditLine(actor=toys.actor(1), act="read")])
        with pytest.raises(NotSaved, match="kept for reading"):
            world.exchange(office)
        assert office.waiting == 1
        assert world.hub.values() == {}
    with _little_room(office), pytest.raises(NotSaved, match="kept for reading"):
        world.exchange(office)
    assert office.values(secret(2)) == {}
    world.settle()
    assert world.hub.values() == {"label": "before"}
    world.assert_agreed()


@contextmanager
def _little_room(node: Node) -> Iterator[None]:
    core = node.store.core
    core.parts = msgspec.structs.replace(core.parts, has_room=lambda: False)
    yield
    core.parts = msgspec.structs.replace(core.parts, has_room=lambda: True)


@pytest.mark.process
def test_a_disk_that_is_full_for_the_operating_system_is_survived(tmp_path: Path) -> None:
    """INV-02: the same where the write itself fails, in a program of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", SQUEEZED, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    refused, written, held, ops, after, faults = json.loads(ran.stdout)
    assert refused == 3
    assert written == held > 1
    assert ops == held + 1
    assert after.endswith(f"{ops:06d}")
    assert faults == []


def _large(number: int) -> Draft:
    return draft({"label": "x" * 900}, parcel(number))
