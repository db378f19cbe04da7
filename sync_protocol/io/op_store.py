"""The store: one node's op log and everything derived from it, behind one door.

Implements PROTOCOL.md, The store. Writing is durable before it returns; reading is one consistent
snapshot; what a node is, hub or spoke, is decided by what it is handed. It passes the contract
suite that any store must pass (`tests/contract`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import LifoQueue
from typing import Final

import msgspec

from sync_protocol.author import Act, write_act
from sync_protocol.clock import is_suspect
from sync_protocol.cursor import NO_INCARNATION
from sync_protocol.errors import BadMessage
from sync_protocol.ids import HASH_BYTES, ID_BYTES, IncarnationId, NodeId, OpId, SubjectId
from sync_protocol.io.audit_trail import AuditLine, add_lines
from sync_protocol.io.connection import Connection, SqlConnection, transaction
from sync_protocol.io.hub_answer import HubAnswer
from sync_protocol.io.hub_ingest import HubIngest, Ingested
from sync_protocol.io.hub_leases import is_revoked, locked_reply, with_lease
from sync_protocol.io.op_log import Arrival
from sync_protocol.io.projections import drop_tables, make_tables, note_tables, projection_digest
from sync_protocol.io.reading import Reading
from sync_protocol.io.recovery import begin_recovery
from sync_protocol.io.revoking import Quarantine
from sync_protocol.io.spoke_log import SpokeLog
from sync_protocol.io.store_core import EARLIER, StoreCore, StoreParts
from sync_protocol.io.tables import migrate
from sync_protocol.keys import KeyChange
from sync_protocol.limits import DEAD_LETTER_BYTES_MAX, DEAD_LETTERS_MAX
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Hello, Reply, Request
from sync_protocol.scope import APPLIED, UNJUDGED, Flag, Verdict
from sync_protocol.seal import Follows

READERS_KEPT_MAX: Final = 4
REBUILD_PART: Final = 5_000


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The proof that something is saved: a number to show, and the ops it became."""

    number: str
    op_ids: tuple[OpId, ...]
    written_ms: int


