"""What a newer release wrote in another form: no page breaks, and nothing is less guarded."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.people import summary
from casework.records.files import file_subject
from casework.rules.scope import PersonRows, Places, reasons_for
from casework.web.sessions import cookie_name
from sync_protocol.author import Act, Draft
from sync_protocol.ids import RecordId, SubjectId, singleton_record
from sync_protocol.schema import Registry
from tests.browser.terminal import terminal_of
from tests.desks import Office, node_id
from tests.unit.casework.desk.steps import receive, someone

pytestmark = pytest.mark.unhurried

NEWER: Final[Mapping[str, Mapping[str, Any]]] = {
    "alert": {"code": "HA", "type": "H", "active_from": 20261122, "active_to": {}, "status": "on"},
    "case_note": {"type": "GEN", "subtype": "HIS", "occurred_at": "then", "text": "plain"},
    "cell": {"location": {"wing": "A"}},
    "identifier": {"type": "NOMS", "value": {"text": "A1234BC"}, "check": 1},
    "movement": {"type": "ADM", "direction": "IN", "to_place": "LEI", "occurred_at": "soon"},
    "offender_manager": {"assignment": "Birch"},
    "person": {"names": "Robin", "date_of_birth": "1990"},
    "restriction": {"mode": "excluded", "people": "cedar", "start": "x", "status": "open"},
    "risk": {"public_custody": "extreme", "csra": "very_high", "grounds": "text"},
}


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    found = someone(office, ash)
    receive(office, ash, found)
    return found


@pytest.fixture
def pages(office: Office, ash: Caller) -> Iterator[TestClient[Any]]:
    token = office.sessions.begin(ash, "cookie")
    name = cookie_name(office.desk.node.id, is_tls=False)
    app = terminal_of(office).app
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as opened:
        opened.headers.update({"cookie": f"{name}={token}", "accept": "text/html"})
        yield opened


def write_newer(
    office: Office, caller: Caller, person: SubjectId, kind: str, patch: pytest.MonkeyPatch
) -> None:
    known = office.desk.registry.known(kind)
    subject = file_subject(person, known.file)
    record = singleton_record(subject, kind) if known.is_singleton else RecordId(bytes(16))
    draft = Draft(
        kind=kind,
        subjects=(subject,),
        record=record,
        values=dict(NEWER[kind]),
        happened_at=office.clock.now,
    )
    with patch.context() as newer:
        newer.setattr(Registry, "check_values", lambda *_given, **_named: None)
        office.store.write(Act(actor=caller.staff, device="newer", drafts=(draft,)))


@pytest.mark.parametrize("kind", sorted(NEWER))
def test_no_page_breaks(
    *,
    kind: str,
    office: Office,
    ash: Caller,
    person: SubjectId,
    pages: TestClient[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_newer(office, ash, person, kind, monkeypatch)
    at = f"/people/{person.hex()}"
    for path in ("/board", "/caseload", "/conflicts", "/search?q=robin", at, f"{at}/risk"):
        assert pages.get(path).status_code in {200, 403}, path


def test_a_restriction_that_cannot_be_read_refuses(
    office: Office, ash: Caller, person: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_newer(office, ash, person, "restriction", monkeypatch)
    with pytest.raises(gate.Restricted):
        summary(office.desk, ash, person)


def test_an_alert_whose_days_cannot_be_read_is_in_force(
    office: Office, ash: Caller, person: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_newer(office, ash, person, "alert", monkeypatch)
    assert [flag.code for flag in summary(office.desk, ash, person).flags] == ["HA"]


def test_a_level_that_is_not_known_is_shown_as_it_came(
    office: Office,
    ash: Caller,
    person: SubjectId,
    pages: TestClient[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_newer(office, ash, person, "risk", monkeypatch)
    page = pages.get(f"/people/{person.hex()}").text
    assert "highest of all: extreme" in page
    assert "Cell sharing risk: very_high" in page


def test_a_movement_whose_time_cannot_be_read_is_a_finding_and_leaves_scope_as_it_was(
    office: Office, ash: Caller, person: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_newer(office, ash, person, "movement", monkeypatch)
    assert "movement_unread" in [one.code for one in summary(office.desk, ash, person).findings]
    with office.store.reading() as reading:
        rows = PersonRows(movements=reading.records("movement", person))
    places = Places({"LEI": node_id("LEI")})
    assert reasons_for(rows, places, as_of_ms=office.clock.now) == {(node_id("LEI"), "in_custody")}
