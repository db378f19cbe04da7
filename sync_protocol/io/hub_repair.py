"""The hub's side of a repair: compares frames, and keeps its own digests right.

Implements PROTOCOL.md, Repair. Of a subject that the spoke may not hold it compares nothing, as if
it held none of its ops (INV-05).
"""

from collections.abc import Iterable

from sync_protocol.digest import subject_term
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.mending import mend_digest, op_holdings
from sync_protocol.io.op_log import OpLog
from sync_protocol.io.reading import Reading
from sync_protocol.io.store_core import StoreCore
from sync_protocol.messages import Look, Repair
from sync_protocol.reconcile import Holdings, answer_frame


def answer_looks(
    connection: Connection, reading: Reading, node: NodeId, looks: Iterable[Look]
) -> tuple[Look, ...]:
    """A frame for each look of `node`; raises BadMessage where one is no frame."""
    log = OpLog(connection)
    answers = []
    for look in looks:
        if not look.subject:
            held = reading.view_digests(node)
            holdings = Holdings({subject: subject_term(subject, one) for subject, one in held})
        else:
            number = _held_by(connection, log, node, SubjectId(look.subject))
            holdings = Holdings({})
            if number is not None:
                holdings = op_holdings(connection, number, look.cut)
        answers.append(Look(look.subject, look.cut, answer_frame(holdings, look.frame)))
    return tuple(answers)


def mend_looked_at(core: StoreCore, node: NodeId, repair: Repair) -> None:
    """Of each subject that a spoke looks into, the hub's own digest is that of its ops from now on.

    In the transaction of the request.
    """
    for look in repair.looks:
        number = _held_by(core.connection, core.log, node, SubjectId(look.subject))
        if number is not None:
            mend_digest(core, number)


def _held_by(connection: Connection, log: OpLog, node: NodeId, subject: SubjectId) -> int | None:
    """The number of a subject that `node` may hold; None where it may not."""
    number = log.subject_no(subject)
    if number is None:
        return None
    sql = "SELECT 1 FROM grants WHERE node = ? AND subject_no = ?"
    return number if connection.execute(sql, (node, number)) else None
