"""Records that were opened with a reason from outside a caseload, and who has still to look at why.

Somebody other than the one who opened it must review each; nobody audits themselves.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from casework.rules.due import Due, by_day
from casework.rules.rows import Finding, Row, day_of, gathered_structs, read_day
from casework.rules.working_days import add_working_days

REVIEW_WITHIN_WORKING_DAYS: Final = 3


def awaiting_review(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The openings that nobody else has reviewed yet."""
    ordered = sorted(rows, key=lambda row: row.key.record)
    return tuple(row for row in ordered if not by_others(row))


def oversight_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """Openings that a reviewer found without good reason."""
    unjustified = [
        row for row in rows if any(one.get("is_justified") is False for one in by_others(row))
    ]
    if not unjustified:
        return ()
    words = (
        f"{len(unjustified)} of the times this record was opened from outside a caseload, a "
        "reviewer found no good reason. Tell the information security lead."
    )
    return (Finding("opened_without_reason", "S2", words),)


def oversight_due(rows: Iterable[Row]) -> tuple[Due, ...]:
    """A review of every opening that waits for one."""
    return by_day(
        [
            Due(
                code="break_glass_review",
                words=f"Review why {_name(row)} opened this record from outside their caseload.",
                due_on=review_due_on(row),
                owner_staff_id=None,
                severity="S3",
                kind="break_glass",
                record=row.key.record.hex(),
            )
            for row in awaiting_review(rows)
        ]
    )


def by_others(row: Row) -> list[Mapping[str, Any]]:
    """The reviews of an opening by anybody but whoever opened it."""
    opener = opened_by(row).get("staff_id")
    reviews = gathered_structs(row, "reviews")
    return [one for one in reviews if one.get("staff_id") not in (None, opener)]


def opened_by(row: Row) -> Mapping[str, Any]:
    """Who opened it, and of which unit; empty where it cannot be read."""
    staff = row.values.get("staff")
    return staff if isinstance(staff, Mapping) else {}


def _name(row: Row) -> str:
    return str(opened_by(row).get("staff_name", "somebody"))


def review_due_on(row: Row) -> str:
    """The day by whose end somebody else must have looked at an opening."""
    occurred = row.values.get("occurred_at")
    day = day_of(occurred if isinstance(occurred, int) else 0)
    opened = read_day(day)
    return add_working_days(opened, REVIEW_WITHIN_WORKING_DAYS).isoformat() if opened else day
