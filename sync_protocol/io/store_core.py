"""What the writing sides of a store share: one writer, one lock, and the node's place in its log.

`transaction` is the only way to change the store: it commits everything or forgets everything,
memory included (INV-02).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

import msgspec

from sync_protocol.author import Chance, LogPlace, Written
from sync_protocol.clock import HLC_ZERO, Hlc, next_hlc
from sync_protocol.cursor import NO_INCARNATION, Cursor
from sync_protocol.errors import NotSaved
from sync_protocol.ids import IncarnationId, LifeId, NodeId, SubjectId
from sync_protocol.io.boxes import NO_BOXES, Boxes
from sync_protocol.io.commit_names import CommitNames
from sync_protocol.io.connection import Connection, OpenReader, transaction
from sync_protocol.io.folding import Folding
from sync_protocol.io.op_log import LAST_HUB_SEQ, OpLog
from sync_protocol.io.peer_keys import PeerKeys
from sync_protocol.io.reading import Reading
from sync_protocol.io.revoked import revoked_nodes
from sync_protocol.io.system_clock import Clock, no_steady_ms
from sync_protocol.keys import KeyChange
from sync_protocol.lease import Term
from sync_protocol.limits import DRIFT_MS_MAX, LEAVES_FLOOR
from sync_protocol.op import Op
from sync_protocol.schema import Registry
from sync_protocol.scope import Reasons
from sync_protocol.seal import Follows, ScopeEpoch, Signer, life_chain, segment_claim

Holders = Mapping[SubjectId, Mapping[NodeId, Reasons]]
"""For each subject that a change concerns: which nodes may hold it, and why.

Who holds a subject that is named and is not among them leaves it; of others nothing is said.
"""


EARLIER: Final = "earlier_incarnations"
"""The names that a restored hub had before, one after another."""
HUB_END: Final = "hub_end"
"""The last number that the hub gave, in its last commit that added to the log."""


class StoreParts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a store is handed: nothing of it is looked up.

    `is_safety` picks ops that are sent ahead of their turn; `scope_kinds` are the kinds after which
    `holders` is asked again, and `is_reception` picks ops by which their node takes somebody in: it
    may write of them from that op on, whatever it had been told (the hub alone asks these).
    `guard` names the subject, if any, that tells who may read another: it comes before that one and
    goes after it. `boxes` seals to the hub, to another node and to the recovery key, and opens what
    came for this node; without them a store can be looked at, and nobody can be let go of.
    `has_room` tells whether the disk has more left than what is kept for the audit. `term_of` says
    which lease the hub gives a node; `steady_ms` counts what the machine has run. `key_changes` are
    all of this node's signing key, and `names_key` what commits are named with, where that is not
    to be drawn from the key in use.
    """

    node: NodeId
    registry: Registry
    clock: Clock
    chance: Chance
    signer: Signer
    writer: Connection
    open_reader: OpenReader
    is_hub: bool = False
    is_safety: Callable[[Op], bool] = lambda _op: False
    is_reception: Callable[[Op], bool] = lambda _op: False
    scope_kinds: frozenset[str] = frozenset()
    spokes: frozenset[NodeId] = frozenset()
    holders: Callable[[Reading, SubjectId], Holders] = lambda _reading, _subject: {}
    guard: Callable[[SubjectId], SubjectId | None] = lambda _subject: None
    leaves_floor: int = LEAVES_FLOOR
    boxes: Boxes = NO_BOXES
    label: str = ""
    release: str = ""
    has_room: Callable[[], bool] = lambda: True
    term_of: Callable[[NodeId], Term | None] | None = None
    steady_ms: Callable[[], int] = no_steady_ms
    key_changes: tuple[KeyChange, ...] = ()
    names_key: bytes = b""


