"""Whether the person complies with a sentence: failures, warnings, breach, and days of activity.

Failures are counted for each sentence: the distinct days of contacts of national standards with
which the person did not comply, since the sentence began or the last breach ended
(hmpps-delius-api, ContactRepository.countFailureToComply). Above the limit of the sentence type a
review of enforcement is due, unless a breach is running or somebody has decided since. A breach
runs from its start (AIBR) to an outcome at court, recall or post-sentence supervision. A disputed
outcome is in no count, and takes nothing away that an officer has started.
Not confirmed against the text: the limits of each sentence type, which are reference data that is
not published, and that a suspended sentence bears as many failures as a community order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.reference.reader import codes, describe
from casework.rules.appointments import Contact, is_national_standard
from casework.rules.responsibility_inputs import content_of
from casework.rules.rows import Finding, Row, gathered, is_closed, is_ticked
from casework.rules.spoken import day_words, listed_words

BREACH_START: Final = "AIBR"
BREACH_ENDS: Final = frozenset(
    {"ABPC", "ABCC", "ABCF", "ABNA", "ABSD", "ABWD", "ABNP", "ABPP", "ERCL", "CPSS"}
)

COMMUNITY_FAILURES_MAX: Final = 1
"""After one warning the officer must refer a breach to whoever enforces the order (Sentencing Act
2020, Schedule 10, paragraph 6). The Act asks for a warning within twelve months; here, as in
probation's record, the count starts again only with a breach that ended, which asks for a review
rather too soon than too late.
"""

CUSTODIAL_FAILURES_MAX: Final = 2
"""On licence a review at the latest on the third failure."""

STEPS: Final = (
    "EA06", "EA07", "NFA", "ROM", "EA12", "C173", "EA13", "WLS", "LCL", "EA05", "EA02", "EA03",
    "EA08", "BRE", "EA09", "EA10", "EA11", "IBR", "IMB",
)  # fmt: skip
"""Enforcement actions from the mildest to the last; one that is not listed comes after them all."""

DECISIONS: Final = frozenset({"BRE", "EA09", "EA10", "EA11", "IBR", "IMB", "NFA"})
"""Actions by which an officer decides whether the failures so far come to breach."""


class Breach(msgspec.Struct, frozen=True):
    """One run of breach proceedings; `ended_on` is None while it runs."""

    begun_on: str
    ended_on: str | None


class Activity(msgspec.Struct, frozen=True):
    """Days of a rehabilitation activity requirement: those that count, and those in dispute."""

    days: tuple[str, ...]
    disputed: tuple[str, ...]


class Compliance(msgspec.Struct, frozen=True, kw_only=True):
    """How the person stands with one sentence."""

    sentence: str
    failures: tuple[str, ...]
    """The days that count, the earliest first."""
    disputed: tuple[str, ...]
    """The days that would count besides, were the disputed outcomes failures."""
    failures_max: int
    breach: Breach | None
    is_review_due: bool
    does_review_wait: bool
    """Whether a review would be due, were the disputed outcomes failures."""

    @property
    def is_in_breach(self) -> bool:
        """Whether breach proceedings are running."""
        return self.breach is not None and self.breach.ended_on is None


def compliance_of(
    sentence_hex: str,
    sentence: Row | None,
    contacts: Iterable[Contact],
    *,
    enforcements: Iterable[Row],
    breaches: Iterable[Row],
) -> Compliance:
    """How the person stands with a sentence, from all that is recorded of them."""
    breach = breach_of(sentence_hex, breaches)
    since = max(_sentenced_on(sentence), (breach.ended_on or "") if breach else "")
    counted = [
        one
        for one in contacts
        if one.is_of("sentence", sentence_hex) and is_national_standard(one.type)
        if one.starts_at and one.day >= since and not one.is_cancelled
    ]
    failures = _days(one for one in counted if one.outcome.is_failure)
    disputed = _days(one for one in counted if one.outcome.may_be_failure)
    limit = failures_max(sentence)
    is_running = breach is not None and breach.ended_on is None
    decided_on = _decided_on(sentence_hex, enforcements)

    def is_over(days: Collection[str]) -> bool:
        return len(days) > limit and max(days) > decided_on

    is_review_due = not is_running and is_over(failures)
    return Compliance(
        sentence=sentence_hex,
        failures=failures,
        disputed=tuple(day for day in disputed if day not in failures),
        failures_max=limit,
        breach=breach,
        is_review_due=is_review_due,
        does_review_wait=not is_running and not is_review_due and is_over({*failures, *disputed}),
    )


def failures_max(sentence: Row | None) -> int:
    """How many failures a sentence bears before a review is due; the fewer where it is unknown."""
    is_custodial = _served(sentence) == "INST" and not content_of(sentence).get("is_suspended")
    return CUSTODIAL_FAILURES_MAX if is_custodial else COMMUNITY_FAILURES_MAX


def is_community(sentence: Row) -> bool:
    """Whether a sentence is served in the community from its first day."""
    return _served(sentence) == "COMM" or content_of(sentence).get("is_suspended") is True


def breach_of(sentence_hex: str, rows: Iterable[Row]) -> Breach | None:
    """The breach that runs, or else the one that ended last; None where there was none."""
    found = [
        Breach(str(row.values.get("begun_on", "")), _ended_on(row))
        for row in rows
        if row.values.get("sentence") == sentence_hex and not is_closed(row)
        if row.values.get("begun_by", BREACH_START) == BREACH_START
    ]
    return max(
        found,
        key=lambda one: (one.ended_on is None, one.ended_on or "", one.begun_on),
        default=None,
    )


def activity_days(contacts: Iterable[Contact], requirement_hex: str) -> Activity:
    """The distinct days of a requirement's activity that the person attended and complied with.

    Two contacts on one day are one day (hmpps-delius-api, ContactRarService).
    """
    of_it = [
        one
        for one in contacts
        if one.is_of("requirement", requirement_hex) and one.starts_at and not one.is_cancelled
        if is_ticked(one.row, "is_rehabilitation_activity") or one.type == "RARP"
    ]
    days = _days(one for one in of_it if one.outcome.is_credited)
    disputed = _days(one for one in of_it if one.outcome.state == "disputed")
    return Activity(days, tuple(day for day in disputed if day not in days))


def enforcement_in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The actions not withdrawn, the latest step first: two letters are both kept."""
    standing = [row for row in rows if not is_closed(row)]
    return tuple(sorted(standing, key=_step, reverse=True))


