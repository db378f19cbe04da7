"""Two members of staff at once: what changed comes first; a conflict is settled by choice."""

import pytest

from tests.browser.conftest import Look
from tests.browser.steps import Staff

pytestmark = pytest.mark.browser


def test_what_somebody_else_changed_is_shown_and_then_replaced(
    ash: Staff, birch: Staff, look: Look
) -> None:
    person = _both_write(ash, birch)
    ash.sees("Somebody changed this while you were writing")
    ash.sees("Birch, Leeds (HMP)")
    look(ash.page, "stale")
    ash.press("Save mine in its place")
    ash.sees("Responsible officer saved")
    ash.go("/conflicts")
    ash.sees("None known here.")
    assert person


def test_both_stand_until_a_conflict_is_settled(ash: Staff, birch: Staff, look: Look) -> None:
    person = _both_write(ash, birch)
    ash.press("Save mine beside it")
    ash.sees("Responsible officer saved")
    ash.sees("Contested")
    look(ash.page, "person-contested")
    ash.go("/conflicts")
    look(ash.page, "conflicts")
    ash.follow("Responsible officer")
    look(ash.page, "conflict")
    ash.press("Settle this conflict")
    ash.sees("Choose which is right")
    look(ash.page, "conflict-faults")
    ash.page.get_by_role("radio", name="Birch").check()
    ash.page.fill("#reason", "Agreed by telephone with both.")
    ash.press("Settle this conflict")
    ash.sees("Conflict settled")
    ash.sees_no("Contested")
    assert ash.page.url.startswith(f"{ash.url}{person}")


def test_neither_side_may_be_right(ash: Staff, birch: Staff) -> None:
    _both_write(ash, birch)
    ash.press("Save mine beside it")
    ash.go("/conflicts")
    ash.follow("Responsible officer")
    ash.page.get_by_role("radio", name="Neither").check()
    ash.page.fill("#reason", "The senior officer decided.")
    ash.press("Settle this conflict")
    ash.sees("Choose the officer")
    ash.page.select_option("#staff", label="Ash")
    ash.page.get_by_role("radio", name="In the community").check()
    ash.fill_day("from", "1", "12", "2026")
    ash.press("Settle this conflict")
    ash.sees("Conflict settled")
    ash.sees("From 1 December 2026: Ash")


def test_a_conflict_settled_elsewhere_meanwhile_is_not_settled_again(
    ash: Staff, birch: Staff, look: Look
) -> None:
    _both_write(ash, birch)
    ash.press("Save mine beside it")
    for staff in (ash, birch):
        staff.go("/conflicts")
        staff.follow("Responsible officer")
        staff.page.get_by_role("radio", name="Birch").check()
        staff.page.fill("#reason", "Agreed.")
    ash.press("Settle this conflict")
    ash.sees("Conflict settled")
    birch.press("Settle this conflict")
    birch.sees("This is settled already")
    birch.sees("What you chose was not saved")
    look(birch.page, "conflict-over")
    birch.follow("Open the person's page")
    birch.sees("Conflict settled: Responsible officer")


def _both_write(ash: Staff, birch: Staff) -> str:
    """Ash opens the form, Birch is faster, Ash goes on; gives the person's path."""
    person = ash.create()
    for staff, officer in ((ash, "Ash"), (birch, "Birch")):
        staff.go(f"{person}/officer")
        staff.page.select_option("#staff", label=officer)
        staff.press("Continue")
    birch.press("Save responsible officer")
    birch.sees("Responsible officer saved")
    ash.press("Save responsible officer")
    return person
