"""A spoke lets go: what it was told of its scope, and how a subject that left goes from its disk.

Implements PROTOCOL.md, Leaving. A leave is an order to hand over, never to forget: nothing here
takes an op out of the log. Everything but `seal_safe` runs in the caller's transaction.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from sync_protocol.departure import (
    Departure,
    Elsewhere,
    Permit,
    Receipt,
    ReceiptAct,
    claim_of_receipt,
)
from sync_protocol.errors import NotSaved
from sync_protocol.ids import ID_BYTES, SubjectId
from sync_protocol.io.escrow import Escrow
from sync_protocol.io.op_log import KEY_BYTES
from sync_protocol.io.receipts import RECEIPT_COLUMNS, keep_receipt
from sync_protocol.io.returns import RETURN_FROM
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import (
    DEPARTURE_IDS_MAX,
    DEPARTURES_MAX,
    PURGE_AFTER_MS,
    RECEIPTS_MAX,
)
from sync_protocol.messages import Reply
from sync_protocol.scope import ScopeStep, words_of

HUB_RECOVERING: Final = "hub_recovering"
"""Whether the hub said last that it was restored and still awaits some node."""
RELEASING: Final = "releasing"
DRAINED: Final = "drained"
SAFE: Final = "safe"
SEALED: Final = "sealed"
PURGED: Final = "purged"

_OWN_WAITING: Final = (
    "SELECT count(*) FROM ops o JOIN lives l USING(life_no) WHERE l.node = ?"
    " AND o.seq > l.received_seq AND (o.subject_no = ? OR (o.other_no > 0 AND o.other_no = ?))"
    " AND EXISTS (SELECT 1 FROM segments s WHERE s.life_no = o.life_no AND s.last_seq >= o.seq)"
)
"""Own ops about a subject that the hub is not known to have; a twin sends its own lives' itself."""
_ABOUT: Final = "(subject_no = ? OR (other_no > 0 AND other_no = ?))"


