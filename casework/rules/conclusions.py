"""How a referral ends: what each ending needs, and the one end-of-service report with its addenda.

Source: hmpps-interventions-service ("refer and monitor"): a referral is CANCELLED where no plan was
approved or no session attended, PREMATURELY_ENDED with an end-of-service report, and COMPLETED with
a report once every planned session has its attendance. It enforces one report a referral since
duplicates happened (its migrations V1_87 and V1_88); here a second is kept, as an addendum.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.rules.rows import Finding, Row
from casework.rules.spoken import listed_words, moment_words

NEEDS_REPORT: Final = "The end-of-service report is missing: write it first."
NEEDS_REASON: Final = "Give the reason for which it ended."
WAS_ATTENDED: Final = (
    "A session was attended under an approved plan, so it cannot be cancelled: end it early, with "
    "an end-of-service report."
)
STILL_PLANNED: Final = (
    "A session is still planned: record what came of it, or cancel it, before it is concluded."
)


class Evidence(msgspec.Struct, frozen=True):
    """What an ending is judged by."""

    has_approved_plan: bool
    was_attended: bool
    without_attendance: int
    has_report: bool
    is_still_planned: bool = False


def conclusion_faults(conclusion: Mapping[str, Any], known: Evidence) -> tuple[str, ...]:
    """What an ending lacks, in whole sentences; none where it may stand."""
    kind = conclusion.get("kind")
    faults: list[str] = []
    if kind == "CANCELLED" and known.has_approved_plan and known.was_attended:
        faults.append(WAS_ATTENDED)
    if kind in {"PREMATURELY_ENDED", "COMPLETED"} and not known.has_report:
        faults.append(NEEDS_REPORT)
    if kind == "COMPLETED" and known.without_attendance:
        faults.append(_unattended(known.without_attendance))
    elif known.is_still_planned:
        faults.append(STILL_PLANNED)
    if kind != "COMPLETED" and conclusion.get("reason") is None:
        faults.append(NEEDS_REASON)
    return tuple(faults)


def report_of(rows: Iterable[Row], referral: str) -> tuple[Row | None, tuple[Row, ...]]:
    """The report of a referral, and the later ones, which are addenda to it."""
    ordered = sorted((row for row in rows if row.values.get("referral") == referral), key=_order)
    return (ordered[0], tuple(ordered[1:])) if ordered else (None, ())


def report_findings(report: Row | None, addenda: Sequence[Row]) -> tuple[Finding, ...]:
    """That a second report was written, and where the two say otherwise of an outcome."""
    if report is None or not addenda:
        return ()
    subjects = report.key.subjects
    times = listed_words([moment_words(one.values.get("occurred_at")) for one in addenda])
    words = (
        f"A second end-of-service report was written on {times}, not knowing of the first. "
        "It is shown as an addendum to it."
    )
    found = [Finding("second_report", "S3", words, subjects)]
    differing = sorted({name for one in addenda for name in _differing(report, one)})
    if differing:
        words = (
            f"The addendum says otherwise than the report of: {listed_words(differing)}. "
            "Both are shown. Find out which is right."
        )
        found.append(Finding("reports_differ", "S2", words, subjects))
    return tuple(found)


def _unattended(count: int) -> str:
    if count == 1:
        return "One planned session has no attendance recorded yet."
    return f"{count} planned sessions have no attendance recorded yet."


def _order(row: Row) -> tuple[int, bytes]:
    told = row.values.get("occurred_at")
    return (told if isinstance(told, int) else 0, row.key.record)


def _reached(row: Row) -> dict[str, str]:
    told = row.values.get("reached")
    listed = told if isinstance(told, list | tuple) else ()
    known = [one for one in listed if isinstance(one, Mapping)]
    return {str(one.get("desired_outcome")): str(one.get("achievement")) for one in known}


def _differing(report: Row, addendum: Row) -> list[str]:
    first, second = _reached(report), _reached(addendum)
    return [name for name in first.keys() & second.keys() if first[name] != second[name]]
