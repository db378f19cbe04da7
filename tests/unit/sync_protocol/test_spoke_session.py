"""A spoke's session: what came, what to do, in which order, and nothing else."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.cursor import START, Cursor
from sync_protocol.departure import Departure, Escrowed, Receipt
from sync_protocol.errors import (
    BadManifest,
    PeerFault,
    Replayed,
)
from sync_protocol.ids import IncarnationId, LifeId
from sync_protocol.limits import (
    REPLY_OPS_MAX,
    REQUEST_OPS_MAX,
    RETRY_FIRST_MS,
    RETRY_MS_MAX,
    SHARE_OPS_MIN,
)
from sync_protocol.messages import (
    Entry,
    Fault,
    Hello,
    Mark,
    Repair,
    Reply,
    Request,
    Returned,
    manifest_listing,
)
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.seal import Follows, Run, manifest_claim
from sync_protocol.session import (
    SPOKE_TABLE,
    Append,
    CountOn,
    LetGo,
    LineBroke,
    MeetIncarnation,
    Rest,
    Send,
    SpokeSession,
    SpokeState,
    StartLife,
    Stored,
)
from sync_protocol.snapshot import Part, Place, Snapshot, Want, first_place, snapshot_claim
from tests import toys
from tests.unit.sync_protocol.session_parts import CHAIN, HERE, TICK, hello_of, reply_of

HUB_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RUN = Run(toys.node(1), toys.life(1), CHAIN, None, (), b"")


class FakeLog:
    """A spoke's log as the session sees it: what the test says it is."""

    def __init__(self) -> None:
        """A log that received from HERE, ends at seq 4 and has nothing to send."""
        self.cursor = Cursor(HERE, 1, 10)
        self.runs: tuple[Run, ...] = ()
        self.has_more = False
        self.asks: Repair | None = None
        self.wanted: tuple[Want, ...] = ()
        self.known = {(toys.life(1), 4, CHAIN)}
        self.count = 0
        self.asked_for = 0

    def hello(self, now_ms: int) -> Hello:
        """Counts on with each request."""
        self.count += 1
        return hello_of(self.count, cursor=self.cursor, sent_ms=now_ms, wait_ms=20_000)

    def outbox(self, ops_max: int) -> tuple[tuple[Run, ...], bool]:
        """What the test put there."""
        self.asked_for = ops_max
        return self.runs, self.has_more

    def returned(self) -> tuple[Returned, ...]:
        """Nothing of others' to give back."""
        return ()

    def repair(self) -> Repair | None:
        """What the test put there."""
        return self.asks

    def wants(self) -> tuple[Want, ...]:
        """What the test put there."""
        return self.wanted

    def leaving(self, _now_ms: int) -> tuple[tuple[Departure, ...], tuple[Receipt, ...]]:
        """Nobody leaves."""
        return (), ()

    def escrow(
        self, _runs: tuple[Run, ...], _returned: tuple[Returned, ...]
    ) -> tuple[Escrowed, ...]:
        """Nothing is in escrow."""
        return ()

    def knows_point(self, life: LifeId, seq: int, chain: bytes) -> bool:
        """Only the points the test named."""
        return (life, seq, chain) in self.known

    def last_agreed(self, marks: tuple[Mark, ...]) -> Follows | None:
        """The first mark, as if it were agreed."""
        return Follows(marks[0].life, 1, b"agreed")


def _signed(reply: Reply, key: Ed25519PrivateKey = HUB_KEY) -> Reply:
    came = (*reply.notices, *reply.entries)
    listed = [(op_id_of(hash_raw(one.raw)), one.hub_seq, one.flags) for one in came]
    claim = manifest_claim(reply.incarnation, toys.node(1), manifest_listing(listed))
    return msgspec.structs.replace(reply, manifest=key.sign(claim))


def _fault(code: str, count: int = 9, incarnation: IncarnationId = HERE) -> Fault:
    return Fault(code=code, detail="", count=count, incarnation=incarnation)


def _spoke(log: FakeLog | None = None) -> SpokeSession:
    key = HUB_KEY.public_key().public_bytes_raw()
    return SpokeSession(log or FakeLog(), toys.node(1), toys.node(9), key)


def _asking(log: FakeLog | None = None) -> SpokeSession:
    session = _spoke(log)
    session.receive(TICK)
    return session


def test_a_tick_makes_one_request_with_all_that_waits() -> None:
    log = FakeLog()
    log.runs = (RUN,)
    session = _spoke(log)
    (sent,) = session.receive(TICK)
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Request)
    assert sent.message.runs == (RUN,)
    assert log.asked_for == REQUEST_OPS_MAX
    assert session.state is SpokeState.EXCHANGING


