"""A tick comes back from the store as it was set, whatever else its field declares."""

from pathlib import Path

import pytest

from casework.desk.records import Addition, add
from tests.desks import Office
from tests.unit.casework.desk.steps import someone

STAGE = {"from": None, "to": "PO_START_RECALL"}


@pytest.mark.parametrize("is_emergency", [True, False])
def test_a_tick_with_a_hint_is_a_tick_from_the_store(tmp_path: Path, is_emergency: bool) -> None:
    office = Office(tmp_path, "N55LEE")
    ash = office.hire()
    person = someone(office, ash)
    values = {"stage": STAGE, "is_emergency": is_emergency}
    add(office.desk, ash, person, Addition("recall", values))
    with office.store.reading() as reading:
        (shown,) = reading.records("recall", person)
    assert shown.values["is_emergency"] is is_emergency
    office.store.close()
