"""The screen over HTTP, without a browser: what locks, who opens it, and what is kept for whom."""

from collections.abc import Iterator
from html import unescape

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.access.lockout import ATTEMPTS_MAX, WAIT_MS_MAX
from casework.access.posts import OLD_AFTER_MS
from casework.access.sessions import KIOSK_MS_MAX
from casework.access.terminals import Terminal
from casework.web.sessions import terminal_cookie_name
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD, Office
from tests.unit.casework.web.test_pages import HTML, Browser

pytestmark = pytest.mark.unhurried

WORDS = "Asked to see the chaplain today"


@pytest.fixture
def browser(office: Office) -> Iterator[Browser]:
    """A browser at the terminal of Leeds, where Ash, Birch and an administrator work."""
    for name in ("ash", "birch"):
        office.hire(name)
    office.hire("root", "administrator")
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        yield Browser(http)


def enter(browser: Browser, name: str) -> None:
    """Sign in on the page that is there, or on the first that asks."""
    if "user_name" not in browser.text:
        browser.get("/sign-in")
    browser.post("/sign-in", user_name=name, password=PASSWORD)


def cookie(browser: Browser) -> str:
    return next(one for name, one in browser.http.cookies.items() if "terminal" not in name)


def note_begun(browser: Browser) -> str:
    """Half a note, kept as the script keeps it; gives the address at which it is."""
    person = browser.create()
    browser.get(f"{person}/notes/new")
    at = browser.path
    browser.post(f"{person}/notes/new", text=WORDS, step="keep")
    assert WORDS in browser.text
    return at.removeprefix("http://127.0.0.1")


def test_whoever_unlocks_goes_on_with_the_page_and_its_words(browser: Browser) -> None:
    """S22: the cookie is another one than before."""
    enter(browser, "ash")
    at, before = note_begun(browser), cookie(browser)
    browser.post("/lock", back=at)
    assert browser.path.endswith("/screen")
    assert "Ash</strong> was working here" in browser.text
    assert WORDS not in browser.text
    browser.get(at)
    assert browser.path.endswith("/screen")
    enter(browser, "ash")
    assert browser.path.endswith(at)
    assert WORDS in browser.text
    assert cookie(browser) != before


def test_another_takes_the_terminal_and_meets_nothing_of_the_first(browser: Browser) -> None:
    """S22: one step, and the first one finds everything again."""
    enter(browser, "ash")
    at = note_begun(browser)
    browser.post("/lock", back=at)
    enter(browser, "birch")
    assert "Signed in as <strong>Birch</strong>" in browser.text
    browser.get(at)
    assert WORDS not in browser.text
    browser.post("/lock", back="/search")
    enter(browser, "ash")
    assert browser.path.endswith(at)
    assert WORDS in browser.text
    browser.post("/lock", back="/board")
    enter(browser, "birch")
    assert browser.path.endswith("/search")


def test_a_wrong_password_leaves_the_screen_locked(browser: Browser) -> None:
    enter(browser, "ash")
    browser.post("/lock", back="/search")
    browser.post("/sign-in", user_name="ash", password="not the password")
    assert browser.status == 422
    assert "Ash</strong> was working here" in browser.text
    browser.get("/board")
    assert browser.path.endswith("/screen")


def kiosk(browser: Browser, office: Office) -> None:
    """The terminal is a kiosk from now on."""
    root = Caller(office.accounts.accounts()[0].staff, "Root", "administrator", "t")
    token = office.sessions.terminals.name(Terminal("B wing", is_kiosk=True), root.staff, None)
    name = f"tc_{office.desk.node.id.hex()[:8]}"
    browser.http.cookies.set(terminal_cookie_name(name), token)


