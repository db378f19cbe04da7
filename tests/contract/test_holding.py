"""A request that brings nothing: what it costs, what it compares, and how it is held and let go."""

import msgspec
import pytest

from sync_protocol.codec import open_envelope, read_envelope
from sync_protocol.io.hub_door import HubVisit
from sync_protocol.messages import Fault, Reply, Request
from tests.contract.world import Node, World


def _durable_commits(node: Node, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each writing transaction of the node waits for its disk, from here on."""
    noted: list[bool] = []
    connection = node.store.core.connection
    begin = connection.begin

    def note(*, is_write: bool, is_durable: bool = True) -> None:
        noted.append(is_durable)
        begin(is_write=is_write, is_durable=is_durable)

    monkeypatch.setattr(connection, "begin", note)
    return noted


def test_an_idle_exchange_waits_for_no_disk_and_one_with_ops_for_both(
    pair: tuple[World, Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-01: what is admitted to is durable; what only a clock and a cursor say need not be."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    world.settle()
    with monkeypatch.context() as watched:
        hub, spoke = (_durable_commits(node, watched) for node in (world.hub, leeds))
        world.exchange(leeds)
        assert False in hub
        assert False in spoke
    leeds.write({"colour": "red"})
    with monkeypatch.context() as watched:
        hub, spoke = (_durable_commits(node, watched) for node in (world.hub, leeds))
        world.exchange(leeds)
        assert set(hub) == set(spoke) == {True}


def _visit(world: World, spoke: Node) -> HubVisit:
    """A request that may be held, with a view digest that is due."""
    spoke.reopen()
    spoke.clock.ms += 60 * 60 * 1000
    world.hub.clock.ms += 60 * 60 * 1000
    _session, request = world.request_of(spoke)
    assert request.hello.view
    hello = msgspec.structs.replace(request.hello, wait_ms=1000)
    visit = world.door.receive(world.sealed(spoke, Request(hello)))
    assert isinstance(visit, HubVisit)
    return visit


def _opened(world: World, spoke: Node, raw: bytes | None) -> Reply | Fault:
    assert raw is not None
    message = open_envelope(read_envelope(raw), spoke.id, world.hub.signer.public_key)
    assert not isinstance(message, Request)
    return message


def test_a_view_that_agrees_is_noted_and_the_request_is_held(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: compared once, when it came; told with the answer, whatever else that tells."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    visit = _visit(world, moorland)
    assert visit.answer(is_last=False) is None
    with world.hub.store.reading() as reading:
        equal = {peer.node: peer.digest_equal for peer in reading.peers()}
    assert equal[moorland.id] is True
    leeds.write({"colour": "red"})
    world.exchange(leeds)
    reply = _opened(world, moorland, visit.answer(is_last=False))
    assert isinstance(reply, Reply)
    assert (reply.digest_equal, len(reply.entries)) == (True, 1)


def test_a_view_that_differs_is_told_at_once(pair: tuple[World, Node, Node]) -> None:
    """INV-04."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    with moorland.store.changing() as connection:
        connection.execute("UPDATE subjects SET digest = zeroblob(32) WHERE digest_count > 0")
    reply = _opened(world, moorland, _visit(world, moorland).answer(is_last=False))
    assert isinstance(reply, Reply)
    assert reply.digest_equal is False


def test_who_lets_go_of_a_request_is_told_nothing_by_it(pair: tuple[World, Node, Node]) -> None:
    """INV-14: its sender asks again; to gather an answer that nobody reads would cost both."""
    world, _, moorland = pair
    world.settle()
    visit = _visit(world, moorland)
    fault = _opened(world, moorland, visit.let_go())
    assert isinstance(fault, Fault)
    assert fault.code == "let_go"
