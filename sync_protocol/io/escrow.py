"""Escrow: what stays of a subject at a spoke that let go of it, and what must not.

Implements PROTOCOL.md, Leaving. The op log stays, its bodies under a key that nobody here has: it
is in two boxes, one for the hub and one for the estate's offline recovery key. So a spoke can be
the last copy of what the hub lost, and can read none of it. All that was derived goes. Everything
here runs in the caller's transaction.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_protocol.departure import Escrowed, KeyBack, SealedBody, key_context
from sync_protocol.digest import EMPTY
from sync_protocol.errors import DOES_NOT_DECODE
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.bases import Base, Way
from sync_protocol.io.boxes import BoxClosed, NoBoxKey
from sync_protocol.io.mending import hold_op_by_op
from sync_protocol.io.op_log import KEY_BYTES, NONCE_BYTES, OP_COLUMNS, StoredOp, chunks, marks
from sync_protocol.io.projections import Gone, take_away_subject
from sync_protocol.io.store_core import StoreCore
from sync_protocol.merge import RecordKey
from sync_protocol.op import OpBytes, hash_raw, op_id_of
from sync_protocol.scope import Flag
from sync_protocol.snapshot import term_of

_HELD: Final = (
    "SELECT subject_no FROM grants UNION SELECT subject_no FROM held_before"
    " UNION SELECT subject_no FROM departures"
    " WHERE state IN ('releasing', 'drained', 'safe')"
)
"""The subjects that a spoke may read."""


class Escrow:
    """Seals subjects of a spoke's store."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be a spoke's."""
        self._core = core

    def seal(self, subject_no: int) -> bytes:
        """Make everything about a subject unreadable here; its key, in a box for the hub.

        What it shares with a subject that stays is put under that one's key.
        """
        core = self._core
        subject = core.log.subject(subject_no)
        core.folding.flush()
        shared = self._shared(subject_no)
        for stored in self._ops(subject_no):
            other = _other_than(stored, subject_no)
            if stored.is_sealed or stored.raw.body is None:
                continue
            if other in shared:
                self._move(stored, subject_no, other)
            else:
                self._close(self._own(stored, subject_no))
        self._forget_records(subject_no, shared)
        kept = [core.log.subject(number) for number in sorted(shared)]
        take_away_subject(core.connection, core.parts.registry, Gone(subject, kept))
        box = self._destroy_keys(subject_no, subject)
        self._drop_base(subject_no)
        core.folding.forget()
        return box

    def has_all(self, subject_no: int) -> bool:
        """Whether a subject is held op by op: what a snapshot said cannot be read again."""
        return subject_no not in self._core.folding.bases.rows()

    def can_reopen(self, subject_no: int) -> bool:
        """Whether its keys, given back, will bring back all that is held of a subject.

        What was closed before is under a key that is in an earlier box.
        """
        if not self.has_all(subject_no):
            return False
        return not any(one.lacks_body for one in self._ops(subject_no))

    def stand_apart(self, subject_no: int) -> None:
        """A subject leaves: what it shares is told without its snapshot, were that not all here.

        INV-07: the rest of an arrival is not sent any more; who has to be kept apart from whom must
        not wait for it.
        """
        folding = self._core.folding
        base = folding.bases.rows().get(subject_no)
        if base is not None and not base.is_whole:
            freed = self._told_by_others(subject_no, base)
            folding.bases.free(freed)
            folding.refold_records(freed)

    def _told_by_others(self, subject_no: int, base: Base) -> list[int]:
        """The records shared with subjects that stay and of which every op is held.

        Where such a subject stands on a snapshot as well that goes on telling of the record, if
        this one's had said all of it; else all ops are asked for.
        """
        found: list[int] = []
        for other in sorted(self._shared(subject_no)):
            if not base.is_whole:
                hold_op_by_op(self._core, other)
            beside = self._core.folding.bases.rows().get(other)
            if beside is None or beside.way == Way.PLAIN:
                found += self._records_of_both(subject_no, other)
        return found

    def _records_of_both(self, subject_no: int, other: int) -> list[int]:
        rows = self._core.connection.execute(
            "SELECT record_no FROM records WHERE subject_no = :one AND other_no = :other"
            " UNION SELECT record_no FROM records WHERE subject_no = :other AND other_no = :one",
            {"one": subject_no, "other": other},
        )
        return [number for (number,) in rows]

    def _drop_base(self, subject_no: int) -> None:
        """What a snapshot said of the subject is said no more, nor counted."""
        folding = self._core.folding
        base = folding.bases.rows().get(subject_no)
        if base is None:
            return
        freed = self._told_by_others(subject_no, base)
        staying = {
            number
            for other in self._shared(subject_no)
            for number in self._records_of_both(subject_no, other)
        }
        folding.bases.drop(subject_no, but=staying - set(freed))
        folding.refold_records(freed)
        rows = self._core.connection.execute(
            "SELECT op_id, flags FROM ops WHERE (subject_no = :no OR (other_no > 0 AND other_no"
            " = :no)) AND hub_seq NOT NULL AND flags & :applied",
            {"no": subject_no, "applied": int(Flag.APPLIED)},
        )
        held = EMPTY.plus(*(term_of(op_id, flags) for op_id, flags in rows))
        folding.counting.set_digest(subject_no, held)
        folding.flush()

    def reopen(self, back: KeyBack) -> None:
        """Take back the key of a subject that came back, and fold all that it opens again.

        INV-09: a box that does not open here, or a key that opens nothing, keeps no answer from
        being taken: what stays closed of somebody who is held is asked for.
        """
        core = self._core
        subject_no = core.log.subject_no(back.subject)
        keys = [one for one in self._keys_in(back) if self._opens(*one)]
        core.connection.executemany(
            "UPDATE keys SET key = ?, recovery_box = NULL, hub_box = NULL WHERE key_no = ?"
            " AND subject_no = ? AND key IS NULL",
            [(key, key_no, subject_no) for key_no, key in keys],
        )
        # What another key opened in the same reply is folded, and not yet written.
        core.folding.flush()
        core.folding.forget()
        rows = core.connection.execute(
            "SELECT DISTINCT r.record, r.kind, r.subject_no, r.other_no FROM ops o JOIN records r"
            " USING(record_no) WHERE o.subject_no = :no OR (o.other_no > 0 AND o.other_no = :no)",
            {"no": subject_no},
        )
        for record, kind, *numbers in rows:
            subjects = tuple(core.log.subject(number) for number in numbers if number)
            core.folding.refold(RecordKey(kind, subjects, RecordId(record)))

    def _keys_in(self, back: KeyBack) -> list[tuple[int, bytes]]:
        parts = self._core.parts
        try:
            plain = parts.boxes.open_own(back.box, key_context(parts.node, back.subject))
            return msgspec.msgpack.decode(plain, type=list[tuple[int, bytes]])
        except (BoxClosed, NoBoxKey, *DOES_NOT_DECODE):
            return []

    def _opens(self, key_no: int, key: bytes) -> bool:
        sql = "SELECT op_id, body FROM ops WHERE key_no = ? AND body NOT NULL LIMIT 1"
        for op_id, body in self._core.connection.execute(sql, (key_no,)):
            try:
                AESGCM(key).decrypt(op_id[:NONCE_BYTES], body, op_id)
            except (InvalidTag, ValueError):
                return False
        return True

    def sent_with(self, request_ops: Iterable[OpBytes]) -> tuple[Escrowed, ...]:
        """The sealed bodies of those of these ops that have none, each with the box of its key."""
        lacking = [op_id_of(hash_raw(raw)) for raw in request_ops if raw.body is None]
        found: dict[tuple[bytes, bytes], list[SealedBody]] = {}
        for part in chunks(lacking):
            rows = self._core.connection.execute(
                "SELECT s.subject, k.hub_box, o.op_id, o.key_no, o.body FROM ops o JOIN keys k"
                " USING(key_no) JOIN subjects s ON s.subject_no = k.subject_no"
                f" WHERE k.hub_box NOT NULL AND o.body NOT NULL AND o.op_id IN ({marks(part)})",
                part,
            )
            for subject, box, op_id, key_no, body in rows:
                found.setdefault((subject, box), []).append(SealedBody(op_id, key_no, body))
        return tuple(
            Escrowed(SubjectId(subject), box, tuple(bodies))
            for (subject, box), bodies in found.items()
        )

    def purge(self, subject_no: int) -> None:
        """Destroy the bodies that nobody here can open, and the boxes of their keys."""
        connection = self._core.connection
        connection.execute(
            "UPDATE ops SET body = NULL, key_no = 0 WHERE key_no IN (SELECT key_no FROM keys"
            " WHERE subject_no = ? AND key IS NULL)",
            (subject_no,),
        )
        connection.execute("DELETE FROM keys WHERE subject_no = ? AND key IS NULL", (subject_no,))
        connection.execute("UPDATE receipts SET box = x'' WHERE subject_no = ?", (subject_no,))
        self._core.folding.forget()

    def guards(self) -> frozenset[SubjectId | None]:
        """The subjects that tell who may read others, and those can still be read here."""
        sql = f"SELECT subject FROM subjects WHERE subject_no IN ({_HELD})"
        guard = self._core.parts.guard
        return frozenset(guard(SubjectId(row[0])) for row in self._core.connection.execute(sql))

    def _shared(self, subject_no: int) -> set[int]:
        """The subjects that may be read here and have ops in common with this one."""
        rows = self._core.connection.execute(
            f"SELECT DISTINCT other_no FROM ops WHERE subject_no = :no AND other_no IN ({_HELD})"
            f" UNION SELECT DISTINCT subject_no FROM ops WHERE other_no = :no AND other_no > 0"
            f" AND subject_no IN ({_HELD})",
            {"no": subject_no},
        )
        return {number for (number,) in rows} - {subject_no, 0}

    def _ops(self, subject_no: int) -> list[StoredOp]:
        sql = (
            f"SELECT {OP_COLUMNS} FROM ops WHERE subject_no = ? OR (other_no > 0 AND other_no = ?)"
        )
        rows = self._core.connection.execute(sql, (subject_no, subject_no))
        return [self._core.log.stored(row) for row in rows]

    def _move(self, stored: StoredOp, subject_no: int, other: int) -> None:
        """Put the body under the key of the subject that stays, unless it is."""
        if self._is_under(stored, subject_no):
            self._core.log.reseal(stored, self._key_of(other))

    def _own(self, stored: StoredOp, subject_no: int) -> StoredOp:
        """The op under the subject's own key, where it was under that of one who left before."""
        if not self._is_under(stored, subject_no):
            self._core.log.reseal(stored, self._key_of(subject_no))
        return stored

    def _is_under(self, stored: StoredOp, subject_no: int) -> bool:
        sql = "SELECT subject_no FROM keys WHERE key_no = ?"
        return self._core.connection.execute(sql, (stored.key_no,)) == [(subject_no,)]

    def _key_of(self, subject_no: int) -> int:
        log = self._core.log
        key_no = log.key_no(subject_no)
        return (
            log.add_key(subject_no, self._core.parts.chance(KEY_BYTES))
            if key_no is None
            else key_no
        )

    def _close(self, stored: StoredOp) -> None:
        """Note the body's hash: without the body the header is whole no more, nor the chain."""
        assert stored.raw.body is not None, "what is closed was open"
        self._core.connection.execute(
            "UPDATE ops SET body_hash = ? WHERE op_no = ?",
            (sha256(stored.raw.body).digest(), stored.op_no),
        )

    def _forget_records(self, subject_no: int, shared: set[int]) -> None:
        """Nothing stands or is awaited any more of the records that go."""
        connection = self._core.connection
        sql = (
            "SELECT DISTINCT record_no, subject_no, other_no FROM ops WHERE record_no NOT NULL AND"
        )
        rows = connection.execute(
            f"{sql} (subject_no = ? OR (other_no > 0 AND other_no = ?))", (subject_no, subject_no)
        )
        gone = [row[0] for row in rows if not shared.intersection(row[1:])]
        for part in chunks(gone):
            for table in ("standing", "replaced"):
                connection.execute(f"DELETE FROM {table} WHERE record_no IN ({marks(part)})", part)

    def _destroy_keys(self, subject_no: int, subject: SubjectId) -> bytes:
        """Put the subject's keys into their boxes and destroy them; the box for the hub."""
        core = self._core
        sql = "SELECT key_no, key FROM keys WHERE subject_no = ? AND key NOT NULL"
        keys = core.connection.execute(sql, (subject_no,))
        plain = msgspec.msgpack.encode([tuple(row) for row in keys])
        context = key_context(core.parts.node, subject)
        recovery = core.parts.boxes.seal_to_recovery(plain, context)
        for_hub = core.parts.boxes.seal_to_hub(plain, context)
        core.connection.execute(
            "UPDATE keys SET key = NULL, recovery_box = ?, hub_box = ? WHERE subject_no = ?"
            " AND key NOT NULL",
            (recovery, for_hub, subject_no),
        )
        return for_hub


def _other_than(stored: StoredOp, subject_no: int) -> int:
    """The other subject of an op, 0 where it has none."""
    return (stored.subject_no or 0) if stored.other_no == subject_no else stored.other_no
