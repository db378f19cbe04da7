"""What a revoked node's change says, for whoever is to judge it."""

from casework.access.actions import classes_for
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.sight import owner_of, sight_of
from sync_protocol.ids import OpId
from sync_protocol.io.history import HistoryEntry


def quarantined_op(desk: Desk, caller: Caller, op_id: OpId) -> HistoryEntry | None:
    """The change; None of one that cannot be read here, or that is closed to whoever judges.

    Nothing is told of somebody whom a restriction closes to them, nor of a class not theirs.
    """
    gate.allow(desk, caller, "judge_quarantine")
    with desk.store.reading() as reading:
        entry = reading.op(op_id)
        if entry is None or entry.op is None:
            return entry
        header = entry.op.header
        sight = sight_of(desk, caller, reading)
        people = [owner_of(reading, one) for one in header.subjects]
    kind = desk.registry.kinds.get(header.kind)
    classes = {spec.rule.cls for spec in kind.fields.values()} if kind is not None else set()
    is_closed = sight.closed.intersection(header.subjects) or any(map(sight.is_closed, people))
    is_of_their_class = classes <= classes_for(caller, desk.place.kind)
    return None if is_closed or not is_of_their_class else entry


def quarantined_kind(desk: Desk, caller: Caller, op_id: OpId) -> str | None:
    """Of which kind a change is, which tells nothing of whom; None where it cannot be read."""
    gate.allow(desk, caller, "see_estate")
    with desk.store.reading() as reading:
        entry = reading.op(op_id)
    return entry.op.header.kind if entry is not None and entry.op is not None else None
