"""The driver over a line that does as a script says: it tries again, wakes, and never dies."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.errors import (
    BadSignature,
    LineDown,
    NotSaved,
    StoreDamaged,
    StoreLocked,
    ThroughcareError,
)
from sync_protocol.io.http_peer import HubRefused
from sync_protocol.io.sync_driver import REFUSED_REST_MS, SyncDriver
from sync_protocol.limits import RETRY_FIRST_MS, RETRY_MS_MAX
from sync_protocol.messages import Reply
from sync_protocol.session import LineBroke, Rest, Tick
from tests import toys
from tests.contract.places import DiskPlaces
from tests.contract.world import Node, World, secret

Step = Callable[[bytes], Awaitable[bytes]]
LONG_S = 20.0


class ScriptedLine:
    """A line to the world's hub; each request takes the next step, and goes through after."""

    def __init__(self, world: World, *steps: Step) -> None:
        """Steps stand in for the line, one a request."""
        self.world = world
        self.steps = list(steps)
        self.carried = 0
        self.asked = asyncio.Event()
        self.is_closed = False

    async def carry(self, request: bytes) -> bytes:
        """The next step's answer, or the hub's."""
        self.carried += 1
        self.asked.set()
        if self.steps:
            return await self.steps.pop(0)(request)
        return await self.through(request)

    async def through(self, request: bytes) -> bytes:
        """The hub's own answer, at once."""
        answer = await asyncio.to_thread(self._visit, request)
        assert answer is not None
        return answer

    async def settled(self, office: Node) -> None:
        """Come back once the office has heard that everything was received."""
        while office.waiting:
            self.asked.clear()
            await self.asked.wait()

    async def close(self) -> None:
        """Remember that it was."""
        self.is_closed = True

    def _visit(self, request: bytes) -> bytes | None:
        visit = self.world.door.receive(request)
        return visit if isinstance(visit, bytes) else visit.answer(is_last=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub on a disk."""
    made = World(DiskPlaces(tmp_path))
    yield made
    for node in (made.hub, *made.spokes.values()):
        node.store.close()


@pytest.fixture
def office(world: World) -> Node:
    """A spoke that holds the first subject."""
    node = world.spoke("LEI")
    world.introduce(1)
    return node


def _driver(world: World, office: Node, *steps: Step) -> tuple[SyncDriver, ScriptedLine]:
    line = ScriptedLine(world, *steps)
    return SyncDriver(office.store, line, world.hub.id, world.hub.signer.public_key), line


def _raises(fault: ThroughcareError) -> Step:
    async def step(_request: bytes) -> bytes:
        raise fault

    return step


async def _hold(_request: bytes) -> bytes:
    """A hub that holds the request as long as it is let."""
    await asyncio.sleep(LONG_S)
    raise LineDown("held too long")


def _exchanges(driver: SyncDriver, times: int) -> list[int]:
    """How long to rest after each of so many exchanges."""

    async def exchange() -> list[int]:
        return [await driver.exchange() for _ in range(times)]

    return asyncio.run(exchange())


def test_what_was_written_goes_and_what_is_lacked_comes(world: World, office: Node) -> None:
    """INV-10."""
    office.write({"label": "boots"})
    world.hub.write({"text": "from the hub"}, secret(2))
    driver, _ = _driver(world, office)
    assert driver.status().state == "starting"
    assert _exchanges(driver, 2) == [0, 0]
    status = driver.status()
    assert (status.state, status.fault, status.waiting_ops) == ("up", None, 0)
    assert status.last_heard_ms is not None
    assert world.hub.values() == {"label": "boots"}
    assert office.values(secret(2)) == {"text": "from the hub"}


def test_rests_double_up_to_a_minute_and_begin_again_after(world: World, office: Node) -> None:
    """INV-10: tried again for ever, never in a storm."""
    driver, line = _driver(world, office, *[_raises(LineDown("test"))] * 10)
    rests = _exchanges(driver, 10)
    assert rests[:4] == [RETRY_FIRST_MS, 2 * RETRY_FIRST_MS, 4 * RETRY_FIRST_MS, 8 * RETRY_FIRST_MS]
    assert rests[-2:] == [RETRY_MS_MAX, RETRY_MS_MAX]
    office.write({"label": "boots"})
    status = driver.status()
    assert (status.state, status.fault, status.waiting_ops) == ("down", "line_down", 1)
    assert status.oldest_waiting_ms > 0
    assert _exchanges(driver, 1) == [0]
    assert driver.status().state == "up"
    line.steps = [_raises(LineDown("test"))]
    assert _exchanges(driver, 1) == [RETRY_FIRST_MS]


def test_rests_are_spread_by_chance(
    world: World, office: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: a hundred offices whose line comes back at once do not call at once."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(delay_s: float) -> None:
        slept.append(delay_s)
        await sleep(0)

    driver, line = _driver(world, office, *[_raises(LineDown("test"))] * 40)
    monkeypatch.setattr(asyncio, "sleep", note)

    async def run() -> None:
        running = asyncio.create_task(driver.run())
        async with asyncio.timeout(LONG_S):
            while len(slept) < 30:
                await sleep(0.001)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())
    at_most = slept[8:30]
    assert all(0.5 * RETRY_MS_MAX / 1000 <= one <= RETRY_MS_MAX / 1000 for one in at_most)
    assert len(set(at_most)) > 15
    assert line.is_closed


def test_a_write_lets_go_of_the_long_poll_without_counting_a_failure(
    world: World, office: Node
) -> None:
    """INV-10: what staff write goes at once, not when the hub's patience ends."""
    driver, line = _driver(world, office, _hold)

    async def run() -> tuple[int, int]:
        running = asyncio.create_task(driver.exchange())
        office.store.listen(driver._wake)
        driver._loop = asyncio.get_running_loop()
        await line.asked.wait()
        await asyncio.to_thread(office.write, {"label": "boots"})
        async with asyncio.timeout(LONG_S / 2):
            return await running, await driver.exchange()

    assert asyncio.run(run()) == (0, 0)
    assert driver._session.failures == 0
    assert driver.status().state == "up"
    assert world.hub.values() == {"label": "boots"}


def test_a_request_that_carries_something_is_not_let_go_of(world: World, office: Node) -> None:
    """INV-01: its answer says what was received; a second write waits for its own turn."""
    office.write({"label": "boots"})

    async def slow(request: bytes) -> bytes:
        await asyncio.to_thread(office.write, {"colour": "red"})
        await asyncio.sleep(0.05)
        return await line.through(request)

    driver, line = _driver(world, office, slow)
    office.store.listen(driver._wake)
    assert _exchanges(driver, 1) == [0]
    assert driver.status().waiting_ops == 1
    assert _exchanges(driver, 1) == [0]
    assert world.hub.values() == {"label": "boots", "colour": "red"}


def test_a_running_driver_carries_each_write_and_outlives_a_broken_line(
    world: World, office: Node
) -> None:
    """INV-10: run for ever, through a cut, and end when told."""
    driver, line = _driver(world, office, _raises(LineDown("cut")))

    async def run() -> None:
        arrived, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell() -> None:
            loop.call_soon_threadsafe(arrived.set)

        world.hub.store.listen(tell)
        running = asyncio.create_task(driver.run())
        async with asyncio.timeout(LONG_S):
            for number in range(3):
                arrived.clear()
                await asyncio.to_thread(office.write, {"text": "x"}, secret(5 + number))
                await arrived.wait()
                assert world.hub.values(secret(5 + number)) == {"text": "x"}
            await line.settled(office)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())
    assert line.is_closed
    assert office.waiting == 0


