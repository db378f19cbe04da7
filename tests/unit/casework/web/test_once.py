"""Whatever is sent twice is done once: by forms and by the API, and over a restart of the node."""

from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.access.sessions import TOUCH_EVERY_MS
from casework.desk import first_answer
from casework.desk.conflicts import list_conflicts
from casework.reference import in_use
from casework.web.sessions import cookie_name
from sync_protocol.errors import NotSaved
from sync_protocol.ids import SubjectId
from tests.browser.terminal import terminal_of
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import someone
from tests.unit.casework.desk.test_conflicts import contest
from tests.unit.casework.web.test_pages import HIDDEN
from tests.webs import Api

TYPE, SUBTYPE = next(iter(in_use.case_note_subtypes())).split("/")
TYPED = {
    "subtype": "GEN/HIS",
    "day-day": "22",
    "day-month": "11",
    "day-year": "2026",
    "time": "11:00",
    "text": "Once.",
    "step": "save",
}
DAY_MS = 24 * 3_600_000


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    return someone(office, ash)


@pytest.fixture
def api(office: Office, ash: Caller) -> Iterator[Api]:
    with Api(office) as opened:
        opened.sign_in()
        yield opened


def pages(office: Office, session: str) -> TestClient[Any]:
    """A browser with a session, at a node that has just started."""
    opened = TestClient(terminal_of(office).app, base_url="http://127.0.0.1")
    opened.cookies.set(cookie_name(office.desk.node.id, is_tls=False), session)
    opened.headers["accept"] = "text/html"
    return opened


def signed_in(office: Office, caller: Caller) -> str:
    """A session of somebody."""
    return office.sessions.begin(caller, "cookie")


def ops(office: Office) -> int:
    with office.store.reading() as reading:
        return reading.counts()["ops"]


def fill_in(opened: TestClient[Any], path: str) -> dict[str, str]:
    """A form as the browser holds it, filled in."""
    hidden = HIDDEN.findall(opened.get(path).text)
    return {**{name: unescape(value) for name, value in hidden}, **TYPED}


