"""Courier files: the requests and replies of an exchange, carried by hand where no line reaches.

Implements PROTOCOL.md, Courier. A file holds the same sealed bytes that the line would carry. A
spoke's file asks; the hub takes it in, and writes one that answers. An answer counts only from the
very place that it was asked at, so that files which come late, twice, or in another order than they
were made change nothing. All of it may be done beside the running node.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.cursor import START
from sync_protocol.errors import BadMessage, Refused, Replayed, UnknownNode
from sync_protocol.ids import LifeId, NodeId
from sync_protocol.io.courier_file import OldCourier, has_room, open_file, pack, read_opening
from sync_protocol.io.hub_door import FindKey, HubDoor, seal_answer
from sync_protocol.io.lease_keeper import LeaseKeeper
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.outbox import gather_outbox
from sync_protocol.io.returns import Gathered
from sync_protocol.io.spoke_log import SpokeLog
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import COURIER_ASKED_MAX
from sync_protocol.messages import Fault, Hello, Reply, Request, Returned
from sync_protocol.seal import Run, Segment
from sync_protocol.session import (
    Append,
    MeetIncarnation,
    Send,
    SpokeSession,
    StartLife,
    Tick,
)

ASKED: Final = "courier_asked"
"""At a spoke: what its newest courier files asked, the oldest first."""
CAME: Final = "courier_from_"
"""At the hub, with a node's id: the last request that a courier brought from it, without ops."""
RESTORED: Final = "wrong_receiver"
RUNS_NOTED_MAX: Final = 100


class NothingAsked(Refused):
    """No courier file of that node is to be answered."""

    code = "nothing_asked"
    hint = (
        "Have the node export one, bring it here, and take it in with: throughcare courier import"
    )


class CourierRefused(Refused):
    """The two nodes do not understand each other's courier files."""

    code = "courier_refused"
    hint = "Upgrade the older node, then export again."


class Packed(msgspec.Struct, frozen=True):
    """A courier file; the changes in it, and whether more wait for another."""

    raw: bytes
    ops: int
    is_more: bool


class Taken(msgspec.Struct, frozen=True):
    """What the hub took in: from whom, and how many changes were offered.

    Where the hub was restored since the sender last heard, nothing was: the answer tells it so.
    """

    sender: NodeId
    ops: int
    is_restored: bool


class Came(msgspec.Struct):
    """What a spoke took in of an answer.

    `asks_again` where the answer leaves something to ask: the centre has more, or it was restored,
    or this node went on under a new life.
    """

    new_ops: int = 0
    acknowledged: int = 0
    entered: int = 0
    asks_again: bool = False


class _Asked(msgspec.Struct, frozen=True, array_like=True):
    """What a courier file asked, and up to which manifest it gave back what a hub had lost."""

    hello: Hello
    manifest_no: int | None = None
    is_all: bool = False


def ask_by_courier(store: OpStore, hub: NodeId) -> Packed:
    """A spoke's file: everything that waits here, and the question what is new.

    Nothing counts as sent by it: what waits goes on waiting until an answer says otherwise, by
    whatever way that comes.
    """
    core = store.core
    with core.transaction():
        log = _CarriedLog(core, store.spoke.lease)
        parts: list[bytes] = []
        ops, is_more, request = 0, True, None
        while is_more and has_room(parts):
            session = SpokeSession(log, store.node, hub, b"")
            request = _request_of(session, core.parts.clock.now_ms())
            address = Address(store.node, hub, request.hello.cursor.incarnation)
            changes = core.parts.key_changes
            parts.append(seal_message(request, address, core.parts.signer, changes))
            log.note(request.runs)
            ops += _count(request.runs)
            is_more = session.is_more_known
            if not request.runs:
                break
        assert request is not None, "there is always something to ask"
        _note_asked(core, request.hello, log.given_back)
    return Packed(pack(store, hub, parts), ops, is_more)


def take_answer(store: OpStore, hub: NodeId, hub_key: bytes, raw: bytes) -> Came:
    """Take in what the hub answered a courier file of this spoke.

    Each reply is durable before the next is looked at, and a file that was taken in halfway is
    taken in from there. Raises OldCourier where none of it follows from where this node stands.
    """
    came, asked, is_taken = Came(), None, False
    for part in open_file(store, raw, hub, hub_key):
        message, in_use = _opened(store, (hub, hub_key), part)
        if isinstance(message, Request):
            raise BadMessage("an answer was expected")
        asked = asked or _asked_as(store.core, message.count)
        if asked is None or message.count != asked.hello.count:
            raise OldCourier(f"It answers request {message.count}.")
        if _stands_at(store.core, asked.hello):
            is_taken = True
            if not _take(store, (hub, in_use), asked, message, came):
                came.asks_again = True
                return came
        if isinstance(message, Reply):
            came.asks_again = message.more
            hello = msgspec.structs.replace(asked.hello, cursor=message.cursor)
            asked = msgspec.structs.replace(asked, hello=hello)
    if not is_taken:
        raise OldCourier("This node has heard from the centre since it asked.")
    return came


