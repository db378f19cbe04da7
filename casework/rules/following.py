"""Interventions follow the person: what a move leaves unfinished, for whom, and since when.

When somebody is transferred, released or recalled, what they are in the middle of arrives as due at
the place where they are now, and whoever delivered it and referred them is told. It is resumed once
a session is planned or held at the new place, or ended by somebody with a reason; 14 days after the
move it counts as interrupted. Source: the National Audit Office's finding on C-NOMIS (HC 292,
2009), that interventions did not follow the person from prison to prison and into the community.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

import msgspec

from casework.reference.in_use import short_place_name
from casework.rules.courses import Course, courses, is_prison
from casework.rules.due import Due
from casework.rules.presence import Presence, officer_of, presence_of
from casework.rules.resettlement import pathways
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.responsible import Officer
from casework.rules.rows import DAY_MS, day_of
from casework.rules.sessions import Session
from casework.rules.spoken import day_words, moment_words

STEPS_OPEN: Final = frozenset({"NOT_STARTED", "CANNOT_BE_DONE_YET", "IN_PROGRESS"})
STAFF_DOERS: Final = frozenset(
    {"PRISON_OFFENDER_MANAGER", "PROGRAMME_STAFF", "COMMISSIONED_PROVIDER"}
)
RESUME_DAYS: Final = 14
"""How long after a move an intervention may rest before it counts as interrupted."""


class Moved(msgspec.Struct, frozen=True):
    """A course whose person has moved from where it was delivered."""

    course: Course
    from_place: str
    now_at: Presence
    resumed_by: Session | None
    """The session that resumed it."""
    left_behind: tuple[Session, ...]
    """Sessions still planned where the person no longer is."""

    @property
    def words(self) -> str:
        """That the person moved, and what is left, in one sentence."""
        day = day_words(day_of(self.now_at.since_ms))
        there = f"{short_place_name(self.from_place)} to {self.now_at.words}"
        return f"moved from {there} on {day}; {self.course.left_words}"

    def days(self, now_ms: int) -> int:
        """How many whole days ago the person moved."""
        return max(0, (now_ms - self.now_at.since_ms) // DAY_MS)

    def is_interrupted(self, now_ms: int) -> bool:
        """Whether it was not resumed within 14 days of the move."""
        return self.resumed_by is None and self.days(now_ms) >= RESUME_DAYS


def moved_courses(rows_by_kind: RowsByKind, now_ms: int) -> tuple[Moved, ...]:
    """Every course of a person that a move has left behind, resumed or not."""
    where = presence_of(rows_by_kind, now_ms)
    if where is None or where.going_to is not None:
        return ()
    return follow(courses(rows_by_kind), where)


def follow(unfinished: Iterable[Course], where: Presence) -> tuple[Moved, ...]:
    """Those courses that were delivered elsewhere than where the person is now."""
    found = []
    for course in unfinished:
        origin = course.place_before(where.since_ms)
        if not _is_left_behind(course, origin, where):
            continue
        since = [one for one in course.sessions if one.planned_ms >= where.since_ms]
        resumed = next((one for one in since if _is_here(one.place, where)), None)
        behind = tuple(
            one for one in since if one.result == "planned" and not _is_here(one.place, where)
        )
        found.append(Moved(course, origin, where, resumed, behind))
    return tuple(found)


def due_of_moves(rows_by_kind: RowsByKind, now_ms: int) -> tuple[Due, ...]:
    """What a move makes due: at the new place, and for whoever delivered and referred before."""
    where = presence_of(rows_by_kind, now_ms)
    if where is None:
        return ()
    if where.going_to is not None:
        told = (_told_of_leaving(one, where) for one in courses(rows_by_kind) if one.is_begun)
        return tuple(due for dues in told for due in dues)
    officer = officer_of(rows_by_kind)
    moved = follow(courses(rows_by_kind), where)
    waiting = [one for one in moved if one.resumed_by is None]
    return (
        *(_to_resume(one, officer) for one in waiting),
        *(due for one in waiting for due in _told(one, officer)),
        *(_session_elsewhere(one, session) for one in moved for session in one.left_behind),
        *_taken_over(rows_by_kind, where, officer, now_ms),
    )


def _is_here(place: str, where: Presence) -> bool:
    """In custody one prison alone will do; in the community any place outside custody does."""
    return place == where.place if where.is_in_custody else not is_prison(place)


def _is_left_behind(course: Course, origin: str, where: Presence) -> bool:
    """What has not begun in the community waits there for a release and is not left behind."""
    if where.is_in_custody:
        return origin != where.place and (course.is_begun or is_prison(origin))
    is_other_unit = where.place is not None and origin != where.place
    return is_prison(origin) or (is_other_unit and course.is_begun)


def _due(moved: Moved, code: str, words: str, owner: str | None, *, after_days: int = 0) -> Due:
    first = date.fromisoformat(day_of(moved.now_at.since_ms))
    key = moved.course.row.key
    due_on = (first + timedelta(days=after_days)).isoformat()
    return Due(code, words, due_on, owner, "S2", key.kind, key.record.hex())


def _to_resume(moved: Moved, officer: Officer | None) -> Due:
    """For the place where the person is now, by its officer where one is named there."""
    owner = _owner(officer, moved.now_at)
    words = (
        f"{moved.course.title}: the person {moved.words}. Plan the next session at "
        f"{moved.now_at.words}, or conclude it with a reason."
    )
    return _due(moved, "intervention_to_resume", words, owner, after_days=RESUME_DAYS)


def _owner(officer: Officer | None, where: Presence) -> str | None:
    """The responsible officer where they work at the place; else what is due falls to it."""
    is_theirs = officer is not None and officer.team == where.place
    return officer.staff_id if officer is not None and is_theirs else None


def _told(moved: Moved, officer: Officer | None) -> tuple[Due, ...]:
    """For whoever delivered it and whoever referred the person, where they are not the owner."""
    words = f"{moved.course.title}: the person {moved.words}. Agree who goes on with it."
    owner = officer.staff_id if officer is not None else None
    return tuple(
        _due(moved, "intervention_moved", words, staff)
        for staff in _concerned(moved.course)
        if staff != owner
    )


def _told_of_leaving(course: Course, where: Presence) -> tuple[Due, ...]:
    """While the person is on the way: the place they left may never hear where they arrive."""
    left = short_place_name(where.came_from) if where.came_from is not None else "prison"
    day = day_words(day_of(where.since_ms))
    words = (
        f"{course.title}: the person left {left} for {short_place_name(where.going_to or '')} on "
        f"{day}; {course.left_words}. Agree who goes on with it."
    )
    moved = Moved(course, where.came_from or course.delivered_at, where, None, ())
    return tuple(
        _due(moved, "intervention_moved", words, staff) for staff in _concerned(course) or (None,)
    )


def _concerned(course: Course) -> tuple[str, ...]:
    told = (course.caseworker, course.referred_by)
    return tuple(dict.fromkeys(one for one in told if one is not None))


def _session_elsewhere(moved: Moved, session: Session) -> Due:
    words = (
        f"{moved.course.title}: a session is planned at {short_place_name(session.place)} for "
        f"{moment_words(session.planned_ms)}, and the person is at {moved.now_at.words}. "
        "Plan it there instead, or cancel it."
    )
    return Due(
        code="session_elsewhere",
        words=words,
        due_on=day_of(session.planned_ms),
        owner_staff_id=moved.course.caseworker,
        severity="S2",
        kind="intervention_session",
        record=session.hex,
    )


def _taken_over(
    rows_by_kind: RowsByKind, where: Presence, officer: Officer | None, now_ms: int
) -> Iterator[Due]:
    """For 14 days after a move: the needs on the pathways to resettlement, and the steps of the
    sentence plan that staff before were to do.
    """
    last_ms = where.since_ms + RESUME_DAYS * DAY_MS
    if where.came_from is None or now_ms > last_ms:
        return
    due_on, owner = day_of(last_ms), _owner(officer, where)
    came = f"since the person came to {where.words}"
    for step in sorted(rows_by_kind.get("plan_step", ()), key=lambda row: row.key.record):
        values = step.values
        if values.get("status") in STEPS_OPEN and values.get("doer") in STAFF_DOERS:
            words = f"A step of the sentence plan is open {came}: {values.get('description')}"
            record = step.key.record.hex()
            yield Due("plan_step_to_take_over", words, due_on, owner, "S3", "plan_step", record)
    for one in pathways(rows_by_kind.get("resettlement_pathway", ())):
        if one.is_needed:
            words = f"{one.name}: support is needed, and is to be taken over {came}."
            first = one.rows[0].key
            yield Due(
                code="pathway_to_take_over",
                words=words,
                due_on=due_on,
                owner_staff_id=owner,
                severity="S3",
                kind=first.kind,
                record=first.record.hex(),
            )
