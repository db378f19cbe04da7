"""The session machines: one exchange seen by a spoke and by the hub, without any I/O.

Implements PROTOCOL.md, Session. Each machine has one enum of states and one table from (state, type
of what came) to a method. What comes in is a message or a passing of time; what goes out is a
tuple of effects, to be done in order. `Append` comes before the `Send` that admits to it (INV-02),
and an illegal transition raises and changes nothing.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

import msgspec

from sync_protocol.cursor import START, Cursor
from sync_protocol.departure import Departure, Escrowed, Receipt
from sync_protocol.errors import (
    BadMessage,
    Replayed,
    UnsupportedProtocol,
)
from sync_protocol.ids import IncarnationId, LifeId, NodeId
from sync_protocol.limits import (
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_OLDEST,
    REPLY_OPS_MAX,
    REQUEST_OPS_MAX,
    RETRY_FIRST_MS,
    RETRY_MS_MAX,
    SHARE_OPS_MIN,
    WAIT_MS_MAX,
)
from sync_protocol.messages import (
    Fault,
    Hello,
    Mark,
    Repair,
    Reply,
    Request,
    Returned,
)
from sync_protocol.proof import check_manifest, check_orders
from sync_protocol.seal import Follows, Run
from sync_protocol.snapshot import Want


class LineBroke(msgspec.Struct, frozen=True):
    """The line failed before an answer came; whether the hub took the request is not known."""


class LetGo(msgspec.Struct, frozen=True):
    """The driver let go of a request that the hub was holding, to send something now."""


class Tick(msgspec.Struct, frozen=True):
    """Time has passed; `now_ms` is the node's wall time."""

    now_ms: int


class Stored(msgspec.Struct, frozen=True):
    """What an `Append` asked for is durable."""


class Append(msgspec.Struct, frozen=True):
    """Store this, and all that it admits to, in one transaction."""

    what: Reply | Request


class StartLife(msgspec.Struct, frozen=True):
    """Start a new life that follows the last agreed point, and offer again all beyond it."""

    agreed: Follows | None


class MeetIncarnation(msgspec.Struct, frozen=True):
    """The hub is another since its restore: forget its numbers, keep every op, offer all again."""

    incarnation: IncarnationId


class CountOn(msgspec.Struct, frozen=True):
    """Count requests on from here: an earlier count is in use already."""

    count: int


class Send(msgspec.Struct, frozen=True):
    """Put this message on the line."""

    message: Request | Reply | Fault


class Answer(msgspec.Struct, frozen=True):
    """Read what this spoke lacks, in one snapshot of the log, and put it on the line."""

    request: Request
    may_wait: bool


class Rest(msgspec.Struct, frozen=True):
    """Do nothing until something is written here or this much time has passed."""

    delay_ms: int


Effect = Append | StartLife | MeetIncarnation | CountOn | Send | Answer | Rest
Effects = tuple[Effect, ...]


class SpokeLog(Protocol):
    """What a spoke's session reads of its own log; it changes it only through effects."""

    def hello(self, now_ms: int) -> Hello:
        """A hello for the next request; each has a higher count than the last."""

    def outbox(self, ops_max: int) -> tuple[tuple[Run, ...], bool]:
        """Own runs that the hub is not known to have, oldest first, and whether there is more."""

    def returned(self) -> tuple[Returned, ...]:
        """Ops of others that the hub lacks since its restore, under the manifests proving them."""

    def repair(self) -> Repair | None:
        """What is still to be asked about where this node's view differs; None where it is not."""

    def wants(self) -> tuple[Want, ...]:
        """What is to come next of subjects that arrive, and of histories asked for here."""

    def leaving(self, now_ms: int, /) -> tuple[tuple[Departure, ...], tuple[Receipt, ...]]:
        """The subjects that this node would let go of, and receipts of those that it did."""

    def escrow(
        self, runs: tuple[Run, ...], returned: tuple[Returned, ...], /
    ) -> tuple[Escrowed, ...]:
        """The bodies of what is offered, where this node holds them under a key that is gone."""

    def knows_point(self, life: LifeId, seq: int, chain: bytes) -> bool:
        """Whether this node's own log passes through that point."""

    def last_agreed(self, marks: tuple[Mark, ...]) -> Follows | None:
        """The last point of the present life that one of the marks confirms."""


class SpokeState(Enum):
    """Where a spoke's session stands."""

    RESTING = "resting"
    EXCHANGING = "exchanging"
    STORING = "storing"


