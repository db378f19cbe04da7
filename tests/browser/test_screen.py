"""A terminal that several people use: it locks, changes hands, and loses nobody's words."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sync_protocol.ids import ActorId
from tests.browser.conftest import Browsing, Look
from tests.browser.gallery import served
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal, terminal_of
from tests.desks import PASSWORD, Offices

pytestmark = pytest.mark.browser

WORDS = "Asked to see the chaplain, and"


@pytest.fixture
def wing(offices: Offices) -> Iterator[Terminal]:
    """The prison at Leeds with Ash, Birch and an administrator."""
    office = offices.open("LEI")
    office.hire("ash")
    office.hire("birch")
    office.hire("root", "administrator")
    yield terminal_of(office)
    office.store.close()


@pytest.fixture
def wing_url(wing: Terminal) -> Iterator[str]:
    """Where its terminal is served."""
    with served(wing.app) as address:
        yield address


def note_begun(staff: Staff) -> str:
    """Half a note is typed; gives the person's page."""
    person = staff.create()
    staff.go(f"{person}/notes/new")
    staff.page.fill("#text", WORDS)
    return person


def sign_in_here(page: Page, name: str) -> None:
    """Give a name and a password on the page that is there."""
    page.fill("#user_name", name)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Unlock or sign in").click()


def test_two_share_a_terminal_and_each_finds_their_own_draft(
    wing_url: str, browsing: Browsing, look: Look
) -> None:
    """S22: a switch is one step, the cookie changes, and nobody meets another's words."""
    ash = Staff(browsing.open(), wing_url)
    ash.sign_in("ash")
    first = ash.page.context.cookies()
    note_begun(ash)
    written_at = ash.page.url
    ash.press("Lock or switch")
    ash.sees("was working here")
    assert ash.page.url.endswith("/screen")
    ash.sees_no(WORDS)
    look(ash.page, "screen-locked")
    sign_in_here(ash.page, "birch")
    expect(ash.page.get_by_text("Signed in as Birch")).to_be_visible()
    ash.page.goto(written_at)
    assert ash.page.input_value("#text") == "", "Birch has a form of their own"
    ash.page.fill("#text", "Birch's own words")
    ash.press("Lock or switch")
    sign_in_here(ash.page, "ash")
    expect(ash.page.get_by_text("Signed in as Ash")).to_be_visible()
    assert ash.page.input_value("#text") == WORDS
    look(ash.page, "screen-unlocked")
    assert ash.page.context.cookies()[0]["value"] != first[0]["value"]
    ash.press("Lock or switch")
    sign_in_here(ash.page, "birch")
    assert ash.page.input_value("#text") == "Birch's own words"


def test_a_kiosk_locks_after_two_minutes_untouched_and_keeps_the_page(
    wing_url: str, wing: Terminal, browsing: Browsing, look: Look
) -> None:
    """S22."""
    root = Staff(browsing.open(), wing_url)
    root.sign_in("root")
    root.go("/terminal")
    look(root.page, "terminal-name")
    root.page.fill("#name", "B wing landing")
    root.page.locator("input[name=is_kiosk]").check()
    root.press("Save")
    root.sees("This terminal is named")
    root.press("Sign out")
    page = root.page
    page.clock.install()
    ash = Staff(page, wing_url)
    ash.sign_in("ash")
    note_begun(ash)
    page.clock.run_for(90_000)
    assert page.input_value("#text") == WORDS
    page.clock.run_for(30_000)
    page.wait_for_url("**/screen")
    ash.sees_no(WORDS)
    page.go_back()
    page.wait_for_url("**/screen")
    ash.sees_no(WORDS)
    look(page, "kiosk-locked")
    sign_in_here(page, "ash")
    page.wait_for_url("**/notes/new?form=*")
    assert page.input_value("#text") == WORDS
    devices = [one.caller.device for one in wing.office.sessions.of(wing_ash(wing))]
    assert devices == ["B wing landing"]


def wing_ash(wing: Terminal) -> ActorId:
    """The id of Ash."""
    return next(one.staff for one in wing.office.accounts.accounts() if one.user_name == "ash")


def test_nothing_comes_back_after_signing_out(wing_url: str, browsing: Browsing) -> None:
    """S22: the back button shows no record, and the browser is told to forget."""
    ash = Staff(browsing.open(), wing_url)
    ash.sign_in("ash")
    person = ash.create()
    ash.go(person)
    with ash.page.expect_response("**/sign-out") as gone:
        ash.press("Sign out")
    assert gone.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    ash.sees("You are signed out")
    ash.page.go_back()
    expect(ash.page.get_by_role("button", name="Sign in")).to_be_visible()
    ash.sees_no("Hargreaves")


def test_one_signs_oneself_out_at_another_terminal(
    wing_url: str, browsing: Browsing, look: Look
) -> None:
    """S22."""
    here, there = (Staff(browsing.open(), wing_url) for _ in range(2))
    for staff in (here, there):
        staff.sign_in("ash")
    here.go("/your-account")
    look(here.page, "your-account")
    here.page.get_by_role("button", name="Sign out there").click()
    here.sees("Signed out there")
    there.go("/search")
    expect(there.page.get_by_role("button", name="Sign in")).to_be_visible()
    here.go("/search")
    here.sees("Signed in as Ash")
