"""Boards: the roll and cells of a prison, the caseload of a probation unit."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Place
from casework.desk.facts import Facts, read_many
from casework.desk.officers import responsibility_of
from casework.desk.person import (
    Flag,
    Responsible,
    births,
    findings_of,
    flag_views,
    identifier_views,
    is_away,
    later_views,
    name_view,
    responsible_views,
    rosh_of,
)
from casework.desk.sight import sight_of
from casework.desk.standing import Standing, leaving_people, standings
from casework.rules.apart import broken_non_associations, shared_by_high_risk
from casework.rules.capacity import over_capacity
from casework.rules.roll import Held, RollLine, take_roll
from casework.rules.roll import Roll as TakenRoll
from casework.rules.rows import LONDON, Finding, by_gravity, day_of
from sync_protocol.ids import SubjectId, singleton_record
from sync_protocol.io.reading import Reading

NUMBER_TYPES: Mapping[str, str] = {"prison": "NOMS", "probation": "CRN", "centre": "NOMS"}


class BoardPerson(msgspec.Struct, frozen=True):
    """One person on a board."""

    id: SubjectId
    name: str
    date_of_birth: str | None
    number: str | None
    """The NOMS number or CRN, whichever this place goes by."""
    cell: str | None
    flags: tuple[Flag, ...]
    responsible: tuple[Responsible, ...]
    responsible_later: tuple[Responsible, ...]
    """Who takes over on a later day from those responsible now."""
    rosh: str | None
    conflicts: int
    since_ms: int | None
    status: str
    """As `casework.rules.custody` has it."""
    is_two_places: bool
    """Two prisons say that they hold this person."""
    findings: tuple[Finding, ...]
    """What is wrong about this person, gravest first: two places, not kept apart…"""
    standing: Standing


class Roll(msgspec.Struct, frozen=True):
    """The figures of the whole prison's roll as known at `as_of_ms`."""

    in_custody: int
    """How many this prison answers for, inside and out."""
    present: int
    """How many of them are within the walls."""
    in_today: int
    out_today: int
    in_cells: int
    in_reception: int
    no_cell: int
    at_court: int
    absent: int
    expected: int
    sent: int
    two_places: int
    """Received elsewhere since, and not let go here: to be looked for, and not counted."""
    latest_ms: int | None


class Cell(msgspec.Struct, frozen=True):
    """A cell and who is in it."""

    location: str
    people: tuple[BoardPerson, ...]


class WingBoard(msgspec.Struct, frozen=True):
    """The board of a prison, or of one wing of it."""

    place: Place
    wing: str | None
    wings: tuple[str, ...]
    as_of_ms: int
    roll: Roll
    cells: tuple[Cell, ...]
    no_cell: tuple[BoardPerson, ...]
    """Within the walls without a cell, those in reception included."""
    out: tuple[BoardPerson, ...]
    """At court, in hospital or temporarily absent."""
    expected: tuple[BoardPerson, ...]
    contradictions: tuple[BoardPerson, ...]
    """Everybody of this prison about whom something is wrong, gravest first."""
    leaving: tuple[BoardPerson, ...]
    """Those who are no longer this office's and have not been let go of, the longest first."""


class CaseloadOfficer(msgspec.Struct, frozen=True):
    """The people of one officer."""

    staff_id: str
    staff_name: str
    people: tuple[BoardPerson, ...]


class Caseload(msgspec.Struct, frozen=True):
    """The caseload of a probation unit."""

    place: Place
    as_of_ms: int
    officers: tuple[CaseloadOfficer, ...]
    unassigned: tuple[BoardPerson, ...]
    people: int
    leaving: tuple[BoardPerson, ...]
    """As on the board of a prison."""


def wing_board(desk: Desk, caller: Caller, *, wing: str | None = None) -> WingBoard:
    """Who is in this prison, by cell; `wing` narrows the cells and not the roll."""
    gate.allow(desk, caller, "see_boards")
    now_ms = desk.now_ms()
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        known = read_many(desk, reading, _concerned(desk, reading))
        taken = take_roll(desk.place.code, map(_held, known.values()), as_of_ms=now_ms)
        lines = _lines(taken)
        wrong = _findings(reading, taken, known)
        today = _moved_today(desk, reading)
        stand = _standings(desk, reading, known)
        leaving = _leaving(desk, caller, reading)
    cells = {person: line.cell for person, line in lines.items()}
    people = {
        person: _board_person(
            desk, known[person], stand[person], wrong.get(person, ()), cells.get(person)
        )
        for person in known
        if person in lines or known[person].is_custody_in_doubt
        if sight.is_listed(person)
    }
    gate.witness(desk, caller, "read", (), detail=f"board {desk.place.code}")
    board = _board(desk, taken, people, today=today, wing=wing)
    return msgspec.structs.replace(board, leaving=leaving)