class StoreCore:
    """The writer's side of one store. Guarded by one lock; readers go round it."""

    def __init__(self, parts: StoreParts) -> None:
        """Take over `parts.writer`; the tables must exist."""
        self.parts = parts
        self.connection = parts.writer
        self.log = OpLog(parts.writer)
        self.folding = Folding(parts.writer, parts.registry, self.log, parts.chance)
        self.commits = CommitNames(parts.writer, parts.signer, parts.chance, parts.names_key)
        self.keys = PeerKeys(parts.writer)
        """The signing keys of others, as they changed."""
        self.listeners: list[Callable[[], None]] = []
        """Called after a commit that changed what is held; they must be quick."""
        self.when_others_wrote: list[Callable[[], None]] = []
        """Called where another program wrote to the store since: forget what is in memory."""
        self.revoked: frozenset[NodeId] = frozenset()
        """The hub's: nodes that are told nothing and whose work is put in quarantine."""
        self._lock = RLock()
        self._place: LogPlace | None = None
        self._is_open = False
        self._is_changed = False
        self._version = 0
        """SQLite's word for what other connections have committed."""

    @contextmanager
    def transaction(self, *, is_durable: bool = True) -> Iterator[None]:
        """One durable change; a nested one joins the outer.

        What nobody was told of, and a peer tells again, need not be durable: a power cut may undo
        it, whole and in order, and nothing that was committed before it.
        """
        with self._lock:
            if self._is_open:
                yield
                return
            self._is_open, self._is_changed = True, False
            try:
                with transaction(self.connection, is_durable=is_durable):
                    self._meet_others()
                    yield
                    self.folding.flush()
            except BaseException:
                self.folding.forget()
                self._place = None
                raise
            finally:
                self._is_open = False
            is_changed = self._is_changed
        if is_changed:
            for listener in self.listeners:
                listener()

    def _meet_others(self) -> None:
        """Forget what is kept in memory where another program wrote to the store: it is no more so.

        A courier file is taken in, or an account opened, while the node runs.
        """
        version = int(self.connection.execute("PRAGMA data_version")[0][0])
        if version != self._version:
            self._version = version
            self.folding.forget()
            self._place = None
            self.revoked = revoked_nodes(self.connection)
            self.keys.load()
            for forget in self.when_others_wrote:
                forget()

    def empty_write_ahead_log(self) -> bool:
        """Whether what was overwritten is now in the file alone; a reader may keep it from that."""
        with self._lock:
            if self._is_open:
                return False
            rows = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not rows or not rows[0][0]

    def note_revoked(self) -> None:
        """Who is revoked has changed in the open transaction."""
        self.revoked = revoked_nodes(self.connection)

    def check_room(self) -> None:
        """Raise NotSaved where the last of the disk is kept for the audit: what is held can so be
        read, and every reading witnessed, for long after nothing more is taken in (INV-13).
        """
        if not self.parts.has_room():
            raise NotSaved("what room is left is kept for reading")

    def note_change(self) -> None:
        """The open transaction changes what is held: say so once it is committed (INV-02)."""
        self._is_changed = True

    def meta(self, name: str, default: Any = None) -> Any:
        """One named value of the store."""
        rows = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0][0] if rows else default

    def set_meta(self, values: Mapping[str, Any]) -> None:
        """Write named values, in the caller's transaction."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", list(values.items())
        )

    def cursor(self) -> Cursor:
        """How far this spoke has received; of the hub, its own incarnation alone."""
        raw = self.meta("cursor")
        if raw is not None:
            return msgspec.msgpack.decode(raw, type=Cursor)
        return Cursor(incarnation=IncarnationId(self.meta("incarnation", NO_INCARNATION)))

    def place(self) -> LogPlace:
        """Where this node's own log ends."""
        if self._place is None:
            raw = self.meta("place")
            assert raw is not None, "a store has a life from its first start"
            self._place = msgspec.msgpack.decode(raw, type=LogPlace)
        return self._place

    def set_place(self, place: LogPlace) -> None:
        """Write where this node's own log ends, in the caller's transaction."""
        self._place = place
        self.set_meta({"place": msgspec.msgpack.encode(place)})

    def start_life(self, follows: Follows | None, *, hlc: Hlc | None = None) -> LifeId:
        """A new life that follows `follows`; what came after that point is offered again.

        `hlc` resets the clock of a node that ran ahead; else it goes on from where it was.
        """
        node, life = self.parts.node, LifeId(self.parts.chance(16))
        number = self.log.add_life(node, life, follows)
        assert number > 0, "lives are numbered from one"
        if follows is not None:
            old = self.log.life_no(node, follows.life)
            self.connection.execute(
                "UPDATE lives SET received_seq = min(received_seq, ?) WHERE life_no = ?",
                (follows.seq, old),
            )
        # The numbers of the new life begin again; what was stable of the old says nothing of them.
        self.set_meta({"stable_seq": 0})
        raw = self.meta("place")
        before = msgspec.msgpack.decode(raw, type=LogPlace) if raw is not None else None
        kept_hlc = before.hlc if before is not None else HLC_ZERO
        epoch = before.epoch if before is not None else ScopeEpoch(NO_INCARNATION, 0)
        self.set_place(
            LogPlace(
                node=node,
                life=life,
                follows=follows,
                seq=0,
                chain=life_chain(node, life, follows),
                hlc=kept_hlc if hlc is None else hlc,
                epoch=epoch,
            )
        )
        return life

    def author_ms(self) -> int:
        """The time that ops are written under: this machine's, set back where it runs ahead.

        The hub's word on how far ahead counts from five minutes on, and never sets forward.
        """
        drift_ms = int(self.meta("clock_drift_ms", 0))
        now_ms = self.parts.clock.now_ms()
        return now_ms + drift_ms if drift_ms < -DRIFT_MS_MAX else now_ms

    def witness_hlc(self, hlc: Hlc) -> None:
        """Move this node's clock past what it heard; the caller has ruled out suspect ones."""
        place = self.place()
        if hlc > place.hlc:
            self.set_place(msgspec.structs.replace(place, hlc=next_hlc(hlc, 0)))

    def insert_segments(self, written: Written, first_op_no: int, last_hub_seq: int | None) -> None:
        """Store this node's own sealed segments, each under its signature."""
        place = written.place
        life_no = self.log.life_no(place.node, place.life)
        chains_before = (self.place().chain, *written.chains)
        rows = []
        op_no = first_op_no
        for segment, before, after in zip(
            written.segments, chains_before, written.chains, strict=False
        ):
            claim = segment_claim(place.node, place.life, segment.last_seq, after)
            signature = self.parts.signer.sign(claim)
            span = (life_no, segment.first_seq, segment.last_seq, before)
            epoch = (segment.epoch.incarnation, segment.epoch.number)
            rows.append((after, *span, *epoch, op_no, last_hub_seq, signature))
            op_no += len(segment.ops)
        self.connection.insert(SEGMENTS, rows)

    def next_hub_seq(self) -> int:
        """The number that the hub's next op gets: none is given twice, were the last op lost."""
        rows = self.connection.execute(f"SELECT ({LAST_HUB_SEQ}) + 1")
        return max(int(rows[0][0]), int(self.meta(HUB_END, 0)) + 1)

    def name_commit(self) -> None:
        """Give the hub's open transaction a name by which its log is known again."""
        name = self.commits.give(self.cursor().incarnation)
        self.set_meta({"commit": name, HUB_END: self.next_hub_seq() - 1})

    @contextmanager
    def reading_own(self) -> Iterator[Reading]:
        """A reading through the writer, which sees the open transaction."""
        yield Reading(self.connection, self.parts.registry)


SEGMENTS = (
    "segments(chain_after, life_no, first_seq, last_seq, chain_before, epoch_incarnation,"
    " epoch_number, first_op_no, last_hub_seq, signature)"
)


def parts_of(lines: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Consecutive parts of at most `size`."""
    for start in range(0, len(lines), size):
        yield lines[start : start + size]
