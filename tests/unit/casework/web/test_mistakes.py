"""What somebody in a hurry gets wrong, and what they are told."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.web.sessions import cookie_name
from sync_protocol.ids import SubjectId
from tests.browser.terminal import terminal_of
from tests.desks import Office
from tests.unit.casework.desk.steps import receive, someone
from tests.webs import Api

NOBODY = "0" * 32
ALERT = {"code": "HA", "active_from": "2026-11-20", "description": "Watch."}


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    return someone(office, ash)


@pytest.fixture
def api(office: Office, ash: Caller) -> Iterator[Api]:
    with Api(office) as opened:
        opened.sign_in()
        yield opened


@pytest.fixture
def pages(office: Office, ash: Caller) -> Iterator[TestClient[Any]]:
    token = office.sessions.begin(ash, "cookie")
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as opened:
        opened.cookies.set(cookie_name(office.desk.node.id, is_tls=False), token)
        opened.headers["accept"] = "text/html"
        yield opened


def test_a_kind_that_is_mistyped_is_told_as_that(api: Api, person: SubjectId) -> None:
    for send in (api.post, api.patch):
        tail = f"/{NOBODY}" if send == api.patch else ""
        answer = send(f"/people/{person.hex()}/records/cells{tail}", {"values": {"location": "x"}})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_kind")
        assert answer.json()["hint"].startswith("Check its name.")


def test_what_is_no_id_is_told_as_that(api: Api, person: SubjectId) -> None:
    answer = api.patch(f"/people/{person.hex()}/records/cell/LEI-A-1-001", {"values": {}})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "32 lower-case hex digits" in answer.json()["hint"]


def test_a_parameter_that_was_not_sent_is_named(api: Api) -> None:
    answer = api.get("/people")
    assert answer.status_code == 422
    assert answer.json()["faults"] == [{"field": "q", "fault": "is required"}]


def test_a_change_of_a_kind_with_doors_of_its_own_is_done_or_says_which_door(
    api: Api, person: SubjectId
) -> None:
    at = f"/people/{person.hex()}/records"
    raised = api.post(f"{at}/alert", ALERT).json()
    body = {"values": {"active_to": "2026-12-24"}, "seen": raised["seen"]}
    assert api.patch(f"{at}/alert/{raised['record']}", body).status_code == 200
    refused = api.patch(f"{at}/case_note/{NOBODY}", {"values": {"type": "GEN"}, "seen": "x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "use_its_own_door")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/people", {"first": " ", "last": "Example"}),
        ("/people/{}/records/cell", {"values": {"location": "  "}}),
        ("/people/{}/records/risk", {"values": {"grounds": {"text": " "}}}),
        ("/people/{}/records/alert", ALERT | {"authorised_by": " "}),
    ],
)
def test_a_text_of_spaces_is_no_text(
    api: Api, person: SubjectId, path: str, body: dict[str, Any]
) -> None:
    answer = api.post(path.format(person.hex()), body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


def test_a_search_for_nothing_says_so(pages: TestClient[Any]) -> None:
    assert "Nothing was searched for" in pages.get("/search?q=").text
    assert "Nothing was searched for" not in pages.get("/search").text


def test_a_departure_of_somebody_not_held_here_is_warned_of_before_it_is_typed(
    pages: TestClient[Any], office: Office, ash: Caller, person: SubjectId
) -> None:
    path = f"/people/{person.hex()}/movements/new"
    assert "does not say that this person is held here" in pages.get(path).text
    receive(office, ash, person)
    assert "does not say that this person is held here" not in pages.get(path).text


def test_nobody_is_moved_from_a_prison_to_itself(
    api: Api, pages: TestClient[Any], person: SubjectId
) -> None:
    moved = {"type": "TRN", "reason": "NOTR", "direction": "OUT", "from_place": "LEI"}
    body = {"values": moved | {"to_place": "LEI"}}
    answer = api.post(f"/people/{person.hex()}/records/movement", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    form = pages.get(f"/people/{person.hex()}/movements/transfer").text
    assert 'value="BXI"' in form
    assert 'value="LEI"' not in form
