"""The audit on its way to the hub: a sealed exchange of its own, beside that of the records.

Implements PROTOCOL.md, Audit exchange. A node offers what must be looked at soon (a record opened
by breaking the glass, a refusal) ahead of its turn, and its trail from where the hub has it. Both
are idempotent; the answer says where the trail ends at the hub, so that a line that broke, a node
that was put back and a hub that was restored all go on from where both agree. A node lets go of old
lines only once the hub has said that it has them.
"""

from collections.abc import Iterator
from typing import Annotated, Final, TypeVar

import msgspec

from sync_protocol.codec import Address, open_payload, read_envelope, seal_payload
from sync_protocol.errors import DOES_NOT_DECODE, BadMessage, UnknownNode
from sync_protocol.ids import (
    A_COUNT,
    A_HASH,
    A_MOMENT,
    A_WORD,
    AN_ID,
    ID_BYTES,
    ActorId,
    NodeId,
    SubjectId,
)
from sync_protocol.io.audit_copies import POINTS_MAX, AuditCopies, SentLine, SentRun
from sync_protocol.io.audit_trail import (
    IS_URGENT,
    START,
    AuditEntry,
    AuditLine,
    TrailPoint,
    chain_line,
    let_go_of_lines,
    point_at,
    read_trail,
    trail_begin,
    trail_end,
)
from sync_protocol.io.connection import Connection
from sync_protocol.io.hub_door import FindKey
from sync_protocol.io.op_store import OpStore
from sync_protocol.messages import A_DETAIL

AUDIT_PATH: Final = "/sync/audit"
OFFER_TAG: Final = b"A"
TAKEN_TAG: Final = b"B"
LINES_MAX: Final = 1_000
"""Of one request: some 20 KB as packed, so that a change written meanwhile waits for little."""
LINES_BYTES_MAX: Final = 256 * 1024
AHEAD_MAX: Final = 64
KEPT_MS: Final = 90 * 24 * 60 * 60_000
"""How long a spoke keeps lines that the hub has."""
TOLD: Final = "audit_told"
"""The last place of this trail that the hub said it has."""
TOLD_AHEAD: Final = "audit_told_ahead"

Message = TypeVar("Message", "Offer", "Taken")


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """A line as it travels."""

    at_ms: Annotated[int, A_MOMENT]
    actor: Annotated[ActorId, AN_ID]
    act: Annotated[str, A_WORD]
    subject: Annotated[bytes, msgspec.Meta(max_length=ID_BYTES)]
    why: Annotated[str, A_DETAIL]
    detail: Annotated[str, A_DETAIL]
    role: Annotated[str, A_WORD] = ""
    terminal: Annotated[str, A_WORD] = ""
    session: Annotated[str, A_WORD] = ""


class Ahead(msgspec.Struct, frozen=True, array_like=True):
    """A line that is told before its turn, and which it is."""

    line_no: Annotated[int, A_COUNT]
    sent: Sent