def take_requests(store: OpStore, find_key: FindKey, hub_key: bytes, raw: bytes) -> Taken:
    """The hub takes in a spoke's file; once this returns, it is durable and can be answered.

    Raises OldCourier where the centre has heard the same or more from that node.
    """
    sender = read_opening(raw).sender
    key = find_key(sender)
    if key is None:
        raise UnknownNode(sender.hex())
    door, ops = HubDoor(store, find_key), 0
    request, fault = None, None
    for part in open_file(store, raw, sender, key):
        if read_envelope(part).sender != sender:
            raise BadMessage("signed by another node than the file names")
        answer = door.receive(part)
        in_use, _ = store.core.keys.in_use(sender, key)
        opened = open_envelope(read_envelope(part), store.node, in_use)
        assert isinstance(opened, Request), "the door takes in nothing else"
        request, fault = opened, None
        ops += _count(request.runs)
        if isinstance(answer, bytes):
            fault = _fault_of(answer, sender, hub_key)
    assert request is not None, "a courier file has a part"
    _check_fault(store, sender, request, fault)
    _note_came(store.core, sender, request)
    return Taken(sender, ops, is_restored=fault is not None)


def answer_by_courier(store: OpStore, node: NodeId) -> Packed:
    """The hub's file for a spoke: the answer, as of now, to the last request brought from it.

    It may be written again and again; the spoke takes in the first that reaches it. Raises
    NothingAsked where no courier has brought any.
    """
    request = _came_from(store.core, node)
    if request is None:
        raise NothingAsked(node.hex())
    if request.hello.cursor.incarnation not in (START.incarnation, store.incarnation):
        return Packed(pack(store, node, [_restored(store, node, request)]), 0, is_more=True)
    received_ms = store.core.parts.clock.now_ms()
    parts: list[bytes] = []
    ops, is_more = 0, True
    while is_more and has_room(parts):
        reply = store.answer(request, node, received_ms, compares=False)
        parts.append(seal_answer(store, node, reply, request.hello))
        ops += len(reply.entries) + len(reply.notices)
        is_more = reply.more and reply.cursor != request.hello.cursor
        # The rest is asked in the spoke's name: it is what it would ask next, had it this answer.
        request = Request(msgspec.structs.replace(request.hello, cursor=reply.cursor))
    return Packed(pack(store, node, parts), ops, is_more)


class _CarriedLog(SpokeLog):
    """A spoke's log that offers beyond what earlier requests of the same file offer."""

    def __init__(self, core: StoreCore, lease: LeaseKeeper) -> None:
        super().__init__(core, lease)
        self._offered: dict[LifeId, int] = {}

    @property
    def given_back(self) -> Gathered | None:
        """What the last request gave back to a restored hub."""
        return self._gathered

    def hello(self, now_ms: int) -> Hello:
        """As for the line, but that it waits for nothing and is no sample of the clock.

        Whether the views are equal is not asked: it would be compared days later, with others.
        """
        hello = super().hello(now_ms)
        return msgspec.structs.replace(hello, sent_ms=0, wait_ms=0, view=b"")

    def outbox(self, ops_max: int) -> tuple[tuple[Run, ...], bool]:
        """What follows after what was offered."""
        with self._core.transaction():
            return gather_outbox(self._core, ops_max, self._offered)

    def note(self, runs: Sequence[Run]) -> None:
        """These are on their way."""
        self._offered |= {run.life: run.segments[-1].last_seq for run in runs}


class _AskedLog(SpokeLog):
    """A spoke's log that asks again, word for word, what a courier file asked."""

    def __init__(self, store: OpStore, asked: _Asked) -> None:
        super().__init__(store.core, store.spoke.lease)
        self._asked = asked

    def hello(self, _now_ms: int) -> Hello:
        """That of the file."""
        if self._asked.manifest_no is not None:
            self._gathered = Gathered((), self._asked.manifest_no, self._asked.is_all)
        return self._asked.hello

    def outbox(self, _ops_max: int) -> tuple[tuple[Run, ...], bool]:
        """It is at the hub already."""
        return (), False

    def returned(self) -> tuple[Returned, ...]:
        """It is at the hub already."""
        return ()

    def waiting_now(self) -> tuple[int, int]:
        """How many own ops the hub is not known to have, and when the oldest was written (ms)."""
        with self._core.transaction():
            return self.waiting()


def _opened(
    store: OpStore, hub: tuple[NodeId, bytes], part: bytes
) -> tuple[Request | Reply | Fault, bytes]:
    """An answer, and the key that the hub signs with now; that it changed is durable then."""
    envelope = read_envelope(part)
    key, added = store.core.keys.in_use(*hub, envelope.changes)
    message = open_envelope(envelope, store.node, key)
    store.note_keys(hub[0], added)
    return message, key