def test_what_is_sent_from_a_screen_that_has_locked_waits_for_its_author(
    browser: Browser, office: Office
) -> None:
    """S22: a kiosk without a script; the words are on no page that another could see."""
    kiosk(browser, office)
    enter(browser, "ash")
    person = browser.create()
    browser.get(f"{person}/notes/new")
    assert 'data-lock-after="' in browser.text
    office.clock.pass_ms(KIOSK_MS_MAX)
    browser.post(f"{person}/notes/new", text=WORDS, step="check")
    assert browser.path.endswith("/screen")
    assert WORDS not in browser.text
    enter(browser, "birch")
    assert WORDS not in browser.text
    browser.post("/lock", back="/board")
    enter(browser, "ash")
    assert "Not saved yet, and not lost" in browser.text
    assert WORDS in browser.text
    assert office.sessions.of(office.accounts.accounts()[0].staff)[0].caller.device == "B wing"


def test_a_program_is_told_that_the_screen_is_locked(browser: Browser) -> None:
    enter(browser, "ash")
    browser.post("/lock", back="/")
    answer = browser.http.get("/api/v1/me", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "screen_locked")


def test_signing_out_tells_the_browser_to_forget(browser: Browser) -> None:
    """S22: and every page was sent so that nothing of it is kept."""
    enter(browser, "ash")
    browser.get("/board")
    answer = browser.http.get("/board", headers=HTML)
    assert answer.headers["cache-control"] == "no-store"
    csrf = unescape(browser.text.split('name="csrf" value="')[1].split('"')[0])
    answer = browser.http.post(
        "/sign-out", data={"csrf": csrf}, headers=HTML, follow_redirects=False
    )
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_one_signs_oneself_out_elsewhere(browser: Browser, office: Office) -> None:
    """S22."""
    enter(browser, "ash")
    ash = next(one for one in office.accounts.accounts() if one.user_name == "ash")
    other = office.sessions.begin(Caller(ash.staff, "Ash", "staff", "reception desk"), "cookie")
    browser.get("/your-account")
    assert "reception desk" in browser.text
    there = next(
        one.id for one in office.sessions.of(ash.staff) if one.caller.device == "reception desk"
    )
    browser.post(f"/your-account/{there}/sign-out")
    assert "Signed out there" in browser.text
    assert office.sessions.find(other) is None


def test_an_administrator_names_the_terminal_and_staff_do_not(
    browser: Browser, office: Office
) -> None:
    enter(browser, "ash")
    browser.get("/terminal")
    assert browser.status == 403
    browser.post("/sign-out")
    enter(browser, "root")
    browser.get("/terminal")
    browser.post("/terminal", name="B wing landing", is_kiosk="yes")
    assert "B wing landing" in browser.text
    assert ("name_terminal", None) in office.audit()


def test_an_account_is_unlocked_and_given_a_code_on_the_page_of_accounts(
    browser: Browser, office: Office
) -> None:
    """S19."""
    for _ in range(ATTEMPTS_MAX):
        enter(browser, "nobody")
        browser.post("/sign-in", user_name="birch", password="not the password")
        office.clock.pass_ms(WAIT_MS_MAX)
    enter(browser, "birch")
    assert "locked after too many attempts" in browser.text
    enter(browser, "root")
    browser.get("/staff")
    assert "Locked" in browser.text
    birch = next(one.staff.hex() for one in office.accounts.accounts() if one.is_locked)
    browser.post(f"/staff/{birch}/unlock")
    assert "Unlocked" in browser.text
    browser.post(f"/staff/{birch}/code")
    code = browser.text.split("One-time code for Birch: ")[1][:19]
    browser.post("/sign-out")
    browser.get("/first-password")
    new = "four other plain words"
    browser.post("/first-password", user_name="birch", code=code, new=new, again="another one")
    assert browser.status == 422
    browser.post("/first-password", user_name="birch", code=code, new=new, again=new)
    assert "Signed in as <strong>Birch</strong>" in browser.text
    browser.get("/staff")
    assert browser.status == 403


def test_every_page_says_that_staff_may_be_out_of_date(browser: Browser, office: Office) -> None:
    """S21."""
    heard_ms = office.clock.now
    office.heard.listen(lambda: heard_ms)
    office.clock.pass_ms(OLD_AFTER_MS)
    enter(browser, "ash")
    browser.get("/search")
    assert "Who works here may be out of date" in browser.text