def test_a_form_sent_again_after_the_node_was_killed_is_saved_once(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    session = signed_in(office, ash)
    path = f"/people/{person.hex()}/notes/new"
    with pages(office, session) as opened:
        typed = fill_in(opened, path)
        first = opened.post(path, data=typed, follow_redirects=False)
        saved = ops(office)
    with pages(office, session) as opened:
        again = opened.post(path, data=typed, follow_redirects=False)
        assert again.headers["location"] == first.headers["location"]
        assert ops(office) == saved
        page = opened.get(again.headers["location"])
        assert "Saved on this office" in page.text
        token = parse_qs(urlsplit(again.headers["location"]).query)["saved"][0]
        assert "Fill in this form again, empty" in opened.get(f"{path}?form={token}").text


def test_a_form_sent_again_after_signing_in_anew_is_saved_once(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    path = f"/people/{person.hex()}/notes/new"
    with pages(office, signed_in(office, ash)) as opened:
        typed = fill_in(opened, path)
        opened.post(path, data=typed)
    saved = ops(office)
    with pages(office, signed_in(office, ash)) as opened:
        again = {**fill_in(opened, path), "form": typed["form"]}
        assert "Saved on this office" in opened.post(path, data=again).text
    assert ops(office) == saved


def test_a_form_and_its_receipt_are_kept_together_or_not_at_all(
    office: Office, ash: Caller, person: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-02: a fault of the disk while the receipt is kept leaves no note behind."""

    def fail(*_given: object) -> None:
        raise NotSaved("the disk is full")

    path = f"/people/{person.hex()}/notes/new"
    before = ops(office)
    with pages(office, signed_in(office, ash)) as opened:
        typed = fill_in(opened, path)
        with monkeypatch.context() as broken:
            broken.setattr(first_answer, "_keep", fail)
            assert opened.post(path, data=typed).status_code == 503
        assert ops(office) == before
        assert opened.post(path, data=typed).status_code == 200
    assert ops(office) == before + 1


def test_what_cannot_be_witnessed_is_not_shown_and_nobody_is_signed_out(
    office: Office, ash: Caller, person: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-13: a reader is told why, not that something was not saved."""

    def fail(*_given: object) -> None:
        raise NotSaved("the disk is full")

    with pages(office, signed_in(office, ash)) as opened:
        office.clock.pass_ms(TOUCH_EVERY_MS)
        with monkeypatch.context() as broken:
            broken.setattr(office.store, "witness", fail)
            broken.setattr(office.store, "changing", fail)
            shown = opened.get(f"/people/{person.hex()}", headers={"accept": "text/html"})
        assert shown.status_code == 503
        assert "be shown now" in shown.text
        assert "disk may be full" in shown.text
        assert opened.get(f"/people/{person.hex()}").status_code == 200


def test_two_forms_of_one_session_are_two(office: Office, ash: Caller, person: SubjectId) -> None:
    path = f"/people/{person.hex()}/notes/new"
    before = ops(office)
    with pages(office, signed_in(office, ash)) as opened:
        for _ in range(2):
            opened.post(path, data=fill_in(opened, path))
    assert ops(office) == before + 2


def test_a_receipt_is_forgotten_after_its_time(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    path = f"/people/{person.hex()}/notes/new"
    for _ in range(2):
        with pages(office, signed_in(office, ash)) as opened:
            opened.post(path, data=fill_in(opened, path))
        office.clock.pass_ms(first_answer.KEPT_MS + 1)
    with office.store.reading() as reading:
        assert reading.select("SELECT count(*) FROM first_answer") == [(1,)]


def test_every_writing_call_is_done_once_under_one_key(
    api: Api, office: Office, person: SubjectId
) -> None:
    at = f"/people/{person.hex()}/records"
    note = {"type": TYPE, "subtype": SUBTYPE, "text": "Seen.", "occurred_ms": NOON_MS}
    names = {"names": {"first": "Rob", "last": "Example", "kind": "alias", "source": "PNC"}}
    names["names"]["asserted_on"] = "2026-11-20"
    known = api.get(f"{at}/person").json()["records"][0]
    written = once(api, office, "POST", f"{at}/case_note", note)
    own = f"{at}/case_note/{written['record']}"
    once(api, office, "POST", f"{own}/amend", {"text": "And heard."})
    seen = api.get(own).json()["seen"]
    once(api, office, "POST", f"{own}/retract", {"seen": seen})
    alert = once(api, office, "POST", f"{at}/alert", {"code": "HA", "active_from": "2026-11-01"})
    close = {"reason": "Reviewed.", "seen": alert["seen"]}
    once(api, office, "POST", f"{at}/alert/{alert['record']}/close", close)
    once(api, office, "POST", f"{at}/cell", {"values": {"location": "LEI-A-1-001"}})
    change = {"values": names, "seen": known["seen"]}
    once(api, office, "PATCH", f"{at}/person/{known['record']}", change)
    assert len(api.get(f"{at}/person").json()["records"][0]["values"]["names"]) == 2


def test_a_settlement_sent_again_is_the_same_settlement(
    api: Api, office: Office, ash: Caller, person: SubjectId
) -> None:
    contest(office, ash, person)
    (conflict,) = list_conflicts(office.desk, ash)
    body = {"value": conflict.sides[0].value, "reason": "Checked.", "seen": conflict.seen}
    once(api, office, "POST", f"/conflicts/{conflict.id}/settle", body)


def test_a_key_is_not_for_another_change(api: Api, person: SubjectId) -> None:
    at = f"/people/{person.hex()}/records/cell"
    saved = api.post(at, {"values": {"location": "LEI-A-1-001"}}).json()
    headers = {"idempotency-key": "one"}
    answers = [
        api.patch(
            f"{at}/{saved['record']}",
            {"values": {"location": location}, "seen": saved["seen"]},
            headers,
        )
        for location in ("LEI-A-1-002", "LEI-A-1-003")
    ]
    assert [one.status_code for one in answers] == [200, 422]
    assert answers[1].json()["code"] == "key_used_before"


def test_what_is_kept_of_an_answer_names_nobody(
    api: Api, office: Office, person: SubjectId
) -> None:
    """INV-05: whoever might have been the same may leave while it is kept."""
    body = {"first": "Robin", "last": "Example", "date_of_birth": "1990-01-02", "confirmed": True}
    created = api.post("/people", body, {"idempotency-key": "twin"})
    (alike,) = created.json()["candidates"]
    assert alike["id"] == person.hex()
    with office.store.reading() as reading:
        ((kept,),) = reading.select("SELECT answer FROM first_answer")
    assert alike["name"].encode() not in kept


def once(api: Api, office: Office, method: str, path: str, body: Any) -> Any:
    """Send a request twice under one key; it is done once and answered alike."""
    send = api.post if method == "POST" else api.patch
    headers = {"idempotency-key": f"{method} {path}"[-100:]}
    first = send(path, body, headers)
    assert first.status_code in {200, 201}, first.text
    done = ops(office)
    again = send(path, body, headers)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert ops(office) == done
    return first.json()
