"""The API: what pages do, programs can do too, and every refusal says what to do next."""

from collections.abc import Iterator
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.reference import in_use
from tests.desks import NOON_MS, Office
from tests.webs import Api

PERSON = {"first": "Robin", "last": "Example", "date_of_birth": "1990-01-02"}
TYPE, SUBTYPE = next(iter(in_use.case_note_subtypes())).split("/")


@pytest.fixture
def api(office: Office, ash: Caller) -> Iterator[Api]:
    with Api(office) as opened:
        opened.sign_in()
        yield opened


@pytest.fixture
def person(api: Api) -> str:
    return str(api.post("/people", PERSON).json()["person"])


def test_a_person_is_created_found_and_summed_up(api: Api, person: str) -> None:
    found = api.get("/people", q="robin").json()
    assert [match["id"] for match in found["matches"]] == [person]
    told = api.get(f"/people/{person}").json()
    assert (told["name"]["last"], told["date_of_birth"]) == ("Example", "1990-01-02")


def test_who_may_be_the_same_is_listed_before_a_second_is_made(api: Api, person: str) -> None:
    answer = api.post("/people", PERSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "possible_duplicate")
    assert answer.json()["candidates"][0]["id"] == person
    assert "Robin" not in answer.json()["title"] + answer.json()["detail"]
    assert api.post("/people", {**PERSON, "confirmed": True}).status_code == 201


