"""Every kind at a terminal: read on the person's page, added and changed by forms made for it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal

pytestmark = pytest.mark.browser


def test_an_appointment_is_added_checked_and_read(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.follow("Add appointment")
    look(ash.page, "made-new")
    ash.press("Continue")
    ash.sees("There is a problem")
    look(ash.page, "made-faults")
    ash.page.select_option("#type", index=1)
    ash.page.fill("#place", "Room 4")
    ash.page.select_option('[id="officer.staff_id"]', label="Birch")
    for name in ("slot.starts_at", "slot.ends_at"):
        for part, typed in (("day", "24"), ("month", "11"), ("year", "2026")):
            ash.page.fill(f'[id="{name}.day-{part}"]', typed)
    ash.page.fill('[id="slot.starts_at.time"]', "10:00")
    ash.page.fill('[id="slot.ends_at.time"]', "10:30")
    ash.press("Continue")
    ash.sees("Nothing is saved yet.")
    look(ash.page, "made-check")
    ash.press("Save")
    ash.sees("Appointment saved")
    look(ash.page, "person-made")
    ash.go(f"{person}/records/appointment")
    ash.sees("Birch")
    look(ash.page, "made-kind")


def test_rows_are_added_without_a_script_and_nothing_typed_is_lost(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.go(f"{person}/records/licence/new")
    rows = ash.page.locator('select[id^="version.standard."]')
    expect(rows).to_have_count(3)
    ash.page.fill('[id="version.number"]', "1")
    ash.page.get_by_role("button", name="Add another row: standard").click()
    expect(rows).to_have_count(4)
    assert ash.page.input_value('[id="version.number"]') == "1"
    look(ash.page, "made-rows")


def test_an_entry_is_put_right_by_its_own_form(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.go(f"{person}/records/self_harm_monitoring/new")
    ash.page.fill('[id="concern.text"]', "Said that he sees no way on.")
    ash.press("Continue")
    ash.press("Save")
    ash.go(f"{person}/records/self_harm_monitoring")
    ash.follow("Change Self-harm")
    ash.sees("Entries so far")
    look(ash.page, "made-change")
    ash.follow("Correct")
    look(ash.page, "made-correct")
    ash.page.fill('[id="concern.text"]', "Said that she sees no way on.")
    ash.press("Continue")
    ash.press("Save the correction")
    ash.sees("Correction saved")
    look(ash.page, "made-saved")
    ash.follow("Change Self-harm")
    ash.sees("Said until it was corrected: Said that he sees no way on.")


def test_what_is_due_is_listed_with_the_line_down(ash: Staff, leeds: Terminal, look: Look) -> None:
    leeds.line.is_up = False
    person = ash.create()
    ash.go(f"{person}/records/task/new")
    ash.sees("Line to the centre down")
    look(ash.page, "made-line-down")
    ash.go("/due")
    ash.sees("What is due")
    look(ash.page, "due")


def test_a_document_of_a_person_is_made(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.go(f"{person}/export")
    look(ash.page, "export-ask")
    ash.page.check('input[name="reader"][value="person"]')
    ash.page.fill("#why", "Asked for by the person")
    ash.press("Make the document")
    ash.sees("Record of Daniel Hargreaves")
    look(ash.page, "export")
