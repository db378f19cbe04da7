"""When somebody may be released and when somebody must be: what of the calculations counts.

Nothing is calculated here: the dates come from the prison's calculation with its reason, its maker
and its checker, and a version is never put together from two. Whoever is due on a weekend or bank
holiday is let go on the working day before (Criminal Justice Act 1961 s.23, as the Lords were told
on 15 November 2021). A calculation counts once a second person has checked it. Where two stand that
had not seen one another, both are shown: the later date plans the release and the earlier plans
handover and licence, so that nobody is released early and nothing is prepared late.
Not confirmed against the text: the order in which the dates decide, that is an approved curfew,
then approved parole, then the latest date by law (Criminal Justice Act 2003 Part 12 Chapter 6).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from casework.rules.rows import Finding, Row, read_day
from casework.rules.spoken import day_words, listed_words
from casework.rules.working_days import working_day_on_or_before
from sync_protocol.ids import SubjectId
from sync_protocol.merge import RecordKey
from sync_protocol.policy import Severity

KIND: Final = "key_dates"
FIELD: Final = "version"

NEAR_RELEASE_DAYS: Final = 28
"""Two calculations that differ this near to release are a matter of somebody's liberty."""

DATES: Final = (
    *("sentence_start", "hdc_eligibility", "hdc_approved", "parole_eligibility"),
    *("parole_approved", "conditional_release", "automatic_release", "non_parole"),
    *("tariff_expiry", "target_hearing", "early_transfer", "mid_transfer", "late_transfer"),
    *("post_recall_release", "licence_expiry", "sentence_expiry", "supervision_end"),
)
BY_LAW: Final = ("conditional_release", "automatic_release", "non_parole")
"""The dates on which release is due without anybody's decision."""

AFTER_RECALL: Final = "post_recall_release"
CURFEW: Final = "hdc_approved"


class Calculated(msgspec.Struct, frozen=True, kw_only=True):
    """One calculation as this release reads it; a date that it cannot read is left out."""

    number: int
    calculated_on: str
    calculated_by: str
    checked_by: str | None
    is_approved: bool
    is_indeterminate: bool
    dates: Mapping[str, date]

    @property
    def is_checked(self) -> bool:
        """Whether somebody else than its maker has approved it."""
        return self.is_approved and self.checked_by not in {None, self.calculated_by}


class _Side(msgspec.Struct, frozen=True):
    """One standing value of a record, in the shape of a record."""

    key: RecordKey
    values: Mapping[str, Any]
    asks: Mapping[str, str]


class ReleasePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to plan with; every date is None where no calculation gives one."""

    calculations: tuple[Calculated, ...]
    """All that stand, the one that leads first."""

    release_on: date | None
    """The later of the dates of release; on no day before it may the person be let go."""

    let_go_on: date | None
    """The same, brought back to a working day."""

    prepare_for: date | None
    """The earlier of them: the licence and all else must be ready for it."""

    is_disputed: bool

    @property
    def lead(self) -> Calculated | None:
        """The calculation that is shown first."""
        return self.calculations[0] if self.calculations else None


def release_plan(calculations: Sequence[Calculated], *, is_asking: bool = False) -> ReleasePlan:
    """What to plan with, of all calculations that stand; `is_asking` while a person must choose."""
    planned = [one for c in calculations if (one := planned_release(c))]
    release_on = max(planned, default=None)
    return ReleasePlan(
        calculations=tuple(calculations),
        release_on=release_on,
        let_go_on=None if release_on is None else working_day_on_or_before(release_on),
        prepare_for=None if not planned else working_day_on_or_before(min(planned)),
        is_disputed=is_asking or _differ(calculations),
    )


def standing_calculations(rows: Iterable[Row]) -> tuple[Calculated, ...]:
    """Every calculation that counts, the leading first; `rows` are one for each that stands.

    Of those approved the one with a checker leads, then the higher number, then the later day. A
    draft counts only where nothing is approved.
    """
    read = [one for row in rows if (one := read_calculation(row.values.get(FIELD))) is not None]
    approved = [one for one in read if one.is_approved]
    return tuple(sorted(_distinct(approved or read), key=_precedence, reverse=True))


def a_row_a_side(row: Row, sides: Iterable[Any]) -> tuple[Row, ...]:
    """The record once for each of the standing values of its field in conflict, the shown first.

    A record shows one value: rules that plan with every calculation are given the others so.
    """
    shown = row.values.get(FIELD)
    others = [value for value in sides if value != shown]
    return (row, *(_Side(row.key, {**row.values, FIELD: value}, row.asks) for value in others))


def read_calculation(value: Any) -> Calculated | None:
    """A version of the key dates; None where it is in no form that this release reads."""
    content = value.get("content") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(content, Mapping):
        return None
    number = content.get("calculation_version")
    checked_by = content.get("checked_by")
    days = {name: read_day(str(content.get(name) or "")) for name in DATES}
    return Calculated(
        number=number if isinstance(number, int) else 0,
        calculated_on=str(content.get("calculated_on", "")),
        calculated_by=str(content.get("calculated_by", "")),
        checked_by=str(checked_by) if checked_by else None,
        is_approved=value.get("approved") is True,
        is_indeterminate=content.get("is_indeterminate") is True,
        dates={name: day for name, day in days.items() if day is not None},
    )


def planned_release(calculated: Calculated) -> date | None:
    """The day of release of one calculation, as the law or a decision gives it.

    An approved curfew, else an approved parole, else the latest of the days by law, since whoever
    serves several sentences has served them all on that day; an indeterminate sentence has none
    before parole. A calculation after a recall has a post-recall release date, and what was
    approved before the recall no longer counts.
    """
    dates = calculated.dates
    by_law = [dates[name] for name in BY_LAW if name in dates]
    if AFTER_RECALL in dates:
        return max([dates[AFTER_RECALL], *([] if calculated.is_indeterminate else by_law)])
    for decided in (CURFEW, "parole_approved"):
        if decided in dates:
            return dates[decided]
    return None if calculated.is_indeterminate else max(by_law, default=None)


def dispute_severity(calculations: Sequence[Calculated], *, day: str) -> Severity:
    """How grave it is that these differ: S1 where any would release within 28 days, or has."""
    today = read_day(day)
    planned = [one for calculated in calculations if (one := planned_release(calculated))]
    if today is None or not planned:
        return "S2"
    return "S1" if (min(planned) - today).days <= NEAR_RELEASE_DAYS else "S2"


def key_dates_findings(plan: ReleasePlan, person: SubjectId, *, day: str) -> tuple[Finding, ...]:
    """What is doubtful about the dates."""
    found = []
    if plan.is_disputed:
        severity = dispute_severity(plan.calculations, day=day)
        found.append(Finding("key_dates_disputed", severity, _dispute_words(plan), (person,)))
    lead = plan.lead
    if lead is not None and not lead.is_checked:
        words = (
            f"Calculation {lead.number} of the key dates has not been checked by a second person. "
            "Nobody may be released on it."
        )
        found.append(Finding("key_dates_unchecked", "S2", words, (person,)))
    for calculated in plan.calculations:
        if wrong := out_of_order(calculated):
            words = f"Calculation {calculated.number} of the key dates cannot be right: {wrong}."
            found.append(Finding("key_dates_out_of_order", "S2", words, (person,)))
    return tuple(found)


def out_of_order(calculated: Calculated) -> str:
    """What is wrong with the order of a calculation's dates, in words; empty where nothing is."""
    for first, then, words in ORDERS:
        one, other = calculated.dates.get(first), calculated.dates.get(then)
        if one is not None and other is not None and one > other:
            return words
    return ""