def caseload(desk: Desk, caller: Caller) -> Caseload:
    """Whom this unit's officers are responsible for, those contested and those to come included."""
    gate.allow(desk, caller, "see_boards")
    code = desk.place.code
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        own = [
            one for one in _of_unit(reading, code, day_of(desk.now_ms())) if sight.is_listed(one)
        ]
        nobodys = [
            SubjectId(row[0])
            for row in reading.select(_NOBODYS)
            if sight.is_listed(SubjectId(row[0]))
        ]
        facts = read_many(desk, reading, [*own, *nobodys])
        stand = _standings(desk, reading, facts)
        leaving = _leaving(desk, caller, reading)
    shown = {
        person: _board_person(desk, known, stand[person], findings_of(known))
        for person, known in facts.items()
    }
    gate.witness(desk, caller, "read", (), detail=f"caseload {code}")
    officers: dict[tuple[str, str], list[BoardPerson]] = {}
    for person in own:
        named = (*shown[person].responsible, *shown[person].responsible_later)
        for key in {(one.staff_name, one.staff_id) for one in named if one.team == code}:
            officers.setdefault(key, []).append(shown[person])
    return Caseload(
        place=desk.place,
        as_of_ms=desk.now_ms(),
        officers=tuple(
            CaseloadOfficer(staff_id, name, _by_name(people))
            for (name, staff_id), people in sorted(officers.items())
        ),
        unassigned=_by_name(shown[person] for person in nobodys),
        people=len(own),
        leaving=leaving,
    )


def leaving(desk: Desk, caller: Caller) -> tuple[BoardPerson, ...]:
    """Those who are no longer this office's and have not been let go of, the longest first."""
    gate.allow(desk, caller, "see_boards")
    with desk.store.reading() as reading:
        found = _leaving(desk, caller, reading)
    gate.witness(desk, caller, "read", (), detail=f"leaving {desk.place.code}")
    return found


_CONCERNED = """
SELECT subject FROM movement WHERE to_place = ?1 UNION SELECT subject FROM movement
WHERE from_place = ?1
"""
_MOVED = """
SELECT coalesce(sum(direction = 'IN' AND to_place = ?1), 0),
       coalesce(sum(direction = 'OUT' AND from_place = ?1), 0)
FROM movement WHERE occurred_at BETWEEN ?2 AND ?3 AND coalesce(status, 'open') <> 'closed'
"""
_OF_UNIT = """
SELECT subject FROM offender_manager WHERE json_extract(assignment, '$.team') = ?1
UNION SELECT subject FROM offender_manager WHERE json_extract(assignment, '$.effective_from') > ?2
UNION SELECT subject FROM conflict WHERE kind = 'offender_manager'
"""
_NOBODYS = "SELECT subject FROM person WHERE subject NOT IN (SELECT subject FROM offender_manager)"


def _moved_today(desk: Desk, reading: Reading) -> tuple[int, int]:
    """How many came in and went out since midnight by the clock of England."""
    now = datetime.fromtimestamp(desk.now_ms() / 1000, tz=LONDON)
    midnight_ms = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    span = (desk.place.code, midnight_ms, desk.now_ms())
    came_in, went_out = reading.select(_MOVED, span)[0]
    return int(came_in), int(went_out)


def _concerned(desk: Desk, reading: Reading) -> list[SubjectId]:
    return [SubjectId(row[0]) for row in reading.select(_CONCERNED, (desk.place.code,))]


def _held(facts: Facts) -> Held:
    return Held(person=facts.id, custody_rows=facts.custody_rows, cell=facts.cell)


def _lines(taken: TakenRoll) -> dict[SubjectId, RollLine]:
    groups = (
        *(taken.in_cells, taken.in_reception, taken.no_cell, taken.at_court),
        *(taken.absent, taken.expected, taken.sent, taken.claimed),
    )
    return {line.person: line for group in groups for line in group}


def _findings(
    reading: Reading, taken: TakenRoll, known: Mapping[SubjectId, Facts]
) -> dict[SubjectId, tuple[Finding, ...]]:
    """What is wrong on this roll, by each person it concerns."""
    cells = {line.person: line.cell for line in taken.in_cells if line.cell is not None}
    high = [
        row.key.subjects[0]
        for row in reading.records_of_all("risk")
        if row.values.get("csra") not in {None, "standard"}
    ]
    found = [
        *taken.findings,
        *broken_non_associations(reading.records_of_all("non_association"), cells),
        *shared_by_high_risk(high, cells),
        *over_capacity(cells),
        *(one for facts in known.values() for one in facts.custody_findings),
    ]
    by_person: dict[SubjectId, tuple[Finding, ...]] = {}
    for finding in by_gravity(found):
        for person in finding.subjects:
            by_person[person] = (*by_person.get(person, ()), finding)
    return by_person


