"""Whoever is refused a restricted person reads what the restriction says, and no more of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.gate import NotHereYet, Restricted
from casework.desk.people import summary
from casework.records import REGISTRY
from casework.records.examples import example_of
from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.scope import EXPECTED, LINKED, SUPERVISED
from casework.web.pages.problems import (
    HOME,
    NO_RECORDS,
    ON_ITS_WAY,
    SEARCH,
    SEARCH_INSTEAD,
    UNTIL_THEN,
    for_administrator,
    view_of,
)
from casework.web.problems import problem_of
from casework.web.sessions import cookie_name
from casework.web.views import Link, Problem
from sync_protocol.author import Act, Draft
from sync_protocol.ids import SubjectId
from tests import toys
from tests.browser.terminal import terminal_of
from tests.desks import Office
from tests.unit.casework.desk.steps import restrict, someone
from tests.webs import Api

MESSAGE = "Ring the duty desk, and nobody at this office."
REASON = "Related by marriage."


@pytest.fixture
def refused(office: Office, ash: Caller) -> SubjectId:
    """Somebody whose record is shut to Ash."""
    person = someone(office, ash)
    restrict(office, ash, person, ash, message=MESSAGE, reason=REASON)
    return person


@pytest.fixture
def pages(office: Office, ash: Caller) -> Iterator[TestClient[Any]]:
    """Ash's browser."""
    with browser_of(office, ash) as opened:
        yield opened


@contextmanager
def browser_of(office: Office, caller: Caller) -> Iterator[TestClient[Any]]:
    """A browser in which somebody is signed in."""
    token = office.sessions.begin(caller, "cookie")
    name = cookie_name(office.desk.node.id, is_tls=False)
    with TestClient(terminal_of(office).app, base_url="http://localhost") as opened:
        opened.headers.update({"cookie": f"{name}={token}", "accept": "text/html"})
        yield opened


def test_the_api_tells_the_message_as_the_detail(office: Office, refused: SubjectId) -> None:
    with Api(office) as api:
        api.sign_in()
        answer = api.get(f"/people/{refused.hex()}")
    assert (answer.status_code, answer.json()["code"]) == (403, "restricted")
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"] == MESSAGE
    assert REASON not in answer.text


def test_the_page_tells_the_message_in_place_of_our_own_advice(
    pages: TestClient[Any], refused: SubjectId
) -> None:
    page = pages.get(f"/people/{refused.hex()}")
    assert page.status_code == 403
    assert MESSAGE in page.text
    assert "That you tried is recorded" in page.text
    assert REASON not in page.text
    assert "Robin" not in page.text
    assert "Ask the responsible officer" not in page.text


def test_an_administrator_is_offered_what_they_can_do(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    with browser_of(office, office.hire("cedar", "administrator")) as pages:
        for address in (f"/people/{person.hex()}", f"/people/{bytes(16).hex()}", "/search?q=rob"):
            page = pages.get(address)
            assert page.status_code == 403
            assert "You may not do this" in page.text
            assert "neither reads nor changes records" in page.text
            assert 'href="/search"' not in page.text
            assert 'href="/"' in page.text


def test_an_administrator_of_the_centre_is_offered_its_pages() -> None:
    refused = Problem(
        status=403,
        title="You may not do this",
        paragraphs=("Your role or this place may not do this.",),
        links=(SEARCH, HOME),
        reference="not_allowed",
    )
    offices = Link("Offices", "/nodes")
    shown = for_administrator(refused, (offices,))
    assert shown.links == (offices, HOME)
    assert shown.paragraphs == (*refused.paragraphs, NO_RECORDS)
    missing = msgspec.structs.replace(
        refused, reference="not_found", paragraphs=("It is not known here.", SEARCH_INSTEAD)
    )
    assert for_administrator(missing, (offices,)).paragraphs == ("It is not known here.",)


def test_a_name_that_is_not_here_yet_leads_to_what_is_known_and_what_to_do(
    office: Office, ash: Caller, pages: TestClient[Any]
) -> None:
    unnamed = SubjectId(toys.subject(77))
    moved = {"type": "ADM", "reason": "24", "direction": "IN", "to_place": "LEI"}
    _write(office, ash, unnamed, "movement", {**moved, "occurred_at": office.clock.now_ms()})
    page = pages.get(f"/people/{unnamed.hex()}")
    assert page.status_code == 404
    for words in (
        "The record of this person is not here yet",
        "A record that is here names this person.",
        "As far as is known here they are at Leeds (HMP).",
        "Look again in a few minutes.",
        "write it down on paper with the time",
    ):
        assert words in page.text, words
    assert ("refused", bytes(unnamed)) in office.audit()
    page = pages.get(f"/people/{bytes(16).hex()}")
    assert page.status_code == 404
    assert "Not known here is different from none" in page.text


def test_a_restriction_refuses_also_whose_record_is_not_here_yet(
    office: Office, ash: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    unnamed = SubjectId(toys.subject(77))
    task = example_of(REGISTRY.kinds["task"]) | {"status": "open"}
    _write(office, ash, unnamed, "task", task)
    with pytest.raises(NotHereYet):
        summary(office.desk, ash, unnamed)
    shut = frozenset({file_subject(unnamed, RESTRICTED_FILE)})
    monkeypatch.setattr(gate, "closed_files", lambda *_: shut)
    with pytest.raises(Restricted):
        summary(office.desk, ash, unnamed)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (EXPECTED, "Another prison has recorded them as on the way here."),
        (SUPERVISED, "An officer of this office is named as responsible for them."),
        (LINKED, "They are linked with somebody whose record is held here."),
    ],
)
def test_why_a_record_is_on_its_way_is_said_and_no_more(reason: str, words: str) -> None:
    fault = NotHereYet("person 00", frozenset({reason}), None)
    view = view_of(fault, problem_of(fault), is_reading=True)
    assert view.paragraphs == (words, ON_ITS_WAY, *UNTIL_THEN)
    assert view.links == (SEARCH, HOME)


def _write(
    office: Office, caller: Caller, person: SubjectId, kind: str, values: dict[str, Any]
) -> None:
    """As it came from elsewhere, before the record that says who it is."""
    draft = Draft(
        kind=kind,
        subjects=(person,),
        record=toys.record(5),
        values=values,
        happened_at=office.clock.now_ms(),
    )
    office.store.write(Act(actor=caller.staff, device="terminal-1", drafts=(draft,)))