def test_who_has_something_to_send_does_not_wait() -> None:
    for runs, has_more, wait_ms in (((), False, 20_000), ((RUN,), False, 0), ((), True, 0)):
        log = FakeLog()
        log.runs, log.has_more = runs, has_more
        (sent,) = _spoke(log).receive(TICK)
        assert isinstance(sent, Send)
        assert isinstance(sent.message, Request)
        assert sent.message.hello.wait_ms == wait_ms


def test_who_mends_its_view_does_not_wait_and_sends_its_own_first() -> None:
    log = FakeLog()
    log.asks = Repair()
    (sent,) = _spoke(log).receive(TICK)
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Request)
    assert sent.message.repair == log.asks
    assert sent.message.hello.wait_ms == 0
    log.runs = (RUN,)
    (sent,) = _spoke(log).receive(TICK)
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Request)
    assert sent.message.repair is None


def test_a_reply_is_stored_before_anything_else_is_asked() -> None:
    """INV-02: the cursor comes with the reply, and is committed with it."""
    session, reply = _asking(), reply_of()
    assert session.receive(reply) == (Append(reply),)
    states = [session.state]
    assert session.receive(Stored()) == (Rest(0),)
    states.append(session.state)
    assert states == [SpokeState.STORING, SpokeState.RESTING]


def test_an_answer_to_another_request_is_a_broken_line() -> None:
    session = _asking()
    assert session.receive(reply_of(count=7)) == (Rest(RETRY_FIRST_MS),)
    assert session.state is SpokeState.RESTING


def test_what_the_hub_signed_for_is_taken() -> None:
    reply = _signed(reply_of(entries=(Entry(toys.raw_op(1, {"label": "x"}), 11, 1),)))
    assert _asking().receive(reply) == (Append(reply),)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: msgspec.structs.replace(one, manifest=b""),
        lambda one: msgspec.structs.replace(one, entries=one.entries[:1]),
        lambda one: msgspec.structs.replace(one, entries=one.entries[::-1]),
        lambda one: msgspec.structs.replace(one, notices=one.entries[:1]),
        lambda one: msgspec.structs.replace(
            one, entries=(msgspec.structs.replace(one.entries[0], flags=5), one.entries[1])
        ),
        lambda one: msgspec.structs.replace(
            one, entries=(msgspec.structs.replace(one.entries[0], flags=256), one.entries[1])
        ),
        lambda one: msgspec.structs.replace(
            one, entries=(msgspec.structs.replace(one.entries[0], hub_seq=-1), one.entries[1])
        ),
        lambda one: _signed(one, Ed25519PrivateKey.from_private_bytes(bytes(32))),
    ],
)
def test_what_the_manifest_does_not_cover_is_not_taken(spoil: Callable[[Reply], Reply]) -> None:
    """INV-08: an op added, left out, moved or judged otherwise on the way is seen."""
    entries = tuple(Entry(toys.raw_op(seq, {"label": "x"}), 10 + seq, 1) for seq in (1, 2))
    session = _asking()
    with pytest.raises(BadManifest, match=toys.node(9).hex()):
        session.receive(spoil(_signed(reply_of(entries=entries))))
    assert session.state is SpokeState.EXCHANGING
    assert session.receive(LineBroke()) == (Rest(RETRY_FIRST_MS),)


def _snapshot_signed(key: Ed25519PrivateKey, **parts: Any) -> Snapshot:
    usual: dict[str, Any] = {"subject": toys.subject(1), "cut": 5, "number": 1, "registry": b""}
    places = {"since": first_place(5), "until": Place(Part.DONE, 0)}
    plain = Snapshot(**usual | places)
    signature = key.sign(snapshot_claim(HERE, toys.node(1), plain))
    return msgspec.structs.replace(plain, **{"signature": signature} | parts)


def test_a_snapshot_that_the_hub_signed_is_taken_and_asks_for_more() -> None:
    reply = reply_of(snapshots=(_snapshot_signed(HUB_KEY),))
    session = _asking()
    assert session.receive(reply) == (Append(reply),)
    assert session.is_more_known


@pytest.mark.parametrize(
    "parts", [{"cut": 6}, {"count": 3}, {"signature": bytes(64)}, {"number": 2}]
)
def test_a_snapshot_that_the_hub_did_not_sign_so_is_not_taken(parts: dict[str, Any]) -> None:
    """INV-08: what stands is told as the hub has it, or not at all."""
    with pytest.raises(BadManifest):
        _asking().receive(reply_of(snapshots=(_snapshot_signed(HUB_KEY, **parts),)))


def test_what_is_wanted_travels_with_every_request() -> None:
    log = FakeLog()
    log.wanted = (Want(toys.subject(1), 5, Place(Part.LATER, 6)),)
    (sent,) = _spoke(log).receive(TICK)
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Request)
    assert sent.message.wants == log.wanted
    assert sent.message.hello.wait_ms == 20_000, "what is not served must not make it spin"


def test_another_incarnation_is_met_before_anything_is_taken() -> None:
    other = toys.incarnation(2)
    session = _asking()
    assert session.receive(reply_of(incarnation=other)) == (MeetIncarnation(other), Rest(0))
    assert session.state is SpokeState.RESTING