class SpokeSession:
    """One spoke's side: asks, takes in what came, and asks again while there is more."""

    def __init__(self, log: SpokeLog, node: NodeId, hub: NodeId, hub_key: bytes) -> None:
        """Rest until the first tick. `hub_key` is the hub's public key, 32 raw bytes."""
        self.state = SpokeState.RESTING
        self.failures = 0
        """Consecutive exchanges that failed; the driver spreads its retries by it."""
        self._log = log
        self._node = node
        self._hub = hub
        self.hub_key = hub_key
        """The key that the hub signs with now; the driver sets it when it hears of another."""
        self.is_more_known = False
        """Whether the last exchange left something unsent or unheard."""
        self._asked: Hello | None = None
        self._share = REQUEST_OPS_MAX
        """Ops that are offered and asked for at once: half after a failure, twice after an answer.

        INV-10: a line that holds for seconds would else be given for ever what is too much for it.
        """

    def receive(self, came: Tick | Reply | Fault | LineBroke | LetGo | Stored) -> Effects:
        """The effects of what came, in order."""
        method = SPOKE_TABLE.get((self.state, type(came)))
        if method is None:
            raise BadMessage(f"{type(came).__name__} while {self.state.value}")
        return method(self, came)

    def ask(self, tick: Tick) -> Effects:
        """Make one request with everything that waits, up to the limits."""
        hello = self._log.hello(tick.now_ms)
        runs, more = self._log.outbox(self._share)
        returned = () if runs else self._log.returned()
        repair = None if runs or returned else self._log.repair()
        departures, receipts = self._log.leaving(tick.now_ms)
        if runs or more or returned or repair:
            hello = msgspec.structs.replace(hello, wait_ms=0)
        if self._share < REPLY_OPS_MAX:
            hello = msgspec.structs.replace(hello, room_ops=self._share)
        self._asked = hello
        self.is_more_known = more or bool(returned) or repair is not None
        self.state = SpokeState.EXCHANGING
        request = Request(
            hello,
            runs,
            returned,
            self._log.wants(),
            repair,
            departures=departures,
            receipts=receipts,
            escrow=self._log.escrow(runs, returned),
        )
        return (Send(request),)

    def take_reply(self, reply: Reply) -> Effects:
        """Check what came against this node's own chain, then have it stored."""
        asked = self._asked
        assert asked is not None, "a reply is only taken after a request"
        if reply.count != asked.count:
            return self.fail(LineBroke())
        check_manifest(reply, self._node, self._hub, self.hub_key)
        check_orders(reply, asked, self._node, self._hub, self.hub_key)
        known = asked.cursor.incarnation
        if known not in (reply.incarnation, START.incarnation):
            return self._again(MeetIncarnation(reply.incarnation))
        if self._is_forked(reply.marks):
            return self._again(StartLife(self._log.last_agreed(reply.marks)))
        self.state = SpokeState.STORING
        self.failures = 0
        self._share = min(2 * self._share, REQUEST_OPS_MAX)
        self.is_more_known = self.is_more_known or reply.more or bool(reply.snapshots)
        return (Append(reply),)

    def go_on(self, _stored: Stored) -> Effects:
        """What came is durable: ask for the rest, or rest."""
        self.state = SpokeState.RESTING
        return (Rest(0),)

    def take_fault(self, fault: Fault) -> Effects:
        """Do what the hub's fault asks for; anything else counts as a failure."""
        if fault.code == Replayed.code:
            return self._again(CountOn(fault.count))
        asked = self._asked
        known = asked.cursor.incarnation if asked is not None else START.incarnation
        if fault.code == "wrong_receiver" and fault.incarnation != known:
            return self._again(MeetIncarnation(fault.incarnation))
        return self.fail(LineBroke())

    def fail(self, _broke: LineBroke) -> Effects:
        """Rest a while that doubles with each failure; the driver adds the jitter."""
        self.state = SpokeState.RESTING
        self.failures += 1
        self._share = max(SHARE_OPS_MIN, min(self._share, REPLY_OPS_MAX) // 2)
        delay_ms = RETRY_FIRST_MS << min(self.failures - 1, 10)
        return (Rest(min(delay_ms, RETRY_MS_MAX)),)

    def let_go(self, _let_go: LetGo) -> Effects:
        """Ask again at once: the request carried nothing, and what it would have brought waits."""
        self.state = SpokeState.RESTING
        return (Rest(0),)

    def _again(self, effect: Effect) -> Effects:
        self.state = SpokeState.RESTING
        return (effect, Rest(0))

    def _is_forked(self, marks: tuple[Mark, ...]) -> bool:
        """INV-08: a mark that this node's own log does not pass through is a second branch.

        Of an earlier life both branches are known to the hub for ever; only the present counts.
        """
        present = self._asked.life if self._asked is not None else None
        return any(
            not self._log.knows_point(one.life, one.seq, one.chain)
            for one in marks
            if one.life == present
        )


SPOKE_TABLE: Final[dict[tuple[SpokeState, type], Callable[..., Effects]]] = {
    (SpokeState.RESTING, Tick): SpokeSession.ask,
    (SpokeState.EXCHANGING, Reply): SpokeSession.take_reply,
    (SpokeState.EXCHANGING, Fault): SpokeSession.take_fault,
    (SpokeState.EXCHANGING, LineBroke): SpokeSession.fail,
    (SpokeState.EXCHANGING, LetGo): SpokeSession.let_go,
    (SpokeState.STORING, Stored): SpokeSession.go_on,
    (SpokeState.STORING, LineBroke): SpokeSession.fail,
}


class HubState(Enum):
    """Where the hub stands with one request. It keeps nothing of it afterwards."""

    LISTENING = "listening"
    STORING = "storing"
    WAITING = "waiting"
    DONE = "done"


class HubSession:
    """The hub's side of one request: check, store, answer, or wait for something to say."""

    def __init__(self, incarnation: IncarnationId, last_count: int) -> None:
        """`last_count` is the sender's highest count so far."""
        self.state = HubState.LISTENING
        self._incarnation = incarnation
        self._last_count = last_count
        self._request: Request | None = None

    def receive(self, came: Request | Stored | Tick | Reply) -> Effects:
        """The effects of what came, in order."""
        method = HUB_TABLE.get((self.state, type(came)))
        if method is None:
            raise BadMessage(f"{type(came).__name__} while {self.state.value}")
        return method(self, came)

    def take_request(self, request: Request) -> Effects:
        """Refuse what cannot be answered; else have it stored before anything is admitted."""
        hello = request.hello
        if hello.newest < PROTOCOL_VERSION_OLDEST or hello.oldest > PROTOCOL_VERSION:
            return self._refuse(UnsupportedProtocol.code, f"{hello.oldest} to {hello.newest}")
        if hello.count <= self._last_count:
            return self._refuse(Replayed.code, f"{hello.count} after {self._last_count}")
        if hello.cursor.incarnation not in (START.incarnation, self._incarnation):
            return self._refuse("wrong_receiver", hello.cursor.incarnation.hex())
        self._request = request
        self.state = HubState.STORING
        return (Append(request),)

    def answer(self, _came: Stored | Tick) -> Effects:
        """It is durable, or something may be new: answer, or wait where there is nothing."""
        request = self._request
        assert request is not None, "nothing is answered before it was asked"
        self.state = HubState.WAITING
        return (Answer(request, may_wait=request.hello.wait_ms > 0),)

    def sent(self, reply: Reply) -> Effects:
        """The answer has something to say, or the wait is over."""
        self.state = HubState.DONE
        return (Send(reply),)

    def _refuse(self, code: str, detail: str) -> Effects:
        self.state = HubState.DONE
        fault = Fault(
            code=code, detail=detail, count=self._last_count, incarnation=self._incarnation
        )
        return (Send(fault),)


HUB_TABLE: Final[dict[tuple[HubState, type], Callable[..., Effects]]] = {
    (HubState.LISTENING, Request): HubSession.take_request,
    (HubState.STORING, Stored): HubSession.answer,
    (HubState.WAITING, Tick): HubSession.answer,
    (HubState.WAITING, Reply): HubSession.sent,
}


def wait_ms_of(hello: Hello) -> int:
    """How long the hub may hold a request that has nothing to be told."""
    return max(0, min(hello.wait_ms, WAIT_MS_MAX))


def has_news(reply: Reply, asked: Cursor, *, had_runs: bool) -> bool:
    """Whether a reply is worth sending at once: anything taken in, or anything to tell."""
    brings = reply.entries or reply.steps or reply.own or reply.notices or reply.snapshots
    tells = brings or reply.more or reply.repaired is not None
    answers = bool(reply.permits or reply.unproven or reply.receipted)
    answers = answers or reply.elsewhere is not None or reply.lease is not None
    differs = reply.digest_equal is False
    return bool(had_runs or tells or answers or differs or asked.incarnation != reply.incarnation)