def test_a_refusal_by_the_hub_is_tried_again_slowly(world: World, office: Node) -> None:
    """INV-10: waiting does not mend it; the status says what it was."""
    driver, _ = _driver(world, office, *[_raises(HubRefused("status 403"))] * 2)
    assert _exchanges(driver, 2) == [REFUSED_REST_MS] * 2
    assert driver.status().fault == "hub_refused"
    assert _exchanges(driver, 1) == [0]


@pytest.mark.parametrize("answer", [b"", b"<html>sign in to the network</html>", b"tc\x01\x00"])
def test_an_answer_that_is_none_changes_nothing(world: World, office: Node, answer: bytes) -> None:
    """INV-08: a network's own page is not the hub."""

    async def other(_request: bytes) -> bytes:
        return answer

    driver, _ = _driver(world, office, other)
    office.write({"label": "boots"})
    before = (office.store.projection_digest(), office.ops)
    assert _exchanges(driver, 1)[0] >= RETRY_FIRST_MS
    assert driver.status().fault == "bad_message"
    assert (office.store.projection_digest(), office.ops) == before
    assert _exchanges(driver, 1) == [0]
    assert office.waiting == 0


def _altered(world: World, office: Node, change: Callable[[Reply], Reply]) -> Step:
    """The hub's answer, altered by someone who holds the hub's message key and not its manifest."""

    async def step(request: bytes) -> bytes:
        raw = await ScriptedLine(world).through(request)
        reply = open_envelope(read_envelope(raw), office.id, world.hub.signer.public_key)
        assert isinstance(reply, Reply)
        address = Address(world.hub.id, office.id, reply.incarnation)
        return seal_message(change(reply), address, world.hub.signer)

    return step


