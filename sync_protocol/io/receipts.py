"""Receipts on disk, at the spoke that signed them and at the hub that keeps them."""

from typing import Final

from sync_protocol.departure import KeyBack, Receipt
from sync_protocol.ids import IncarnationId, NodeId
from sync_protocol.io.connection import Connection

RECEIPT_COLUMNS: Final = (
    "r.ends, r.act, r.life, r.digest, r.count, r.through, r.at_ms, r.signature, r.box"
)


def keep_receipt(connection: Connection, receipt: Receipt, place: tuple[bytes, int, bytes]) -> None:
    """Keep a signed receipt; `place` is whose it is, of which subject, under which incarnation.

    Who lets go once more (something was written, or a disk was put back) says anew of what.
    """
    node, subject_no, incarnation = place
    connection.execute(
        "INSERT OR REPLACE INTO receipts(node, subject_no, incarnation, ends, act, life, digest,"
        " count, through, at_ms, signature, box) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            node,
            subject_no,
            incarnation,
            receipt.ends,
            receipt.act,
            receipt.life,
            receipt.digest,
            receipt.count,
            receipt.through,
            receipt.at_ms,
            receipt.signature,
            receipt.box,
        ),
    )


def has_signed(
    connection: Connection, node: NodeId, incarnation: IncarnationId, back: KeyBack
) -> bool:
    """Whether it is the receipt of this very disk that a key came back to, not that of a copy.

    So it is taken to be where the hub, of an earlier release, does not say which it was.
    """
    if back.digest is None:
        return True
    rows = connection.execute(
        "SELECT 1 FROM receipts r JOIN subjects s USING(subject_no) WHERE r.node = ?"
        " AND s.subject = ? AND r.incarnation = ? AND r.digest = ? AND r.through = ?",
        (node, back.subject, incarnation, back.digest, back.through),
    )
    return bool(rows)
