"""A board says of which moment its roll is, and what it rests on."""

from pathlib import Path

from casework.desk.board import wing_board
from casework.web.shown.boards import board_page
from tests.desks import Office
from tests.unit.casework.desk.steps import receive, someone


def test_a_roll_is_as_known_at_a_moment_from_what_happened_up_to_another(tmp_path: Path) -> None:
    office = Office(tmp_path)
    ash = office.hire()
    empty = board_page(wing_board(office.desk, ash))
    assert empty.as_known == "As known here at 12:00 on 22 November 2026."
    receive(office, ash, someone(office, ash))
    office.clock.pass_ms(90 * 60_000)
    shown = board_page(wing_board(office.desk, ash))
    assert shown.as_known == (
        "As known here at 13:30 on 22 November 2026, from events up to 12:00 on 22 November 2026."
    )
    office.store.close()