def awaited_responses(rows: Iterable[Row]) -> tuple[tuple[Row, str], ...]:
    """The actions to which no answer is recorded, each with the day by which one is due."""
    return tuple(
        (row, str(row.values["respond_by"]))
        for row in enforcement_in_order(rows)
        if row.values.get("respond_by") and not gathered(row, "response")
    )


def action_words(code: str) -> str:
    """An enforcement action as staff say it."""
    return describe("enforcement_actions", code)


def end_words(end: Any) -> str:
    """How proceedings ended, as a sentence says it."""
    if not isinstance(end, Mapping):
        return str(end)
    described = describe("contact_types", str(end.get("code", "")))
    return f"{described} on {day_words(end.get('ended_on'))}"


def compliance_findings(standing: Sequence[Compliance]) -> tuple[Finding, ...]:
    """What a person must look at in how they stand with each sentence."""
    found = []
    for one in standing:
        if one.is_review_due:
            days = listed_words([day_words(day) for day in one.failures])
            words = (
                f"The person failed to comply on {days}, which is more than the "
                f"{one.failures_max} that the sentence bears: decide on enforcement."
            )
            found.append(Finding("enforcement_review", "S2", words))
        elif one.does_review_wait:
            days = listed_words([day_words(day) for day in one.disputed])
            words = (
                f"Whether enforcement must be reviewed depends on the disputed outcome of {days}: "
                "the responsible officer decides which is right."
            )
            found.append(Finding("enforcement_review_waits", "S2", words))
    return tuple(found)


def _decided_on(sentence_hex: str, rows: Iterable[Row]) -> str:
    """The last day on which an officer decided about the failures so far; empty for never."""
    decided = (
        str(row.values.get("taken_on", ""))
        for row in enforcement_in_order(rows)
        if row.values.get("sentence") == sentence_hex and row.values.get("action") in DECISIONS
    )
    return max(decided, default="")


def _ended_on(row: Row) -> str | None:
    end = row.values.get("end")
    if not isinstance(end, Mapping) or end.get("code") not in BREACH_ENDS:
        return None
    return str(end.get("ended_on", ""))


def _step(row: Row) -> tuple[int, str, bytes]:
    action = str(row.values.get("action", ""))
    place = STEPS.index(action) if action in STEPS else len(STEPS)
    return place, str(row.values.get("taken_on", "")), row.key.record


def _days(contacts: Iterable[Contact]) -> tuple[str, ...]:
    return tuple(sorted({one.day for one in contacts}))


def _served(sentence: Row | None) -> str:
    """Where a sentence of its type is served: INST, COMM or ALL; empty where it is not known."""
    kind = codes("sentence_types").get(str(content_of(sentence).get("type", "")))
    return kind.columns.get("sentence_type", "") if kind is not None else ""


def _sentenced_on(sentence: Row | None) -> str:
    return str(content_of(sentence).get("sentenced_on", ""))