class Offer(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What a node sends: lines ahead of their turn, and its trail from after `before` on.

    `nonce` binds the answer to it; `begins_at` is the last line that the node has no more, before
    what it offers.
    """

    nonce: Annotated[bytes, AN_ID]
    begins_at: Annotated[int, A_COUNT]
    before: TrailPoint
    chain_after: Annotated[bytes, A_HASH]
    ahead: Annotated[tuple[Ahead, ...], msgspec.Meta(max_length=AHEAD_MAX)] = ()
    lines: Annotated[tuple[Sent, ...], msgspec.Meta(max_length=LINES_MAX)] = ()


class Taken(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What the hub answers: where the trail ends there, and places before, ever further apart."""

    nonce: Annotated[bytes, AN_ID]
    points: Annotated[tuple[TrailPoint, ...], msgspec.Meta(max_length=POINTS_MAX)] = ()


class Waiting(msgspec.Struct, frozen=True):
    """What a spoke has that its hub is not known to have."""

    lines: int
    oldest_for_ms: int
    is_urgent: bool


class AuditSender:
    """A spoke's side; every call is one short transaction, for a thread."""

    def __init__(self, store: OpStore, hub: NodeId, hub_key: bytes) -> None:
        """Send the trail of `store` to `hub`, whose public key is `hub_key`."""
        self._store = store
        self._hub = hub
        self._hub_key = hub_key
        self.offered: Offer | None = None
        """What was last offered and is not answered."""

    def waiting(self) -> Waiting:
        """What the hub is not known to have."""
        with self._store.core.transaction(is_durable=False):
            told = self._told()
            connection = self._store.core.connection
            count = trail_end(connection).line_no - told.line_no
            sql = "SELECT at_ms FROM audit WHERE line_no > ? ORDER BY line_no LIMIT 1"
            rows = connection.execute(sql, (told.line_no,))
            is_urgent = bool(self._ahead(told, 1))
        now_ms = self._store.core.parts.clock.now_ms()
        return Waiting(max(0, count), now_ms - rows[0][0] if rows else 0, is_urgent=is_urgent)

    def offer(self, *, with_trail: bool) -> bytes:
        """The sealed request: what is urgent, and with its trail where nothing else waits."""
        core = self._store.core
        with core.transaction(is_durable=False):
            told = self._told()
            run = _next_run(core.connection, told) if with_trail else SentRun(told, (), told.chain)
            self.offered = Offer(
                nonce=core.parts.chance(ID_BYTES),
                begins_at=_begins_at(core.connection, told, run),
                before=run.before,
                chain_after=run.chain_after,
                ahead=self._ahead(told, AHEAD_MAX),
                lines=tuple(_sent(one) for one in run.lines),
            )
        return self.sealed(self.offered)

    def sealed(self, offer: Offer) -> bytes:
        """The offer's bytes, addressed to the hub."""
        core = self._store.core
        with core.transaction(is_durable=False):
            incarnation = core.cursor().incarnation
        address = Address(self._store.node, self._hub, incarnation)
        return _sealed(OFFER_TAG, offer, address, self._store)

    def accept(self, raw: bytes) -> bool:
        """Note what the hub has; whether more waits. Raises a PeerFault for another's answer."""
        offered, core = self.offered, self._store.core
        envelope = read_envelope(raw)
        key, added = core.keys.in_use(self._hub, self._hub_key, envelope.changes)
        payload = open_payload(envelope, self._store.node, key)
        self._store.note_keys(self._hub, added)
        taken = _decoded(payload, TAKEN_TAG, Taken)
        if offered is None or taken.nonce != offered.nonce:
            raise BadMessage("an answer to another offer")
        # Undone by a power cut, it is asked again: the hub has what it has.
        with core.transaction(is_durable=False):
            known = [one for one in taken.points if point_at(core.connection, one.line_no) == one]
            # Nothing that the hub has is here: all that is here is offered.
            place = max(known, default=trail_begin(core.connection), key=lambda one: one.line_no)
            noted = {TOLD: msgspec.msgpack.encode(place)}
            if offered.ahead:
                noted[TOLD_AHEAD] = msgspec.msgpack.encode(offered.ahead[-1].line_no)
            core.set_meta(noted)
            is_more = trail_end(core.connection).line_no > place.line_no
        is_further = place != offered.before
        self.offered = None
        return is_more and is_further

    def let_go_of_old(self) -> int:
        """Remove the lines that the hub has had for long enough; how many."""
        core = self._store.core
        before_ms = core.parts.clock.now_ms() - KEPT_MS
        with core.transaction():
            sql = "SELECT line_no - 1 FROM audit WHERE at_ms >= ? ORDER BY line_no LIMIT 1"
            rows = core.connection.execute(sql, (before_ms,))
            told = self._told().line_no
            return let_go_of_lines(core.connection, min(rows[0][0], told) if rows else told)

    def _told(self) -> TrailPoint:
        raw = self._store.core.meta(TOLD)
        told = START if raw is None else msgspec.msgpack.decode(raw, type=TrailPoint)
        connection = self._store.core.connection
        # A store that was put back may be told of more than it has: then from its beginning.
        return told if point_at(connection, told.line_no) == told else trail_begin(connection)

    def _ahead(self, told: TrailPoint, most: int) -> tuple[Ahead, ...]:
        raw = self._store.core.meta(TOLD_AHEAD)
        after = 0 if raw is None else msgspec.msgpack.decode(raw, type=int)
        after = max(told.line_no, min(after, trail_end(self._store.core.connection).line_no))
        where = f"line_no > ? AND {IS_URGENT}"
        found = read_trail(self._store.core.connection, where, (after,))
        return tuple(
            Ahead(one.line_no, _sent(SentLine(one.at_ms, one.line)))
            for one, _place in zip(found, range(most), strict=False)
        )


class AuditDoor:
    """The hub's side: bytes in, bytes out."""

    def __init__(self, store: OpStore, find_key: FindKey) -> None:
        """`store` is the hub's; `find_key` knows the estate."""
        self._store = store
        self._find_key = find_key

    def receive(self, raw: bytes) -> bytes:
        """The sealed answer, what was offered being durable; raises a PeerFault otherwise."""
        envelope = read_envelope(raw)
        key = self._find_key(envelope.sender)
        if key is None:
            raise UnknownNode(envelope.sender.hex())
        key, added = self._store.core.keys.in_use(envelope.sender, key, envelope.changes)
        payload = open_payload(envelope, self._store.node, key)
        self._store.note_keys(envelope.sender, added)
        offer = _decoded(payload, OFFER_TAG, Offer)
        core = self._store.core
        with core.transaction():
            core.check_room()
            now_ms = core.parts.clock.now_ms()
            copies = AuditCopies(core.connection, envelope.sender, now_ms)
            for one in offer.ahead:
                copies.take_ahead(one.line_no, _read(one.sent))
            lines = tuple(_read(one) for one in offer.lines)
            copies.take(SentRun(offer.before, lines, offer.chain_after), offer.begins_at)
            taken = Taken(nonce=offer.nonce, points=copies.points())
        address = Address(self._store.node, envelope.sender, envelope.incarnation)
        return _sealed(TAKEN_TAG, taken, address, self._store)


def copy_own_lines(store: OpStore) -> int:
    """Have the hub's own new lines beside the copies of the others; how many they are.

    Who asks what was seen so asks one table, whichever node it was seen at.
    """
    core = store.core
    taken = 0
    while True:
        # Each part by itself, so that whoever writes meanwhile waits for one at most.
        with core.transaction(is_durable=False):
            copies = AuditCopies(core.connection, store.node, core.parts.clock.now_ms())
            told = next(iter(copies.points()), START)
            run = _next_run(core.connection, told)
            if not run.lines:
                return taken
            copies.take(run, _begins_at(core.connection, told, run))
        taken += len(run.lines)


def _next_run(connection: Connection, told: TrailPoint) -> SentRun:
    """The lines after `told` that follow from one another, or one that does not, by itself."""
    lines: list[SentLine] = []
    before, point, room = told, told, LINES_BYTES_MAX
    for entry in _entries(connection, told.line_no):
        sent = SentLine(entry.at_ms, entry.line)
        is_next = entry.line_no == point.line_no + 1
        follows = is_next and chain_line(point.chain, entry.at_ms, entry.line) == entry.chain
        room -= len(entry.line.why) + len(entry.line.detail)
        if lines and (not follows or room < 0):
            break
        if not is_next:
            # Lines are missing here: what comes after them begins anew, and shows the gap.
            before = TrailPoint(entry.line_no - 1, point.chain)
        lines.append(sent)
        point = TrailPoint(entry.line_no, entry.chain)
        if not follows:
            break
    return SentRun(before, tuple(lines), point.chain)


def _begins_at(connection: Connection, told: TrailPoint, run: SentRun) -> int:
    """The last line that is here no more: of a run that is apart from `told`, the one before it."""
    begin = trail_begin(connection).line_no
    return begin if run.before == told else max(begin, run.before.line_no)


def _entries(connection: Connection, after: int) -> Iterator[AuditEntry]:
    where = f"line_no > ? AND line_no <= ? + {LINES_MAX}"
    first = connection.execute("SELECT min(line_no) FROM audit WHERE line_no > ?", (after,))[0][0]
    yield from read_trail(connection, where, (after, max(after, (first or 1) - 1)))


def _sent(one: SentLine) -> Sent:
    line = one.line
    told = (line.why, line.detail, line.role, line.terminal, line.session)
    return Sent(one.at_ms, line.actor, line.act, line.subject or b"", *told)


def _read(sent: Sent) -> SentLine:
    if len(sent.subject) not in (0, ID_BYTES):
        raise BadMessage("a subject that is none")
    line = AuditLine(
        actor=sent.actor,
        act=sent.act,
        subject=SubjectId(sent.subject) if sent.subject else None,
        why=sent.why,
        detail=sent.detail,
        role=sent.role,
        terminal=sent.terminal,
        session=sent.session,
    )
    return SentLine(sent.at_ms, line)


def _sealed(tag: bytes, message: Offer | Taken, address: Address, store: OpStore) -> bytes:
    payload = tag + msgspec.msgpack.encode(message)
    parts = store.core.parts
    return seal_payload(payload, address, parts.signer, parts.key_changes)


def _decoded(payload: bytes, tag: bytes, kind: type[Message]) -> Message:
    if payload[:1] != tag:
        raise BadMessage("of another type than was expected")
    try:
        return msgspec.msgpack.decode(memoryview(payload)[1:], type=kind)
    except DOES_NOT_DECODE as fault:
        raise BadMessage(type(fault).__name__) from fault
