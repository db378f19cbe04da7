"""The whole way to a provider that others wrote, and back into an office's pages."""

import re
import ssl
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from casework.access.lockout import ATTEMPTS_MAX
from casework.access.online import Online, Provider
from casework.access.proofs import WrongProof
from casework.desk.posts import bind_online, end_post
from casework.records.post import OnlineName
from casework.rules.rows import day_of
from sync_protocol.io.system_clock import SYSTEM_CLOCK, system_chance
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD
from tests.online.provider import REGISTERED_AS, RETURN, SECRET, Running, provider
from tests.unit.casework.desk.test_posts import Estate
from throughcare.ways import HttpAsk

pytestmark = [pytest.mark.process, pytest.mark.slow]
HOST = "http://127.0.0.1"
REFRESH = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with provider() as found:
        yield found


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    made.settled()
    yield made
    for office in (made.centre, *made.offices.values()):
        office.store.close()


def online(running: Running, **changes: Any) -> Online:
    """The relying party of Leeds, on the machine's own clock, as the provider is."""
    given = {"registered_as": REGISTERED_AS, "secret": None, "return_to": RETURN} | changes
    parts = Provider(issuer=running.issuer, name="Justice sign-in", **given)
    return Online(parts, HttpAsk(ssl.create_default_context()), SYSTEM_CLOCK.now_ms, system_chance)


def bind(estate: Estate, running: Running, subject: str) -> None:
    """The centre says who they are at the provider, and the office has heard of it."""
    name = OnlineName(running.issuer, subject)
    bind_online(estate.centre.desk, estate.boss, estate.post, name)
    estate.settle()


class Browser:
    """A browser at the pages of Leeds, which goes to the provider and comes back."""

    def __init__(self, estate: Estate, ways: Online) -> None:
        """Nobody is signed in."""
        self.estate = estate
        app = terminal_of(estate.leeds, online=ways).app
        self.http = TestClient(app, base_url=HOST)
        self.http.headers["accept"] = "text/html"

    def begin(self, next_page: str = "") -> str:
        """The address at the provider to which the page goes on."""
        answer = self.http.post("/sign-in/online", data={"next": next_page})
        assert answer.status_code == 200, answer.text
        found = REFRESH.search(answer.text)
        assert found is not None
        return unescape(found[1])

    def back(self, where: httpx.URL) -> httpx.Response:
        """What the office answers a browser that comes back."""
        return self.http.get(where.raw_path.decode(), follow_redirects=False)

    def sign_in(self, running: Running, subject: str | None) -> httpx.Response:
        """The whole way."""
        return self.back(running.sign_in(self.begin(), subject))

    def audit(self) -> list[tuple[str, str]]:
        """Who came in and how, and who did not."""
        with self.estate.leeds.store.reading() as reading:
            rows = reading.select(
                "SELECT act, detail FROM audit WHERE act LIKE 'sign_in%' ORDER BY line_no"
            )
        return [(str(act), str(detail)) for act, detail in rows]


def test_whoever_the_centre_has_bound_signs_in(estate: Estate, running: Running) -> None:
    """S22: a session of their own, by a cookie that is new, and a line in the audit."""
    bind(estate, running, "kr-1")
    browser = Browser(estate, online(running))
    answer = browser.back(running.sign_in(browser.begin("/your-account"), "kr-1"))
    assert answer.status_code == 200
    found = REFRESH.search(answer.text)
    assert found is not None
    assert found[1] == "/your-account"
    assert "K. Reed" in browser.http.get("/your-account").text
    assert browser.audit()[-1] == ("sign_in", "cookie online")


def test_an_agreed_secret_is_sent_too(estate: Estate, running: Running) -> None:
    bind(estate, running, "kr-1")
    ways = online(running, registered_as="leeds-with-a-secret", secret=SECRET)
    assert Browser(estate, ways).sign_in(running, "kr-1").status_code == 200
    wrong = online(running, registered_as="leeds-with-a-secret", secret="another" * 8)
    assert Browser(estate, wrong).sign_in(running, "kr-1").status_code == 403