def test_entries_that_the_manifest_does_not_cover_are_not_taken_in(
    world: World, office: Node
) -> None:
    """INV-08: not one, not reordered, not with another verdict."""
    for number in (2, 3):
        world.hub.write({"text": "from the hub"}, secret(number))
    changes: list[Callable[[Reply], Reply]] = [
        lambda one: msgspec.structs.replace(one, entries=one.entries[1:]),
        lambda one: msgspec.structs.replace(one, entries=one.entries[::-1]),
        lambda one: msgspec.structs.replace(one, manifest=bytes(64)),
        lambda one: msgspec.structs.replace(
            one, entries=tuple(msgspec.structs.replace(entry, flags=2) for entry in one.entries)
        ),
    ]
    for change in changes:
        held = office.ops
        driver, _ = _driver(world, office, _altered(world, office, change))
        assert _exchanges(driver, 1)[0] > 0
        assert driver.status().fault == "bad_manifest"
        assert office.ops == held
    driver, _ = _driver(world, office)
    _exchanges(driver, 2)
    assert office.values(secret(3)) == {"text": "from the hub"}


def test_an_answer_sealed_by_another_is_not_taken_in(world: World, office: Node) -> None:
    """INV-08."""

    async def forged(request: bytes) -> bytes:
        raw = bytearray(await ScriptedLine(world).through(request))
        raw[-1] ^= 1
        return bytes(raw)

    driver, _ = _driver(world, office, forged)
    assert _exchanges(driver, 1) == [RETRY_FIRST_MS]
    assert driver.status().fault == BadSignature.code


def test_an_answer_to_another_request_counts_as_a_broken_line(world: World, office: Node) -> None:
    """INV-02: an old reply would set the cursor back."""
    kept: list[bytes] = []

    async def keep(request: bytes) -> bytes:
        kept.append(await ScriptedLine(world).through(request))
        return kept[0]

    async def again(_request: bytes) -> bytes:
        return kept[0]

    driver, _ = _driver(world, office, keep, again)
    assert _exchanges(driver, 2) == [0, RETRY_FIRST_MS]


