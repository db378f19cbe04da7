"""Answers that several forms read alike."""

import pytest

from casework.web.pages.asking import cell_key


@pytest.mark.parametrize(
    "typed", ["A-1-003", "a 1 3", "a/1/03", "LEI-A-1-003", "lei a 1 3", " A - 1 - 3 "]
)
def test_one_cell_has_one_key_however_it_is_typed(typed: str) -> None:
    assert cell_key("LEI", typed) == "LEI-A-1-003"


def test_a_cell_of_a_wing_without_landings_and_one_with_a_letter_are_cells() -> None:
    assert cell_key("MDI", "seg 4") == "MDI-SEG-004"
    assert cell_key("MDI", "1-2-3b") == "MDI-1-2-3B"


@pytest.mark.parametrize(
    "typed", ["", "A", "A1003", "LEI-A", "MDI-A-1-003", "A-1-003-2", "A-1-ü", "b wing"]
)
def test_what_names_no_cell_of_this_prison_is_none(typed: str) -> None:
    assert cell_key("LEI", typed) == ""