class Departures:
    """A spoke's scope as it was told, and the subjects that are leaving it."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be a spoke's."""
        self._core = core
        self.escrow = Escrow(core)
        self.is_log_full = not core.parts.is_hub
        """Whether pages of whoever left may still be in the write-ahead log, as after a crash."""
        self.hub_ms = 0
        """What time the hub had it last, since this start: a clock that jumps purges nothing."""

    def take_steps(self, reply: Reply, now_ms: int) -> None:
        """Take in what the hub said, in order, and keep it under the hub's signature."""
        core = self._core
        named = [(core.log.subject_no(step.subject),) for step in reply.steps]
        core.connection.executemany("DELETE FROM held_before WHERE subject_no = ?", named)
        for step in reply.steps:
            subject_no = core.log.add_subject(step.subject, core.parts.chance(KEY_BYTES))
            words = words_of(frozenset(step.reasons))
            told = (reply.incarnation, step.number, step.act, subject_no, words, step.ends)
            core.connection.execute(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*told, step.at_ms, step.signature),
            )
            if step.is_leave:
                self._begin(step, subject_no, now_ms)
            else:
                self._hold(step, subject_no, words)
        for key in reply.keys:
            self.escrow.reopen(key)

    def meet_incarnation(self) -> None:
        """The hub was restored: what it lets this node hold it will say again."""
        core = self._core
        core.connection.execute(
            "INSERT OR IGNORE INTO held_before SELECT subject_no FROM grants WHERE node = ?",
            (core.parts.node,),
        )
        core.connection.execute("DELETE FROM grants WHERE node = ?", (core.parts.node,))

    def leave_untold(self, now_ms: int) -> None:
        """Let go of what was held before the hub's restore, and what that hub knows nothing of.

        Call it once the hub awaits nobody, has all that this node has, and has told it everything.
        INV-05: the hub may hold a receipt from before the subject came back, or no word at all, so
        that it has no leave to tell.
        """
        core = self._core
        hub_seq = core.cursor().hub_seq
        rows = core.connection.execute("SELECT subject_no FROM held_before ORDER BY subject_no")
        core.connection.executemany(
            "INSERT OR REPLACE INTO departures VALUES (?, 0, 0, ?, ?, ?, ?, 0, 0)",
            [(subject_no, RELEASING, now_ms, now_ms, hub_seq) for (subject_no,) in rows],
        )
        core.connection.execute("DELETE FROM held_before")
        for (subject_no,) in rows:
            self.escrow.stand_apart(subject_no)

    def offered(self, now_ms: int) -> tuple[Departure, ...]:
        """The subjects to be let go of, those that were not offered for longest first.

        None where this node has no boxes to put their keys into.
        """
        if not self._core.parts.boxes.is_whole:
            return ()
        rows = self._core.connection.execute(
            "SELECT d.subject_no, s.subject, d.ends, d.through, d.unproven FROM departures d"
            " JOIN subjects s USING(subject_no) WHERE d.state IN (?, ?, ?)"
            " ORDER BY d.offered_ms, d.subject_no LIMIT ?",
            (RELEASING, DRAINED, SAFE, DEPARTURES_MAX),
        )
        guards = self.escrow.guards() if rows else frozenset()
        offered = []
        ids_left = DEPARTURE_IDS_MAX
        for subject_no, subject, ends, through, unproven in rows:
            waiting, digest = self._waiting(subject_no), self._core.log.digest(subject_no)
            if subject in guards:
                self._set_state(subject_no, RELEASING if waiting else DRAINED, now_ms)
                continue
            ids = None
            if not waiting and (unproven or self._is_unsaid(subject_no)):
                ids = self._ids(subject_no, ids_left)
                if ids is None:
                    # Its digest alone proves nothing: it is the first of the next request.
                    continue
            self._set_state(subject_no, RELEASING if waiting else DRAINED, now_ms)
            ids_left -= len(ids or b"") // ID_BYTES
            offered.append(
                Departure(
                    subject=SubjectId(subject),
                    ends=ends,
                    digest=digest.to_bytes(),
                    count=digest.count,
                    through=through,
                    waiting=waiting,
                    ids=ids,
                )
            )
        return tuple(offered)

    def receipts(self) -> tuple[Receipt, ...]:
        """Receipts that the hub is not known to have."""
        rows = self._core.connection.execute(
            f"SELECT s.subject, {RECEIPT_COLUMNS} FROM receipts r JOIN subjects s USING(subject_no)"
            " WHERE is_told = 0 AND incarnation = ? ORDER BY at_ms LIMIT ?",
            (self._core.cursor().incarnation, RECEIPTS_MAX),
        )
        return tuple(Receipt(*row) for row in rows)

    def take_answers(self, reply: Reply) -> None:
        """What the hub says of departures and receipts; it was verified."""
        core = self._core
        if reply.elsewhere is not None:
            self._note_elsewhere(reply.elsewhere)
        for permit in reply.permits:
            self._take_permit(permit)
        for subject in reply.unproven:
            core.connection.execute(
                "UPDATE departures SET unproven = unproven + 1 WHERE subject_no = ?",
                (core.log.subject_no(subject),),
            )
        for one in reply.receipted:
            core.connection.execute(
                "UPDATE receipts SET is_told = 1 WHERE node = ? AND subject_no = ? AND ends = ?"
                " AND act = ? AND incarnation = ?",
                (
                    core.parts.node,
                    core.log.subject_no(one.subject),
                    one.ends,
                    one.act,
                    reply.incarnation,
                ),
            )

    def seal_safe(self, now_ms: int) -> int:
        """Seal every subject that may be let go of; how many. The write-ahead log is emptied then.

        Whatever was written since the permit is handed over first: the subject is releasing again.
        """
        core = self._core
        with core.transaction():
            sql = "SELECT subject_no, ends FROM departures WHERE state = ?"
            safe = core.connection.execute(sql, (SAFE,))
            sealed = sum(self._seal(subject_no, ends, now_ms) for subject_no, ends in safe)
        self.is_log_full = self.is_log_full or bool(sealed)
        self.empty_log()
        return sealed

    def empty_log(self) -> None:
        """Leave nothing of whoever left in the write-ahead log, as far as can be done now.

        A page that is being read, or a full disk, may keep it: then the next answer tries again.
        """
        if self.is_log_full:
            with suppress(NotSaved):
                self.is_log_full = not self._core.empty_write_ahead_log()

    def keep_escrow(self, now_ms: int) -> None:
        """The hub was restored: what is in escrow may be the last copy, and is kept as if new."""
        self._core.connection.execute(
            "UPDATE departures SET at_ms = ? WHERE state = ?", (now_ms, SEALED)
        )

    def purge_due(self, now_ms: int) -> int:
        """Destroy what is in escrow since before the backups' horizon; of how many subjects.

        Only where the hub has said that it holds the receipt of the sealing, and neither awaits
        anybody since a restore nor lacks anything that this node could give back.
        """
        core = self._core
        if core.meta(HUB_RECOVERING, False) or core.meta(RETURN_FROM) is not None:
            return 0
        rows = core.connection.execute(
            f"SELECT d.subject_no, s.subject, {RECEIPT_COLUMNS} FROM departures d JOIN subjects s"
            " USING(subject_no) JOIN receipts r ON r.node = ? AND r.subject_no = d.subject_no"
            " AND r.ends = d.ends AND r.act = ? AND r.is_told = 1"
            " WHERE d.state = ? AND d.at_ms <= ?",
            (core.parts.node, SEALED, SEALED, now_ms - PURGE_AFTER_MS),
        )
        for subject_no, *columns_of in rows:
            sealed = Receipt(*columns_of)
            self.escrow.purge(subject_no)
            life = core.place().life
            purged = msgspec.structs.replace(sealed, act="purged", life=life, at_ms=now_ms, box=b"")
            self._sign(subject_no, purged)
            self._set_state(subject_no, PURGED, now_ms)
        return len(rows)

    def _note_elsewhere(self, named: Sequence[Elsewhere]) -> None:
        core = self._core
        core.connection.execute("DELETE FROM elsewhere")
        core.connection.insert(
            "elsewhere",
            [
                (
                    core.log.add_subject(one.subject, core.parts.chance(KEY_BYTES)),
                    one.node,
                    one.since_ms,
                    one.silent_ms,
                )
                for one in {(one.subject, one.node): one for one in named}.values()
            ],
        )

    def _hold(self, step: ScopeStep, subject_no: int, words: str) -> None:
        """A grant begins or has other reasons; whoever was leaving stays."""
        core = self._core
        begins = step.number if step.is_enter else step.ends
        core.connection.execute(
            "INSERT INTO grants VALUES (?, ?, ?, ?, ?) ON CONFLICT(node, subject_no) DO UPDATE"
            " SET number = excluded.number, reasons = excluded.reasons,"
            " reasons_number = excluded.reasons_number",
            (core.parts.node, subject_no, begins, words, step.number),
        )
        core.connection.execute("DELETE FROM departures WHERE subject_no = ?", (subject_no,))

    def _begin(self, step: ScopeStep, subject_no: int, now_ms: int) -> None:
        """A grant ended, and with it any before; one that began later is none of its business.

        Of who was let go of already a receipt is enough: a restored hub may have lost it.
        """
        core = self._core
        key = (core.parts.node, subject_no)
        present = core.connection.execute(
            "SELECT number FROM grants WHERE node = ? AND subject_no = ?", key
        )
        if present and present[0][0] > step.ends:
            return
        sql = "SELECT state FROM departures WHERE subject_no = ? AND state IN (?, ?)"
        for (state,) in core.connection.execute(sql, (subject_no, SEALED, PURGED)):
            self._say_again(subject_no, step, state, now_ms)
            return
        core.connection.execute("DELETE FROM grants WHERE node = ? AND subject_no = ?", key)
        core.connection.execute(
            "INSERT OR REPLACE INTO departures VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (
                subject_no,
                step.ends,
                step.number,
                RELEASING,
                step.at_ms,
                now_ms,
                core.cursor().hub_seq,
            ),
        )
        self.escrow.stand_apart(subject_no)

    def _say_again(self, subject_no: int, step: ScopeStep, act: ReceiptAct, now_ms: int) -> None:
        core = self._core
        core.connection.execute(
            "UPDATE departures SET ends = ?, number = ? WHERE subject_no = ?",
            (step.ends, step.number, subject_no),
        )
        digest = core.log.digest(subject_no)
        receipt = Receipt(
            subject=step.subject,
            ends=step.ends,
            act=act,
            life=core.place().life,
            digest=digest.to_bytes(),
            count=digest.count,
            # The box with the key is with the earlier receipt, if that hub has it.
            through=0,
            at_ms=now_ms,
        )
        self._sign(subject_no, receipt)

    def _take_permit(self, permit: Permit) -> None:
        core = self._core
        subject_no = core.log.subject_no(permit.subject)
        if subject_no is None or not self._agrees(subject_no, permit):
            return
        core.connection.execute(
            "UPDATE departures SET state = ? WHERE subject_no = ? AND ends = ? AND state = ?",
            (SAFE, subject_no, permit.ends, DRAINED),
        )

    def _agrees(self, subject_no: int, permit: Permit) -> bool:
        """Whether a permit speaks of what is held here now: nothing was written since."""
        digest = self._core.log.digest(subject_no)
        is_same = (digest.to_bytes(), digest.count) == (permit.digest, permit.count)
        return is_same and not self._waiting(subject_no)

    def _seal(self, subject_no: int, ends: int, now_ms: int) -> bool:
        if self._waiting(subject_no):
            self._set_state(subject_no, RELEASING, now_ms)
            return False
        core = self._core
        digest = core.log.digest(subject_no)
        sql = "SELECT through FROM departures WHERE subject_no = ?"
        receipt = Receipt(
            subject=core.log.subject(subject_no),
            ends=ends,
            act="sealed",
            life=core.place().life,
            digest=digest.to_bytes(),
            count=digest.count,
            # Of who came as a snapshot, or lay closed here before, the key brings not all back.
            through=core.connection.execute(sql, (subject_no,))[0][0]
            if self.escrow.can_reopen(subject_no)
            else 0,
            at_ms=now_ms,
            box=self.escrow.seal(subject_no),
        )
        self._sign(subject_no, receipt)
        self._set_state(subject_no, SEALED, now_ms)
        core.note_change()
        return True

    def _sign(self, subject_no: int, receipt: Receipt) -> None:
        """Sign a receipt and keep it until the hub has it, and after."""
        core = self._core
        incarnation, node = core.cursor().incarnation, core.parts.node
        signature = core.parts.signer.sign(claim_of_receipt(receipt, incarnation, node))
        signed = msgspec.structs.replace(receipt, signature=signature)
        keep_receipt(core.connection, signed, (node, subject_no, incarnation))

    def _waiting(self, subject_no: int) -> int:
        sql = (self._core.parts.node, subject_no, subject_no)
        return int(self._core.connection.execute(_OWN_WAITING, sql)[0][0])

    def _ids(self, subject_no: int, ids_max: int) -> bytes | None:
        """The ids of all ops about a subject; None where they are too many for this request.

        One whose body is no more here is no loss: only what can be lost is to be proved.
        """
        sql = f"SELECT op_id FROM ops WHERE body NOT NULL AND {_ABOUT}"
        rows = self._core.connection.execute(sql, (subject_no, subject_no))
        return b"".join(row[0] for row in rows) if len(rows) <= ids_max else None

    def _is_unsaid(self, subject_no: int) -> bool:
        """Whether there are ops about a subject that no digest counts: the hub was restored."""
        sql = f"SELECT 1 FROM ops WHERE hub_seq IS NULL AND {_ABOUT} LIMIT 1"
        return bool(self._core.connection.execute(sql, (subject_no, subject_no)))

    def _set_state(self, subject_no: int, state: str, now_ms: int) -> None:
        self._core.connection.execute(
            "UPDATE departures SET state = :state, offered_ms = :now, at_ms = CASE state"
            " WHEN :state THEN at_ms ELSE :now END WHERE subject_no = :subject",
            {"state": state, "now": now_ms, "subject": subject_no},
        )
