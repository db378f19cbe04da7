"""Releases, recalls and temporary absences as two nodes write them; times are hours from `at(0)`.

The day is in winter, so that the clock of England is UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from casework.rules.custody import KINDS, CustodyState, custody_state
from casework.rules.custody_of_person import due_of_custody, findings_of_custody
from casework.rules.due import Due
from casework.rules.rows import Finding, Row, day_of
from tests import toys
from tests.casefile import at, into, out
from tests.two_nodes import ApartNode, Merged

PERSONS_KINDS: Final = (*KINDS, "temporary_absence", "seen_in_community")
RELEASE: Final = 30
RECALL: Final = 40
ABSENCE: Final = 50
EVENING: Final = 60.0
"""Long after everything that a test writes."""


def hex_of(record: int) -> str:
    """The id of a test's record, as another record names it."""
    return toys.record(record).hex()


def release_values(hours: float, place: str = "LEI", **values: Any) -> dict[str, Any]:
    """A release on licence."""
    usual = {"occurred_at": at(hours), "from_place": place, "reason": "CR", "authorised_by": "Gov"}
    return {**usual, "recalls_seen": [], **values}


def decision(hours: float, verdict: str = "RECALL") -> dict[str, Any]:
    """What was decided, not signed yet."""
    return {
        "verdict": verdict,
        "decided_at": at(hours),
        "decided_by": "Sam Field",
        "reason": "Contact has stopped.",
    }


def signature(grade: str, verdict: str = "RECALL", hours: float = 0) -> dict[str, Any]:
    """A senior officer's signature."""
    staff = toys.actor(len(grade) + len(verdict)).hex()
    return {
        "verdict": verdict,
        "grade": grade,
        "staff_id": staff,
        "staff_name": f"{grade} Moor",
        "signed_at": at(hours),
    }


def recall_values(hours: float, recall_type: str = "LR", verdict: str = "RECALL") -> dict[str, Any]:
    """A recall that is decided."""
    return {
        "type": recall_type,
        "decision": decision(hours, verdict),
        "stage": {"from": None, "to": "PO_START_RECALL"},
        "status": "open",
    }


def write_recall(
    node: ApartNode,
    hours: float,
    *,
    grades: tuple[str, ...] = ("SPO", "ACO"),
    record: int = RECALL,
    **parts: str,
) -> None:
    """A node decides a recall, and its seniors sign it."""
    verdict = parts.get("verdict", "RECALL")
    node.write("recall", recall_values(hours, **parts), record)
    for grade in grades:
        node.write("recall", {"signature": signature(grade, verdict, hours)}, record)


def move(node: ApartNode, row: Row, record: int) -> None:
    """A node records a movement."""
    node.write("movement", row.values, record)


def receive(node: ApartNode, place: str, hours: float, reason: str, record: int) -> None:
    """A node records a reception."""
    move(node, into(place, hours, reason), record)


def leave(node: ApartNode, hours: float, what: tuple[str, str], record: int) -> None:
    """A node records a departure from Leeds, for Hull where it is a transfer."""
    to_place = "HLI" if what[0] == "TRN" else None
    move(node, out("LEI", hours, *what, to_place), record)


def absence_values(out_hours: float, back_hours: float) -> dict[str, Any]:
    """A resettlement day release from Leeds, approved, with one outing."""
    return {
        "prison": "LEI",
        "type": "SR",
        "sub_type": "RDR",
        "reason_category": "PW",
        "reason": "R15",
        "valid_from": "2026-11-20",
        "valid_to": "2026-11-30",
        "approval": {"from": None, "to": "APPROVED"},
        "occurrence": {"number": "1", "out_at": at(out_hours), "back_at": at(back_hours)},
    }


def rows_of(merged: Merged) -> Mapping[str, list[Row]]:
    """What custody reads, by kind."""
    return {kind: list(merged.rows(kind)) for kind in PERSONS_KINDS}


def state_of(merged: Merged, hours: float = EVENING) -> CustodyState:
    """Where the person is."""
    rows = [row for kind in KINDS for row in merged.rows(kind)]
    return custody_state(rows, as_of_ms=at(hours))


def found_in(merged: Merged, hours: float = EVENING) -> dict[str, Finding]:
    """Everything wrong with the person's custody, by its code."""
    found = findings_of_custody(rows_of(merged), day_of(at(hours)), at(hours))
    return {one.code: one for one in found}


def due_in(merged: Merged, hours: float = EVENING) -> dict[str, Due]:
    """What is to be done about the person's custody, by its code."""
    due = due_of_custody(rows_of(merged), day_of(at(hours)), at(hours))
    return {one.code: one for one in due}


def clock(hours: float) -> str:
    """A moment as staff read it, without its day."""
    return f"{datetime.fromtimestamp(at(hours) / 1000, tz=UTC):%H:%M}"