def test_a_retried_creation_gives_the_first_receipt(api: Api) -> None:
    headers = {"idempotency-key": "one"}
    first = api.post("/people", PERSON, headers)
    again = api.post("/people", PERSON, headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = api.post("/people", {**PERSON, "first": "Sam"}, headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_used_before")


def put_in_cell(api: Api, person: str, **more: Any) -> Any:
    body = {"values": {"location": "LEI-A-1-001"}, **more}
    return api.post(f"/people/{person}/records/cell", body)


def test_a_change_goes_through_seen_missing_stale_and_saved(api: Api, person: str) -> None:
    saved = put_in_cell(api, person).json()
    path = f"/people/{person}/records/cell/{saved['record']}"
    missing = api.patch(path, {"values": {"location": "LEI-A-1-002"}})
    assert (missing.status_code, missing.json()["code"]) == (428, "seen_missing")
    body = {"values": {"location": "LEI-A-1-002"}, "seen": saved["seen"]}
    assert api.patch(path, body).status_code == 200
    stale = api.patch(path, {"values": {"location": "LEI-A-1-003"}, "seen": saved["seen"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    (change,) = stale.json()["changes"]
    assert (change["field"], change["value"]) == ("location", "LEI-A-1-002")
    assert change["source"]["place_name"] == "Leeds (HMP)"
    again = {"values": {"location": "LEI-A-1-003"}, "seen": stale.json()["seen"]}
    assert api.patch(path, again).status_code == 200


def test_if_match_does_what_seen_does(api: Api, person: str) -> None:
    put_in_cell(api, person)
    record = api.get(f"/people/{person}/records/cell").json()["records"][0]["record"]
    path = f"/people/{person}/records/cell/{record}"
    tag = api.get(path).headers["etag"]
    body = {"values": {"location": "LEI-A-1-002"}}
    saved = api.patch(path, body, {"if-match": tag})
    assert saved.status_code == 200
    assert api.get(path).headers["etag"] == saved.headers["etag"] != tag
    assert api.patch(path, body, {"if-match": tag}).status_code == 409


def test_on_purpose_opens_a_conflict_which_a_person_settles(api: Api, person: str) -> None:
    body = {"values": {"self_harm": "low"}}
    saved = api.post(f"/people/{person}/records/risk", body).json()
    path = f"/people/{person}/records/risk/{saved['record']}"
    high = {"values": {"self_harm": "high"}, "seen": saved["seen"]}
    assert api.patch(path, high).status_code == 200
    medium = {"values": {"self_harm": "medium"}, "seen": saved["seen"], "on_purpose": True}
    assert api.patch(path, medium).status_code == 200
    (conflict,) = api.get("/conflicts", person=person).json()["conflicts"]
    assert {side["value"] for side in conflict["sides"]} == {"high", "medium"}
    assert conflict["severity"] == "S1"
    settle = f"/conflicts/{conflict['id']}/settle"
    no_reason = api.post(settle, {"value": "medium", "reason": "", "seen": conflict["seen"]})
    assert no_reason.status_code == 422
    choice = {"value": "medium", "reason": "Seen this morning.", "seen": conflict["seen"]}
    assert api.post(settle, choice).status_code == 201
    assert api.get("/conflicts").json()["conflicts"] == []
    gone = api.get(f"/conflicts/{conflict['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "conflict_over")


def test_a_note_is_added_amended_and_retracted_by_its_author(
    api: Api, office: Office, person: str
) -> None:
    note = {"type": TYPE, "subtype": SUBTYPE, "text": "Settled.", "occurred_ms": NOON_MS}
    saved = api.post(f"/people/{person}/records/case_note", note).json()
    path = f"/people/{person}/records/case_note/{saved['record']}"
    amended = api.post(f"{path}/amend", {"text": "On B wing."})
    assert amended.status_code == 201
    stale = api.post(f"{path}/retract", {"seen": saved["seen"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    office.hire("birch")
    api.sign_in("birch")
    foreign = api.post(f"{path}/retract", {"seen": amended.json()["seen"]})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_note")
    api.sign_in("ash")
    assert api.post(f"{path}/retract", {"seen": amended.json()["seen"]}).status_code == 201


def test_an_alert_is_raised_once_and_closed(api: Api, person: str) -> None:
    alert = {"code": "HA", "active_from": "2026-11-20", "description": "Watch"}
    saved = api.post(f"/people/{person}/records/alert", alert)
    assert saved.status_code == 201
    second = api.post(f"/people/{person}/records/alert", alert)
    assert (second.status_code, second.json()["code"]) == (409, "already_active")
    assert second.json()["record"] == saved.json()["record"]
    close = f"/people/{person}/records/alert/{saved.json()['record']}/close"
    closed = api.post(close, {"reason": "Reviewed"}, {"if-match": saved.headers["etag"]})
    assert closed.status_code == 201


def test_a_kind_with_doors_of_its_own_is_read_like_any_other(api: Api, person: str) -> None:
    alert = {"code": "HA", "active_from": "2026-11-20", "description": "Watch"}
    raised = api.post(f"/people/{person}/records/alert", alert).json()
    path = f"/people/{person}/records/alert/{raised['record']}"
    (listed,) = api.get(f"/people/{person}/records/alert").json()["records"]
    read = api.get(path)
    assert listed["record"] == read.json()["record"] == raised["record"]
    assert read.headers["etag"] == f'"{listed["seen"]}"'
    note = {"type": TYPE, "subtype": SUBTYPE, "text": "Settled.", "occurred_ms": NOON_MS}
    written = api.post(f"/people/{person}/records/case_note", note).json()
    path = f"/people/{person}/records/case_note/{written['record']}"
    assert api.get(path).json()["values"]["text"][0]["text"] == "Settled."


def test_the_timeline_is_paged(api: Api, person: str) -> None:
    put_in_cell(api, person)
    page = api.get(f"/people/{person}/timeline", limit=1).json()
    assert [entry["kind"] for entry in page["entries"]] == ["cell"]
    rest = api.get(f"/people/{person}/timeline", before=page["before"]).json()
    assert [entry["kind"] for entry in rest["entries"]] == ["person"]
    assert rest["before"] is None


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/people", {"first": "Robin"}, (422, "invalid_value")),
        ("/people", {**PERSON, "nickname": "Rob"}, (422, "invalid_value")),
        ("/people", {**PERSON, "date_of_birth": "2 January"}, (422, "invalid_value")),
        ("/people/{person}/records/cell", {"values": {"place": "x"}}, (422, "invalid_value")),
        ("/people/{person}/records/cell", {"values": {"location": 1}}, (422, "invalid_value")),
        ("/people/{person}/records/nothing", {"values": {"x": 1}}, (404, "unknown_kind")),
        ("/people/xyz/records/cell", {"values": {"location": "a"}}, (404, "not_found")),
        (
            "/people/" + "0" * 32 + "/records/cell",
            {"values": {"location": "a"}},
            (404, "not_found"),
        ),
        (
            "/people/{person}/records/movement",
            {"values": {"type": "ADM", "reason": "24", "direction": "IN", "to_place": "ZZZ"}},
            (422, "unknown_code"),
        ),
        (
            "/people/{person}/records/person_link",
            {"values": {"claim": "same_as"}},
            (422, "invalid_value"),
        ),
    ],
)
def test_what_cannot_be_taken_says_why(
    api: Api, person: str, path: str, body: dict[str, object], expected: tuple[int, str]
) -> None:
    answer = api.post(path.format(person=person), body)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert answer.json()["type"] == f"urn:throughcare:problem:{expected[1]}"
    assert answer.json()["hint"]


def test_an_administrator_sees_the_estate_and_no_record(
    api: Api, office: Office, person: str
) -> None:
    office.hire("root", "administrator")
    api.sign_in("root")
    assert api.get("/sync/status").status_code == 200
    refused = api.get(f"/people/{person}")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_signing_out_ends_the_token(api: Api) -> None:
    assert api.get("/me").json()["display_name"] == "Ash"
    assert api.post("/sign-out", {}).status_code == 204
    assert api.get("/me").status_code == 401


def test_a_new_password_signs_out_and_in(api: Api) -> None:
    body = {"old": "three plain words", "new": "four other plain words"}
    assert api.post("/password", body).status_code == 204
    assert api.get("/me").status_code == 401
    assert api.sign_in(password="four other plain words").status_code == 200


def test_the_probes_answer_anybody(api: Api) -> None:
    assert api.web.get("/live").json() == {"is_alive": True}
    ready = api.web.get("/ready")
    assert (ready.status_code, ready.json()["is_ready"]) == (200, True)


def test_a_node_that_cannot_write_is_not_ready(api: Api, office: Office) -> None:
    office.clock.now = 0
    ready = api.web.get("/ready")
    assert ready.status_code == 503
    assert {"name": "clock", "is_sound": False, "code": "clock_lost"} in ready.json()["checks"]


def test_the_document_describes_every_route_with_examples(api: Api) -> None:
    document = api.web.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert "/api/v1/people/{person}/records/{kind}/{record}" in paths
    assert "/api/v1/conflicts/{conflict}/settle" in paths
    assert not [path for path in paths if not path.startswith(("/api/v1", "/live", "/ready"))]
    for path, item in paths.items():
        for method, operation in item.items():
            assert operation.get("summary") or operation.get("description"), (method, path)
    assert "examples" in str(document["components"]["schemas"]["PersonBody"])


def test_a_retried_amendment_is_added_once(api: Api, person: str) -> None:
    new = {"type": TYPE, "subtype": SUBTYPE, "text": "Settled.", "occurred_ms": NOON_MS}
    note = api.post(f"/people/{person}/records/case_note", new).json()
    path = f"/people/{person}/records/case_note/{note['record']}"
    headers = {"idempotency-key": "two"}
    sent = [api.post(f"{path}/amend", {"text": "On B wing."}, headers) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert len(api.get(path).json()["values"]["text"]) == 2


@pytest.mark.parametrize("number", [1 << 70, -(1 << 70)])
def test_a_number_that_nothing_here_can_store_is_refused(
    api: Api, person: str, number: int
) -> None:
    body = {"values": {"location": number}}
    answer = api.post(f"/people/{person}/records/cell", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


@pytest.mark.parametrize("kind", ["movement", "case_note"])
def test_what_is_dated_in_the_future_has_not_happened(api: Api, person: str, kind: str) -> None:
    def send(moment_ms: int) -> Any:
        movement = {"type": "ADM", "reason": "24", "direction": "IN", "to_place": "LEI"}
        note = {"type": TYPE, "subtype": SUBTYPE, "text": "Seen.", "occurred_ms": moment_ms}
        body = {"values": movement | {"occurred_at": moment_ms}} if kind == "movement" else note
        return api.post(f"/people/{person}/records/{kind}", body)

    refused = send(NOON_MS + 5 * 60_000 + 1)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_yet_happened")
    assert "once it has happened" in refused.json()["hint"]
    assert "6 minutes ahead" in refused.json()["detail"]
    assert send(NOON_MS + 5 * 60_000).status_code == 201


def test_a_day_to_come_is_no_moment_of_what_has_happened(api: Api, person: str) -> None:
    ahead_ms = NOON_MS + 60 * 60_000
    movement = {"type": "TRN", "reason": "NOTR", "direction": "OUT", "to_place": "BXI"}
    body = {"values": movement | {"from_place": "LEI"}, "happened_ms": ahead_ms}
    assert api.post(f"/people/{person}/records/movement", body).status_code == 422
    alert = {"code": "HA", "active_from": "2026-11-22", "active_to": "2026-12-24"}
    assert api.post(f"/people/{person}/records/alert", alert).status_code == 201
    officer = {
        "staff_id": "0" * 32,
        "staff_name": "Mary Okafor",
        "team": "LEI",
        "side": "prison",
        "effective_from": "2026-12-01",
    }
    body = {"values": {"assignment": officer}}
    assert api.post(f"/people/{person}/records/offender_manager", body).status_code == 201
