"""What staff must know and do about sentence, dates, court, addresses and tasks.

One answer for page, API and list, from a person's records as shown. Two dates of birth, two
people with one number and links that contradict one another are `people` and `links`.
"""

from collections.abc import Sequence
from datetime import date

from casework.rules.addresses import address_findings
from casework.rules.adjustments import adjustment_findings
from casework.rules.courts import court_findings, due_of_court
from casework.rules.custody import ON_THE_BOOKS
from casework.rules.custody_of_person import custody_of_person
from casework.rules.due import Due, by_day
from casework.rules.key_dates import (
    Calculated,
    key_dates_findings,
    release_plan,
    standing_calculations,
)
from casework.rules.movement_reasons import RECALL_REASONS
from casework.rules.recall_terms import Recalled, recalled_since
from casework.rules.release_planning import (
    due_after_recall,
    due_of_calculation,
    due_of_release,
    held_past_release,
    imposed_after,
    served_on,
)
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.rows import Finding, Row, by_gravity, day_of
from casework.rules.sentences import sentence_findings
from casework.rules.steps import moves_in_order
from casework.rules.tasks import done_causes, due_tasks
from sync_protocol.ids import SubjectId

KINDS = (
    *("address", "court_appearance", "key_dates", "movement", "person", "recall", "release"),
    *("sentence", "sentence_adjustment", "task"),
)
"""What these rules read of a person."""


def findings_of_spine(rows: RowsByKind, day: str, now_ms: int) -> tuple[Finding, ...]:
    """What is doubtful, the gravest first.

    While two calculations of the key dates stand, `rows` holds one for each
    (`every_version`); given the one that is shown alone, what is told of it is less.
    """
    person = _person(rows)
    if person is None:
        return ()
    dates = rows.get("key_dates", ())
    calculations = standing_calculations(dates)
    plan = release_plan(calculations, is_asking=any(row.asks for row in dates))
    of_dates: tuple[Finding, ...] = ()
    if _served_on(rows, calculations, now_ms) is None:
        held = held_past_release(
            plan,
            person,
            day=day,
            is_in_custody=_is_in_custody(rows, now_ms),
            recalled=_recalled(rows, calculations, now_ms),
        )
        of_dates = (*key_dates_findings(plan, person, day=day), *held)
    return by_gravity(
        (
            *of_dates,
            *adjustment_findings(rows.get("sentence_adjustment", ()), person),
            *court_findings(rows.get("court_appearance", ()), person),
            *sentence_findings(rows.get("sentence", ()), _only(rows, "person"), person),
            *address_findings(rows.get("address", ()), person, day=day),
        )
    )


def due_of_spine(rows: RowsByKind, day: str, now_ms: int) -> tuple[Due, ...]:
    """What is due, the earliest first; what leads to a release, of somebody in custody alone."""
    dates, tasks = rows.get("key_dates", ()), rows.get("task", ())
    calculations, sentences = standing_calculations(dates), rows.get("sentence", ())
    recalled = _recalled(rows, calculations, now_ms)
    let_go_on = _served_on(rows, calculations, now_ms)
    if let_go_on is not None:
        calculations, sentences = (), imposed_after(sentences, let_go_on)
    steps: tuple[Due, ...] = ()
    if _is_in_custody(rows, now_ms):
        steps = due_after_recall(_only(rows, "key_dates"), recalled) or due_of_release(
            release_plan(calculations),
            _only(rows, "key_dates"),
            done=done_causes(tasks),
            addresses=rows.get("address", ()),
        )
    return by_day(
        (
            *due_tasks(tasks),
            *due_of_court(rows.get("court_appearance", ()), day=day),
            *due_of_calculation(sentences, calculations, _only(rows, "key_dates")),
            *steps,
        )
    )


def _is_in_custody(rows: RowsByKind, now_ms: int) -> bool:
    return custody_of_person(rows, now_ms=now_ms).status in ON_THE_BOOKS


def _recalled(rows: RowsByKind, calculations: Sequence[Calculated], now_ms: int) -> Recalled | None:
    recalls, movements = rows.get("recall", ()), rows.get("movement", ())
    return recalled_since(calculations, recalls, movements, as_of_ms=now_ms)


def _served_on(rows: RowsByKind, calculations: Sequence[Calculated], now_ms: int) -> date | None:
    """When somebody was let go on the dates that stand, who is in custody for something else.

    None of whoever was received on a recall, whether or not one is recorded or in force: whoever
    holds them must be told that the day of release is past.
    """
    state = custody_of_person(rows, now_ms=now_ms)
    release = state.last_release
    if state.status not in ON_THE_BOOKS or release is None:
        return None
    if _recalled(rows, calculations, now_ms) is not None:
        return None
    moves = moves_in_order(rows.get("movement", ()), as_of_ms=now_ms)
    since = [one for one in moves if one.is_in and one.occurred_at >= release.occurred_at]
    if any(one.reason in RECALL_REASONS for one in since):
        return None
    return served_on(release_plan(calculations), date.fromisoformat(day_of(release.occurred_at)))


def _only(rows: RowsByKind, kind: str) -> Row | None:
    return next(iter(rows.get(kind, ())), None)


def _person(rows: RowsByKind) -> SubjectId | None:
    return next((row.key.subjects[0] for kind in KINDS for row in rows.get(kind, ())), None)
