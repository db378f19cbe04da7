"""The hub's side of letting go: it permits what it holds in a verified backup, and keeps receipts.

Implements PROTOCOL.md, Leaving. A spoke destroys its key on the hub's word alone, so that word is
given only where every op that the spoke holds is held here, in this incarnation, and stable.
"""

from typing import Final

import msgspec

from sync_protocol.departure import (
    Departure,
    Permit,
    Receipt,
    Receipted,
    claim_of_permit,
    claim_of_receipt,
)
from sync_protocol.digest import EMPTY, Digest, digest_term
from sync_protocol.errors import BadSignature
from sync_protocol.ids import ID_BYTES, IncarnationId, LifeId, NodeId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import OpLog, chunks, marks
from sync_protocol.io.receipts import keep_receipt
from sync_protocol.io.recovery import is_recovering
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import DEPARTURE_IDS_MAX
from sync_protocol.messages import Request
from sync_protocol.scope import Flag
from sync_protocol.seal import Signer

_ABOUT: Final = "(o.subject_no = :subject OR (o.other_no > 0 AND o.other_no = :subject))"


class HeldBefore(msgspec.Struct, frozen=True):
    """What the receipt of a subject says that its node holds: the key's box, of what, how far."""

    box: bytes
    digest: bytes
    through: int


class HubDepartures:
    """Answers departures from one snapshot of the hub's log."""

    def __init__(self, connection: Connection, node: NodeId, incarnation: IncarnationId) -> None:
        """Answer `node`, inside a transaction."""
        self._connection = connection
        self._log = OpLog(connection)
        self._node = node
        self._incarnation = incarnation

    def ground(self) -> tuple[int, bool]:
        """What has to change before other departures of one request are permitted."""
        return self._meta("stable_hub_seq"), is_recovering(self._connection)

    def permits(
        self, request: Request, signer: Signer
    ) -> tuple[tuple[Permit, ...], tuple[SubjectId, ...]]:
        """What may be let go of now, and the subjects of which the digest is another."""
        permits: list[Permit] = []
        unproven: list[SubjectId] = []
        if not request.departures or is_recovering(self._connection):
            return (), ()
        named = sum(len(one.ids or b"") for one in request.departures)
        if named > DEPARTURE_IDS_MAX * ID_BYTES:
            return (), ()
        for one in request.departures:
            if one.waiting or self._is_held(one.subject):
                continue
            left_at = self._left_at(one.subject)
            if left_at is None and one.ids is None:
                unproven.append(one.subject)
                continue
            # INV-05: what came since is none of its business, not even that anything did.
            through = min(one.through, left_at or 0)
            is_proved, last = self._compare(msgspec.structs.replace(one, through=through))
            if not is_proved and one.ids is None:
                unproven.append(one.subject)
            elif is_proved and last <= self._meta("stable_hub_seq"):
                permit = Permit(one.subject, one.ends, one.digest, one.count)
                claim = claim_of_permit(permit, self._incarnation, self._node)
                permits.append(msgspec.structs.replace(permit, signature=signer.sign(claim)))
        return tuple(permits), tuple(unproven)

    def receipted(self, request: Request) -> tuple[Receipted, ...]:
        """Those of a request's receipts that are durable here."""
        return tuple(
            Receipted(one.subject, one.ends, one.act)
            for one in request.receipts
            if self._connection.execute(
                "SELECT 1 FROM receipts WHERE node = ? AND subject_no = ? AND incarnation = ?"
                " AND ends = ? AND act = ?",
                (
                    self._node,
                    self._log.subject_no(one.subject),
                    self._incarnation,
                    one.ends,
                    one.act,
                ),
            )
        )

    def has_let_go(self, subject_no: int | None = None) -> bool:
        """Whether the node ever let go of a subject, or of any."""
        sql = "SELECT 1 FROM spans WHERE node = ? AND sealed_ms NOT NULL"
        if subject_no is None:
            return bool(self._connection.execute(f"{sql} LIMIT 1", (self._node,)))
        place = (self._node, subject_no)
        return bool(self._connection.execute(f"{sql} AND subject_no = ?", place))

    def held_before(self, subject_no: int, life: LifeId | None, epoch: int) -> HeldBefore | None:
        """What the node holds in escrow of a subject: its key's box, and up to where it has all.

        None where it must be sent everything: it has purged, or had only a part, or has another
        life since or was told less than that it left (`epoch`), and may have lost it, or some of it
        may be under the key of another subject.
        """
        rows = self._connection.execute(
            "SELECT r.digest, r.count, r.through, r.box, s.subject FROM receipts r JOIN subjects s"
            " USING(subject_no) WHERE r.node = :node AND r.subject_no = :subject"
            " AND r.incarnation = :incarnation AND r.act = 'sealed' AND r.life = :life"
            " AND r.box <> x'' AND r.ends = (SELECT max(number) FROM spans WHERE node = :node"
            " AND subject_no = :subject AND to_number NOT NULL) AND :epoch >= (SELECT"
            " max(to_number) FROM spans WHERE node = :node AND subject_no = :subject)",
            {
                "epoch": epoch,
                "node": self._node,
                "subject": subject_no,
                "incarnation": self._incarnation,
                "life": life,
            },
        )
        if not rows or not rows[0][2] or self._is_shared(subject_no):
            return None
        digest, count, through, box, subject = rows[0]
        is_all, _ = self._compare(Departure(SubjectId(subject), 0, digest, count, through))
        return HeldBefore(box, digest, through) if is_all else None

    def _is_shared(self, subject_no: int) -> bool:
        """Whether some of a subject's ops are about another as well."""
        sql = (
            "SELECT 1 FROM ops WHERE (subject_no = ? AND other_no > 0)"
            " OR (other_no > 0 AND other_no = ?) LIMIT 1"
        )
        return bool(self._connection.execute(sql, (subject_no, subject_no)))

    def _is_held(self, subject: SubjectId) -> bool:
        """Whether the node has a grant after all: the leave that it speaks of is none any more."""
        sql = "SELECT 1 FROM grants WHERE node = ? AND subject_no = ?"
        return bool(self._connection.execute(sql, (self._node, self._log.subject_no(subject))))

    def _left_at(self, subject: SubjectId) -> int | None:
        """The end of the log when the subject left the node; None where it never held it."""
        rows = self._connection.execute(
            "SELECT max(l.at_seq) FROM spans p JOIN ledger l ON l.node = p.node AND l.number ="
            " p.to_number WHERE p.node = ? AND p.subject_no = ?",
            (self._node, self._log.subject_no(subject)),
        )
        return None if rows[0][0] is None else int(rows[0][0])

    def _compare(self, one: Departure) -> tuple[bool, int]:
        """Whether all that the node holds of a subject is here, and the last number of it."""
        subject_no = self._log.subject_no(one.subject)
        if one.ids is not None:
            return self._has_all(one.ids)
        rows = self._connection.execute(
            f"SELECT o.op_id, o.flags, o.hub_seq FROM ops o WHERE {_ABOUT} AND (o.hub_seq <= :end"
            " OR o.life_no IN (SELECT life_no FROM lives WHERE node = :node)) AND o.flags & :on",
            {
                "subject": subject_no,
                "end": one.through,
                "node": self._node,
                "on": Flag.APPLIED,
            },
        )
        found = EMPTY.plus(*(_term(op_id, flags) for op_id, flags, _ in rows))
        last = max((hub_seq for _, _, hub_seq in rows), default=0)
        return found == Digest(int.from_bytes(one.digest, "big"), one.count), last

    def _has_all(self, ids: bytes) -> tuple[bool, int]:
        asked = sorted({ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)})
        held, last = 0, 0
        for part in chunks(asked):
            rows = self._connection.execute(
                "SELECT count(*), coalesce(max(hub_seq), 0) FROM ops WHERE hub_seq NOT NULL"
                f" AND (body NOT NULL OR flags & ?) AND op_id IN ({marks(part)})",
                (int(Flag.REDACTED), *part),
            )
            held, last = held + rows[0][0], max(last, rows[0][1])
        return held == len(asked), last

    def _meta(self, name: str) -> int:
        rows = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0


