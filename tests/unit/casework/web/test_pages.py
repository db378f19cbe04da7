"""The pages over HTTP, without a browser: statuses, gates, and saving once."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from litestar.testing import TestClient

from casework.access.sessions import IDLE_MS_MAX
from casework.web.limits import BODY_BYTES_MAX
from casework.web.visit import local_path
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD, Office

HTML = {"accept": "text/html"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Browser:
    """Sends forms as a browser would, and remembers the page it is on."""

    def __init__(self, http: TestClient[Any]) -> None:
        """Start at no page."""
        self.http = http
        self.text = ""
        self.path = ""
        self.status = 0

    def get(self, path: str) -> None:
        """Open a page, following redirects."""
        self._keep(self.http.get(path, headers=HTML))

    def post(self, path: str, **typed: str) -> None:
        """Send a form with the hidden inputs of the page."""
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(self.text)}
        self._keep(self.http.post(path, data={**hidden, **typed}, headers=HTML))

    def sign_in(self) -> None:
        """Sign in as Ash."""
        self.get("/sign-in")
        self.post("/sign-in", user_name="ash", password=PASSWORD)

    def create(self, last: str = "Hargreaves") -> str:
        """Create a person; gives the path of the page that opens."""
        self.get("/people/new")
        self.post("/people/new", last=last, first="Daniel")
        self.post("/people/new", step="save")
        assert self.status == 200, self.text
        return urlsplit(self.path).path

    def _keep(self, answer: Any) -> None:
        self.text, self.status = answer.text, answer.status_code
        self.path = str(answer.url)


@pytest.fixture
def browser_at(office: Office) -> Iterator[Browser]:
    """A browser at the terminal of Leeds, where Ash works."""
    office.hire("ash")
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        yield Browser(http)


@pytest.fixture
def ash_at(browser_at: Browser) -> Browser:
    """The same, signed in."""
    browser_at.sign_in()
    return browser_at


@pytest.mark.parametrize("path", ["/", "/board", "/search", "/people/new", "/conflicts"])
def test_nobody_sees_a_page_without_signing_in(path: str, browser_at: Browser) -> None:
    browser_at.get(path)
    assert "/sign-in" in browser_at.path
    assert "Sign in" in browser_at.text


def test_signing_in_goes_back_to_where_it_was_needed(browser_at: Browser) -> None:
    browser_at.get("/search?q=har")
    browser_at.post("/sign-in", user_name="ash", password=PASSWORD)
    assert browser_at.path.endswith("/search?q=har")


@pytest.mark.parametrize(
    "text",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "javascript:x", ""],
)
def test_nobody_is_sent_to_another_site(text: str) -> None:
    assert local_path(text) == ""


def test_a_form_without_the_sessions_token_changes_nothing(ash_at: Browser, office: Office) -> None:
    person = ash_at.create()
    before = _ops(office)
    answer = ash_at.http.post(f"{person}/notes/new", data={"text": "x"}, headers=HTML)
    assert answer.status_code == 403
    assert "Not saved yet, and not lost" in answer.text
    foreign = {**HTML, "sec-fetch-site": "cross-site"}
    answer = ash_at.http.post(f"{person}/notes/new", data={"text": "x"}, headers=foreign)
    assert answer.status_code == 403
    assert "This did not come from a page of this office" in answer.text
    assert _ops(office) == before


def test_wrong_answers_come_back_with_status_422(ash_at: Browser) -> None:
    ash_at.get("/people/new")
    ash_at.post("/people/new", last="")
    assert ash_at.status == 422
    assert 'href="#last"' in ash_at.text


def test_two_presses_at_once_save_once(ash_at: Browser, office: Office) -> None:
    person = ash_at.create()
    before = _ops(office)
    ash_at.get(f"{person}/notes/new")
    typed = {
        "subtype": "GEN/HIS",
        "day-day": "22",
        "day-month": "11",
        "day-year": "2026",
        "time": "11:00",
        "text": "Once.",
        "step": "save",
    }
    hidden = {name: unescape(value) for name, value in HIDDEN.findall(ash_at.text)}

    def press(_number: int) -> int:
        sent = ash_at.http.post(f"{person}/notes/new", data={**hidden, **typed}, headers=HTML)
        return int(sent.status_code)

    with ThreadPoolExecutor(4) as hands:
        assert set(hands.map(press, range(4))) == {200}
    assert _ops(office) == before + 1


def test_a_session_that_ended_keeps_what_was_typed_and_no_password(
    ash_at: Browser, office: Office
) -> None:
    person = ash_at.create()
    ash_at.get(f"{person}/notes/new")
    office.clock.pass_ms(IDLE_MS_MAX + 1)
    ash_at.post(f"{person}/notes/new", text="Long & <b>careful</b>", password="never kept")
    assert ash_at.status == 401
    assert "Long &amp; &lt;b&gt;careful&lt;/b&gt;" in ash_at.text
    assert "never kept" not in ash_at.text


@pytest.mark.parametrize(
    "sent", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}]
)
def test_what_another_site_typed_is_not_kept_for_the_one_who_signs_in(
    sent: dict[str, str], browser_at: Browser
) -> None:
    answer = browser_at.http.post(
        f"/people/{'0' * 32}/notes/new", data={"text": "typed elsewhere"}, headers={**HTML, **sent}
    )
    assert "Sign in" in answer.text
    assert "typed elsewhere" not in answer.text


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"{"),
        ("multipart/form-data; boundary=x", b"{"),
        ("application/x-www-form-urlencoded", b"text=" + b"x" * BODY_BYTES_MAX),
    ],
)
def test_what_is_no_form_is_answered_as_any_other_without_a_session(
    media_type: str, body: bytes, browser_at: Browser
) -> None:
    headers = {**HTML, "content-type": media_type}
    answer = browser_at.http.post("/people/new", content=body, headers=headers)
    assert answer.status_code == 401
    assert "Sign in" in answer.text


def test_an_older_entry_that_cannot_be_is_none(ash_at: Browser) -> None:
    ash_at.get(f"{ash_at.create()}?before={'9' * 5000}")
    assert ash_at.status == 200


def test_a_level_that_its_author_left_alone_is_not_put_back(
    ash_at: Browser, office: Office
) -> None:
    """A form opened before somebody raised self-harm lowers another level, on purpose."""
    at = f"{ash_at.create()}/risk"
    ash_at.get(at)
    ash_at.post(at, public_custody="high", self_harm="low", reason="First look")
    ash_at.post(at, step="save")
    other = Browser(ash_at.http)
    ash_at.get(at)
    other.get(at)
    other.post(at, public_custody="high", self_harm="very_high", reason="Found a ligature")
    other.post(at, step="save")
    lowered = {"public_custody": "medium", "self_harm": "low", "lower": "yes", "reason": "Reviewed"}
    ash_at.post(at, **lowered)
    ash_at.post(at, step="save")
    if "Somebody changed this" in ash_at.text:
        ash_at.post(at, step="again")
    with office.store.reading() as reading:
        (risk,) = reading.records_of_all("risk")
    assert risk.values["self_harm"] == "very_high"
    assert risk.values["public_custody"] == "medium"


def test_an_unknown_person_and_page_are_not_known_here(ash_at: Browser) -> None:
    for path in ("/people/" + "0" * 32, "/people/x/notes/new", "/nothing"):
        ash_at.get(path)
        assert ash_at.status == 404, path
        assert "Not known here" in ash_at.text


def test_the_strip_tells_nothing_of_anybody_and_needs_no_session(browser_at: Browser) -> None:
    answer = browser_at.http.get("/strip")
    assert answer.json() == {
        "state": "up",
        "lead": "Line to the centre up.",
        "rest": "Everything sent.",
        "is_all_sent": True,
    }
    assert answer.headers["cache-control"] == "no-store"


def test_a_static_file_is_found_by_its_hashed_name_only(browser_at: Browser) -> None:
    browser_at.get("/sign-in")
    (address,) = set(re.findall(r"/static/throughcare-[0-9a-f]+\.css", browser_at.text))
    answer = browser_at.http.get(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"].endswith("immutable")
    assert answer.headers["content-encoding"] == "gzip"
    for name in ("throughcare.css", "..%2fshell.py", "manifest.json"):
        assert browser_at.http.get(f"/static/{name}").status_code == 404


def test_signing_out_ends_the_session(ash_at: Browser) -> None:
    ash_at.get("/board")
    ash_at.post("/sign-out")
    assert "You are signed out" in ash_at.text
    ash_at.get("/board")
    assert "/sign-in" in ash_at.path


def _ops(office: Office) -> int:
    with office.store.reading() as reading:
        return reading.counts()["ops"]