def test_a_fork_starts_a_new_life_and_everything_is_offered_again(
    world: World, office: Node
) -> None:
    """INV-08, INV-01."""
    office.write({"label": "boots"})
    world.settle()
    office.keep_copy("old")
    office.write({"remarks": "after the copy"})
    world.settle()
    office.roll_back("old")
    office.write({"remarks": "after the restore"})
    life = office.store.core.place().life
    driver, _ = _driver(world, office)
    assert _exchanges(driver, 1) == [0]
    assert office.store.core.place().life != life
    _exchanges(driver, 3)
    assert office.waiting == 0
    expected = {"after the copy", "after the restore"}
    assert set(world.hub.values()["remarks"]) == set(office.values()["remarks"]) == expected


def test_a_hub_with_a_new_name_is_given_all_again(world: World, office: Node) -> None:
    """INV-01."""
    world.hub.keep_copy("backup")
    office.write({"label": "boots"})
    world.settle()
    world.hub.roll_back("backup")
    world.hub.store.note_restored()
    driver, _ = _driver(world, office)
    assert _exchanges(driver, 4) == [0, 0, 0, 0]
    assert world.hub.values() == {"label": "boots"}


def test_a_count_that_fell_behind_is_mended_without_a_rest(world: World, office: Node) -> None:
    """INV-10."""
    office.clock.ms -= 60 * 60 * 1000
    office.reopen()
    office.write({"label": "boots"})
    driver, _ = _driver(world, office)
    assert _exchanges(driver, 2) == [0, 0]
    assert world.hub.values() == {"label": "boots"}


@pytest.mark.parametrize("fault", [NotSaved("test"), StoreLocked("test")])
@pytest.mark.parametrize("place", ["accept", "hello", "outbox", "start_life"])
def test_a_passing_fault_of_the_store_does_not_end_the_session(
    world: World,
    office: Node,
    place: str,
    fault: ThroughcareError,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """INV-10, INV-02: a full disk at any step; once there is room everything comes."""
    _make_fork(world, office) if place == "start_life" else office.write({"label": "boots"})
    world.hub.write({"text": "from the hub"}, secret(2))
    driver, _ = _driver(world, office)
    owner = office.store if place == "start_life" else office.store.spoke

    def fail(*_arguments: object, **_named: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(owner, place, fail)
        rests = _exchanges(driver, 3)
        assert all(rest > 0 for rest in rests)
        assert driver.status().fault == fault.code
        assert office.values(secret(2)) == {}
    _exchanges(driver, 4)
    assert driver.status().state == "up"
    assert office.waiting == 0
    assert office.values(secret(2)) == {"text": "from the hub"}


def _make_fork(world: World, office: Node) -> None:
    office.keep_copy("old")
    office.write({"label": "boots"})
    world.settle()
    office.roll_back("old")
    office.write({"label": "boots"})


def test_a_damaged_store_stops_the_driver(
    world: World, office: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: it is not tried again; a person must look, so the fault comes out."""
    driver, line = _driver(world, office)

    def damaged(*_arguments: object) -> None:
        raise StoreDamaged("test")

    monkeypatch.setattr(office.store.spoke, "accept", damaged)
    with pytest.raises(StoreDamaged):
        asyncio.run(driver.run())
    assert line.is_closed
    assert driver.status().fault == "store_damaged"


def test_a_driver_can_be_asked_for_its_status_at_any_time(world: World, office: Node) -> None:
    """INV-10: a terminal's strip tells facts, also before the first exchange."""
    driver, _ = _driver(world, office)
    office.write({"text": "x"}, secret(3))
    status = driver.status()
    assert (status.state, status.last_heard_ms, status.waiting_ops) == ("starting", None, 1)
    office.write({"text": "y"}, secret(4))
    assert driver.status().waiting_ops == 2


def test_a_session_that_was_let_down_can_be_let_down_again(world: World, office: Node) -> None:
    """INV-10: whatever state a fault found it in, the next exchange starts clean."""
    driver, line = _driver(world, office)
    driver._session.receive(Tick(toys.MORNING_MS))
    (rest,) = driver._session.receive(LineBroke())
    assert rest == Rest(RETRY_FIRST_MS)
    assert _exchanges(driver, 1) == [0]
    assert line.carried == 1
