"""The op log on disk: ops by number, lives, subjects with their keys, and bodies under those keys.

Each body is encrypted under its node's own key of its subject (AES-GCM, the op id as nonce and as
bound text), so that letting go of a person destroys one key. No id, so no nonce, is used twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_protocol.digest import EMPTY, Digest
from sync_protocol.errors import StoreDamaged
from sync_protocol.ids import LifeId, NodeId, OpId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.op import Op, OpBytes, read_op
from sync_protocol.scope import Flag, Verdict
from sync_protocol.seal import Follows

KEPT_MAX: Final = 100_000
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
IN_MAX: Final = 500
NO_SUBJECT_NO: Final = 0

Spot = tuple[int, int, int]
"""The numbers of a record, its subject, and the other subject of a pair."""
AnySpot = tuple[int | None, int, int]
NOWHERE: Final[AnySpot] = (None, NO_SUBJECT_NO, NO_SUBJECT_NO)
"""Where an op stands that cannot be read."""

OP_COLUMNS: Final = (
    "op_no, op_id, record_no, subject_no, other_no, life_no, seq, opening, body, body_hash,"
    " hub_seq, flags, reason, is_safety, reached_ms, key_no"
)
LAST_HUB_SEQ: Final = (
    "coalesce((SELECT hub_seq FROM ops WHERE hub_seq NOT NULL ORDER BY hub_seq DESC LIMIT 1), 0)"
)
"""The end of the hub's log by its index; `max()` would read every op."""
WAITING_LIVES: Final = (
    "SELECT life_no, received_seq, last_seq FROM (SELECT l.life_no, l.received_seq,"
    " (SELECT s.last_seq FROM segments s WHERE s.life_no = l.life_no ORDER BY s.last_seq DESC"
    " LIMIT 1) AS last_seq FROM lives l WHERE l.node = (SELECT value FROM meta WHERE name = 'node')"
    " AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'incarnation')) WHERE last_seq > received_seq"
)
"""A spoke's own lives with segments that wait; those of a hub, which has a name, never do."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An op about to be stored; `op` is None where it does not parse, and is kept as it came."""

    op_id: OpId
    op: Op | None
    raw: OpBytes
    life_no: int
    seq: int
    hub_seq: int | None
    verdict: Verdict
    is_safety: bool = False


