"""What must happen by which day before somebody is released, and what was missed.

Where two calculations compete, everything is made ready for the earlier date and nobody is let go
before the later. The resettlement plan is reviewed 12 weeks before release, as the Prison Reform
Trust's advice to prisoners has it of pre-release teams.
Not confirmed against the text: that dates are calculated within five working days, and checked
again 14 days and two working days before release (HMPPS sentence calculation policy framework), and
that somebody who may be homeless is referred 56 days before (Housing Act 1996 s.213B).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from casework.reference.reader import codes
from casework.rules.addresses import is_current
from casework.rules.due import Due, by_day
from casework.rules.key_dates import KIND, Calculated, ReleasePlan
from casework.rules.recall_terms import Recalled
from casework.rules.responsibility_inputs import content_of
from casework.rules.rows import Finding, Row, is_closed, read_day
from casework.rules.spoken import day_words
from casework.rules.working_days import add_working_days, working_day_on_or_before
from sync_protocol.ids import SubjectId
from sync_protocol.policy import Severity

REVIEW_DAYS: Final = 12 * 7
REFERRAL_DAYS: Final = 56
FIRST_CHECK_DAYS: Final = 14
LAST_CHECK_WORKING_DAYS: Final = 2
CALCULATION_WORKING_DAYS: Final = 5

SERVED_IN_CUSTODY: Final = frozenset({"IMP", "DET", "SCUS", "SEC104", "SEC105"})
"""Term types that somebody serves in prison."""


class Step(msgspec.Struct, frozen=True):
    """One thing to be done before a release; `cause` is that of the task that records it done."""

    code: str
    words: str
    by: date

    def cause(self, release: date) -> str:
        """For one release: after another calculation it is to be done again."""
        return f"release:{self.code}:{release.isoformat()}"


def release_steps(plan: ReleasePlan) -> tuple[Step, ...]:
    """Every step with its day, the earliest first; none where no release is in sight."""
    if plan.prepare_for is None or plan.let_go_on is None:
        return ()
    ready, go = plan.prepare_for, plan.let_go_on
    steps = (
        Step(
            "resettlement_review",
            "Review the resettlement plan, with the person.",
            ready - timedelta(days=REVIEW_DAYS),
        ),
        Step(
            "release_address",
            "Record the address after release, or refer the person to the housing authority.",
            ready - timedelta(days=REFERRAL_DAYS),
        ),
        Step(
            "first_dates_check",
            "Check the calculation of the release date (14 days before).",
            ready - timedelta(days=FIRST_CHECK_DAYS),
        ),
        Step(
            "last_dates_check",
            "Check the calculation of the release date a last time (two working days before).",
            add_working_days(ready, -LAST_CHECK_WORKING_DAYS),
        ),
        Step("release", f"Release on {day_words(go.isoformat())}.", go),
    )
    return tuple(
        sorted(
            (msgspec.structs.replace(one, by=working_day_on_or_before(one.by)) for one in steps),
            key=lambda step: (step.by, step.code),
        )
    )


def due_of_release(
    plan: ReleasePlan, key_dates: Row | None, *, done: Iterable[str], addresses: Iterable[Row]
) -> tuple[Due, ...]:
    """The steps that nobody has done; `done` are the causes of finished tasks."""
    release, finished = plan.release_on, set(done)
    if release is None or key_dates is None:
        return ()
    if any(is_current(row, day=release.isoformat()) for row in addresses):
        finished.add(f"release:release_address:{release.isoformat()}")
    record = key_dates.key.record.hex()
    return tuple(
        Due(f"release_{step.code}", step.words, step.by.isoformat(), None, "S2", KIND, record)
        for step in release_steps(plan)
        if step.cause(release) not in finished
    )


def due_of_calculation(
    sentences: Iterable[Row], calculations: Sequence[Calculated], key_dates: Row | None
) -> tuple[Due, ...]:
    """Dates that nobody has calculated of a custodial sentence, or nobody has checked."""
    custodial = [row for row in sentences if not is_closed(row) and is_custodial(row)]
    begun = [
        day for row in custodial if (day := read_day(str(content_of(row).get("sentenced_on"))))
    ]
    if not begun:
        return ()
    if not calculations:
        record, first = custodial[0].key.record.hex(), min(begun)
        by = _calculate_by(first)
        words = f"Calculate the key dates of the sentence of {day_words(first.isoformat())}."
        return (Due("key_dates_to_calculate", words, by, None, "S2", "sentence", record),)
    lead = calculations[0]
    if lead.is_checked or key_dates is None:
        return ()
    made = read_day(lead.calculated_on) or max(begun)
    by = _calculate_by(made)
    words = f"Have calculation {lead.number} of the key dates checked by a second person."
    record = key_dates.key.record.hex()
    return by_day([Due("key_dates_to_check", words, by, None, "S2", KIND, record)])


def imposed_after(sentences: Iterable[Row], day: date) -> tuple[Row, ...]:
    """The sentences imposed after a day; one whose day cannot be read may be among them."""
    return tuple(
        row
        for row in sentences
        if (on := read_day(str(content_of(row).get("sentenced_on")))) is None or on > day
    )


def is_custodial(sentence: Row) -> bool:
    """Whether a sentence is served in prison, by its type or its terms, and not suspended."""
    content = content_of(sentence)
    known = codes("sentence_types").get(str(content.get("type")))
    is_of_institution = known is not None and known.columns["sentence_type"] == "INST"
    told = content.get("terms")
    terms = told if isinstance(told, list | tuple) else ()
    types = {str(term.get("type")) for term in terms if isinstance(term, Mapping)}
    is_served = is_of_institution or bool(types & SERVED_IN_CUSTODY)
    return is_served and content.get("is_suspended") is not True


def served_on(plan: ReleasePlan, let_go_on: date | None) -> date | None:
    """The day on which the person was let go on these dates, all of which were known by then.

    None where that is still to come. Whoever came back since is held for something else, of which
    the dates say nothing. Who was let go before the day that was due has not served them.
    """
    if let_go_on is None or plan.let_go_on is None or let_go_on < plan.let_go_on:
        return None
    made = [read_day(one.calculated_on) for one in plan.calculations]
    is_known = all(day is not None and day <= let_go_on for day in made)
    return let_go_on if is_known else None


def held_past_release(
    plan: ReleasePlan,
    person: SubjectId,
    *,
    day: str,
    is_in_custody: bool,
    recalled: Recalled | None = None,
) -> tuple[Finding, ...]:
    """Somebody whom no calculation holds any longer, and who is still on a prison's books.

    `recalled` is a recall that no calculation knows of: then no date of release counts until they
    are calculated again, and that is what is said.
    """
    if not is_in_custody:
        return ()
    if recalled is not None:
        return (_before_recall(plan, person, recalled, day),)
    if plan.let_go_on is None or plan.let_go_on.isoformat() >= day:
        return ()
    words = (
        f"Release was due on {day_words(plan.let_go_on.isoformat())} and the person is still "
        "recorded as in custody. Check the dates and the warrant at once."
    )
    return (Finding("held_past_release", "S1", words, (person,)),)


def due_after_recall(key_dates: Row | None, recalled: Recalled | None) -> tuple[Due, ...]:
    """The calculation that a recall asks for; nothing where the dates know of every recall."""
    if key_dates is None or recalled is None:
        return ()
    on = day_words(recalled.decided_on)
    words = f"Calculate the key dates again: recall was decided on {on}."
    by, record = _calculate_by(recalled.back_on), key_dates.key.record.hex()
    return (Due("key_dates_to_calculate", words, by, None, "S2", KIND, record),)


def _before_recall(plan: ReleasePlan, person: SubjectId, recalled: Recalled, day: str) -> Finding:
    made = day_words(plan.lead.calculated_on) if plan.lead is not None else "an earlier day"
    words = (
        f"Recall was decided on {day_words(recalled.decided_on)}, and the key dates were "
        f"calculated on {made}: the dates of release are to be calculated again."
    )
    severity: Severity = "S1" if day > _calculate_by(recalled.back_on) else "S2"
    return Finding("key_dates_before_recall", severity, words, (person,))


def _calculate_by(since: date) -> str:
    return add_working_days(since, CALCULATION_WORKING_DAYS).isoformat()