def calculation_words(value: Any) -> str:
    """A calculation on one line: its release, and its number."""
    read = read_calculation(value)
    if read is None:
        return "a calculation that this release cannot read"
    planned = planned_release(read)
    if planned is None:
        return f"no date of release (calculation {read.number})"
    return f"release on {day_words(planned.isoformat())} (calculation {read.number})"


ORDERS: Final = (
    ("sentence_start", "conditional_release", "the release is before the sentence starts"),
    ("sentence_start", "automatic_release", "the release is before the sentence starts"),
    ("sentence_start", "sentence_expiry", "the sentence ends before it starts"),
    ("hdc_eligibility", "conditional_release", "the curfew is later than the release"),
    ("hdc_eligibility", "automatic_release", "the curfew is later than the release"),
    ("conditional_release", "sentence_expiry", "the release is after the sentence ends"),
    ("automatic_release", "sentence_expiry", "the release is after the sentence ends"),
    ("parole_eligibility", "sentence_expiry", "the parole is after the sentence ends"),
    ("conditional_release", "licence_expiry", "the licence ends before the release"),
    ("licence_expiry", "sentence_expiry", "the licence ends after the sentence"),
    ("sentence_expiry", "supervision_end", "the supervision ends before the sentence"),
)


def _differ(calculations: Sequence[Calculated]) -> bool:
    first = calculations[0] if calculations else None
    return first is not None and any(
        (one.dates, one.is_indeterminate) != (first.dates, first.is_indeterminate)
        for one in calculations[1:]
    )


def _distinct(calculations: Iterable[Calculated]) -> list[Calculated]:
    found: list[Calculated] = []
    for one in calculations:
        if one not in found:
            found.append(one)
    return found


def _precedence(one: Calculated) -> tuple[bool, int, str, str]:
    dates = " ".join(f"{name} {day}" for name, day in sorted(one.dates.items()))
    return (one.is_checked, one.number, one.calculated_on, f"{dates} {one.calculated_by}")


def _dispute_words(plan: ReleasePlan) -> str:
    said = [
        f"calculation {one.number} of {one.calculated_by or 'somebody'} gives {_release_words(one)}"
        for one in plan.calculations
    ]
    told = f"The key dates are calculated in different ways: {listed_words(said)}."
    if plan.release_on is None or plan.prepare_for is None:
        return f"{told} Somebody must settle which counts."
    return (
        f"{told} Until somebody settles it, nobody is released before "
        f"{day_words(plan.release_on.isoformat())}, and handover and licence are made ready for "
        f"{day_words(plan.prepare_for.isoformat())}."
    )


def _release_words(one: Calculated) -> str:
    planned = planned_release(one)
    return "no release" if planned is None else day_words(planned.isoformat())