def take_departures(core: StoreCore, request: Request, node: NodeId, key: bytes) -> None:
    """Note what a spoke says that it has still to send, and keep its receipts.

    A receipt that does not verify is passed over: it proves nothing. In the caller's transaction.
    """
    now_ms = core.parts.clock.now_ms()
    core.connection.executemany(
        "INSERT OR REPLACE INTO releasing VALUES (?, ?, ?, ?)",
        [
            (node, subject_no, one.waiting, now_ms)
            for one in request.departures
            if (subject_no := core.log.subject_no(one.subject)) is not None
        ],
    )
    for receipt in request.receipts:
        _take_receipt(core, receipt, node, key)


def _take_receipt(core: StoreCore, receipt: Receipt, node: NodeId, key: bytes) -> None:
    incarnation = core.cursor().incarnation
    subject_no = core.log.subject_no(receipt.subject)
    try:
        claim = claim_of_receipt(receipt, incarnation, node)
        core.keys.check(node, key, claim, receipt.signature)
    except BadSignature:
        return
    if subject_no is None:
        return
    keep_receipt(core.connection, receipt, (node, subject_no, incarnation))
    if receipt.act == "purged":
        core.connection.execute(
            "UPDATE receipts SET box = x'' WHERE node = ? AND subject_no = ?", (node, subject_no)
        )
    place = (node, subject_no)
    core.connection.execute(
        "UPDATE spans SET sealed_ms = ? WHERE node = ? AND subject_no = ? AND number <= ?"
        " AND to_number NOT NULL AND sealed_ms IS NULL",
        (receipt.at_ms, *place, receipt.ends),
    )
    core.connection.execute("DELETE FROM releasing WHERE node = ? AND subject_no = ?", place)


def _term(op_id: bytes, flags: int) -> int:
    return digest_term(
        op_id,  # type: ignore[arg-type] # the column holds op ids
        suspect=bool(flags & Flag.SUSPECT),
        late=bool(flags & Flag.LATE),
        redacted=bool(flags & Flag.REDACTED),
    )
