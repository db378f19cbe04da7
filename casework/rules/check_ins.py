"""Online check-ins: what was not answered, what nobody has looked at, and who asks for a call.

An answer that never came is itself a sign (hmpps-esupervision-api): it is told, as is a face that
did not match, until an officer has reviewed the check-in or it was cancelled. Of one whose day
cannot be read nobody knows whether it is past: it is due at once.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from casework.rules.due import Due, by_the_day
from casework.rules.rows import Finding, Row, is_ticked, read_day
from casework.rules.spoken import day_words

CREATED: Final = "CREATED"
EXPIRED: Final = "EXPIRED"
SUBMITTED: Final = "SUBMITTED"
OVER: Final = frozenset({"REVIEWED", "CANCELLED"})


def check_in_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """What an officer must look at, in the order of the days on which they were due."""
    return tuple(one for row in _in_order(rows) for one in _findings_of(row))


def check_in_due(rows: Iterable[Row], *, day: str) -> tuple[Due, ...]:
    """The check-ins to be answered, chased or reviewed."""
    found = []
    for row in _in_order(rows):
        due_on, status = _due_on(row), row.values.get("status")
        if status == SUBMITTED:
            found.append(_due("check_in_review", f"Review {_said(row)}.", row))
        elif status == CREATED and read_day(due_on) is None:
            words = f"Find out whether {_said(row)} was answered, and when it was due."
            found.append(_due("check_in_day_unread", words, row))
        elif status == CREATED and due_on < day:
            words = f"The check-in of {day_words(due_on)} was not answered: find out why."
            found.append(_due("check_in_overdue", words, row))
    return tuple(found)


def _findings_of(row: Row) -> Iterable[Finding]:
    status, about = row.values.get("status"), _said(row)
    if status in OVER:
        return
    if is_ticked(row, "asks_for_contact"):
        words = f"In {about} the person asks for contact."
        yield Finding("check_in_asks_for_contact", "S2", words, row.key.subjects)
    if row.values.get("face_match") == "no_match":
        words = f"In {about} the face was not that of the person."
        yield Finding("check_in_face", "S2", words, row.key.subjects)
    if status == EXPIRED:
        words = f"The person did not answer {about}."
        yield Finding("check_in_unanswered", "S2", words, row.key.subjects)


def _due(code: str, words: str, row: Row) -> Due:
    officer = row.values.get("officer")
    owner = officer.get("staff_id") if isinstance(officer, Mapping) else None
    due_on, due_ms = by_the_day(_due_on(row))
    return Due(code, words, due_on, owner, "S3", row.key.kind, row.key.record.hex(), due_ms)


def _said(row: Row) -> str:
    due_on = _due_on(row)
    if read_day(due_on) is None:
        told = f" ({due_on})" if due_on else ""
        return f"the check-in whose day cannot be read{told}"
    return f"the check-in of {day_words(due_on)}"


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (_due_on(row), row.key.record))


def _due_on(row: Row) -> str:
    return str(row.values.get("due_on", ""))
