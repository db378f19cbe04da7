"""One person in one piece: every standing value with its author, and what has to stay out."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.records import Addition, add
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.terminals import at
from tests.unit.casework.desk.steps import someone
from tests.webs import Api

pytestmark = pytest.mark.unhurried

WHY = "Asked for by the person, subject access request 12"
FOR_STAFF: dict[str, Any] = {"for": "staff"}
NOT_SHARED = "Names people of a gang."


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    """Somebody with an alert that they may know of, one that they may not, and a restriction."""
    made = someone(office, ash)
    raise_alert(office.desk, ash, made, NewAlert("XSA", "Threw hot water.", "2026-11-20"))
    raise_alert(office.desk, ash, made, NewAlert("DOCGM", NOT_SHARED, "2026-11-20"))
    restriction = {"mode": "excluded", "start": "2026-11-20", "end": None, "reason": "A relative."}
    add(office.desk, ash, made, Addition("restriction", restriction))
    return made


@pytest.fixture
def api(office: Office, person: SubjectId) -> Iterator[Api]:
    with Api(office) as opened:
        opened.sign_in()
        yield opened


def test_every_standing_value_has_its_author(api: Api, person: SubjectId) -> None:
    export = api.get(f"/people/{person.hex()}/export", why=WHY).json()
    kinds = {one["kind"]: one["records"] for one in export["kinds"]}
    (alert,) = kinds["alert"]
    assert alert["shows"]["code"] == "XSA"
    (act,) = alert["written"]
    assert act["source"]["staff_name"] == "Ash"
    assert act["values"]["description"] == "Threw hot water."
    assert (export["made_by"], export["why"], export["reader"]) == ("Ash", WHY, "person")


def test_what_is_not_for_the_person_is_for_staff_alone(api: Api, person: SubjectId) -> None:
    path = f"/people/{person.hex()}/export"
    for_them = api.get(path, why=WHY)
    assert NOT_SHARED not in for_them.text
    assert "must not be shared" in " ".join(for_them.json()["left_out"])
    for_staff = api.get(path, why=WHY, **FOR_STAFF)
    assert NOT_SHARED in for_staff.text


def test_the_restricted_file_is_in_no_export_and_it_says_so(api: Api, person: SubjectId) -> None:
    path = f"/people/{person.hex()}/export"
    for answer in (api.get(path, why=WHY), api.get(path, why=WHY, **FOR_STAFF)):
        assert "A relative." not in answer.text
        assert "restriction" not in {one["kind"] for one in answer.json()["kinds"]}
        assert "restricted file" in " ".join(answer.json()["left_out"])


def test_nothing_is_exported_without_a_reason_which_is_in_the_audit(
    api: Api, person: SubjectId, office: Office
) -> None:
    path = f"/people/{person.hex()}/export"
    assert api.get(path).json()["code"] == "reason_missing"
    assert api.get(path, why="  ").json()["code"] == "reason_missing"
    assert ("export", bytes(person)) not in office.audit()
    api.get(path, why=WHY)
    with office.store.reading() as reading:
        found = reading.select("SELECT why, detail FROM audit WHERE act = 'export'")
    assert [tuple(one) for one in found] == [(WHY, "for person")]


def test_a_document_is_made_on_a_page(office: Office, person: SubjectId) -> None:
    path = f"/people/{person.hex()}/export"
    with at(office) as browser:
        browser.get(path)
        browser.post(path, reader="person")
        assert browser.status == 422
        assert "Write who asked for it" in browser.text
        browser.post(path, reader="person", why=WHY)
        text = unescape(browser.text)
        assert "Threw hot water." in text
        assert NOT_SHARED not in text
        assert "Ash, Leeds (HMP)" in text
        browser.get(path)
        browser.post(path, reader="staff", why=WHY)
        assert NOT_SHARED in unescape(browser.text)