class OpStore:
    """One node's store."""

    def __init__(self, parts: StoreParts) -> None:
        """Open the store that `parts.writer` leads to; made ready where it is new.

        A registry other than the one it was last projected with has it rebuilt from the log.
        """
        assert isinstance(parts.writer, SqlConnection), "schema work needs the real connection"
        parts.writer.write_log_anew(is_start=True)
        migrate(parts.writer)
        self.core = StoreCore(parts)
        self.spoke = SpokeLog(self.core)
        self.ingest_side = HubIngest(self.core)
        self._readers: LifoQueue[Connection] = LifoQueue()
        self._refused: dict[NodeId, tuple[int, int, bool]] = {}
        """Of each node, the request and the ground on which nobody might be let go of."""
        self._make_ready()

    @property
    def node(self) -> NodeId:
        """The node whose store it is."""
        return self.core.parts.node

    @property
    def incarnation(self) -> IncarnationId:
        """The hub's name for itself since its last restore; a spoke's last word of it."""
        with self.core.transaction():
            return self.core.cursor().incarnation

    @property
    def quarantine(self) -> Quarantine:
        """What judges, at the hub, that which came of revoked nodes; use it in a transaction."""
        return Quarantine(self.core, self.ingest_side.scope)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every commit that changed what is held; it must be quick."""
        self.core.listeners.append(listener)

    def write(self, act: Act) -> Receipt:
        """Make the act durable here. Raises StaleWrite, InvalidValue, OpTooLarge or NotSaved."""
        core, parts = self.core, self.core.parts
        with core.transaction():
            core.check_room()
            now_ms = core.author_ms()
            keys = [RecordKey(one.kind, one.subjects, one.record) for one in act.drafts]
            states = core.folding.states(keys)
            written = write_act(
                act,
                [states[key] for key in keys],
                core.place(),
                parts.registry,
                now_ms=now_ms,
                chance=parts.chance,
            )
            life_no = core.log.add_life(parts.node, written.place.life)
            first_hub_seq = core.next_hub_seq() if parts.is_hub else None
            first = core.folding.append(
                [
                    Arrival(
                        op_id=op.id,
                        op=op,
                        raw=op.raw,
                        life_no=life_no,
                        seq=op.header.seq,
                        hub_seq=None if first_hub_seq is None else first_hub_seq + place,
                        verdict=self._own_verdict(op.hlc, now_ms),
                        is_safety=parts.is_safety(op),
                    )
                    for place, op in enumerate(written.ops)
                ],
                parts.clock.now_ms(),
            )
            end = None if first_hub_seq is None else first_hub_seq + len(written.ops) - 1
            core.insert_segments(written, first, end)
            core.set_place(written.place)
            if parts.is_hub:
                self.ingest_side.scope.rescope(written.ops)
                core.name_commit()
            add_lines(core.connection, _lines_of(act), now_ms)
            core.note_change()
        number = f"{parts.label}-{written.place.life[:2].hex().upper()}-{written.place.seq:06d}"
        return Receipt(number=number, op_ids=tuple(op.id for op in written.ops), written_ms=now_ms)

    def witness(self, lines: Sequence[AuditLine]) -> None:
        """Make audit lines durable; call it before what they tell of is shown (INV-13)."""
        with self.core.transaction():
            add_lines(self.core.connection, lines, self.core.parts.clock.now_ms())

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One consistent snapshot of everything committed."""
        connection = self._take_reader()
        try:
            with transaction(connection, is_write=False):
                yield Reading(connection, self.core.parts.registry)
        finally:
            self._give_back(connection)

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A durable change of tables that are this node's own and never synced."""
        with self.core.transaction():
            yield self.core.connection

    @contextmanager
    def reading_own(self) -> Iterator[Reading]:
        """What stands, the open change of `changing` included; holds the writer meanwhile."""
        with self.core.transaction():
            self.core.folding.flush()
            with self.core.reading_own() as reading:
                yield reading

    def ingest(self, request: Request, node: NodeId, public_key: bytes) -> Ingested:
        """The hub's `Append`: store what a spoke offers; raises a PeerFault and changes nothing."""
        return self.ingest_side.ingest(request, node, public_key)

    def answer(
        self, request: Request, node: NodeId, received_ms: int, *, compares: bool = True
    ) -> Reply:
        """The hub's `Answer`: what this spoke lacks, from one snapshot, under its manifest.

        It `compares` the view digests where the spoke sent one and there is nothing else to say.
        """
        parts = self.core.parts
        connection = self._take_reader()
        try:
            with transaction(connection, is_write=False):
                times = (received_ms, parts.clock.now_ms())
                if is_revoked(self.core, connection, node):
                    reply = locked_reply(connection, request, node, times)
                    return with_lease(self.core, reply, request.hello, node, is_barred=True)
                hub = HubAnswer(connection, parts.registry, node, parts.boxes)
                ground = (request.hello.count, *hub.departures.ground())
                if self._refused.get(node) == ground:
                    # A held request is answered anew at each commit, and the hub looks once.
                    request = msgspec.structs.replace(request, departures=())
                reply = hub.answer(request, parts.signer, times, compares=compares)
                if not (reply.permits or reply.unproven):
                    self._refused[node] = ground
        finally:
            self._give_back(connection)
        if reply.digest_equal is not None:
            self._note_digest(node, is_equal=reply.digest_equal)
        return with_lease(self.core, reply, request.hello, node, is_barred=False)

    def note_keys(self, node: NodeId, added: Sequence[KeyChange]) -> None:
        """Make changes of another's key durable, before anything is told that rests on them."""
        if added:
            with self.core.transaction():
                self.core.keys.add(node, added, self.core.parts.clock.now_ms())

    def last_count(self, node: NodeId) -> int:
        """The highest request count that a spoke has used, 0 before its first."""
        with self.core.transaction():
            rows = self.core.connection.execute("SELECT count FROM peers WHERE node = ?", (node,))
        return rows[0][0] if rows else 0

    def last_hub_seq(self) -> int:
        """The end of the hub's log."""
        with self.core.transaction():
            return self.core.next_hub_seq() - 1

    def lacks(self, hello: Hello, node: NodeId) -> bool:
        """Whether a spoke received, or was acknowledged, what this log does not hold.

        Of an earlier incarnation it is told that there is a new one; under one that this hub never
        had, its commit's name must prove that the hub forgot it. Raises BadMessage where the spoke
        names what no hub told it: on its bare word all others would offer everything again.
        """
        theirs, commit = hello.cursor.incarnation, hello.cursor.commit
        names = self.core.commits
        with self.core.transaction():
            earlier = self.core.meta(EARLIER, b"")
            known = {earlier[at : at + ID_BYTES] for at in range(0, len(earlier), ID_BYTES)}
            if theirs != self.core.cursor().incarnation:
                return theirs not in known and names.was_given(commit, theirs)
            if names.number_of(commit) is not None or not commit:
                if hello.cursor.hub_seq > self.core.next_hub_seq() - 1:
                    raise BadMessage("a cursor beyond the commit that it names")
                return False
            if not names.was_given(commit, theirs):
                raise BadMessage("a commit that this hub never made")
            return not names.may_be_forgotten(commit, node)

    def start_life(self, agreed: Follows | None) -> None:
        """A spoke's `StartLife`: go on under a new life; offer again what came after `agreed`."""
        with self.core.transaction():
            self.core.start_life(agreed)

    def start_incarnation(self, lost: IncarnationId = NO_INCARNATION) -> IncarnationId:
        """A new name for a restored hub: what it acknowledged before must be asked again.

        `lost` is a name that it had and forgot: who comes back under it later costs no other name.
        Its own life ends as well, since ops that it lost may come back from the spokes.
        """
        incarnation = IncarnationId(self.core.parts.chance(ID_BYTES))
        with self.core.transaction():
            earlier = self.core.meta(EARLIER, b"") + self.core.cursor().incarnation + lost
            self.core.set_meta({"incarnation": incarnation, EARLIER: earlier, "stable_hub_seq": 0})
            self.core.connection.execute("UPDATE tips SET stable_seq = 0, stable_chain = x''")
            self.core.connection.execute("UPDATE peers SET digest_equal = NULL")
            begin_recovery(self.core, self.core.parts.spokes)
            self.core.connection.execute("DELETE FROM confirmed")
            self._follow_life()
        return incarnation

    def ask_history(self, subject: SubjectId) -> bool:
        """Have the next page of a subject's history sent to this spoke; False where all is here."""
        with self.core.transaction():
            is_asked = self.spoke.arrivals.ask_history(subject)
            if is_asked:
                self.core.note_change()
        return is_asked

    def note_restored(self) -> None:
        """Called once on a store that came out of a backup: a new life, or a new incarnation."""
        with self.core.transaction():
            if self.core.parts.is_hub:
                self.start_incarnation()
            else:
                self._follow_life()

    def _follow_life(self) -> None:
        place = self.core.place()
        self.core.start_life(Follows(place.life, place.seq, place.chain))

    def dead_letter(self, sender: bytes, code: str, raw: bytes) -> None:
        """Keep the beginning of what could not be taken in, bounded in number and size.

        It is evidence, not the only copy: what is not acknowledged stays with its sender.
        """
        now_ms = self.core.parts.clock.now_ms()
        with self.core.transaction():
            self.core.connection.execute(
                "INSERT INTO dead_letters(at_ms, sender, code, raw) VALUES (?, ?, ?, ?)",
                (now_ms, sender, code, raw[:DEAD_LETTER_BYTES_MAX]),
            )
            self.core.connection.execute(
                "DELETE FROM dead_letters WHERE letter_no <="
                " (SELECT max(letter_no) FROM dead_letters) - ?",
                (DEAD_LETTERS_MAX,),
            )

    def rebuild(self) -> None:
        """Drop every projection and fold it again from the log."""
        with self.core.transaction():
            self._rebuild()

    def projection_digest(self) -> bytes:
        """SHA-256 over every projection row in order."""
        with self.core.transaction():
            self.core.folding.flush()
            return projection_digest(self.core.connection, self.core.parts.registry)

    def close(self) -> None:
        """Let the file go; what was written is durable already."""
        while not self._readers.empty():
            self._readers.get_nowait().close()
        self.core.connection.close()

    def _make_ready(self) -> None:
        core, registry = self.core, self.core.parts.registry
        with core.transaction():
            if core.meta("place") is None:
                core.start_life(None)
                core.set_meta({"node": self.node})
            if core.parts.is_hub and core.meta("incarnation") is None:
                core.set_meta({"incarnation": core.parts.chance(16)})
            if core.meta("registry") != registry.digest:
                self._rebuild()
            assert core.meta("node") == self.node, "a store belongs to one node"
        self.spoke.lease.load()

    def _rebuild(self) -> None:
        core, registry = self.core, self.core.parts.registry
        connection = core.connection
        assert isinstance(connection, SqlConnection), "schema work needs the real connection"
        core.folding.flush()
        core.folding.forget()
        drop_tables(connection)
        for table in ("standing", "replaced"):
            connection.execute(f"DELETE FROM {table}")
        make_tables(connection, registry)
        note_tables(connection, registry)
        core.folding.refold_all(REBUILD_PART)

    def _own_verdict(self, hlc: int, now_ms: int) -> Verdict:
        if not self.core.parts.is_hub:
            return UNJUDGED
        suspect = is_suspect(hlc, now_ms)  # type: ignore[arg-type] # an Hlc by construction
        return Verdict(APPLIED.flags | Flag.SUSPECT) if suspect else APPLIED

    def _note_digest(self, node: NodeId, *, is_equal: bool) -> None:
        with self.core.transaction(is_durable=False):
            self.core.connection.execute(
                "UPDATE peers SET digest_equal = ?, digest_at_ms = ? WHERE node = ?",
                (is_equal, self.core.parts.clock.now_ms(), node),
            )

    def _take_reader(self) -> Connection:
        if self._readers.empty():
            return self.core.parts.open_reader()
        return self._readers.get_nowait()

    def _give_back(self, connection: Connection) -> None:
        if self._readers.qsize() < READERS_KEPT_MAX:
            self._readers.put(connection)
        else:
            connection.close()


def _lines_of(act: Act) -> list[AuditLine]:
    return [
        AuditLine(
            actor=act.actor,
            act="write",
            subject=draft.subjects[0],
            why=act.why,
            detail=f"{draft.kind} {draft.record.hex()} {','.join(sorted(draft.values))}",
            role=act.role,
            terminal=act.device,
            session=act.session,
        )
        for draft in act.drafts
    ]


assert HASH_BYTES == 32, "digests and chains are SHA-256"
