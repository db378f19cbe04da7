"""An officer named from a day to come takes over on that day: on pages, caseload and scope."""

from pathlib import Path

from casework.desk.board import Caseload, caseload
from casework.desk.holders import holders_by
from casework.desk.people import summary
from casework.desk.records import Addition, Change, add, change
from casework.rules.scope import Places
from casework.web.shown.boards import caseload_page
from casework.web.shown.people import identity_bar
from sync_protocol.ids import SubjectId
from tests.desks import Office, node_id
from tests.unit.casework.desk.steps import assignment, someone

UNIT = "N55LEE"
DAY_MS = 24 * 3_600_000
PLACES = Places({code: node_id(code) for code in ("LEI", UNIT)})


def test_the_present_officer_stays_until_the_day_everywhere(tmp_path: Path) -> None:
    unit = Office(tmp_path, UNIT)
    ash = unit.hire("ash")
    person = someone(unit, ash)
    now = {"assignment": assignment("ash", UNIT)}
    first = add(unit.desk, ash, person, Addition("offender_manager", now))
    later = {"assignment": assignment("mary", "LEI", since="2026-12-01")}
    change(unit.desk, ash, person, Change("offender_manager", first.record, later, first.seen))

    told = summary(unit.desk, ash, person)
    assert [one.staff_name for one in told.responsible] == ["Ash"]
    assert [one.staff_name for one in told.responsible_later] == ["Mary"]
    bar = identity_bar(told, unit.clock.now)
    assert bar.officer.later == ("From 1 December 2026: Mary (Leeds (HMP))",)
    cases = caseload(unit.desk, ash)
    assert people_of(cases) == [("Ash", [person])]
    (line,) = caseload_page(cases, ash.staff.hex()).officers[0].lines
    assert [mark.words for mark in line.marks] == ["From 1 December 2026: Mary (Leeds (HMP))"]
    assert held_at(unit, person) == {node_id(UNIT), node_id("LEI")}

    unit.clock.pass_ms(9 * DAY_MS)
    told = summary(unit.desk, ash, person)
    assert [one.staff_name for one in told.responsible] == ["Mary"]
    assert told.responsible_later == ()
    assert caseload(unit.desk, ash).officers == ()
    assert held_at(unit, person) == {node_id("LEI")}
    unit.store.close()


def test_a_caseload_shows_who_is_to_come_and_who_is_responsible_until_then(
    tmp_path: Path,
) -> None:
    unit = Office(tmp_path, UNIT)
    ash = unit.hire("ash")
    person = someone(unit, ash)
    now = {"assignment": assignment("mary", "LEI")}
    first = add(unit.desk, ash, person, Addition("offender_manager", now))
    later = {"assignment": assignment("ash", UNIT, since="2026-12-01")}
    change(unit.desk, ash, person, Change("offender_manager", first.record, later, first.seen))
    cases = caseload(unit.desk, ash)
    assert people_of(cases) == [("Ash", [person])]
    (line,) = caseload_page(cases, ash.staff.hex()).officers[0].lines
    assert line.since == "Only from 1 December 2026; until then: Mary"
    unit.store.close()


def people_of(cases: Caseload) -> list[tuple[str, list[SubjectId]]]:
    return [(one.staff_name, [each.id for each in one.people]) for one in cases.officers]


def held_at(office: Office, person: SubjectId) -> set[bytes]:
    with office.store.reading() as reading:
        held = holders_by(PLACES, office.clock.now_ms)(reading, person)
    return set(held[person])


def test_a_naming_takes_the_one_before_along(tmp_path: Path) -> None:
    """Who receives the person later is sent what stands, and what that relies on."""
    unit = Office(tmp_path, UNIT)
    ash = unit.hire("ash")
    person = someone(unit, ash)
    first = add(
        unit.desk,
        ash,
        person,
        Addition("offender_manager", {"assignment": assignment("ash", UNIT)}),
    )
    later = {"assignment": assignment("mary", "LEI", since="2026-12-01")}
    named = Change("offender_manager", first.record, later, first.seen)
    saved = change(unit.desk, ash, person, named)
    with unit.store.reading() as reading:
        (op_id,) = saved.op_ids
        entry = reading.op(op_id)
    assert entry is not None
    assert entry.op is not None
    assert entry.op.header.refs == first.op_ids
    unit.store.close()