def test_an_unknown_subject_is_told_whom_to_ask(estate: Estate, running: Running) -> None:
    """S21: nobody is made an account by knowing the provider."""
    bind(estate, running, "kr-1")
    browser = Browser(estate, online(running))
    answer = browser.sign_in(running, "somebody-else")
    assert answer.status_code == 403
    assert "Ask the centre" in answer.text
    assert "somebody-else" in answer.text
    assert browser.audit()[-1] == ("sign_in_refused", "online unknown_subject")


def test_whoever_declines_there_is_not_let_in_here(estate: Estate, running: Running) -> None:
    browser = Browser(estate, online(running))
    assert browser.sign_in(running, None).status_code == 403
    assert browser.audit()[-1] == ("sign_in_refused", "online sign_in_declined")


def test_a_locked_account_stays_locked(estate: Estate, running: Running) -> None:
    """S19: whichever way one signs in."""
    bind(estate, running, "kr-1")
    with estate.leeds.store.changing() as transaction:
        staff = estate.post.post.staff
        transaction.execute(
            "UPDATE staff_attempts SET failed = ? WHERE staff = ?", (ATTEMPTS_MAX, staff)
        )
    browser = Browser(estate, online(running))
    answer = browser.sign_in(running, "kr-1")
    assert answer.status_code == 403
    assert "locked" in answer.text
    assert browser.audit()[-1] == ("sign_in_refused", "online account_locked")


def test_whose_post_has_ended_is_refused(estate: Estate, running: Running) -> None:
    """S21: the provider may still know them."""
    bind(estate, running, "kr-1")
    last_day = day_of(estate.leeds.clock.now_ms())
    end_post(estate.centre.desk, estate.boss, estate.post, last_day=last_day)
    estate.settle()
    browser = Browser(estate, online(running))
    assert browser.sign_in(running, "kr-1").status_code == 403
    assert browser.audit()[-1] == ("sign_in_refused", "online no_post")


def test_an_answer_counts_once_and_in_its_own_browser(estate: Estate, running: Running) -> None:
    """S6, S35: nobody is signed in as somebody else by a link."""
    bind(estate, running, "kr-1")
    ways = online(running)
    browser, other = Browser(estate, ways), Browser(estate, ways)
    where = running.sign_in(browser.begin(), "kr-1")
    assert other.back(where).status_code == 403
    assert browser.back(where).status_code == 403
    again = running.sign_in(browser.begin(), "kr-1")
    assert browser.back(again).status_code == 200
    assert browser.back(again).status_code == 403


def test_a_code_of_another_sign_in_is_not_taken(estate: Estate, running: Running) -> None:
    """S5: the provider itself refuses a code without its own verifier (PKCE)."""
    ways = online(running)
    mine, theirs = ways.begin(None), ways.begin(None)
    stolen = running.sign_in(theirs.address, "kr-1").params
    own = dict(running.sign_in(mine.address, "kr-2").params)
    with pytest.raises(WrongProof):
        ways.finish(own | {"code": stolen["code"]}, mine.binding)


def test_another_way_back_is_refused_by_the_provider(running: Running) -> None:
    """S38: the redirect address is compared to the letter."""
    ways = online(running, return_to=f"{RETURN}/more")
    with pytest.raises(AssertionError, match="redirect_uri"):
        running.sign_in(ways.begin(None).address, "kr-1")


def test_without_the_provider_the_page_says_so_and_the_password_works(estate: Estate) -> None:
    """An office lets its staff in without a line."""
    with provider() as passing:
        ways = online(passing)
        ways.begin(None)
        passing.stop()
        ways._told = None
        browser = Browser(estate, ways)
        answer = browser.http.post("/sign-in/online", data={"next": ""})
    assert answer.status_code == 503
    assert "Justice sign-in cannot be reached" in answer.text
    given = {"user_name": "kreed", "password": PASSWORD}
    assert browser.http.post("/sign-in", data=given, follow_redirects=False).status_code == 303
