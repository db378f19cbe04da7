"""A day at a prison's terminal, with and without JavaScript, line up and line down."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal

pytestmark = pytest.mark.browser


def test_a_person_is_created_and_found(ash: Staff, look: Look) -> None:
    ash.go("/search?q=hargr")
    ash.sees("No one found here")
    ash.sees("Not known here is different from none.")
    look(ash.page, "search-none")
    person = ash.create()
    look(ash.page, "person-new")
    ash.go("/search?q=hargr")
    look(ash.page, "search")
    ash.follow("Daniel Hargreaves")
    assert ash.page.url.endswith(person)


def test_a_possible_duplicate_is_shown_before_anything_is_saved(ash: Staff, look: Look) -> None:
    ash.create(number="A1234BC")
    ash.go("/people/new")
    ash.page.fill("#last", "Hargreaves")
    ash.page.fill("#first", "Daniel")
    ash.fill_day("born", "3", "3", "1988")
    ash.press("Continue")
    ash.press("Create person")
    ash.sees("This person may already be known")
    ash.sees("same date of birth")
    look(ash.page, "duplicates")
    ash.press("None of these: create a new person")
    ash.sees("Person created")


def test_a_note_is_checked_saved_with_a_receipt_added_to_and_withdrawn(
    ash: Staff, look: Look
) -> None:
    person = ash.create()
    ash.go(f"{person}/notes/new")
    ash.press("Continue")
    ash.sees("There is a problem")
    look(ash.page, "note-faults")
    ash.page.select_option("#subtype", index=1)
    ash.page.fill("#text", "Quiet all night.\nChecked hourly.")
    ash.press("Continue")
    ash.sees("Nothing is saved yet.")
    look(ash.page, "note-check")
    ash.press("Save note")
    ash.sees("Note saved")
    ash.sees("Receipt LEI-")
    ash.follow("Add to this note")
    ash.page.fill("#text", "Ate breakfast.")
    ash.press("Continue")
    ash.press("Save addition")
    ash.sees("Ate breakfast.")
    ash.follow("Withdraw this note")
    look(ash.page, "note-withdraw")
    ash.press("Withdraw this note")
    ash.sees("Withdrawn by its author")
    look(ash.page, "person-notes")


def test_an_alert_is_raised_shown_as_a_flag_and_closed(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.go(f"{person}/alerts/new")
    look(ash.page, "alert-new")
    ash.page.select_option("#code", "XSA")
    ash.page.fill("#description", "Threw hot water. Two officers to unlock.")
    ash.press("Continue")
    ash.press("Raise alert")
    ash.sees("Alert raised")
    expect(ash.page.get_by_role("list", name="Alert flags").get_by_role("listitem")).to_have_count(
        1
    )
    look(ash.page, "person-alert")
    ash.go(f"{person}/alerts/new")
    ash.page.select_option("#code", "XSA")
    ash.page.fill("#description", "Again.")
    ash.press("Continue")
    ash.sees("is already in force")
    ash.go(person)
    ash.follow("Close")
    ash.page.fill("#reason", "Reviewed with security.")
    ash.press("Continue")
    ash.press("Close alert")
    ash.sees("Alert closed")
    ash.sees("1 alert closed or not in force")


def test_a_risk_level_goes_up_at_once_and_down_only_on_purpose(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.set_risk(person, "staff_custody", "very_high")
    ash.press("Save risk levels")
    ash.sees("Risk of serious harm, highest of all: very high")
    ash.set_risk(person, "staff_custody", "low")
    ash.sees("This lowers staff, in custody.")
    look(ash.page, "risk-lower")
    ash.page.check("#lower")
    ash.press("Continue")
    ash.press("Save risk levels")
    ash.sees("Risk of serious harm, highest of all: low")


def test_somebody_is_received_put_in_a_cell_and_shown_on_the_board(
    ash: Staff, leeds: Terminal, look: Look
) -> None:
    ash.go("/board")
    ash.sees("Nobody is on this board.")
    person = ash.create()
    ash.go(f"{person}/movements/new")
    look(ash.page, "movement-choice")
    ash.follow("Reception: arrived here")
    ash.page.select_option("#reason", "ADM/V")
    look(ash.page, "movement-in")
    ash.press("Continue")
    ash.press("Record movement")
    ash.sees("Reception recorded")
    ash.go(f"{person}/cell")
    ash.page.fill("#cell", "somewhere")
    ash.press("Continue")
    ash.sees("Enter wing, landing and cell")
    ash.page.fill("#cell", "a 1 003")
    ash.press("Continue")
    ash.press("Save cell")
    ash.sees("LEI-A-1-003")
    ash.go("/board")
    ash.sees("A wing")
    ash.sees("Daniel Hargreaves")
    look(ash.page, "board")
    leeds.office.clock.pass_ms(10 * 60_000)
    ash.go(f"{person}/movements/transfer")
    ash.page.select_option("#other", "BXI")
    ash.press("Continue")
    ash.press("Record movement")
    ash.sees("On transfer")
    ash.go("/board")
    ash.sees_no("Daniel Hargreaves")


def test_the_responsible_officer_is_named_and_has_a_caseload(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.go(f"{person}/officer")
    look(ash.page, "officer")
    ash.page.select_option("#staff", label="Birch")
    ash.press("Continue")
    ash.press("Save responsible officer")
    ash.sees("Responsible officer saved")
    ash.sees("Responsible from 22 November 2026")
    ash.go("/caseload")
    look(ash.page, "caseload")


def test_a_number_with_a_wrong_check_letter_is_kept_and_marked(ash: Staff) -> None:
    person = ash.create()
    ash.go(f"{person}/numbers/new")
    ash.page.select_option("#type", "PNC")
    ash.page.fill("#value", "2001/0000001A")
    ash.press("Continue")
    ash.press("Save number")
    ash.sees("Check letter wrong")


def test_while_the_line_is_down_every_page_says_so_and_saves(
    ash: Staff, leeds: Terminal, look: Look
) -> None:
    leeds.line.is_up = False
    ash.go("/board")
    ash.sees("Line to the centre down since 09:55 (2 h 5 min).")
    ash.sees("You can keep working.")
    ash.sees("Last heard 09:53.")
    person = ash.create()
    ash.add_note(person, "Written while cut off.")
    ash.sees("Not yet at the centre")
    ash.sees("What other offices wrote: as of 09:53")
    look(ash.page, "person-line-down")
    for path in ("/conflicts", "/caseload", "/search", "/password", f"{person}/officer"):
        ash.go(path)
        ash.sees("Line to the centre down since 09:55")


def test_a_new_password_signs_out_and_the_old_one_no_longer_opens(ash: Staff, look: Look) -> None:
    ash.go("/password")
    ash.page.fill("#old", "three plain words")
    ash.page.fill("#new", "short")
    ash.page.fill("#again", "short")
    ash.press("Change password")
    ash.sees("Choose at least 12 characters")
    look(ash.page, "password")
    ash.page.fill("#old", "three plain words")
    ash.page.fill("#new", "four other plain words")
    ash.page.fill("#again", "four other plain words")
    ash.press("Change password")
    ash.sees("Password changed")
    look(ash.page, "sign-in")
    ash.page.fill("#user_name", "ash")
    ash.page.fill("#password", "three plain words")
    ash.press("Sign in")
    ash.sees("User name or password is not right")
    look(ash.page, "sign-in-wrong")
