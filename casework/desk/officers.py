"""Who is responsible for a person as of a day, from the record and, where needed, from the log.

The record shows what was named last. Where that is of a day to come, whoever is responsible until
then stands only in the log: it is read for those few people alone.
"""

from collections.abc import Iterable

from casework.rules.responsible import (
    Naming,
    Responsibility,
    has_begun,
    read_officer,
    responsible,
)
from sync_protocol.ids import OpId
from sync_protocol.io.reading import OpenConflict, Reading, Shown
from sync_protocol.merge import RecordKey, Row

KIND = "offender_manager"
FIELD = "assignment"

NO_OP = OpId(bytes(16))
"""Of an assignment that stands alone: whose op it is makes no difference then."""


def responsibility_of(
    reading: Reading, shown: Shown | Row | None, conflicts: Iterable[OpenConflict], *, day: str
) -> Responsibility:
    """Who is responsible as of a day; `shown` is the person's record of it, None where none is."""
    if shown is None or FIELD not in shown.values:
        return responsible((), day=day)
    standing = _standing(shown, conflicts)
    if all(has_begun(one.officer, day) for one in standing):
        return responsible(standing, day=day)
    return responsible(named_in_log(reading, shown.key), day=day)


def named_in_log(reading: Reading, key: RecordKey, field: str = FIELD) -> tuple[Naming, ...]:
    """Every naming that was ever written in a record, as far as this node was told."""
    return tuple(
        Naming(
            op_id=entry.op_id,
            officer=read_officer(entry.op.values[field]),
            node=entry.op.header.node,
            actor=entry.op.header.actor,
            hlc=entry.op.hlc,
            replaces=tuple(entry.op.header.replaces.get(field, ())),
        )
        for entry in reading.record_history(key)
        if entry.op is not None and field in entry.op.values and not entry.verdict.is_parked
    )


def _standing(shown: Shown | Row, conflicts: Iterable[OpenConflict]) -> tuple[Naming, ...]:
    contested = [
        Naming(
            op_id=side.op_id,
            officer=read_officer(side.value),
            node=side.node,
            actor=side.actor,
            hlc=side.hlc,
        )
        for conflict in conflicts
        if (conflict.key, conflict.field) == (shown.key, FIELD)
        for side in conflict.sides
    ]
    alone = Naming(
        op_id=NO_OP,
        officer=read_officer(shown.values[FIELD]),
        node=shown.node,
        actor=shown.actor,
        hlc=shown.last_written,
    )
    return tuple(contested) or (alone,)
