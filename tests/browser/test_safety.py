"""Nothing typed is lost and nothing is saved twice, whatever the browser or the line does."""

import pytest
from playwright.sync_api import Dialog, expect

from casework.access.lockout import WAIT_FIRST_MS
from casework.access.sessions import IDLE_MS_MAX
from casework.web.pages import notes
from sync_protocol.errors import NotSaved
from tests.browser.conftest import Browsing, Look
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal

pytestmark = pytest.mark.browser


def test_going_back_after_saving_does_not_save_twice(ash: Staff, look: Look) -> None:
    person = ash.create()
    ash.add_note(person, "Only once.")
    ash.page.go_back()
    ash.sees("This was already saved")
    look(ash.page, "already-saved")
    ash.page.go_back()
    ash.sees("This was already saved")
    ash.go(person)
    expect(ash.page.get_by_text("Only once.")).to_have_count(1)


def test_a_second_press_from_a_second_tab_finds_the_first_receipt(ash: Staff) -> None:
    person = ash.create()
    ash.go(f"{person}/notes/new")
    ash.page.select_option("#subtype", index=1)
    ash.page.fill("#text", "From two tabs.")
    ash.press("Continue")
    second = ash.page.context.new_page()
    second.goto(ash.page.url)
    ash.press("Save note")
    ash.sees("Note saved")
    second.get_by_role("button", name="Save note").click()
    expect(second.get_by_text("Note saved")).to_be_visible()
    expect(second.get_by_text("From two tabs.")).to_have_count(1)


def test_going_back_to_a_form_finds_what_was_typed(ash: Staff) -> None:
    person = ash.create()
    ash.go(f"{person}/notes/new")
    ash.page.select_option("#subtype", index=1)
    ash.page.fill("#text", "A long night's words.")
    ash.press("Continue")
    ash.sees("Nothing is saved yet.")
    ash.page.go_back()
    expect(ash.page.locator("#text")).to_have_value("A long night's words.")


def test_a_session_that_ends_while_somebody_writes_loses_nothing(
    ash: Staff, leeds: Terminal, look: Look
) -> None:
    person = ash.create()
    ash.go(f"{person}/notes/new")
    ash.page.select_option("#subtype", index=1)
    ash.page.fill("#text", "Written for longer than a session lasts.")
    leeds.office.clock.pass_ms(IDLE_MS_MAX + 1)
    ash.press("Continue")
    ash.sees("Not saved yet, and not lost.")
    look(ash.page, "signed-out-while-writing")
    ash.page.fill("#user_name", "ash")
    ash.page.fill("#password", "wrong, at first")
    ash.press("Sign in")
    ash.sees("User name or password is not right")
    leeds.office.clock.pass_ms(WAIT_FIRST_MS)
    ash.page.fill("#password", "three plain words")
    ash.press("Sign in")
    ash.sees("Not saved yet, and not lost")
    ash.sees("Written for longer than a session lasts.")
    look(ash.page, "signed-in-again")
    ash.press("Go on with what I wrote")
    ash.sees("Written for longer than a session lasts.")
    ash.press("Save note")
    ash.sees("Note saved")
    expect(ash.page.get_by_text("Written for longer than a session lasts.")).to_have_count(1)


def test_a_form_from_before_somebody_signed_in_again_is_offered_again(ash: Staff) -> None:
    person = ash.create()
    ash.go(f"{person}/notes/new")
    ash.page.select_option("#subtype", index=1)
    ash.page.fill("#text", "Opened before.")
    second = Staff(ash.page.context.new_page(), ash.url)
    second.sign_in("ash")
    ash.press("Continue")
    ash.sees("The form was opened before Ash signed in.")
    ash.press("Go on with what I wrote")
    ash.press("Save note")
    ash.sees("Note saved")


