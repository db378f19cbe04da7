"""INV-13 at every route: whoever is shown is in the audit before the answer leaves, or not shown.

A route that is not listed here fails the first test: say whom it shows before it is served.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.notes import NewNote, add_note
from casework.desk.people import NewPerson, create
from sync_protocol.errors import NotSaved
from sync_protocol.ids import SubjectId
from sync_protocol.io.op_store import OpStore
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD, Office
from tests.unit.casework.web.test_pages import HTML, Browser

CANARY = "Quillfeather"
SEARCHED = {"/search", "/holders"}
HOPS_MAX = 5

OF_PEOPLE = {
    "/api/v1/conflicts", "/api/v1/conflicts/{conflict}", "/api/v1/departures", "/api/v1/due",
    "/api/v1/events", "/api/v1/interventions/interrupted", "/api/v1/people", "/board",
    "/caseload", "/conflicts", "/conflicts/{conflict}", "/conflicts/{conflict}/check",
    "/departures", "/due", "/held-back", "/held-back/{office}/cancel",
    "/held-back/{office}/cancel/check", "/held-back/{office}/confirm",
    "/held-back/{office}/confirm/check", "/holders", "/interrupted", "/search",
    "/api/v1/openings", "/openings", "/openings/{record}/review",
    "/openings/{record}/review/check",
}  # fmt: skip
"""Lists, in which people are named: a line for each, or for a place one that names the list."""

OF_NOBODY = {
    "/", "/administration", "/api/v1/kinds", "/api/v1/kinds/{kind}", "/api/v1/lists/{name}",
    "/api/v1/me", "/api/v1/openapi.json", "/api/v1/schema", "/api/v1/schema/openapi.json",
    "/api/v1/schema/{path}", "/api/v1/sync/status", "/audit", "/audit/officers/{officer}",
    "/audit/unusual/{officer}/{day}/{code}",
    "/audit/unusual/{officer}/{day}/{code}/check", "/live", "/locked", "/locked/alert",
    "/locked/alert/check", "/locked/note", "/locked/note/check", "/locked/records/{kind}",
    "/locked/records/{kind}/check", "/nodes", "/parked", "/password", "/people/new",
    "/people/new/check", "/quarantine", "/quarantine/{op}/keep", "/quarantine/{op}/keep/check",
    "/quarantine/{op}/release", "/quarantine/{op}/release/check", "/ready", "/sign-in",
    "/static/{name}", "/strip", "/awake", "/first-password", "/late-acts", "/posts",
    "/posts/{place}", "/posts/{place}/new", "/posts/{place}/new/check",
    "/posts/{place}/{staff}/change", "/posts/{place}/{staff}/change/check",
    "/posts/{place}/{staff}/end", "/posts/{place}/{staff}/end/check", "/screen", "/staff",
    "/posts/{place}/{staff}/online", "/posts/{place}/{staff}/online/check", "/passkeys/new",
    "/sign-in/online/return",
    "/enrolment", "/enrolment/new", "/enrolment/new/check", "/enrolment/{place}/approve",
    "/enrolment/{place}/approve/check", "/enrolment/{place}/refuse",
    "/enrolment/{place}/refuse/check", "/enrolment/{place}/revoke",
    "/enrolment/{place}/revoke/check", "/enrolment/{place}/trust",
    "/enrolment/{place}/trust/check",
    "/terminal", "/your-account",
}  # fmt: skip
"""What shows nobody: ids and codes at most, or what the asker typed themselves."""


class Watched:
    """An office with one person of a name that nobody else has, and what the audit says of them."""

    def __init__(self, office: Office, browser: Browser, person: SubjectId) -> None:
        """Keep them."""
        self.office, self.browser, self.person = office, browser, person
        with office.store.reading() as reading:
            (alert,) = reading.records("alert", person)
            (note,) = reading.records("case_note", person)
        self.records = {"alert": alert.key.record.hex(), "case_note": note.key.record.hex()}

    def lines(self) -> list[tuple[Any, ...]]:
        """Act, subject, detail, role, terminal and session of every line, oldest first."""
        sql = "SELECT act, subject, detail, role, terminal, session FROM audit ORDER BY line_no"
        with self.office.store.reading() as reading:
            return reading.select(sql)

    def answer(self, path: str) -> tuple[str, list[tuple[Any, ...]]]:
        """What a route answers at last, and the lines that this one request left.

        A form leads to itself under its token: each of the two requests is a reading of its own.
        """
        for _ in range(HOPS_MAX):
            before = len(self.lines())
            answer = self.browser.http.get(path, headers=HTML, follow_redirects=False)
            if not answer.has_redirect_location:
                return answer.text, self.lines()[before:]
            path = answer.headers["location"]
        raise AssertionError(path)

    def paths(self) -> list[str]:
        """Every GET route of the app, with this person and their records in it."""
        return sorted({self._filled(path) for path in routes_of(self.browser)})

    def _filled(self, path: str) -> str:
        kind = "case_note" if "note" in path or "case_note" in path else "alert"
        known = {
            "person": self.person.hex(),
            "kind": kind,
            "record": self.records[kind],
            "name": "alerts",
            "office": "LEI",
            "field": "text",
            "entry": "0",
            "conflict": "none",
            "officer": "00" * 16,
            "day": "2026-11-22",
            "code": "many_unrelated",
            "op": "00" * 16,
            "path": "none",
        }
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", value)
        return path


def routes_of(browser: Browser) -> set[str]:
    """The GET routes of the app behind a browser."""
    routes = browser.http.app.routes
    return {one.path_format for one in routes if "GET" in getattr(one, "methods", ())}


@contextmanager
def watched(folder: Path, code: str) -> Iterator[Watched]:
    """An office whose terminal Ash has signed in at."""
    office = Office(folder, code)
    ash: Caller = office.hire("ash")
    person = create(office.desk, ash, NewPerson(first="Ada", last=CANARY)).person
    raise_alert(office.desk, ash, person, NewAlert("XA", "Arsonist", "2026-11-22"))
    add_note(office.desk, ash, person, NewNote("GEN", "HIS", "Met.", office.clock.now_ms()))
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        browser = Browser(http)
        browser.get("/sign-in")
        browser.post("/sign-in", user_name="ash", password=PASSWORD)
        yield Watched(office, browser, person)
    office.store.close()


@pytest.fixture(params=["LEI", "N55LEE", "CENTRE"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    """A prison, a probation office and the centre."""
    with watched(tmp_path, request.param) as one:
        yield one


@pytest.mark.slow
def test_every_route_says_whom_it_shows(place: Watched) -> None:
    """S28: a new route is listed here, or it names the person in its address."""
    unlisted = {
        path for path in routes_of(place.browser) - OF_PEOPLE - OF_NOBODY if "{person}" not in path
    }
    assert unlisted == set()


@pytest.mark.slow
def test_whoever_is_shown_is_in_the_audit_once(place: Watched) -> None:
    """S28: who, in which role, at which terminal and in which session, and never twice the same."""
    shown = 0
    for path in place.paths():
        text, after = place.answer(f"{path}?q={CANARY}" if path in SEARCHED else path)
        if CANARY not in text:
            continue
        shown += 1
        about = [line for line in after if line[1] in (place.person, None)]
        assert about, path
        assert all(line[3] == "staff" and line[4] and line[5] for line in about), path
        assert len(set(after)) == len(after), path
        if path == f"/people/{place.person.hex()}":
            assert [line[1] for line in after] == [place.person]
    assert shown > 20


@pytest.mark.slow
def test_what_cannot_be_witnessed_is_not_shown(
    place: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S28: between reading and the audit the machine falls: nothing of the person has left."""
    paths = place.paths()

    def fall(*_: object) -> None:
        raise NotSaved("the disk")

    monkeypatch.setattr(OpStore, "witness", fall)
    for path in paths:
        place.browser.get(f"{path}?q=Ada" if path in SEARCHED else path)
        assert CANARY not in place.browser.text, path
