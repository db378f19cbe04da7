"""Whoever is refused a restricted person reads what the restriction says, and no more of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.web.pages.problems import (
    HOME,
    NO_RECORDS,
    SEARCH,
    SEARCH_INSTEAD,
    for_administrator,
)
from casework.web.sessions import cookie_name
from casework.web.views import Link, Problem
from sync_protocol.ids import SubjectId
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
