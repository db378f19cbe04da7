"""What is wrong and what is due of a person's interventions: one answer for page, API and list."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from casework.rules.courses import courses
from casework.rules.due import Due, by_day
from casework.rules.following import RESUME_DAYS, due_of_moves, moved_courses
from casework.rules.interventions import Referral, referral_findings, referrals
from casework.rules.presence import officer_of
from casework.rules.programmes import programme_findings
from casework.rules.resettlement import pathway_findings
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.rows import DAY_MS, Finding, by_gravity, day_of, gathered_structs
from casework.rules.sessions import Session, read_sessions, session_findings
from casework.rules.spoken import moment_words

CONCERN_DAYS: Final = 14
"""How long a concern stays on the offender manager's list; it stays with the session for good."""


def findings_of_interventions(rows: RowsByKind, _day: str, now_ms: int) -> tuple[Finding, ...]:
    """What of a person's interventions somebody must look at, the gravest first."""
    sessions = read_sessions(rows.get("intervention_session", ()))
    return by_gravity(
        [
            *(found for one in referrals(rows) for found in referral_findings(one)),
            *(found for row in rows.get("programme", ()) for found in programme_findings(row)),
            *session_findings(sessions),
            *pathway_findings(rows.get("resettlement_pathway", ())),
            *_interrupted(rows, now_ms),
        ]
    )


def due_of_interventions(rows: RowsByKind, day: str, now_ms: int) -> tuple[Due, ...]:
    """What is due of them: what a move left, attendance, plans to approve, concerns to read."""
    return by_day(
        [
            *due_of_moves(rows, now_ms),
            *_attendance_due(rows, now_ms),
            *(due for one in referrals(rows) for due in _plan_due(one, day)),
            *_concerns_due(rows, now_ms),
        ]
    )


def _interrupted(rows: RowsByKind, now_ms: int) -> Iterator[Finding]:
    for moved in moved_courses(rows, now_ms):
        if moved.is_interrupted(now_ms):
            words = (
                f"{moved.course.title} is interrupted: the person {moved.words}. Nothing was "
                f"planned within {RESUME_DAYS} days."
            )
            yield Finding("intervention_interrupted", "S2", words, moved.course.row.key.subjects)


def _attendance_due(rows: RowsByKind, now_ms: int) -> Iterator[Due]:
    """Sessions that are past, and of which nobody has said what came of them."""
    for course in courses(rows):
        for session in course.sessions:
            if session.result == "planned" and session.planned_ms < now_ms:
                words = (
                    f"{course.title}: record what came of the session of "
                    f"{moment_words(session.planned_ms)}."
                )
                due_on = day_of(session.planned_ms)
                yield _of_session("attendance_missing", words, due_on, course.caseworker, session)


def _plan_due(referral: Referral, day: str) -> Iterator[Due]:
    """A version of the plan that waits for the officer who referred the person."""
    plan = referral.plan
    if plan is None or plan.values.get("pending") != "open" or not referral.is_unfinished:
        return
    told = referral.row.values.get("referred_by")
    words = f"{referral.title}: a version of the action plan waits for approval."
    yield Due(
        code="plan_to_approve",
        words=words,
        due_on=_submitted_on(plan.values.get("version")) or day,
        owner_staff_id=told.get("staff_id") if isinstance(told, Mapping) else None,
        severity="S3",
        kind="action_plan",
        record=plan.key.record.hex(),
    )


def _submitted_on(version: Any) -> str | None:
    content = version.get("content") if isinstance(version, Mapping) else None
    told = content.get("submitted_on") if isinstance(content, Mapping) else None
    return told if isinstance(told, str) else None


def _concerns_due(rows: RowsByKind, now_ms: int) -> Iterator[Due]:
    """For the responsible officer: what somebody is concerned about since a session."""
    officer = officer_of(rows)
    owner = officer.staff_id if officer is not None else None
    for session in read_sessions(rows.get("intervention_session", ())):
        for told in gathered_structs(session.row, "concerns"):
            written_ms = told.get("written_on")
            if isinstance(written_ms, int) and now_ms - written_ms <= CONCERN_DAYS * DAY_MS:
                words = f"{told.get('author')} raised a concern at a session: {told.get('text')}"
                yield _of_session("session_concern", words, day_of(written_ms), owner, session)


def _of_session(code: str, words: str, due_on: str, owner: str | None, session: Session) -> Due:
    return Due(code, words, due_on, owner, "S2", "intervention_session", session.hex)
