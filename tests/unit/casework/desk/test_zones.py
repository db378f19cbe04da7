"""A zone and its area: who may not see the victim learns where, and nothing else."""

from pathlib import Path
from typing import Any, Final

import pytest

from casework.access.actions import NotAllowed
from casework.desk.records import Addition, add, read_all
from casework.records.files import VICTIM_FILE, area_record, file_subject
from casework.rules.zones import zone_findings
from sync_protocol.ids import SubjectId
from tests.casefile import TODAY
from tests.desks import Office
from tests.moving import Pair
from tests.unit.casework.desk.steps import someone

ZONE: Final[dict[str, Any]] = {
    "victim_contact": None,
    "starts_on": "2026-01-05",
    "ends_on": "2027-05-01",
    "area": {"words": "Headingley", "corners": [{"easting_m": 427_900, "northing_m": 436_100}]},
    "reason": {"text": "Her mother lives there.", "author": "x", "written_on": 0},
}


def _rows(office: Office, kind: str, subject: Any) -> Any:
    with office.store.reading() as reading:
        return list(reading.records(kind, subject))


def _ops_of(office: Office, subject: SubjectId) -> int:
    """How many ops of one file the log holds, with their content or without."""
    with office.store.reading() as reading:
        ((count,),) = reading.select(
            "SELECT count(*) FROM ops JOIN subjects USING(subject_no) WHERE subject = ?", (subject,)
        )
    return int(count)


def test_a_zone_is_written_with_its_area_and_the_area_names_nobody(tmp_path: Path) -> None:
    office = Office(tmp_path, "N55LEE")
    ash = office.hire()
    person = someone(office, ash)
    saved = add(office.desk, ash, person, Addition("exclusion_zone", ZONE))
    (area,) = read_all(office.desk, ash, person, "keep_out_area")
    assert area.record == area_record(saved.record)
    assert {*area.values} == {"starts_on", "ends_on", "area", "status"}
    assert area.values["area"] == [ZONE["area"]]
    victim_file = file_subject(person, VICTIM_FILE)
    zones = _rows(office, "exclusion_zone", victim_file)
    areas = _rows(office, "keep_out_area", person)
    assert zone_findings(zones, areas, TODAY) == ()
    assert _rows(office, "exclusion_zone", person) == []


@pytest.mark.slow
def test_the_next_prison_learns_where_and_never_whom_it_protects(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    try:
        with pytest.raises(NotAllowed):
            add(pair.leeds.desk, pair.ash, pair.person, Addition("exclusion_zone", ZONE))
        ash = pair.estate.centre.hire()
        add(pair.estate.centre.desk, ash, pair.person, Addition("exclusion_zone", ZONE))
        pair.estate.settle()
        pair.send()
        pair.receive()
        pair.estate.settle()
        victim_file = file_subject(pair.person, VICTIM_FILE)
        assert len(_rows(pair.brixton, "keep_out_area", pair.person)) == 1
        assert _rows(pair.brixton, "exclusion_zone", victim_file) == []
        assert len(_rows(pair.estate.centre, "exclusion_zone", victim_file)) == 1
        # The centre shows that what is counted is there to be counted.
        assert _ops_of(pair.estate.centre, victim_file) == 1
        assert _ops_of(pair.brixton, victim_file) == 0
    finally:
        pair.estate.close()
