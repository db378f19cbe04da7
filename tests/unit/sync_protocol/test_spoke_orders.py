"""The spoke's session: all that a request brings, and whose orders it takes."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from sync_protocol.departure import Departure, Escrowed, Permit, Receipt, claim_of_permit
from sync_protocol.errors import BadManifest, BadMessage
from sync_protocol.limits import REPLY_OPS_MAX
from sync_protocol.messages import Repair, Request, Returned
from sync_protocol.scope import ScopeStep, claim_of
from sync_protocol.seal import Run
from sync_protocol.session import Append, LineBroke, Send, SpokeSession, Stored
from tests import toys
from tests.unit.sync_protocol.session_parts import HERE, TICK, reply_of
from tests.unit.sync_protocol.test_spoke_session import HUB_KEY, RUN, FakeLog

GIVEN_BACK = (Returned(HERE, b"listing", b"", ()),)
GOING = (Departure(toys.subject(1), 1, b"", 0, 0),)
GONE = (Receipt(toys.subject(2), 1, "sealed", toys.life(1), b"", 0, 0, 0),)
SEALED = (Escrowed(toys.subject(3), b"box", ()),)
HUB = toys.node(9)


class FullLog(FakeLog):
    """A log in which everything waits at once; it notes what it was asked with."""

    def __init__(self) -> None:
        """Nothing but what is offered to be let go of."""
        super().__init__()
        self.gives_back: tuple[Returned, ...] = ()
        self.asked_at: list[int] = []
        self.offered: list[object] = []

    def returned(self) -> tuple[Returned, ...]:
        """What the test put there."""
        return self.gives_back

    def leaving(self, now_ms: int) -> tuple[tuple[Departure, ...], tuple[Receipt, ...]]:
        """One who goes and one who is gone."""
        self.asked_at.append(now_ms)
        return GOING, GONE

    def escrow(self, runs: tuple[Run, ...], returned: tuple[Returned, ...]) -> tuple[Escrowed, ...]:
        """The bodies of what is offered."""
        self.offered = [runs, returned]
        return SEALED


def _session(log: FakeLog) -> SpokeSession:
    key = HUB_KEY.public_key().public_bytes_raw()
    return SpokeSession(log, toys.node(1), HUB, key)


def _request(session: SpokeSession) -> Request:
    (sent,) = session.receive(TICK)
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Request)
    return sent.message


def _hear(session: SpokeSession, count: int, *, more: bool = False) -> None:
    session.receive(reply_of(count=count, more=more))
    session.receive(Stored())


def test_a_request_brings_everything_that_waits() -> None:
    log = FullLog()
    log.runs = (RUN,)
    request = _request(_session(log))
    assert (request.departures, request.receipts, request.escrow) == (GOING, GONE, SEALED)
    assert log.offered == [(RUN,), ()]
    assert log.asked_at == [TICK.now_ms] == [request.hello.sent_ms]


def test_what_is_given_back_waits_for_what_was_written_here() -> None:
    """INV-01: a restored hub takes each from its author where it can."""
    log = FullLog()
    log.gives_back, log.asks = GIVEN_BACK, Repair()
    request = _request(_session(log))
    assert (request.returned, request.repair) == (GIVEN_BACK, None)
    assert log.offered == [(), GIVEN_BACK]
    assert request.hello.wait_ms == 0
    log.runs = (RUN,)
    assert _request(_session(log)).returned == ()


@pytest.mark.parametrize("what", ["more", "returned", "repair", "heard", "nothing"])
def test_more_is_known_to_be_left_where_anything_is(what: str) -> None:
    """INV-10: whoever rests on what is left would leave it for the length of a poll."""
    log = FullLog()
    session = _session(log)
    assert session.is_more_known is False
    log.has_more = what == "more"
    log.gives_back = GIVEN_BACK if what == "returned" else ()
    log.asks = Repair() if what == "repair" else None
    _request(session)
    _hear(session, log.count, more=what == "heard")
    assert session.is_more_known is (what != "nothing")


def test_a_share_is_a_number_of_ops() -> None:
    session = _session(FakeLog())
    _request(session)
    session.receive(LineBroke())
    room_ops = _request(session).hello.room_ops
    assert msgspec.json.encode(room_ops) == b"%d" % (REPLY_OPS_MAX // 2)


def test_what_came_out_of_turn_is_named() -> None:
    with pytest.raises(BadMessage) as caught:
        _session(FakeLog()).receive(LineBroke())
    assert caught.value.detail == "LineBroke while resting"


def _leave(number: int) -> ScopeStep:
    step = ScopeStep(number, "leave", toys.subject(number), (), number - 1, 5)
    return msgspec.structs.replace(step, signature=HUB_KEY.sign(claim_of(step, HERE, toys.node(1))))


def _permit(number: int) -> Permit:
    permit = Permit(toys.subject(number), number, b"digest", 3)
    return msgspec.structs.replace(
        permit, signature=HUB_KEY.sign(claim_of_permit(permit, HERE, toys.node(1)))
    )


def _forged(signed: Sequence[Any], place: int) -> tuple[Any, ...]:
    """The same orders, one of which names another subject than its signature does."""
    listed = list(signed)
    listed[place] = msgspec.structs.replace(listed[place], subject=toys.subject(99))
    return tuple(listed)


def _unsigned(signed: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(msgspec.structs.replace(one, signature=b"") for one in signed)


def test_the_hubs_own_orders_are_taken() -> None:
    session = _session(FakeLog())
    _request(session)
    enter = ScopeStep(5, "enter", toys.subject(5), ("here",))
    reply = reply_of(steps=(_leave(2), enter, _leave(3)), permits=(_permit(1), _permit(2)))
    assert session.receive(reply) == (Append(reply),)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("what", ["steps", "permits"])
def test_an_order_that_the_hub_did_not_sign_is_not_taken(what: str, place: int) -> None:
    """INV-05, INV-01: whichever of several it is, and whatever else is signed."""
    orders: dict[str, Any] = {"steps": (_leave(2), _leave(3)), "permits": (_permit(1), _permit(2))}
    for forged in (_forged(orders[what], place), _unsigned(orders[what])):
        session = _session(FakeLog())
        _request(session)
        with pytest.raises(BadManifest) as caught:
            session.receive(reply_of(**orders | {what: forged}))
        assert caught.value.detail == HUB.hex()