def _request_of(session: SpokeSession, now_ms: int) -> Request:
    (send,) = session.receive(Tick(now_ms))
    assert isinstance(send, Send), "a resting session asks"
    assert isinstance(send.message, Request), "a spoke only asks"
    return send.message


def _take(
    store: OpStore, hub: tuple[NodeId, bytes], asked: _Asked, message: Reply | Fault, came: Came
) -> bool:
    """Do what an answer asks for; whether this node goes on where the answer leads."""
    now_ms = store.core.parts.clock.now_ms()
    if isinstance(message, Fault):
        if message.code != RESTORED:
            raise CourierRefused(message.code)
        store.spoke.meet_incarnation(message.incarnation)
        return False
    log = _AskedLog(store, asked)
    session = SpokeSession(log, store.node, *hub)
    _request_of(session, now_ms)
    waited, _ = log.waiting_now()
    for effect in session.receive(message):
        if isinstance(effect, StartLife):
            store.start_life(effect.agreed)
        elif isinstance(effect, MeetIncarnation):
            store.spoke.meet_incarnation(effect.incarnation)
        elif isinstance(effect, Append):
            accepted = log.accept(message, asked.hello, now_ms)
            came.new_ops += accepted.new_ops
            came.entered += accepted.entered
    came.acknowledged += max(0, waited - log.waiting_now()[0])
    stands_at = msgspec.structs.replace(asked.hello, cursor=message.cursor)
    return _stands_at(store.core, stands_at)


def _stands_at(core: StoreCore, hello: Hello) -> bool:
    """Whether this node is where it was when it asked: the same life, the same cursor."""
    with core.transaction():
        return (core.place().life, core.cursor()) == (hello.life, hello.cursor)


def _note_asked(core: StoreCore, hello: Hello, gathered: Gathered | None) -> None:
    """Remember what a file asks, in the caller's transaction; its answer may come in weeks."""
    asked = _Asked(hello)
    if gathered is not None:
        asked = _Asked(hello, gathered.manifest_no, gathered.is_all)
    kept = [*_all_asked(core), asked][-COURIER_ASKED_MAX:]
    core.set_meta({ASKED: msgspec.msgpack.encode(kept)})


def _all_asked(core: StoreCore) -> list[_Asked]:
    return msgspec.msgpack.decode(core.meta(ASKED, b"\x90"), type=list[_Asked])


def _asked_as(core: StoreCore, count: int) -> _Asked | None:
    with core.transaction():
        return next((one for one in _all_asked(core) if one.hello.count == count), None)


def _fault_of(answer: bytes, sender: NodeId, hub_key: bytes) -> Fault:
    """What the door answered in place of taking a request in."""
    fault = open_envelope(read_envelope(answer), sender, hub_key)
    assert isinstance(fault, Fault), "the door answers at once only with a fault"
    return fault


def _check_fault(store: OpStore, sender: NodeId, request: Request, fault: Fault | None) -> None:
    """Raise what keeps the last request of a file from being answered."""
    if fault is None or fault.code == RESTORED:
        return
    if fault.code != Replayed.code:
        raise CourierRefused(f"{fault.code}: {fault.detail}")
    if request.hello.count == store.last_count(sender):
        _note_came(store.core, sender, request)
    raise OldCourier(f"Request {request.hello.count}; the last one was {fault.count}.")


def _note_came(core: StoreCore, sender: NodeId, request: Request) -> None:
    """Keep what is to be answered; of its runs only where they end, which is answered by marks."""
    ends = tuple(
        msgspec.structs.replace(
            run, segments=(Segment(run.segments[-1].last_seq + 1, run.segments[-1].epoch, ()),)
        )
        for run in request.runs[-RUNS_NOTED_MAX:]
    )
    kept = msgspec.structs.replace(request, runs=ends, returned=())
    with core.transaction():
        core.set_meta({CAME + sender.hex(): msgspec.msgpack.encode(kept)})


def _came_from(core: StoreCore, node: NodeId) -> Request | None:
    with core.transaction():
        kept = core.meta(CAME + node.hex())
    return None if kept is None else msgspec.msgpack.decode(kept, type=Request)


def _restored(store: OpStore, node: NodeId, request: Request) -> bytes:
    """The answer to who knows the hub under another name: it is told the present one."""
    incarnation = store.incarnation
    detail = request.hello.cursor.incarnation.hex()
    count = request.hello.count
    fault = Fault(code=RESTORED, detail=detail, count=count, incarnation=incarnation)
    return seal_answer(store, node, fault, request.hello)


def _count(runs: Sequence[Run]) -> int:
    return sum(len(segment.ops) for run in runs for segment in run.segments)