def test_what_the_disk_does_not_take_stays_on_the_page(
    ash: Staff, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = ash.create()
    with monkeypatch.context() as broken:

        def refuse(*_given: object) -> None:
            raise NotSaved

        broken.setattr(notes, "add_note", refuse)
        ash.go(f"{person}/notes/new")
        ash.page.select_option("#subtype", index=1)
        ash.page.fill("#text", "The disk is full.")
        ash.press("Continue")
        ash.press("Save note")
        ash.sees("This office's computer could not save what you wrote.")
        look(ash.page, "not-saved")
        ash.sees("The disk is full.")
    ash.press("Try to save again")
    ash.sees("Note saved")


def test_leaving_unsaved_work_asks_first(leeds_url: str, browsing: Browsing) -> None:
    ash = Staff(browsing.open(), leeds_url)
    ash.sign_in("ash")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    ash.page.on("dialog", stay)
    ash.go("/people/new")
    form = ash.page.url
    ash.page.locator("#last").press_sequentially("Har")
    ash.page.get_by_role("link", name="Find a person").click(no_wait_after=True)
    ash.page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert ash.page.url == form


def test_a_terminal_that_nobody_touches_shows_no_record(leeds_url: str, browsing: Browsing) -> None:
    page = browsing.open()
    page.clock.install()
    ash = Staff(page, leeds_url)
    ash.sign_in("ash")
    person = ash.create()
    page.clock.run_for(IDLE_MS_MAX - 60_000)
    ash.sees("Daniel Hargreaves")
    page.clock.run_for(2 * 60_000)
    ash.sees("Signed out because nothing was done for a while")
    ash.sign_in("ash")
    ash.go(f"{person}/notes/new")
    page.locator("#text").press_sequentially("Half")
    page.clock.run_for(IDLE_MS_MAX + 60_000)
    expect(page.locator("#text")).to_have_value("Half")


def test_the_strip_follows_the_line_while_a_page_is_open(
    leeds: Terminal, leeds_url: str, browsing: Browsing
) -> None:
    page = browsing.open()
    page.clock.install()
    ash = Staff(page, leeds_url)
    ash.sign_in("ash")
    ash.sees("Line to the centre up.")
    leeds.line.is_up = False
    page.clock.run_for(11_000)
    ash.sees("Line to the centre down since 09:55 (2 h 5 min).")
    expect(page.get_by_role("status")).to_contain_text("Line to the centre down")
    page.context.set_offline(True)
    page.clock.run_for(11_000)
    ash.sees("This terminal cannot reach this office's computer.")
    page.context.set_offline(False)
    leeds.line.is_up = True
    page.clock.run_for(11_000)
    ash.sees("Line to the centre up.")


def test_what_waits_is_marked_until_the_strip_says_that_it_was_sent(
    leeds: Terminal, leeds_url: str, browsing: Browsing
) -> None:
    page = browsing.open()
    page.clock.install()
    ash = Staff(page, leeds_url)
    ash.sign_in("ash")
    leeds.line.is_up = False
    person = ash.create()
    ash.go(person)
    ash.sees("Not yet at the centre")
    page.clock.run_for(11_000)
    ash.sees("Not yet at the centre")
    leeds.line.is_up = True
    page.clock.run_for(11_000)
    ash.sees("Everything sent.")
    ash.sees_no("Not yet at the centre")


def test_a_page_is_never_kept_and_runs_nothing_of_others(
    leeds_url: str, browsing: Browsing
) -> None:
    page = browsing.open()
    answer = page.goto(f"{leeds_url}/sign-in")
    assert answer is not None
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    style = page.request.get(
        leeds_url + str(page.locator("link[rel=stylesheet]").first.get_attribute("href"))
    )
    assert "immutable" in style.headers["cache-control"]


def test_text_that_looks_like_a_script_is_only_text(ash: Staff) -> None:
    person = ash.create(last="<b>Hargreaves</b>")
    ash.add_note(person, "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>")
    ash.sees("<script>document.title = 'taken'</script>")
    assert "taken" not in ash.page.title()
    ash.sees("<b>Hargreaves</b>")


def test_an_address_that_names_nobody_says_what_to_do(ash: Staff, look: Look) -> None:
    for path in ("/people/" + "0" * 32, "/people/nobody", "/no-such-page"):
        ash.go(path)
        ash.sees("Not known here is different from none")
    look(ash.page, "not-known")


def test_the_keyboard_alone_reaches_the_form_and_shows_where_it_is(
    leeds_url: str, browsing: Browsing
) -> None:
    page = browsing.open()
    page.goto(f"{leeds_url}/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#user_name")).to_be_focused()
    ring = page.locator("#user_name").evaluate("one => getComputedStyle(one).outlineWidth")
    assert ring != "0px"
    page.keyboard.type("ash")
    page.keyboard.press("Tab")
    page.keyboard.type("three plain words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Signed in as Ash")).to_be_visible()
