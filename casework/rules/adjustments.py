"""How many days a sentence's dates move by, and which of them were written twice.

Days that were added for offences against discipline lengthen what must be served (Criminal Justice
Act 2003 s.257); duplicates in the sentence adjustments service released people on wrong days. So
two of one type whose days overlap are counted once, the way that releases nobody early, until
somebody has checked the papers.
Not confirmed against the text: which of the other types add and which deduct, and that remand and
tagged bail are deducted by ss.240ZA and 240A of the same Act.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from casework.reference.reader import codes, describe
from casework.rules.rows import Finding, Row, is_closed, read_day
from casework.rules.spoken import day_words
from sync_protocol.ids import SubjectId

ADDITION: Final = "addition"
DEDUCTION: Final = "deduction"


class Counted(msgspec.Struct, frozen=True):
    """The days that count: added to and deducted from what is to be served."""

    added: int
    deducted: int
    is_disputed: bool


def counted_days(rows: Iterable[Row]) -> Counted:
    """The days of all adjustments in force; of several that overlap, one alone.

    Of additions it is the longest and of deductions the shortest.
    """
    added = deducted = 0
    groups = _groups(rows)
    for group in groups:
        days = [_days(row) for row in group]
        effect = _effect(group[0])
        added += max(days) if effect == ADDITION else 0
        deducted += min(days) if effect == DEDUCTION else 0
    return Counted(added, deducted, is_disputed=any(len(group) > 1 for group in groups))


def adjustment_findings(rows: Iterable[Row], person: SubjectId) -> tuple[Finding, ...]:
    """Each set of adjustments that may be one stretch of time written twice."""
    return tuple(
        Finding("adjustments_overlap", "S1", _overlap_words(group), (person,))
        for group in _groups(rows)
        if len(group) > 1
    )


def overlap(one: Row, other: Row) -> bool:
    """Whether two are of one type and of days that overlap; without days, of as many days."""
    if one.values.get("type") != other.values.get("type"):
        return False
    first, second = _span(one), _span(other)
    if first is None or second is None:
        return first is second and _days(one) == _days(other)
    return first[0] <= second[1] and second[0] <= first[1]


def _groups(rows: Iterable[Row]) -> list[list[Row]]:
    """Those in force, with whichever they overlap, at once or through others."""
    ordered = sorted((row for row in rows if not is_closed(row)), key=lambda row: row.key.record)
    groups: list[list[Row]] = []
    for row in ordered:
        met = [group for group in groups if any(overlap(row, one) for one in group)]
        groups = [group for group in groups if group not in met]
        groups.append([one for group in met for one in group] + [row])
    return sorted(groups, key=lambda group: min(row.key.record for row in group))


def _span(row: Row) -> tuple[str, str] | None:
    """First and last day; a single day where only one of them is known."""
    days = [
        str(row.values[field])
        for field in ("from_day", "to_day")
        if read_day(str(row.values.get(field) or "")) is not None
    ]
    return (min(days), max(days)) if days else None


def _days(row: Row) -> int:
    days = row.values.get("days")
    return days if isinstance(days, int) else 0


def _effect(row: Row) -> str:
    known: Mapping[str, str] = {
        key: code.columns["effect"] for key, code in codes("sentence_adjustment_types").items()
    }
    return known.get(str(row.values.get("type")), "none")


def _overlap_words(group: Sequence[Row]) -> str:
    name = describe("sentence_adjustment_types", str(group[0].values.get("type")))
    spans = [span for row in group if (span := _span(row)) is not None]
    within = (
        f" between {day_words(min(spans)[0])} and {day_words(max(one[1] for one in spans))}"
        if spans
        else ""
    )
    counts = {ADDITION: "the longest", DEDUCTION: "the shortest"}.get(_effect(group[0]), "none")
    return (
        f"{len(group)} adjustments for {name[:1].lower()}{name[1:]} overlap{within}. They may be "
        f"one stretch of time recorded twice: only {counts} is counted until somebody has checked "
        "the papers."
    )
