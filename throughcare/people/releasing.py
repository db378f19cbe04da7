"""What a prison has to have done by certain days before it lets a synthetic person go."""

from datetime import UTC, date, datetime
from typing import Final

from casework.records.files import cause_record
from casework.rules.key_dates import ReleasePlan
from casework.rules.release_planning import Step, release_steps
from casework.rules.rows import DAY_MS, MINUTE_MS
from casework.rules.working_days import working_day_on_or_before
from throughcare.people.life import Life, day_of, start_of
from throughcare.people.offices import Site
from throughcare.people.pen import WrittenDraft

LATE_SHARE: Final = 0.06
AHEAD_DAYS: Final = (0, 4)
NOT_TICKED: Final = frozenset({"release", "release_address"})
"""A release is recorded as what it is, and an address as an address."""


def get_ready(life: Life, since_ms: int, release_ms: int, otherwise: Site) -> None:
    """Each step is done a few days ahead, few are late; none before the dates are known."""
    release = datetime.fromtimestamp(release_ms / 1000, UTC).date()
    for step in release_steps(_plan(release)):
        if step.code in NOT_TICKED:
            continue
        by_ms = start_of(step.by.isoformat())
        ahead_ms = -3 * DAY_MS if life.happens(LATE_SHARE) else life.days(*AHEAD_DAYS)
        done_ms = life.at_day(max(by_ms - ahead_ms, since_ms + DAY_MS))
        if done_ms < release_ms:
            _tick(life, done_ms, step, release, otherwise)


def on_a_working_day(life: Life, at_ms: int) -> int:
    """A morning of that day, or of the last working day before it: nobody is let go on others."""
    day = datetime.fromtimestamp(at_ms / 1000, UTC).date()
    return life.at_day(start_of(working_day_on_or_before(day).isoformat()), 9, 4)


def _plan(release: date) -> ReleasePlan:
    on = working_day_on_or_before(release)
    return ReleasePlan(
        calculations=(), release_on=release, let_go_on=on, prepare_for=on, is_disputed=False
    )


def _tick(life: Life, at_ms: int, step: Step, release: date, otherwise: Site) -> None:
    by = life.chance.choice((life.prison_at(at_ms) or otherwise).members)
    subject, cause = life.pen.subject, step.cause(release)
    values = {
        "title": step.words,
        "due_on": step.by.isoformat(),
        "cause": cause,
        "of_record": None,
        "assignee": {"staff_id": by.staff_hex, "staff_name": by.name, "from_day": day_of(at_ms)},
        "status": "open",
    }
    draft = WrittenDraft("task", (subject,), cause_record(subject, cause), values)
    life.pen.act(at_ms, by, draft)
    life.pen.act(at_ms + MINUTE_MS, by, life.pen.more(draft, {"status": "closed"}))
