"""Appearances before a court: what is to come, and where what came of one is in doubt.

Results are gathered, since each is what somebody read on a warrant. Two that differ on one matter
are S1: one of them would hold or free somebody wrongly. So are two that differ on one day at one
court under two records, which is how two offices write of one hearing unseen by each other.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from casework.reference.reader import describe
from casework.rules.due import Due, by_day
from casework.rules.rows import Finding, Row, gathered_structs, is_closed, read_day
from casework.rules.spoken import day_words, listed_words
from casework.rules.working_days import add_working_days
from sync_protocol.ids import SubjectId

RESULT_WORKING_DAYS: Final = 1
"""The result of a hearing is read from the warrant by the end of the next working day."""

Hearing = tuple[str, str, str]
"""Court, day, and case: by what two records of one appearance are known."""


def court_findings(rows: Iterable[Row], person: SubjectId) -> tuple[Finding, ...]:
    """Where two results of one hearing differ."""
    found = []
    for (court, day, _), matters in sorted(_results(rows).items()):
        for matter, outcomes in sorted(matters.items()):
            if len(outcomes) < 2:
                continue
            said = [describe("court_outcome_codes", outcome) for outcome in sorted(outcomes)]
            about = f" on {matter}" if matter else ""
            words = (
                f"Different results are recorded of the hearing at {court} on "
                f"{day_words(day)}{about}: {listed_words(said)}. Read the warrant before anybody "
                "is moved or released on either."
            )
            found.append(Finding("court_results_differ", "S1", words, (person,)))
    return tuple(found)


def due_of_court(rows: Iterable[Row], *, day: str) -> tuple[Due, ...]:
    """Hearings to come, and hearings past of which nobody has recorded a result."""
    due: dict[Hearing, Due] = {}
    for row in sorted(rows, key=lambda row: row.key.record):
        when = read_day(str(row.values.get("hearing_on", "")))
        if is_closed(row) or when is None:
            continue
        court = str(row.values.get("court", ""))
        if when.isoformat() >= day:
            words = f"Hearing at {court} on {day_words(when.isoformat())}."
            due.setdefault(_hearing(row), _due(row, "court_hearing", words, when.isoformat()))
        elif not gathered_structs(row, "result"):
            by = add_working_days(when, RESULT_WORKING_DAYS).isoformat()
            words = f"Record the result of the hearing at {court} on {day_words(when.isoformat())}."
            due.setdefault(_hearing(row), _due(row, "court_result", words, by))
    answered = set(_results(rows))
    return by_day([one for hearing, one in due.items() if hearing not in answered])


def _results(rows: Iterable[Row]) -> Mapping[Hearing, Mapping[str, set[str]]]:
    results: dict[Hearing, dict[str, set[str]]] = {}
    for row in rows:
        for result in [] if is_closed(row) else gathered_structs(row, "result"):
            matters = results.setdefault(_hearing(row), {})
            matter = str(result.get("matter") or "")
            matters.setdefault(matter, set()).add(str(result.get("outcome")))
    return results


def _hearing(row: Row) -> Hearing:
    court = " ".join(str(row.values.get("court", "")).split()).title()
    case = str(row.values.get("case_reference") or "").replace(" ", "").upper()
    return (court, str(row.values.get("hearing_on", "")), case)


def _due(row: Row, code: str, words: str, due_on: str) -> Due:
    return Due(code, words, due_on, None, "S2", row.key.kind, row.key.record.hex())
