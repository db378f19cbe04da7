"""S20: an office whose lease has lapsed shows nothing of anybody, and goes on recording."""

from html import unescape
from pathlib import Path

import pytest

from casework.access.caller import Caller
from casework.desk.alerts import NewAlert, raise_alert, read_alerts
from casework.desk.conflicts import list_conflicts
from casework.desk.notes import NewNote, add_note, read_notes
from casework.desk.people import NewIdentifier, NewPerson, create, search, summary
from casework.desk.reading_lock import DAY_MS, PHONE_TERM, TERMS, ReadingLocked
from casework.desk.unread import person_numbered
from sync_protocol.errors import NotFound
from sync_protocol.ids import IncarnationId, SubjectId
from sync_protocol.lease import LOCKED, Lease
from tests.desks import Office
from tests.terminals import at
from tests.webs import Api

NUMBER = "A1234BC"


def told(office: Office, lease: Lease) -> None:
    """The centre's word has come."""
    core = office.store.core
    with core.transaction():
        office.store.spoke.lease.take(lease, IncarnationId(bytes(16)), lease.issued_ms)


def lease_of(office: Office, days: int, *, role: str = "prison", count: int = 1) -> Lease:
    """A lease that begins now."""
    now_ms = office.clock.now_ms()
    return Lease(office.store.core.place().life, count, now_ms, now_ms + days * DAY_MS, role)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Leeds, under a lease of ninety days."""
    office = Office(tmp_path)
    told(office, lease_of(office, 90))
    return office


@pytest.fixture
def ash(office: Office) -> Caller:
    """Somebody who works there."""
    return office.hire()


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    """Somebody who is held there, by number."""
    new = NewPerson(
        first="Canary",
        last="Larkin",
        date_of_birth="1990-01-02",
        identifiers=(NewIdentifier("NOMS", NUMBER),),
    )
    return create(office.desk, ash, new).person


def lapse(office: Office) -> None:
    """Ninety-one days without a word."""
    office.clock.pass_ms(91 * DAY_MS)


def test_each_sort_of_place_has_its_term() -> None:
    """S20: ninety days for a prison, thirty for an office, fourteen for a phone."""
    lengths = {kind: term.length_ms // DAY_MS for kind, term in TERMS.items()}
    assert lengths == {"prison": 90, "probation": 30}
    assert PHONE_TERM.length_ms == 14 * DAY_MS


def test_nothing_is_read_once_it_has_lapsed_and_recording_goes_on(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    """S20."""
    desk = office.desk
    summary(desk, ash, person)
    lapse(office)
    for read in (
        lambda: summary(desk, ash, person),
        lambda: search(desk, ash, "Larkin"),
        lambda: read_notes(desk, ash, person),
        lambda: read_alerts(desk, ash, person),
        lambda: list_conflicts(desk, ash),
    ):
        with pytest.raises(ReadingLocked):
            read()
    note = NewNote("ACHIEVEMENTS", "APAS", "Written while locked.", office.clock.now_ms())
    assert add_note(desk, ash, person, note).number
    told(office, lease_of(office, 90, count=2))
    assert [one.texts[0].text for one in read_notes(desk, ash, person)] == ["Written while locked."]


def test_an_alert_that_is_in_force_is_told_to_nobody_and_another_stands_beside_it(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    """S20: a refusal would tell what cannot be read."""
    alert = NewAlert("HA", "Seen with a ligature.", "2026-11-23")
    raise_alert(office.desk, ash, person, alert)
    lapse(office)
    raise_alert(office.desk, ash, person, alert)
    told(office, lease_of(office, 90, count=2))
    assert len(read_alerts(office.desk, ash, person)) == 2


def test_somebody_new_is_recorded_and_compared_with_nobody(office: Office, ash: Caller) -> None:
    """S20: a list of those who may be the same would show who is here."""
    new = NewPerson(first="Canary", last="Larkin", date_of_birth="1990-01-02")
    create(office.desk, ash, new)
    lapse(office)
    assert create(office.desk, ash, new).candidates == ()


def test_who_is_recorded_of_is_named_by_a_whole_number(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    """S20: neither a name nor the beginning of a number finds anybody."""
    lapse(office)
    assert person_numbered(office.desk, ash, f" {NUMBER.lower()} ") == person
    for other in ("Larkin", "A1234", "", "*"):
        with pytest.raises(NotFound):
            person_numbered(office.desk, ash, other)
    assert ("record_unread", person) in office.audit()


def test_no_page_shows_anybody_and_the_forms_save(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    """S20: the page says why and what may still be done."""
    lapse(office)
    with at(office) as browser:
        for path in (f"/people/{person.hex()}", "/search?q=Larkin", "/board", "/due"):
            browser.get(path)
            assert browser.status == 423, path
            assert "Larkin" not in browser.text
            assert "What you can still do" in browser.text
        browser.get("/locked")
        text = unescape(browser.text)
        assert "has not spoken with the centre for too long" in text
        for link in ("/locked/note", "/locked/alert", "/locked/records/incident"):
            assert link in text
            browser.get(link)
            assert browser.status == 200, link
            assert "The person's number" in unescape(browser.text)


def test_the_api_answers_locked_as_well(office: Office, ash: Caller, person: SubjectId) -> None:
    """S20: a program reads no more than a page."""
    lapse(office)
    with Api(office) as api:
        api.sign_in()
        for path in (f"/people/{person.hex()}", "/people", "/events", "/conflicts"):
            answer = api.get(path, q="Larkin")
            assert (answer.status_code, answer.json()["code"]) == (423, "reading_locked"), path


def test_every_page_says_so_while_little_is_left(office: Office, ash: Caller) -> None:
    """S20: from eighty parts of a hundred on."""
    with at(office) as browser:
        browser.get("/board")
        assert "Records can be read here for" not in browser.text
        office.clock.pass_ms(73 * DAY_MS)
        browser.get("/sign-in")
        browser.post("/sign-in", user_name="ash", password="three plain words")
        browser.get("/board")
        assert "Records can be read here for 17 more days" in browser.text


def test_an_order_of_the_centre_locks_at_once(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    """S12: whatever is left of the lease."""
    order = lease_of(office, 0, role=LOCKED, count=2)
    told(office, order)
    with pytest.raises(ReadingLocked) as refused:
        summary(office.desk, ash, person)
    assert refused.value.why == "locked"
    with at(office) as browser:
        browser.get("/locked")
        assert "The centre has locked this office" in unescape(browser.text)
