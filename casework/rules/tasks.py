"""Tasks as staff see them: one for each cause, wherever it was written, and what is due of them.

A task is open while any record of its cause is, and is due on the earliest day that any gives.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from casework.rules.due import Due, by_day
from casework.rules.rows import Row, is_closed
from sync_protocol.ids import RecordId


class Task(msgspec.Struct, frozen=True):
    """One cause's task, from every record of it."""

    cause: str
    title: str
    due_on: str
    is_open: bool
    staff_ids: tuple[str, ...]
    """Everybody who is to do it: two where two offices each named somebody."""

    staff_names: tuple[str, ...]
    records: tuple[RecordId, ...]


def tasks_of(rows: Iterable[Row]) -> tuple[Task, ...]:
    """The tasks, the earliest due first."""
    by_cause: dict[str, list[Row]] = {}
    for row in rows:
        by_cause.setdefault(str(row.values.get("cause")), []).append(row)
    tasks = [_one_of(cause, same) for cause, same in by_cause.items()]
    return tuple(sorted(tasks, key=lambda task: (task.due_on, task.cause)))


def due_tasks(rows: Iterable[Row]) -> tuple[Due, ...]:
    """What is due of the tasks that are open."""
    return by_day([_due(task) for task in tasks_of(rows) if task.is_open])


def done_causes(rows: Iterable[Row]) -> frozenset[str]:
    """The causes whose task somebody has finished, and nobody has left open."""
    return frozenset(task.cause for task in tasks_of(rows) if not task.is_open)


def _one_of(cause: str, rows: list[Row]) -> Task:
    ordered = sorted(rows, key=lambda row: (str(row.values.get("due_on")), row.key.record))
    named: Mapping[str, str] = {
        str(one["staff_id"]): str(one.get("staff_name", ""))
        for row in ordered
        if not is_closed(row) and (one := _assignee(row)) is not None
    }
    return Task(
        cause=cause,
        title=str(ordered[0].values.get("title", "")),
        due_on=str(ordered[0].values.get("due_on", "")),
        is_open=not all(is_closed(row) for row in ordered),
        staff_ids=tuple(sorted(named)),
        staff_names=tuple(named[staff] for staff in sorted(named)),
        records=tuple(sorted(row.key.record for row in ordered)),
    )


def _assignee(row: Row) -> Mapping[str, Any] | None:
    assignee = row.values.get("assignee")
    return assignee if isinstance(assignee, Mapping) and "staff_id" in assignee else None


def _due(task: Task) -> Due:
    return Due(
        code="task",
        words=task.title,
        due_on=task.due_on,
        owner_staff_id=task.staff_ids[0] if len(task.staff_ids) == 1 else None,
        severity="S3",
        kind="task",
        record=task.records[0].hex(),
    )
