"""Interventions interrupted by a move and not resumed within 14 days, of everybody held here.

An office sees those of the people it holds, the centre those of the estate. The list tells of
people by name, so each is witnessed in the audit before it is shown.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Place
from casework.desk.everybody import Everybody, RowsOfOne
from casework.desk.person import identifier_views, name_view
from casework.desk.sight import sight_of
from casework.rules.courses import courses
from casework.rules.custody_of_person import KINDS as CUSTODY_KINDS
from casework.rules.following import Moved, moved_courses
from casework.rules.presence import officer_of
from casework.rules.responsible import Officer
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.reading import Reading

COURSES: Final = ("referral", "programme", "intervention_session")
"""What tells whether somebody is in the middle of anything: a session that was not seen by whoever
concluded a referral opens it again.
"""
KINDS: Final = (*COURSES, "action_plan", "end_of_service", "offender_manager", *CUSTODY_KINDS)
"""What tells whether something is interrupted; read of those alone who are in the middle of it."""


class InterruptedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One interrupted intervention: whose, of what provider, since when, and what is left."""

    person: SubjectId
    name: str
    number: str | None
    kind: str
    record: RecordId
    title: str
    provider: str
    from_place: str
    to_place: str | None
    """The prison or probation unit where the person is; None in the community with no unit."""
    to_name: str
    moved_ms: int
    days: int
    sessions_left: int
    sessions_planned: int
    officer: str | None
    """The responsible officer's name, who is to have it resumed; None where nobody is named."""
    words: str


class InterruptedCount(msgspec.Struct, frozen=True):
    """How many at one place, or of one provider, and for how long the longest."""

    name: str
    count: int
    days_max: int


class Interrupted(msgspec.Struct, frozen=True):
    """The report: every line, the longest first, and how many by place and by provider."""

    place: Place
    as_of_ms: int
    lines: tuple[InterruptedLine, ...]
    by_place: tuple[InterruptedCount, ...]
    by_provider: tuple[InterruptedCount, ...]


def interrupted(desk: Desk, caller: Caller) -> Interrupted:
    """What was begun with people held here, and rests since they moved."""
    gate.allow(desk, caller, "see_due")
    now_ms = desk.now_ms()
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        begun = Everybody(reading, desk.registry, COURSES).rows_of(_with_courses(reading))
        people = [one for one, rows in begun if courses(rows) and sight.is_listed(one)]
        lines = [
            line
            for person, rows in Everybody(reading, desk.registry, KINDS).rows_of(people)
            for line in _lines(reading, person, rows, now_ms)
        ]
    ordered = tuple(sorted(lines, key=lambda one: (-one.days, one.name, one.record)))
    shown = list(dict.fromkeys(one.person for one in ordered))
    gate.witness(desk, caller, "read", shown, detail=f"interrupted {desk.place.code}")
    return Interrupted(
        place=desk.place,
        as_of_ms=now_ms,
        lines=ordered,
        by_place=_counts((one.to_name, one.days) for one in ordered),
        by_provider=_counts((one.provider, one.days) for one in ordered),
    )


_WITH_COURSES: Final = "SELECT subject FROM referral UNION SELECT subject FROM programme"


def _with_courses(reading: Reading) -> list[SubjectId]:
    return [SubjectId(row[0]) for row in reading.select(_WITH_COURSES)]


def _lines(
    reading: Reading, person: SubjectId, rows: RowsOfOne, now_ms: int
) -> list[InterruptedLine]:
    """Those of one person; none of somebody whose name is not here, who may not be told of."""
    moved = [one for one in moved_courses(rows, now_ms) if one.is_interrupted(now_ms)]
    if not moved or not gate.is_known(reading, person):
        return []
    known = reading.records(gate.PERSON, person)
    numbers = identifier_views(reading.records("identifier", person))
    shown = _Shown(
        person=person,
        name=name_view(next(iter(known), None)).full,
        number=numbers[0].value if numbers else None,
        officer=officer_of(rows),
    )
    return [_line(shown, one, now_ms) for one in moved]


class _Shown(msgspec.Struct, frozen=True):
    """Who somebody is, and who is responsible for them."""

    person: SubjectId
    name: str
    number: str | None
    officer: Officer | None


def _line(shown: _Shown, moved: Moved, now_ms: int) -> InterruptedLine:
    course = moved.course
    return InterruptedLine(
        person=shown.person,
        name=shown.name,
        number=shown.number,
        kind=course.kind,
        record=course.row.key.record,
        title=course.title,
        provider=course.provider,
        from_place=moved.from_place,
        to_place=moved.now_at.place,
        to_name=moved.now_at.words,
        moved_ms=moved.now_at.since_ms,
        days=moved.days(now_ms),
        sessions_left=course.sessions_left,
        sessions_planned=course.sessions_planned,
        officer=shown.officer.staff_name if shown.officer is not None else None,
        words=moved.words,
    )


def _counts(named: Iterable[tuple[str, int]]) -> tuple[InterruptedCount, ...]:
    """The most first, then by name."""
    told = list(named)
    counts = Counter(name for name, _ in told)
    longest = {name: max(days for other, days in told if other == name) for name in counts}
    return tuple(
        InterruptedCount(name, count, longest[name])
        for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )
