"""The driver over a line that does as a script says: it tries again, wakes, and never dies."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import (
    LineDown,
    NotFound,
    NotSaved,
    StoreDamaged,
    StoreLocked,
    ThroughcareError,
)
from sync_protocol.io.http_peer import HubRefused
from sync_protocol.io.sync_driver import OWN_FAULT, REFUSED_REST_MS
from sync_protocol.limits import RETRY_FIRST_MS, RETRY_MS_MAX
from sync_protocol.session import LineBroke, Rest, Tick
from tests import toys
from tests.contract.world import Node, World, secret
from tests.unit.sync_protocol.io.scripted import LONG_S, driven, exchanges, hold, raises


def test_what_was_written_goes_and_what_is_lacked_comes(world: World, office: Node) -> None:
    """INV-10."""
    office.write({"label": "boots"})
    world.hub.write({"text": "from the hub"}, secret(2))
    driver, _ = driven(world, office)
    assert driver.status().state == "starting"
    assert exchanges(driver, 2) == [0, 0]
    status = driver.status()
    assert (status.state, status.fault, status.waiting_ops) == ("up", None, 0)
    assert status.last_heard_ms is not None
    assert world.hub.values() == {"label": "boots"}
    assert office.values(secret(2)) == {"text": "from the hub"}


def test_rests_double_up_to_a_minute_and_begin_again_after(world: World, office: Node) -> None:
    """INV-10: tried again for ever, never in a storm."""
    driver, line = driven(world, office, *[raises(LineDown("test"))] * 10)
    rests = exchanges(driver, 10)
    assert rests[:4] == [RETRY_FIRST_MS, 2 * RETRY_FIRST_MS, 4 * RETRY_FIRST_MS, 8 * RETRY_FIRST_MS]
    assert rests[-2:] == [RETRY_MS_MAX, RETRY_MS_MAX]
    office.write({"label": "boots"})
    status = driver.status()
    assert (status.state, status.fault, status.waiting_ops) == ("down", "line_down", 1)
    assert status.oldest_waiting_ms > 0
    assert exchanges(driver, 1) == [0]
    assert driver.status().state == "up"
    line.steps = [raises(LineDown("test"))]
    assert exchanges(driver, 1) == [RETRY_FIRST_MS]


def test_rests_are_spread_by_chance(
    world: World, office: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: a hundred offices whose line comes back at once do not call at once."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(delay_s: float) -> None:
        slept.append(delay_s)
        await sleep(0)

    driver, line = driven(world, office, *[raises(LineDown("test"))] * 40)
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
    driver, line = driven(world, office, hold)

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


def test_a_long_poll_that_was_let_go_of_keeps_its_connection(world: World, office: Node) -> None:
    """INV-10: to open a line anew takes longer than to write, the more so over TLS."""
    ended: list[str] = []
    held, is_over = asyncio.Event(), asyncio.Event()

    async def held_by_the_hub(_request: bytes) -> bytes:
        try:
            await held.wait()
        except asyncio.CancelledError:
            ended.append("broken off")
            raise
        finally:
            is_over.set()
        ended.append("answered")
        raise LineDown("nobody hears this")

    driver, line = driven(world, office, held_by_the_hub)

    async def run() -> None:
        running = asyncio.create_task(driver.run())
        async with asyncio.timeout(LONG_S):
            await line.asked.wait()
            await asyncio.to_thread(office.write, {"label": "boots"})
            await line.settled(office)
            assert not ended
            held.set()
            await is_over.wait()
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())
    assert ended == ["answered"]
    assert driver.status().state == "up"


def test_a_driver_that_ends_leaves_no_request_behind(world: World, office: Node) -> None:
    """INV-10: neither the one it waits for nor the one that it let go of."""
    driver, line = driven(world, office, hold, hold)

    async def run() -> set[asyncio.Task[object]]:
        running = asyncio.create_task(driver.run())
        async with asyncio.timeout(LONG_S / 2):
            await line.asked.wait()
            line.asked.clear()
            await asyncio.to_thread(office.write, {"label": "boots"})
            await line.asked.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return {one for one in asyncio.all_tasks() if one is not asyncio.current_task()}

    assert not asyncio.run(run())
    assert line.is_closed


def test_a_request_that_carries_something_is_not_let_go_of(world: World, office: Node) -> None:
    """INV-01: its answer says what was received; a second write waits for its own turn."""
    office.write({"label": "boots"})

    async def slow(request: bytes) -> bytes:
        await asyncio.to_thread(office.write, {"colour": "red"})
        await asyncio.sleep(0.05)
        return await line.through(request)

    driver, line = driven(world, office, slow)
    office.store.listen(driver._wake)
    assert exchanges(driver, 1) == [0]
    assert driver.status().waiting_ops == 1
    assert exchanges(driver, 1) == [0]
    assert world.hub.values() == {"label": "boots", "colour": "red"}


def test_a_running_driver_carries_each_write_and_outlives_a_broken_line(
    world: World, office: Node
) -> None:
    """INV-10: run for ever, through a cut, and end when told."""
    driver, line = driven(world, office, raises(LineDown("cut")))

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
    driver, _ = driven(world, office, *[raises(HubRefused("status 403"))] * 2)
    assert exchanges(driver, 2) == [REFUSED_REST_MS] * 2
    assert driver.status().fault == "hub_refused"
    assert exchanges(driver, 1) == [0]


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
    driver, _ = driven(world, office)
    assert exchanges(driver, 1) == [0]
    assert office.store.core.place().life != life
    exchanges(driver, 3)
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
    driver, _ = driven(world, office)
    assert exchanges(driver, 4) == [0, 0, 0, 0]
    assert world.hub.values() == {"label": "boots"}


def test_a_count_that_fell_behind_is_mended_without_a_rest(world: World, office: Node) -> None:
    """INV-10."""
    office.clock.ms -= 60 * 60 * 1000
    office.reopen()
    office.write({"label": "boots"})
    driver, _ = driven(world, office)
    assert exchanges(driver, 2) == [0, 0]
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
    driver, _ = driven(world, office)
    owner = office.store if place == "start_life" else office.store.spoke

    def fail(*_arguments: object, **_named: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(owner, place, fail)
        rests = exchanges(driver, 3)
        assert all(rest > 0 for rest in rests)
        assert driver.status().fault == fault.code
        # Somebody must make room; another program lets go of the store by itself.
        assert driver.status().needs_a_person == isinstance(fault, NotSaved)
        assert office.values(secret(2)) == {}
    exchanges(driver, 4)
    assert not driver.status().needs_a_person
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
    driver, line = driven(world, office)

    def damaged(*_arguments: object) -> None:
        raise StoreDamaged("test")

    monkeypatch.setattr(office.store.spoke, "accept", damaged)
    with pytest.raises(StoreDamaged):
        asyncio.run(driver.run())
    assert line.is_closed
    assert driver.status().fault == "store_damaged"
    assert driver.status().needs_a_person


@pytest.mark.parametrize("place", ["accept", "hello"])
@pytest.mark.parametrize(
    "fault", [sqlcipher.IntegrityError("UNIQUE constraint failed"), KeyError("x"), NotFound("x")]
)
def test_a_mistake_of_ours_is_told_and_tried_again(
    world: World,
    office: Node,
    place: str,
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """INV-10: the driver ended, and its office went on under a strip that said the line was up."""
    office.write({"label": "boots"})
    driver, _ = driven(world, office)
    exchanges(driver, 2)
    office.write({"colour": "red"})

    def fail(*_arguments: object, **_named: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(office.store.spoke, place, fail)
        assert exchanges(driver, 2) == [REFUSED_REST_MS] * 2
        status = driver.status()
        assert (status.state, status.needs_a_person) == ("down", True)
        assert status.fault == ("not_found" if isinstance(fault, NotFound) else OWN_FAULT)
    exchanges(driver, 2)
    assert (driver.status().state, driver.status().needs_a_person) == ("up", False)
    assert world.hub.values() == {"label": "boots", "colour": "red"}


def test_a_status_does_not_wait_for_a_batch_that_is_being_stored(
    world: World, office: Node
) -> None:
    """INV-10: it is asked for by every page, and on the loop that carries the line."""
    office.write({"text": "x"}, secret(3))
    driver, _ = driven(world, office)
    began, may_end = threading.Event(), threading.Event()

    def store() -> None:
        with office.store.core.transaction():
            began.set()
            may_end.wait(LONG_S)

    storing = threading.Thread(target=store)
    storing.start()
    try:
        began.wait(LONG_S)
        asking = ThreadPoolExecutor(1)
        assert asking.submit(driver.status).result(timeout=LONG_S / 4).waiting_ops == 1
    finally:
        may_end.set()
        storing.join()


def test_a_driver_can_be_asked_for_its_status_at_any_time(world: World, office: Node) -> None:
    """INV-10: a terminal's strip tells facts, also before the first exchange."""
    driver, _ = driven(world, office)
    office.write({"text": "x"}, secret(3))
    status = driver.status()
    assert (status.state, status.last_heard_ms, status.waiting_ops) == ("starting", None, 1)
    office.write({"text": "y"}, secret(4))
    assert driver.status().waiting_ops == 2


def test_a_session_that_was_let_down_can_be_let_down_again(world: World, office: Node) -> None:
    """INV-10: whatever state a fault found it in, the next exchange starts clean."""
    driver, line = driven(world, office)
    driver._session.receive(Tick(toys.MORNING_MS))
    (rest,) = driver._session.receive(LineBroke())
    assert rest == Rest(RETRY_FIRST_MS)
    assert exchanges(driver, 1) == [0]
    assert line.carried == 1
