"""Whoever is refused a restricted person reads what the restriction says, and no more of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.web.sessions import cookie_name
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
    token = office.sessions.begin(ash, "cookie")
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