class StoredOp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An op as the log has it, with what is known of it here."""

    op_no: int
    op_id: OpId
    record_no: int | None
    subject_no: int | None
    other_no: int
    life_no: int
    seq: int
    raw: OpBytes
    hub_seq: int | None
    verdict: Verdict
    is_safety: bool
    reached_ms: int
    key_no: int
    is_sealed: bool = False
    """Whether it has a body that this node cannot open: it let go of the subject."""

    @property
    def lacks_body(self) -> bool:
        """Whether its body is out of reach here, and was not destroyed by the law."""
        is_redacted = bool(self.verdict.flags & Flag.REDACTED)
        return self.raw.body is None and bool(self.subject_no) and not is_redacted

    def read(self) -> Op:
        """The parsed op; raises UnreadableOp where it was stored raw."""
        return read_op(self.raw, self.op_id)


class OpLog:
    """Reads and adds to the log through one connection; the caller owns the transaction.

    What it keeps in memory mirrors committed rows: `forget` after every rollback.
    """

    def __init__(self, connection: Connection) -> None:
        """Nothing is read until asked."""
        self._connection = connection
        self._subject_nos: dict[SubjectId, int] = {}
        self._subjects: dict[int, SubjectId] = {}
        self._ciphers: dict[int, AESGCM | None] = {}
        self._key_nos: dict[int, int] = {}
        self._life_nos: dict[tuple[NodeId, LifeId], int] = {}

    def forget(self) -> None:
        """Drop what is kept in memory: the transaction that it came from is gone."""
        self._subject_nos.clear()
        self._subjects.clear()
        self._ciphers.clear()
        self._key_nos.clear()
        self._life_nos.clear()

    def life_no(self, node: NodeId, life: LifeId) -> int | None:
        """The number of a life, None where nothing of it is held."""
        kept = self._life_nos.get((node, life))
        if kept is not None:
            return kept
        sql = "SELECT life_no FROM lives WHERE node = ? AND life = ?"
        rows = self._connection.execute(sql, (node, life))
        if rows:
            self._life_nos[(node, life)] = rows[0][0]
        return rows[0][0] if rows else None

    def add_life(self, node: NodeId, life: LifeId, follows: Follows | None = None) -> int:
        """The number of a life, added where it is new.

        Ops of others may come before the first segment that says what their life follows.
        """
        known = self.life_no(node, life)
        if known is None:
            self._connection.execute("INSERT INTO lives(node, life) VALUES (?, ?)", (node, life))
            known = self.life_no(node, life)
        assert known is not None, "a life just added is there"
        if follows is not None:
            self._connection.execute(
                "UPDATE lives SET follows_life = ?, follows_seq = ?, follows_chain = ?"
                " WHERE life_no = ?",
                (follows.life, follows.seq, follows.chain, known),
            )
        return known

    def lives_of(self, node: NodeId) -> set[int]:
        """The numbers of a node's lives of which anything is held."""
        rows = self._connection.execute("SELECT life_no FROM lives WHERE node = ?", (node,))
        return {number for (number,) in rows}

    def subject_no(self, subject: SubjectId) -> int | None:
        """The number of a subject, None where nothing of it is held."""
        kept = self._subject_nos.get(subject)
        if kept is None:
            sql = "SELECT subject_no FROM subjects WHERE subject = ?"
            rows = self._connection.execute(sql, (subject,))
            if not rows:
                return None
            kept = rows[0][0]
            self._keep_subject(subject, kept)
        return kept

    def add_subject(self, subject: SubjectId, key: bytes) -> int:
        """The number of a subject, added under `key` where it is new."""
        known = self.subject_no(subject)
        if known is None:
            assert len(key) == KEY_BYTES, "a subject's key has 32 bytes"
            self._connection.execute(
                "INSERT INTO subjects(subject, digest, digest_count) VALUES (?, ?, ?)",
                (subject, EMPTY.to_bytes(), EMPTY.count),
            )
            known = self.subject_no(subject)
            assert known is not None, "a subject just added is there"
            self.add_key(known, key)
        assert known is not None, "a subject just added is there"
        return known

    def key_no(self, subject_no: int) -> int | None:
        """The number of the key under which bodies of a subject are put; None where it is gone."""
        kept = self._key_nos.get(subject_no)
        if kept is None:
            rows = self._connection.execute(
                "SELECT max(key_no) FROM keys WHERE subject_no = ? AND key NOT NULL", (subject_no,)
            )
            kept = rows[0][0]
            if kept is not None:
                if len(self._key_nos) >= KEPT_MAX:
                    self._key_nos.clear()
                self._key_nos[subject_no] = kept
        return kept

    def key_for(self, first: int, other: int) -> int | None:
        """The first's key, else that of the `other` (0: nobody); None where both were let go of."""
        key_no = self.key_no(first)
        return self.key_no(other) if key_no is None and other else key_no

    def add_key(self, subject_no: int, key: bytes) -> int:
        """The number of a new key of a subject."""
        self._connection.execute(
            "INSERT INTO keys(subject_no, key) VALUES (?, ?)", (subject_no, key)
        )
        number = self.key_no(subject_no)
        assert number is not None, "a key just added is there"
        return number

    def reseal(self, stored: StoredOp, key_no: int) -> None:
        """Put an op's body, which must be at hand, under another key."""
        body = stored.raw.body
        assert body is not None, "there is a body to be put under a key"
        cipher = self._cipher(key_no)
        assert cipher is not None, "a key that is there"
        sealed = cipher.encrypt(stored.op_id[:NONCE_BYTES], body, stored.op_id)
        self._connection.execute(
            "UPDATE ops SET body = ?, key_no = ?, body_hash = NULL WHERE op_no = ?",
            (sealed, key_no, stored.op_no),
        )

    def subject(self, subject_no: int) -> SubjectId:
        """The id of a numbered subject."""
        if subject_no not in self._subjects:
            sql = "SELECT subject FROM subjects WHERE subject_no = ?"
            rows = self._connection.execute(sql, (subject_no,))
            self._keep_subject(SubjectId(rows[0][0]), subject_no)
        return self._subjects[subject_no]

    def digest(self, subject_no: int) -> Digest:
        """A subject's digest as committed."""
        rows = self._connection.execute(
            "SELECT digest, digest_count FROM subjects WHERE subject_no = ?", (subject_no,)
        )
        return Digest(int.from_bytes(rows[0][0], "big"), rows[0][1])

    def next_op_no(self) -> int:
        """The number that the next op gets: beyond every place that an own segment names.

        A lost op has its place kept, and comes back to it.
        """
        rows = self._connection.execute(
            "SELECT coalesce((SELECT max(op_no) FROM ops), 0), coalesce((SELECT first_op_no +"
            " last_seq - first_seq FROM segments WHERE first_op_no NOT NULL"
            " ORDER BY first_op_no DESC LIMIT 1), 0)"
        )
        return int(max(rows[0])) + 1

    def insert(
        self,
        arrivals: Iterable[tuple[Arrival, AnySpot]],
        first: int,
        now_ms: int,
    ) -> None:
        """Store each op in its spot, in order, numbered from `first`."""
        rows = [
            self._columns(one, spot, (op_no, now_ms))
            for op_no, (one, spot) in enumerate(arrivals, start=first)
        ]
        self._connection.insert(f"ops({OP_COLUMNS})", rows)

    def find(self, op_ids: Iterable[OpId]) -> dict[OpId, StoredOp]:
        """Those of the ops that are held."""
        found: dict[OpId, StoredOp] = {}
        for part in chunks(list(op_ids)):
            sql = f"SELECT {OP_COLUMNS} FROM ops WHERE op_id IN ({marks(part)})"
            found |= {
                one.op_id: one for one in map(self.stored, self._connection.execute(sql, part))
            }
        return found

    def known_ids(self, op_ids: Iterable[OpId]) -> set[OpId]:
        """Which of the ids are held, without reading the ops."""
        known: set[OpId] = set()
        for part in chunks(list(op_ids)):
            sql = f"SELECT op_id FROM ops WHERE op_id IN ({marks(part)})"
            known |= {row[0] for row in self._connection.execute(sql, part)}
        return known

    def hollow(self, op_ids: Iterable[OpId]) -> set[OpId]:
        """Which of the ids are held parked since they came without their body."""
        found: set[OpId] = set()
        for part in chunks(list(op_ids)):
            sql = (
                "SELECT op_id FROM ops WHERE body IS NULL AND flags & 2 AND reason = 'unreadable'"
                f" AND op_id IN ({marks(part)})"
            )
            found |= {row[0] for row in self._connection.execute(sql, part)}
        return found

    def is_applied(self, op_id: OpId, *, record_no: int, before: int) -> bool:
        """Whether an op of this record was folded before the op numbered `before`.

        Of a run of ops stored together the later ones are in the table already, and not folded.
        """
        sql = "SELECT 1 FROM ops WHERE op_id = ? AND record_no = ? AND op_no < ? AND flags & ? = 0"
        return bool(self._connection.execute(sql, (op_id, record_no, before, int(Flag.PARKED))))

    def select(self, where: str, parameters: Sequence[Any] = ()) -> Iterator[StoredOp]:
        """Ops that match, with their bodies opened."""
        sql = f"SELECT {OP_COLUMNS} FROM ops WHERE {where}"
        return map(self.stored, self._connection.stream(sql, parameters))

    def raws(self, first: int, last: int) -> Iterator[OpBytes]:
        """The bytes of the ops with these numbers, as they came."""
        sql = (
            "SELECT opening, body, body_hash, op_id, key_no FROM ops"
            " WHERE op_no BETWEEN ? AND ? ORDER BY op_no"
        )
        for opening, body, body_hash, *sealed in self._connection.stream(sql, (first, last)):
            opened = self.opened(body, *sealed)
            yield OpBytes(opening, opened, (body_hash or b"") if opened is None else b"")

    def body_bytes(self, op_nos: Sequence[int]) -> int:
        """How many bytes the bodies of the ops with these numbers have here, open or sealed."""
        size = 0
        for part in chunks(op_nos):
            sql = f"SELECT coalesce(sum(length(body)), 0) FROM ops WHERE op_no IN ({marks(part)})"
            size += self._connection.execute(sql, part)[0][0]
        return size

    def stored(self, row: Sequence[Any]) -> StoredOp:
        """One row of the log, its body opened."""
        body = self.opened(row[8], row[1], row[15])
        return StoredOp(
            op_no=row[0],
            op_id=OpId(row[1]),
            record_no=row[2],
            subject_no=row[3],
            other_no=row[4],
            life_no=row[5],
            seq=row[6],
            raw=OpBytes(row[7], body, (row[9] or b"") if body is None else b""),
            hub_seq=row[10],
            verdict=Verdict(row[11], row[12] or ""),
            is_safety=bool(row[13]),
            reached_ms=row[14],
            key_no=row[15],
            is_sealed=body is None and row[8] is not None,
        )

    def opened(self, body: bytes | None, op_id: bytes, key_no: int) -> bytes | None:
        """A body as it came, None where its key is gone; raises StoreDamaged where it fails."""
        if body is None or not key_no:
            return body
        cipher = self._cipher(key_no)
        try:
            return cipher.decrypt(op_id[:NONCE_BYTES], body, op_id) if cipher else None
        except InvalidTag as fault:
            raise StoreDamaged(f"op {op_id.hex()}: its body does not open") from fault

    def _columns(self, one: Arrival, spot: AnySpot, place: tuple[int, int]) -> tuple[Any, ...]:
        """A row of the log, numbered and reached as `place` says."""
        raw, verdict, op_id = one.raw, one.verdict, one.op_id
        body, key_no = raw.body, 0
        if body is not None and spot[1]:
            key_no = self.key_for(spot[1], spot[2]) or 0
            cipher = self._cipher(key_no)
            assert cipher is not None, "a subject has a key before anything is put under it"
            body = cipher.encrypt(op_id[:NONCE_BYTES], body, op_id)
        return (
            place[0],
            op_id,
            *spot,
            one.life_no,
            one.seq,
            raw.opening,
            body,
            raw.body_hash or None,
            one.hub_seq,
            verdict.flags,
            verdict.reason or None,
            one.is_safety,
            place[1],
            key_no,
        )

    def _cipher(self, key_no: int) -> AESGCM | None:
        """What opens and seals under a key; None where the key is gone."""
        if key_no not in self._ciphers:
            rows = self._connection.execute("SELECT key FROM keys WHERE key_no = ?", (key_no,))
            if len(self._ciphers) >= KEPT_MAX:
                self._ciphers.clear()
            self._ciphers[key_no] = AESGCM(rows[0][0]) if rows and rows[0][0] else None
        return self._ciphers[key_no]

    def _keep_subject(self, subject: SubjectId, subject_no: int) -> None:
        if len(self._subject_nos) >= KEPT_MAX:
            self._subject_nos.clear()
            self._subjects.clear()
        self._subject_nos[subject] = subject_no
        self._subjects[subject_no] = subject


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Parts of at most 500, for an IN list."""
    return (values[start : start + IN_MAX] for start in range(0, len(values), IN_MAX))


def marks(values: Sequence[Any]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))
