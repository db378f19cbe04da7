"""Passkeys and online sign-in in an office's pages: what is offered, and who is let in."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.access.lockout import ATTEMPTS_MAX
from casework.access.passkeys import Passkeys, RelyingPlace
from tests.authenticator import Authenticator
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD, Office, Offices
from tests.unit.casework.web.test_pages import Browser

pytestmark = pytest.mark.unhurried

ORIGIN = "http://localhost"
PLACE = RelyingPlace("localhost", ORIGIN, "Throughcare, Leeds")
OPTIONS = re.compile(r'data-options="([^"]+)"')
REMOVE = re.compile(r'action="(/passkeys/[^"]+/remove)"')


class Keyed:
    """A browser at an office that offers passkeys, and Ash with a device."""

    def __init__(self, office: Office, browser: Browser, ash: Caller) -> None:
        """Nobody is signed in."""
        self.office, self.browser, self.ash = office, browser, ash
        self.device = Authenticator(origin=ORIGIN)

    @property
    def options(self) -> str:
        """What the page asks the browser for."""
        found = OPTIONS.search(self.browser.text)
        assert found is not None, self.browser.text
        return unescape(found[1])

    def add(self, password: str = PASSWORD) -> None:
        """Ash signs in by password and adds a passkey."""
        self.browser.get("/sign-in")
        self.browser.post("/sign-in", user_name="ash", password=PASSWORD)
        self.browser.get("/passkeys/new")
        answer = self.device.create(self.options)
        self.browser.post("/passkeys/new", name="my phone", password=password, answer=answer)

    def leave(self) -> None:
        """Ash signs out."""
        self.browser.get("/your-account")
        self.browser.post("/sign-out")

    def enter(self) -> None:
        """Whoever holds the device signs in by it."""
        if "data-options" not in self.browser.text:
            self.browser.get("/sign-in")
        self.browser.post("/sign-in/passkey", answer=self.device.get(self.options))

    def audit(self) -> list[tuple[str, str]]:
        """Acts of signing in, with how."""
        with self.office.store.reading() as reading:
            sql = "SELECT act, detail FROM audit WHERE act != 'read' ORDER BY line_no"
            return [(str(act), str(detail)) for act, detail in reading.select(sql)]


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Keyed]:
    office = Offices(tmp_path).open("LEI")
    ash = office.hire("ash")
    passkeys = Passkeys(office.store, office.clock.now_ms, office.desk.chance, PLACE)
    with TestClient(terminal_of(office, passkeys=passkeys).app, base_url=ORIGIN) as http:
        yield Keyed(office, Browser(http), ash)
    office.store.close()


def test_a_passkey_that_was_added_signs_its_owner_in(keyed: Keyed) -> None:
    """S22: a new session; the audit says by what."""
    keyed.add()
    assert "Passkey added" in keyed.browser.text
    before = dict(keyed.browser.http.cookies)
    keyed.leave()
    keyed.enter()
    keyed.browser.get("/your-account")
    assert "my phone" in keyed.browser.text
    assert dict(keyed.browser.http.cookies) != before
    assert ("sign_in", "cookie passkey") in keyed.audit()
    assert [act for act, _ in keyed.audit()].count("passkey_added") == 1


def test_adding_asks_for_the_password_again(keyed: Keyed) -> None:
    """S35: nor can a form from elsewhere add one, whose page holds no token."""
    keyed.add("not my own password")
    assert keyed.browser.status == 422
    assert "Your password is not right" in keyed.browser.text
    assert "passkey_added" not in dict(keyed.audit())


def test_a_passkey_opens_no_locked_account(keyed: Keyed) -> None:
    """S19: and proving who it is forgives nothing."""
    keyed.add()
    keyed.leave()
    with keyed.office.store.changing() as transaction:
        transaction.execute("UPDATE staff_attempts SET failed = ?", (ATTEMPTS_MAX,))
    keyed.enter()
    assert keyed.browser.status == 403
    assert "locked" in keyed.browser.text
    assert keyed.audit()[-1] == ("sign_in_refused", "passkey account_locked")


def test_a_passkey_opens_no_closed_account(keyed: Keyed) -> None:
    """S21: nor a session that was open."""
    keyed.add()
    keyed.leave()
    keyed.office.accounts.close_account(keyed.ash.staff)
    keyed.enter()
    assert keyed.browser.status == 403
    assert keyed.audit()[-1] == ("sign_in_refused", "passkey account_closed")


def test_a_passkey_opens_its_owners_locked_screen(keyed: Keyed) -> None:
    """S22: where they were, under another cookie."""
    keyed.add()
    keyed.browser.post("/lock", back="/your-account")
    keyed.browser.get("/screen")
    assert "was working here" in keyed.browser.text
    keyed.enter()
    assert keyed.browser.path.endswith("/your-account")


def test_a_new_first_password_leaves_no_passkey(keyed: Keyed) -> None:
    """S21: whoever begins anew may have lost the device."""
    keyed.add()
    keyed.leave()
    code = keyed.office.accounts.give_code(keyed.ash.staff)
    keyed.browser.get("/first-password")
    again = "four other plain words"
    keyed.browser.post("/first-password", user_name="ash", code=code, new=again, again=again)
    keyed.browser.get("/your-account")
    assert "my phone" not in keyed.browser.text
    keyed.leave()
    keyed.enter()
    assert keyed.audit()[-1] == ("sign_in_refused", "passkey wrong_passkey")


def test_ones_own_passkey_is_removed(keyed: Keyed) -> None:
    keyed.add()
    found = REMOVE.search(keyed.browser.text)
    assert found is not None
    keyed.browser.post(found[1])
    assert "Passkey removed" in keyed.browser.text
    keyed.leave()
    keyed.enter()
    assert keyed.browser.status == 403


def test_nothing_is_offered_unless_it_is_set(office: Office, ash: Caller) -> None:
    """The page of signing in is as it was, and the addresses lead nowhere."""
    assert ash.role == "staff"
    with TestClient(terminal_of(office).app, base_url=ORIGIN) as http:
        page = http.get("/sign-in").text
        assert "passkey" not in page
        assert "/sign-in/online" not in page
        assert page.count("Throughcare") >= 3, "its title, its header and its foot name the service"
        for address in ("/sign-in/online", "/sign-in/passkey"):
            assert http.post(address, data={"answer": ""}).status_code == 404
        assert http.get("/sign-in/online/return").status_code == 404
        assert http.get("/passkeys/new").status_code == 401
