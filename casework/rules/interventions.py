"""How far a referral is, what is left of it, and what of it a person must settle.

Source: the referral of hmpps-interventions-service: sent, assigned, assessed, plan submitted and
approved, sessions, end of service, concluded. The state is what its steps say, held back in two
cases. A step that does not follow from the one before closes nothing: the state is then what plan,
sessions and report show by themselves. And a conclusion counts only where whoever wrote it had seen
every session: work that goes on elsewhere is not ended unseen.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.records.referral import CONCLUDED
from casework.rules.conclusions import (
    Evidence,
    conclusion_faults,
    report_findings,
    report_of,
)
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.rows import Finding, Row, gathered_structs
from casework.rules.sessions import (
    Session,
    deliveries,
    held_count,
    of_intervention,
    read_sessions,
)
from casework.rules.spoken import listed_words, moment_words
from casework.rules.spoken_courses import services_words, step_words

ILLEGAL: Final = "illegal_transition"
MISSED: Final = "close_missed_something"


class Referral(msgspec.Struct, frozen=True):
    """A referral with all that belongs to it."""

    row: Row
    state: str
    plan: Row | None
    sessions: tuple[Session, ...]
    report: Row | None
    addenda: tuple[Row, ...]
    unseen: tuple[Session, ...]
    """Sessions that whoever concluded it had not seen."""
    other_plans: int = 0

    @property
    def is_unfinished(self) -> bool:
        """Whether something of it is still to be done."""
        return self.state != CONCLUDED

    @property
    def content(self) -> Mapping[str, Any] | None:
        """What the approved plan says; None where none is approved."""
        return approved_content(self.plan)

    @property
    def sessions_planned(self) -> int:
        """How many sessions of the service the approved plan has, or are arranged beyond it."""
        planned = (self.content or {}).get("sessions_planned", 0)
        return max(planned if isinstance(planned, int) else 0, len(deliveries(self.sessions)))

    @property
    def sessions_held(self) -> int:
        """How many of them took place."""
        return held_count(self.sessions)

    @property
    def caseworker(self) -> Mapping[str, Any] | None:
        """The caseworker assigned last; those before are superseded."""
        assigned = gathered_structs(self.row, "caseworkers")
        return assigned[-1] if assigned else None

    @property
    def title(self) -> str:
        """What it is called in a sentence: the categories of service, and who delivers it."""
        told = self.row.values.get("services")
        service = services_words(told) if told else "An intervention"
        return f"{service} with {self.row.values.get('provider')}"


def referrals(rows_by_kind: RowsByKind) -> tuple[Referral, ...]:
    """Every referral of a person, in the order of their ids."""
    sessions = read_sessions(rows_by_kind.get("intervention_session", ()))
    rows = sorted(rows_by_kind.get("referral", ()), key=lambda row: row.key.record)
    return tuple(_referral(row, sessions, rows_by_kind) for row in rows)


def approved_content(plan: Row | None) -> Mapping[str, Any] | None:
    """The content of a plan where its approval stands."""
    version = plan.values.get("version") if plan is not None else None
    if not isinstance(version, Mapping) or version.get("approved") is not True:
        return None
    content = version.get("content")
    return content if isinstance(content, Mapping) else {}


def evidence(referral: Referral) -> Evidence:
    """What an ending of the referral is judged by."""
    told = sum(one.result in {"held", "not_held"} for one in deliveries(referral.sessions))
    return Evidence(
        has_approved_plan=referral.content is not None,
        was_attended=any(one.was_attended for one in deliveries(referral.sessions)),
        without_attendance=max(0, referral.sessions_planned - told),
        has_report=referral.report is not None,
        is_still_planned=any(one.result == "planned" for one in referral.sessions),
    )


def referral_findings(referral: Referral) -> tuple[Finding, ...]:
    """What of one referral a person must look at, in plain words."""
    row = referral.row
    found = [
        *_of_steps(referral),
        *_of_plan(referral),
        *report_findings(referral.report, referral.addenda),
    ]
    conclusion = row.values.get("conclusion")
    if isinstance(conclusion, Mapping) and row.values.get("status") == CONCLUDED:
        found += [
            Finding("ending_lacks", "S2", f"{referral.title} was concluded. {fault}")
            for fault in conclusion_faults(conclusion, evidence(referral))
        ]
    return tuple(msgspec.structs.replace(one, subjects=row.key.subjects) for one in found)


def _referral(row: Row, sessions: Sequence[Session], rows_by_kind: RowsByKind) -> Referral:
    record = row.key.record
    own = of_intervention(sessions, record)
    plans = [
        plan
        for plan in rows_by_kind.get("action_plan", ())
        if plan.values.get("referral") == record.hex()
    ]
    plan = max(plans, key=_plan_order, default=None)
    report, addenda = report_of(rows_by_kind.get("end_of_service", ()), record.hex())
    unseen = _unseen(row, own)
    read = Referral(
        row=row,
        state=str(row.values.get("status")),
        plan=plan,
        sessions=own,
        report=report,
        addenda=addenda,
        unseen=unseen,
        # A plan whose approval is contested may come once more for each version that stands.
        other_plans=max(0, len({one.key.record for one in plans}) - 1),
    )
    return msgspec.structs.replace(read, state=_state(read))


def _plan_order(plan: Row) -> tuple[bool, bytes]:
    return (approved_content(plan) is not None, plan.key.record)


def _unseen(row: Row, sessions: Iterable[Session]) -> tuple[Session, ...]:
    """The sessions that a conclusion had not seen; none where there is no conclusion."""
    if row.values.get("status") != CONCLUDED:
        return ()
    told = row.values.get("conclusion")
    seen = told.get("sessions_seen", ()) if isinstance(told, Mapping) else ()
    return tuple(one for one in sessions if one.hex not in seen)


def _state(referral: Referral) -> str:
    """What its steps say; what its papers show where a step is illegal or ended it unseen."""
    if referral.row.asks.get("status") == ILLEGAL:
        return _by_papers(referral)
    return "sessions" if referral.unseen else referral.state


def _by_papers(referral: Referral) -> str:
    """How far it is by what there is of it, whatever its steps say."""
    if referral.report is not None:
        return "end_of_service"
    if deliveries(referral.sessions):
        return "sessions"
    if referral.plan is not None:
        return "plan_approved" if referral.content is not None else "plan_submitted"
    if any(one.is_assessment and one.result == "held" for one in referral.sessions):
        return "assessed"
    return "assigned" if referral.caseworker is not None else "sent"


def _of_steps(referral: Referral) -> list[Finding]:
    why, words = referral.row.asks.get("status"), step_words(referral.state)
    found: list[Finding] = []
    if why == ILLEGAL:
        said = (
            f"{referral.title}: a step was recorded that does not follow from the step before it. "
            f"It is held, and the referral counts as {words}, until somebody settles it."
        )
        found.append(Finding("referral_step_illegal", "S2", said))
    elif why is not None:
        said = (
            f"{referral.title}: two offices recorded different steps, neither knowing of the "
            f"other. It counts as {words} until somebody settles it."
        )
        found.append(Finding("referral_diverged", "S2", said))
    if referral.unseen:
        times = listed_words([moment_words(one.planned_ms) for one in referral.unseen])
        said = (
            f"{referral.title} was concluded by somebody who had not seen the session of {times}. "
            "It stays open until it is concluded by somebody who has."
        )
        found.append(Finding("concluded_unseen", "S2", said))
    return found


def _of_plan(referral: Referral) -> list[Finding]:
    plan, found = referral.plan, []
    if plan is not None and plan.asks.get("pending") == MISSED:
        said = (
            f"The action plan of {referral.title} was approved by somebody who had not seen a "
            "change to it. What was approved counts; the change waits for approval."
        )
        found.append(Finding("plan_changed_unseen", "S2", said))
    if plan is not None and "version" in plan.asks:
        said = (
            f"Two versions of the action plan of {referral.title} were approved, neither approver "
            "knowing of the other. The later is shown until somebody settles it."
        )
        found.append(Finding("plan_approved_twice", "S2", said))
    if referral.other_plans:
        said = (
            f"There are {referral.other_plans + 1} action plans of {referral.title}. "
            "The approved one counts, or else the one begun last."
        )
        found.append(Finding("plan_written_twice", "S2", said))
    return found