def test_the_first_incarnation_a_node_hears_of_is_simply_taken() -> None:
    log = FakeLog()
    log.cursor = START
    reply = reply_of()
    assert _asking(log).receive(reply) == (Append(reply),)


def test_a_mark_of_another_branch_starts_a_new_life() -> None:
    """INV-08: nothing counts as acknowledged, and all beyond the agreed point is offered again."""
    mark = Mark(toys.life(1), 4, b"another chain")
    assert _asking().receive(reply_of(marks=(mark,))) == (
        StartLife(Follows(toys.life(1), 1, b"agreed")),
        Rest(0),
    )


def test_a_mark_that_this_log_passes_through_is_no_fork() -> None:
    reply = reply_of(marks=(Mark(toys.life(1), 4, CHAIN),))
    assert _asking().receive(reply) == (Append(reply),)


def test_a_branch_of_an_earlier_life_is_known_and_changes_nothing() -> None:
    reply = reply_of(marks=(Mark(toys.life(7), 4, b"another chain"),))
    assert _asking().receive(reply) == (Append(reply),)


def test_a_count_in_use_is_counted_on_from() -> None:
    assert _asking().receive(_fault(Replayed.code)) == (CountOn(9), Rest(0))


def test_a_hub_restored_since_is_met_anew() -> None:
    other = toys.incarnation(2)
    effects = _asking().receive(_fault("wrong_receiver", incarnation=other))
    assert effects == (MeetIncarnation(other), Rest(0))


@pytest.mark.parametrize("code", ["wrong_receiver", "unknown_node", "anything"])
def test_any_other_fault_is_tried_again_later(code: str) -> None:
    """INV-10: what stays so is counted, and the driver raises the alarm."""
    session = _asking()
    assert session.receive(_fault(code)) == (Rest(RETRY_FIRST_MS),)
    assert session.failures == 1


def test_each_failure_doubles_the_rest_up_to_its_limit() -> None:
    session = _spoke()
    rests = []
    for _ in range(20):
        session.receive(TICK)
        (rest,) = session.receive(LineBroke())
        assert isinstance(rest, Rest)
        rests.append(rest.delay_ms)
    assert rests[:3] == [RETRY_FIRST_MS, RETRY_FIRST_MS * 2, RETRY_FIRST_MS * 4]
    assert rests[-1] == RETRY_MS_MAX == max(rests)


def _asks(session: SpokeSession, log: FakeLog) -> tuple[int, int]:
    """How many ops the next request offers at most, and how many it asks for."""
    (sent,) = session.receive(TICK)
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Request)
    return log.asked_for, sent.message.hello.room_ops


def test_a_line_that_breaks_is_given_less_and_one_that_answers_more() -> None:
    """INV-10: what is too much for the time that it holds would else be tried for ever."""
    log = FakeLog()
    session = _spoke(log)
    shares = []
    for _ in range(9):
        shares.append(_asks(session, log))
        session.receive(LineBroke())
    assert shares[0] == (REQUEST_OPS_MAX, 0)
    assert shares[1:4] == [(REPLY_OPS_MAX // 2**turn,) * 2 for turn in (1, 2, 3)]
    assert shares[-2:] == [(SHARE_OPS_MIN,) * 2] * 2
    for turn in range(10):
        share = SHARE_OPS_MIN << turn
        room = share if share < REPLY_OPS_MAX else 0
        assert _asks(session, log) == (min(share, REQUEST_OPS_MAX), room)
        session.receive(reply_of(count=log.count))
        session.receive(Stored())


def test_a_request_let_go_is_no_failure_and_is_made_again_at_once() -> None:
    session = _asking()
    assert session.receive(LetGo()) == (Rest(0),)
    assert session.failures == 0
    (sent,) = session.receive(TICK)
    assert isinstance(sent, Send)


def test_an_answer_ends_the_counting_of_failures() -> None:
    session = _asking()
    session.receive(LineBroke())
    session.receive(TICK)
    session.receive(reply_of(count=2))
    assert session.failures == 0


def test_a_store_that_failed_is_tried_again_later() -> None:
    session = _asking()
    session.receive(reply_of())
    assert session.receive(LineBroke()) == (Rest(RETRY_FIRST_MS),)


SPOKE_INPUTS = (TICK, reply_of(), _fault("x"), LineBroke(), LetGo(), Stored())


@pytest.mark.parametrize("state", SpokeState)
@pytest.mark.parametrize("came", SPOKE_INPUTS, ids=lambda one: type(one).__name__)
def test_what_is_not_in_the_spokes_table_raises_and_changes_nothing(
    state: SpokeState, came: Any
) -> None:
    if (state, type(came)) in SPOKE_TABLE:
        return
    session = _asking()
    session.state = state
    with pytest.raises(PeerFault):
        session.receive(came)
    assert session.state is state
