"""Who may hold a file, asked by whichever of a person's files it is."""

from pathlib import Path

from casework.desk.holders import holders_by
from casework.desk.records import Addition, add
from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.scope import Places
from sync_protocol.ids import SubjectId
from tests import toys
from tests.desks import Office, node_id
from tests.unit.casework.desk.steps import assignment, someone

UNIT = "N55LEE"


def test_a_restricted_file_is_held_by_whoever_holds_the_person(tmp_path: Path) -> None:
    """INV-07: asked about by itself, as when a reason ends, it does not lose its holders."""
    unit = Office(tmp_path, UNIT)
    ash = unit.hire("ash")
    person = someone(unit, ash)
    add(
        unit.desk,
        ash,
        person,
        Addition("offender_manager", {"assignment": assignment("ash", UNIT)}),
    )
    restricted = file_subject(person, RESTRICTED_FILE)
    holders = holders_by(Places({UNIT: node_id(UNIT)}), unit.clock.now_ms)
    with unit.store.reading() as reading:
        assert holders(reading, restricted) == holders(reading, person)
        assert holders(reading, restricted)[restricted] == {node_id(UNIT): {"supervised"}}
    unit.store.close()


def test_nothing_is_said_of_what_is_no_file_of_anybody(tmp_path: Path) -> None:
    unit = Office(tmp_path, UNIT)
    someone(unit, unit.hire("ash"))
    holders = holders_by(Places({UNIT: node_id(UNIT)}), unit.clock.now_ms)
    with unit.store.reading() as reading:
        assert holders(reading, SubjectId(toys.subject(9))) == {}
    unit.store.close()
