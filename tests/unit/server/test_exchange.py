"""The exchange over HTTP: an office and the centre, their real apps, and no socket between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from casework.access.caller import Caller
from casework.desk.people import NewPerson, summary
from edge.services.line import LineKeeper
from server.app import HubParts, build_app
from server.services.exchange import Exchange
from sync_protocol.errors import BadMessage, Unavailable, UnknownNode
from sync_protocol.io.http_peer import EXCHANGE_PATH, HttpPeer
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.peers import Peer
from sync_protocol.io.sync_driver import SyncDriver
from sync_protocol.limits import REQUEST_BYTES_MAX
from tests.desks import Office
from tests.unit.casework.desk.steps import someone
from tests.webs import HERE, parts_of

SOON_S = 10.0


def line_to(app: Litestar) -> httpx.AsyncClient:
    """HTTP into an app, without a socket."""
    called: Any = app
    return httpx.AsyncClient(transport=httpx.ASGITransport(called), base_url=HERE)


class Pair:
    """The centre, an office that knows it, and the centre's app."""

    def __init__(self, folder: Path) -> None:
        """Two stores in one folder."""
        self.hub = Office(folder, "CENTRE")
        self.edge = Office(folder, "LEI")
        self.keys = {
            office.desk.node.id: office.store.core.parts.signer.public_key  # type: ignore[attr-defined]
            for office in (self.hub, self.edge)
        }
        self.app: Litestar = build_app(HubParts(web=parts_of(self.hub), keys=self.keys))

    def driver(self) -> SyncDriver:
        """The office's driver, over a line into the centre's app."""
        line = HttpPeer(HERE)
        line._line = line_to(self.app)
        hub = self.hub.desk.node.id
        return SyncDriver(self.edge.store, line, hub, self.keys[hub])

    def close(self) -> None:
        """Close both stores."""
        self.hub.store.close()
        self.edge.store.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ash(pair: Pair) -> Caller:
    return pair.edge.hire("ash")


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


async def until(claim: Callable[[], bool]) -> None:
    ends = time.monotonic() + SOON_S
    while not claim():
        assert time.monotonic() < ends, "it did not happen in time"
        await asyncio.sleep(0.01)


def peer_of(pair: Pair) -> Peer:
    with pair.hub.store.reading() as reading:
        (peer,) = reading.peers()
    return peer


def ops(office: Office) -> int:
    with office.store.reading() as reading:
        return reading.counts()["ops"]


def test_what_an_office_writes_is_at_the_centre_and_known_to_be(pair: Pair, ash: Caller) -> None:
    async def story() -> None:
        person = someone(pair.edge, ash)
        keeper = LineKeeper(pair.driver())
        keeper.start()
        await until(lambda: ops(pair.hub) == 2)
        await until(lambda: summary(pair.edge.desk, ash, person).is_at_centre)
        # What waits at the office is told by its next request, which is then held.
        await until(lambda: peer_of(pair).waiting_ops == 0)
        assert (peer_of(pair).node, peer_of(pair).parked) == (pair.edge.desk.node.id, 0)
        assert not keeper.has_failed
        await keeper.stop()

    run(story())


def test_a_held_request_is_answered_at_the_commit_it_waits_for(pair: Pair, ash: Caller) -> None:
    async def story() -> None:
        person = someone(pair.edge, ash)
        keeper = LineKeeper(pair.driver())
        keeper.start()
        await until(lambda: summary(pair.edge.desk, ash, person).is_at_centre)
        root = pair.hub.hire("root")
        begun = time.monotonic()
        from casework.desk.records import Addition, add

        add(pair.hub.desk, root, person, Addition("risk", {"self_harm": "high"}))
        await until(lambda: ops(pair.edge) == 3)
        assert time.monotonic() - begun < 5
        await keeper.stop()

    run(story())


def test_a_nodes_new_request_ends_the_one_before(pair: Pair, ash: Caller) -> None:
    """Abandoned long polls must not pile up and each look again at every commit."""

    async def story() -> None:
        exchange = Exchange(pair.hub.store, HubDoor(pair.hub.store, pair.keys.get))
        someone(pair.edge, ash)
        await settled(pair)
        sealed = [seal(pair) for _ in range(3)]
        asked = []
        for raw in sealed:
            asked.append(asyncio.create_task(exchange.exchange(raw)))
            await until(lambda: exchange.held == 1)
            await asyncio.sleep(0.1)
        await until(lambda: asked[0].done() and asked[1].done())
        assert not asked[2].done()
        assert exchange.held == 1
        exchange.close()
        assert await asked[2]
        assert exchange.held == 0
        with pytest.raises(Unavailable):
            await exchange.exchange(sealed[0])

    run(story())


