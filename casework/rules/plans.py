"""How far a sentence plan is: its goals, their steps, and what must be looked at.

After the public repository hmpps-sentence-plan: goals are for now or for the future, achieved or
removed; a goal achieved at one place and removed at another stays achieved, and somebody is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from casework.rules.due import Due, by_day
from casework.rules.rows import Finding, Row, is_closed
from sync_protocol.ids import RecordId

ACHIEVED: Final = "ACHIEVED"
ACTIVE: Final = "ACTIVE"
COMPLETED: Final = "COMPLETED"
NOT_NEEDED: Final = "NO_LONGER_NEEDED"


class GoalProgress(msgspec.Struct, frozen=True):
    """One goal and how many of its steps are done."""

    record: RecordId
    title: str
    status: str
    target_on: str | None
    steps: int
    steps_done: int
    is_contested: bool
    """Whether two places recorded different ends of it."""


class PlanProgress(msgspec.Struct, frozen=True):
    """One plan and its goals, those with the earliest target first."""

    record: RecordId
    is_closed: bool
    answer: str | None
    """What the person said of it; None where nobody asked."""
    goals: tuple[GoalProgress, ...]

    @property
    def unfinished(self) -> tuple[GoalProgress, ...]:
        """The goals that are worked on now."""
        return tuple(goal for goal in self.goals if goal.status == ACTIVE)


def plan_progress(
    plans: Iterable[Row], goals: Iterable[Row], steps: Iterable[Row]
) -> tuple[PlanProgress, ...]:
    """Every plan of a person; goals and steps whose plan or goal is not held are of none."""
    all_goals, all_steps = list(goals), list(steps)
    return tuple(
        _progress(plan, all_goals, all_steps) for plan in sorted(plans, key=lambda r: r.key.record)
    )


def plan_findings(progress: Iterable[PlanProgress]) -> tuple[Finding, ...]:
    """Goals with two ends, and goals left unfinished by a plan that is closed."""
    found = []
    for plan in progress:
        found += [_contested(goal) for goal in plan.goals if goal.is_contested]
        if plan.is_closed and plan.unfinished:
            count = len(plan.unfinished)
            goals = "1 goal is" if count == 1 else f"{count} goals are"
            words = f"The sentence plan is closed while {goals} still worked on."
            found.append(Finding("plan_closed_unfinished", "S3", words))
    return tuple(found)


def plan_due(progress: Iterable[PlanProgress]) -> tuple[Due, ...]:
    """Every goal that is worked on, by its target day."""
    return by_day(
        [
            Due(
                code="plan_goal",
                words=f"Goal of the sentence plan: {goal.title}. {_steps_words(goal)}",
                due_on=goal.target_on,
                owner_staff_id=None,
                severity="S3",
                kind="plan_goal",
                record=goal.record.hex(),
            )
            for plan in progress
            if not plan.is_closed
            for goal in plan.unfinished
            if goal.target_on is not None
        ]
    )


def _progress(plan: Row, goals: Sequence[Row], steps: Sequence[Row]) -> PlanProgress:
    agreement = plan.values.get("agreement")
    of_plan = [goal for goal in goals if goal.values.get("sentence_plan") == plan.key.record.hex()]
    known = [_goal(goal, steps) for goal in of_plan]
    return PlanProgress(
        record=plan.key.record,
        is_closed=is_closed(plan),
        answer=str(agreement.get("answer")) if isinstance(agreement, dict) else None,
        goals=tuple(sorted(known, key=lambda goal: (goal.target_on or "9999", goal.record))),
    )


def _goal(goal: Row, steps: Sequence[Row]) -> GoalProgress:
    own = [step for step in steps if step.values.get("plan_goal") == goal.key.record.hex()]
    needed = [step for step in own if step.values.get("status") != NOT_NEEDED]
    target = goal.values.get("target_on")
    return GoalProgress(
        record=goal.key.record,
        title=str(goal.values.get("title", "")),
        status=str(goal.values.get("status", "")),
        target_on=str(target) if target is not None else None,
        steps=len(needed),
        steps_done=sum(step.values.get("status") == COMPLETED for step in needed),
        is_contested="status" in goal.asks,
    )


def _contested(goal: GoalProgress) -> Finding:
    words = f"Two offices recorded different statuses of the goal {goal.title!r}, unseen by each "
    shown = goal.status.lower().replace("_", " ")
    words += f"other. It is shown as {shown} until somebody settles it."
    return Finding("plan_goal_contested", "S2", words)


def _steps_words(goal: GoalProgress) -> str:
    if goal.steps == 0:
        return "It has no steps yet."
    return f"{goal.steps_done} of {goal.steps} steps are done."