def _board(
    desk: Desk,
    taken: TakenRoll,
    people: Mapping[SubjectId, BoardPerson],
    *,
    today: tuple[int, int],
    wing: str | None,
) -> WingBoard:
    def shown(lines: Iterable[RollLine]) -> tuple[BoardPerson, ...]:
        return _by_name(people[line.person] for line in lines if line.person in people)

    by_cell: dict[str, list[BoardPerson]] = {}
    for line in taken.in_cells:
        if line.person in people and line.cell is not None:
            by_cell.setdefault(line.cell, []).append(people[line.person])
    wings = sorted({wing_of(location) for location in by_cell})
    wrong = [person for person in people.values() if person.findings]
    return WingBoard(
        place=desk.place,
        wing=wing,
        wings=tuple(wings),
        as_of_ms=taken.as_of_ms,
        roll=_figures(taken, today),
        cells=tuple(
            Cell(location, _by_name(of_cell))
            for location, of_cell in sorted(by_cell.items())
            if wing is None or wing_of(location) == wing
        ),
        no_cell=shown((*taken.in_reception, *taken.no_cell)),
        out=shown((*taken.at_court, *taken.absent)),
        expected=shown(taken.expected),
        contradictions=tuple(sorted(wrong, key=lambda one: (one.findings[0].severity, one.name))),
        leaving=(),
    )


def wing_of(location: str) -> str:
    """The wing of a cell's key: `A` of `LEI-A-1-003`."""
    parts = location.split("-")
    return parts[1] if len(parts) > 1 else location


def _figures(taken: TakenRoll, today: tuple[int, int]) -> Roll:
    return Roll(
        in_custody=taken.on_the_books,
        present=taken.present,
        in_today=today[0],
        out_today=today[1],
        in_cells=len(taken.in_cells),
        in_reception=len(taken.in_reception),
        no_cell=len(taken.no_cell),
        at_court=len(taken.at_court),
        absent=len(taken.absent),
        expected=len(taken.expected),
        sent=len(taken.sent),
        two_places=len(taken.claimed),
        latest_ms=taken.latest_ms,
    )


def _of_unit(reading: Reading, code: str, day: str) -> list[SubjectId]:
    """Those of whom anybody responsible, now or on a later day, is of this unit."""
    people = []
    for row in reading.select(_OF_UNIT, (code, day)):
        person = SubjectId(row[0])
        record = singleton_record(person, "offender_manager")
        shown = reading.record("offender_manager", (person,), record)
        named = responsibility_of(reading, shown, reading.conflicts(person), day=day)
        if any(one.officer.team == code for one in (*named.now, *named.later)):
            people.append(person)
    return people


def _standings(
    desk: Desk, reading: Reading, known: Mapping[SubjectId, Facts]
) -> dict[SubjectId, Standing]:
    code = desk.place.code
    return standings(desk, reading, {one: known[one].custody.place == code for one in known})


def _leaving(desk: Desk, caller: Caller, reading: Reading) -> tuple[BoardPerson, ...]:
    found = leaving_people(desk, caller, reading)
    known = read_many(desk, reading, [one.person for one in found])
    return tuple(
        _board_person(desk, known[one.person], one.standing, findings_of(known[one.person]))
        for one in found
        if known[one.person].person is not None
    )


def _board_person(
    desk: Desk,
    facts: Facts,
    standing: Standing,
    findings: tuple[Finding, ...],
    cell: str | None = None,
) -> BoardPerson:
    born = births(facts.person)
    numbers = {view.type: view.value for view in identifier_views(facts.identifiers)}
    usual = NUMBER_TYPES[desk.place.kind]
    return BoardPerson(
        id=facts.id,
        name=name_view(facts.person).full,
        date_of_birth=born[0] if born else None,
        number=numbers.get(usual, next(iter(numbers.values()), None)),
        cell=cell,
        flags=flag_views(desk, facts.alerts),
        responsible=responsible_views(desk, facts),
        responsible_later=later_views(desk, facts),
        rosh=rosh_of(facts.risk),
        conflicts=len(facts.conflicts),
        since_ms=facts.custody.since_ms,
        status=facts.custody.status,
        is_two_places=facts.custody.also_at is not None,
        findings=() if is_away(desk, facts.custody, standing) else findings,
        standing=standing,
    )


def _by_name(people: Iterable[BoardPerson]) -> tuple[BoardPerson, ...]:
    return tuple(sorted(people, key=lambda one: (one.name, one.id)))
