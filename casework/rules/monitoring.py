"""When somebody in self-harm monitoring (ACCT) must be looked after next.

An assessment and the first case review within 24 hours of opening, observations and conversations
as often as was agreed, reviews on the days that were set, and one after the close. The earliest of
all counts, over every open record that the person has. What nobody agreed yet is hourly, and a
frequency that this release does not know is as the most frequent it knows. Nobody has been seen at
a moment still to come, and no first step was done before the opening: a clock that is wrong, or a
slip of the pen, never puts off a look.
Not confirmed against the text: the 24 hours and the review after the close (PSI 64/2011).
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final, Literal

import msgspec

from casework.records.self_harm_monitoring import FREQUENCIES
from casework.rules.due import UNKNOWN_MS_MAX, Due, by_day
from casework.rules.reviews import next_review
from casework.rules.rows import (
    HOUR_MS,
    LONDON,
    MINUTE_MS,
    Finding,
    Row,
    day_of,
    gathered_structs,
    is_closed,
    read_day,
)
from casework.rules.spoken import clock_words, day_words
from sync_protocol.ids import RecordId

KIND: Final = "self_harm_monitoring"
INTERVALS_MS: Final = {
    "DAILY": 24 * HOUR_MS,
    "TWICE_A_DAY": 12 * HOUR_MS,
    "EVERY_2_HOURS": 2 * HOUR_MS,
    "HOURLY": HOUR_MS,
    "EVERY_30_MINUTES": 30 * MINUTE_MS,
    "EVERY_15_MINUTES": 15 * MINUTE_MS,
}
MOST_FREQUENT_MS: Final = 15 * MINUTE_MS
CONSTANT: Final = "CONSTANT"
UNAGREED: Final = "HOURLY"
FIRST_STEPS_MS: Final = 24 * HOUR_MS
AHEAD_MS_MAX: Final = 5 * MINUTE_MS
"""How far another clock may be ahead before what it tells counts as still to come."""

Step = Literal["LOOK", "ASSESSMENT", "FIRST_REVIEW", "REVIEW"]
STEP_WORDS: Final = {
    "LOOK": "Look after the person",
    "ASSESSMENT": "Assess the person",
    "FIRST_REVIEW": "Hold the first case review",
    "REVIEW": "Hold the case review",
}


class NextStep(msgspec.Struct, frozen=True, order=True):
    """What must be done next, and until when."""

    due_ms: int
    step: Step
    record: RecordId


class InCare(msgspec.Struct, frozen=True):
    """A person in monitoring now, from every open record of theirs."""

    records: tuple[RecordId, ...]
    frequency: str | None
    """The most frequent that was agreed; None where nobody has agreed any."""
    last_seen_ms: int | None
    steps: tuple[NextStep, ...]
    """What is to be done, the earliest first."""
    is_asking: bool

    @property
    def next_due_ms(self) -> int | None:
        """When somebody must act next; None while somebody is with the person all the time."""
        return self.steps[0].due_ms if self.steps else None


def in_care(rows: Iterable[Row], now_ms: int) -> InCare | None:
    """How a person is looked after as of now; None of one who is in no open monitoring."""
    open_rows = [row for row in rows if not is_closed(row)]
    if not open_rows:
        return None
    agreed = [str(row.values["frequency"]) for row in open_rows if row.values.get("frequency")]
    frequency = max(agreed, key=FREQUENCIES.rank, default=None)
    seen = [moment for row in open_rows for moment in _moments(row, now_ms)]
    steps = [step for row in open_rows for step in _first_steps(row, now_ms)]
    steps += [step for row in open_rows for step in _reviews(row, now_ms)]
    steps += _look(open_rows, frequency, max(seen, default=None), now_ms)
    return InCare(
        records=tuple(sorted(row.key.record for row in open_rows)),
        frequency=frequency,
        last_seen_ms=max(seen, default=None),
        steps=tuple(sorted(steps)),
        is_asking=any(row.asks for row in open_rows),
    )


def monitoring_findings(rows: Iterable[Row], now_ms: int) -> tuple[Finding, ...]:
    """What is overdue, all S1, and a close that had not seen everything."""
    care = in_care(rows, now_ms)
    if care is None:
        return ()
    found = [_overdue(step) for step in care.steps if step.due_ms < now_ms]
    if care.is_asking:
        words = (
            "Two offices recorded different things of this person's self-harm monitoring, unseen "
            "by each other. The person stays in care, as closely as either agreed, until somebody "
            "settles it."
        )
        found.append(Finding("self_harm_contested", "S1", words))
    if len(care.records) > 1:
        words = (
            f"{len(care.records)} records of self-harm monitoring are open. All of them count, "
            "and the earliest of what is due."
        )
        found.append(Finding("self_harm_opened_twice", "S2", words))
    return tuple(found)


def monitoring_due(rows: Iterable[Row], now_ms: int) -> tuple[Due, ...]:
    """What is due of everybody in care, and the reviews that follow a close."""
    all_rows = list(rows)
    care = in_care(all_rows, now_ms)
    steps = list(care.steps) if care is not None else []
    after = [step for row in all_rows if is_closed(row) for step in _reviews(row, now_ms)]
    return by_day([*map(_due, steps), *(_due(step, is_after=True) for step in after)])


def _first_steps(row: Row, now_ms: int) -> list[NextStep]:
    opened = row.values.get("occurred_at")
    # A moment to come, from a clock that runs ahead, puts nothing off.
    is_to_come = isinstance(opened, int) and opened > now_ms + AHEAD_MS_MAX
    due_ms = (opened if isinstance(opened, int) and not is_to_come else 0) + FIRST_STEPS_MS
    done = {"FIRST_REVIEW"} if _is_reviewed(row, now_ms) else set()
    wanted: dict[Step, str] = {"ASSESSMENT": "ASSESSMENT", "FIRST_REVIEW": "CASE_REVIEW"}
    return [
        NextStep(due_ms, step, row.key.record)
        for step, contact in wanted.items()
        if step not in done and not _is_seen(row, now_ms, contact)
    ]


def _reviews(row: Row, now_ms: int) -> list[NextStep]:
    """By the end of the day that was set; one that cannot be read is due at once."""
    due_on = next_review(row, day_of(now_ms))
    if due_on is None:
        return []
    day = read_day(due_on)
    midnight = datetime.combine(day + timedelta(days=1), time(), LONDON) if day else None
    due_ms = int(midnight.timestamp() * 1000) - 1 if midnight is not None else 0
    return [NextStep(due_ms, "REVIEW", row.key.record)]


def _look(
    rows: list[Row], frequency: str | None, seen_ms: int | None, now_ms: int
) -> list[NextStep]:
    if frequency == CONSTANT:
        return []
    opened = [row.values.get("occurred_at") for row in rows]
    since = [one for one in (seen_ms, *opened) if isinstance(one, int) and one <= now_ms]
    interval_ms = INTERVALS_MS.get(frequency or UNAGREED, MOST_FREQUENT_MS)
    record = min(row.key.record for row in rows)
    return [NextStep(max(since, default=0) + interval_ms, "LOOK", record)]


def _moments(row: Row, now_ms: int, contact: str | None = None) -> list[int]:
    """When the person was seen up to now, in one sort of contact or in any."""
    told = gathered_structs(row, "observations")
    chosen = [one for one in told if contact is None or one.get("contact") == contact]
    seen = [one.get("seen_at") for one in chosen]
    return [one for one in seen if isinstance(one, int) and one <= now_ms + AHEAD_MS_MAX]


def _is_seen(row: Row, now_ms: int, contact: str) -> bool:
    """Whether the person was seen so since it was opened."""
    first = _first_day(row, now_ms)
    return any(day_of(one) >= first for one in _moments(row, now_ms, contact))


def _first_day(row: Row, now_ms: int) -> str:
    opened = row.values.get("occurred_at")
    return day_of(min(opened, now_ms)) if isinstance(opened, int) else ""


def _is_reviewed(row: Row, now_ms: int) -> bool:
    """Whether a review was held since it was opened; a day to come or before it is a slip."""
    first = _first_day(row, now_ms)
    held = [one.get("held_on") for one in gathered_structs(row, "reviews")]
    return any(isinstance(one, str) and first <= one <= day_of(now_ms) for one in held)


def _overdue(step: NextStep) -> Finding:
    code = {"LOOK": "self_harm_look_overdue"}.get(step.step, "self_harm_step_overdue")
    since = f"it was due at {clock_words(step.due_ms)}"
    if step.due_ms <= UNKNOWN_MS_MAX:
        since = "since when it is due is not known"
    words = f"{STEP_WORDS[step.step]} now: {since} (ACCT)."
    return Finding(code, "S1", words)


def _due(step: NextStep, *, is_after: bool = False) -> Due:
    day = day_of(step.due_ms)
    at = f"by {day_words(day) if step.step == 'REVIEW' else clock_words(step.due_ms)}"
    is_unknown = step.due_ms <= UNKNOWN_MS_MAX
    if is_unknown:
        at = "at once"
    words = f"{STEP_WORDS[step.step]} (ACCT), {at}."
    if is_after:
        words = f"Hold the review that follows the close of self-harm monitoring, {at}."
    return Due(
        code="self_harm_after_close" if is_after else f"self_harm_{step.step.lower()}",
        words=words,
        due_on=day,
        owner_staff_id=None,
        severity="S2" if is_after else "S1",
        kind=KIND,
        record=step.record.hex(),
        due_ms=None if step.step == "REVIEW" and not is_unknown else step.due_ms,
    )
