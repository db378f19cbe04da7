"""A tick that was set counts as set, in whatever way the store gives it back."""

from pathlib import Path

import pytest

from casework.desk.records import Addition, add
from casework.rules.rows import is_ticked
from tests.casefile import row
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
    assert is_ticked(shown, "is_emergency") == is_emergency
    office.store.close()


def test_a_tick_is_told_by_number_or_by_truth() -> None:
    """Drink or drugs, ticked, must reach whoever goes to the door next."""
    for told in (1, True):
        assert is_ticked(row("outcome", under_the_influence=told), "under_the_influence")
    assert not is_ticked(row("outcome"), "under_the_influence")