async def settled(pair: Pair) -> None:
    """Exchange until neither side has anything to say."""
    usual, pair.edge.store.spoke.wait_ms = pair.edge.store.spoke.wait_ms, 0
    driver = pair.driver()
    for _ in range(3):
        await driver.exchange()
    pair.edge.store.spoke.wait_ms = usual


def seal(pair: Pair) -> bytes:
    """A request of the office that asks for nothing and may be held."""
    from sync_protocol.codec import Address, seal_message
    from sync_protocol.messages import Request

    hello = pair.edge.store.spoke.hello(pair.edge.clock.now_ms())
    parts = pair.edge.store.core.parts
    address = Address(parts.node, pair.hub.desk.node.id, hello.cursor.incarnation)
    return seal_message(Request(hello, ()), address, parts.signer)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "bad_message")),
        (b"hello", (400, "bad_message")),
        (b"tc\x01\x00" + bytes(200), (403, "unknown_node")),
        (bytes(REQUEST_BYTES_MAX + 1), (413, "too_large")),
    ],
)
def test_what_is_no_request_is_a_problem_and_changes_nothing(
    pair: Pair, body: bytes, expected: tuple[int, str]
) -> None:
    async def story() -> None:
        line = line_to(pair.app)
        answer = await line.post(EXCHANGE_PATH, content=body)
        assert (answer.status_code, answer.json()["code"]) == expected

    before = ops(pair.hub)
    run(story())
    assert ops(pair.hub) == before


def test_a_request_under_a_wrong_seal_is_refused(pair: Pair, ash: Caller) -> None:
    async def story() -> None:
        someone(pair.edge, ash)
        raw = seal(pair)
        broken = raw[:-1] + bytes([raw[-1] ^ 1])
        line = line_to(pair.app)
        answer = await line.post(EXCHANGE_PATH, content=broken)
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature")

    run(story())


def test_the_centres_pages_and_api_stand_beside_the_exchange(pair: Pair) -> None:
    async def story() -> None:
        line = line_to(pair.app)
        assert (await line.get("/live")).status_code == 200
        assert (await line.get("/sign-in")).status_code == 200
        assert (await line.get("/api/v1/me")).status_code == 401
        someone(pair.hub, pair.hub.hire("oak"), NewPerson("Sam", "Sample"))

    run(story())


def test_what_a_stranger_sends_is_refused_at_its_first_bytes(pair: Pair) -> None:
    """INV-14: nobody outside the estate has the centre keep megabytes to look at later."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"tc\x01\x00" + bytes(16)
        for _ in range(100):
            sent += 1
            yield bytes(100_000)

    async def story() -> None:
        exchange = Exchange(pair.hub.store, HubDoor(pair.hub.store, pair.keys.get))
        with pytest.raises(UnknownNode):
            await exchange.check_sender(b"tc\x01\x00" + bytes(16))
        with pytest.raises(BadMessage):
            await exchange.check_sender(b"GET /" + bytes(16))
        async with line_to(pair.app) as line:
            answer = await line.post(EXCHANGE_PATH, content=endless())
        assert answer.status_code == 403
        assert sent <= 1

    run(story())


def test_requests_together_have_room_for_so_much_and_no_more(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-14, INV-10: who finds no room is told to come again, and room comes back."""

    async def story() -> None:
        exchange = Exchange(pair.hub.store, HubDoor(pair.hub.store, pair.keys.get))
        monkeypatch.setattr("server.services.exchange.TAKEN_BYTES_MAX", 10)
        with exchange.room() as first, exchange.room() as second:
            first.take(6)
            with pytest.raises(Unavailable):
                second.take(5)
            second.take(4)
            assert exchange.taken_bytes == 10
        assert exchange.taken_bytes == 0
        async with line_to(pair.app) as line:
            answer = await line.post(EXCHANGE_PATH, content=seal(pair))
            assert answer.status_code == 503
            monkeypatch.undo()
            answer = await line.post(EXCHANGE_PATH, content=seal(pair))
            assert answer.status_code == 200

    run(story())
