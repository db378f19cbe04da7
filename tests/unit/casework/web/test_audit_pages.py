"""The auditor's pages: who saw whom, without a word of any record, and never of oneself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.access.caller import Caller
from casework.desk.browsing import note_followed, note_unusual
from casework.desk.gate import witness
from casework.desk.people import NewPerson, create, summary
from casework.rules.browsing import UNRELATED_IN_A_DAY
from casework.rules.rows import DAY_MS
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.terminals import at, page
from tests.unit.casework.web.test_pages import Browser

pytestmark = pytest.mark.unhurried

CANARY = "Quillfeather"
FIRST = "Adalbert"


class Watched:
    """Leeds with one person whom Ash has read, and two auditors."""

    def __init__(self, folder: Path, code: str = "LEI") -> None:
        """Ash has created and read Quillfeather."""
        self.office = Office(folder, code)
        self.ash: Caller = self.office.hire("ash")
        self.oak = self.office.hire("oak", "auditor")
        self.elm = self.office.hire("elm", "auditor")
        self.person = self.new(CANARY)
        summary(self.office.desk, self.ash, self.person, why="a visit")

    def new(self, last: str) -> SubjectId:
        """A person."""
        new = NewPerson(first=FIRST, last=last)
        return create(self.office.desk, self.ash, new, confirmed=True).person

    def browse(self, caller: Caller, count: int) -> None:
        """Somebody opens so many people who are nobody's of theirs."""
        for number in range(count):
            stranger = SubjectId(number.to_bytes(16, "big"))
            witness(self.office.desk, caller, "read", (stranger,), detail="summary")


@pytest.fixture(params=["LEI", "CENTRE"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path, request.param)
    yield made
    made.office.store.close()


@pytest.fixture
def leeds(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.office.store.close()


def test_who_saw_somebody_is_told_and_nothing_of_them(watched: Watched) -> None:
    """S30: an officer's name, act, reason and time; of the person a reference."""
    text = page(watched.office, f"/audit/people/{watched.person.hex()}", "oak")
    assert "Ash" in text
    assert "a visit" in text
    assert "terminal-1" in text
    assert f"Person …{watched.person.hex()[-8:]}"[:8] in text
    assert CANARY not in text
    assert FIRST not in text


def test_what_an_officer_saw_is_told(watched: Watched) -> None:
    """S30: found by the user name too."""
    for path in (f"/audit/officers/{watched.ash.staff.hex()}", "/audit?q=ash"):
        text = page(watched.office, path, "oak")
        assert watched.person.hex() in text
        assert CANARY not in text


@pytest.mark.parametrize("path", ["/search?q=Quill", "/people/{person}", "/conflicts", "/due"])
def test_an_auditor_reads_no_record(leeds: Watched, path: str) -> None:
    """S30: neither a page, a search nor a list."""
    with at(leeds.office, "oak") as browser:
        browser.get(path.format(person=leeds.person.hex()))
        assert browser.status == 403, path
        assert CANARY not in browser.text


@pytest.mark.parametrize("path", ["/audit", "/audit/people/{person}"])
def test_nobody_else_sees_who_saw_whom(leeds: Watched, path: str) -> None:
    """S30: least of all who is looked into."""
    with at(leeds.office, "ash") as browser:
        browser.get(path.format(person=leeds.person.hex()))
        assert browser.status == 403, path


def test_an_auditor_is_not_shown_their_own_lines_and_others_are(leeds: Watched) -> None:
    """S30: what Oak looked at is left out for Oak, and there for Elm."""
    address = f"/audit/people/{leeds.person.hex()}"
    page(leeds.office, address, "oak")
    assert "line of your own left out" in page(leeds.office, address, "oak")
    assert "Oak" in page(leeds.office, address, "elm")
    with at(leeds.office, "oak") as browser:
        browser.get(f"/audit/officers/{leeds.oak.staff.hex()}")
        assert browser.status == 403


def test_an_insider_is_listed_and_what_was_found_is_kept(watched: Watched) -> None:
    """S31, S30: within the hour; reviewed by an auditor, with a line in the audit."""
    watched.browse(watched.ash, UNRELATED_IN_A_DAY + 1)
    assert note_unusual(watched.office.desk) > 0
    with at(watched.office, "oak") as browser:
        browser.get("/audit")
        assert "To be asked about" in browser.text
        _review(browser, watched.ash)
        browser.get("/audit")
        assert "The governor asked for a list" in browser.text
    assert ("browsing_reviewed", None) in watched.office.audit()
    note_unusual(watched.office.desk)
    assert "The governor asked" in page(watched.office, "/audit", "elm")


def test_who_follows_one_stranger_for_days_is_listed(leeds: Watched) -> None:
    """S31: few records, and always the same."""
    for _ in range(4):
        leeds.browse(leeds.ash, 1)
        leeds.office.clock.pass_ms(DAY_MS)
    assert note_unusual(leeds.office.desk) == 0
    assert note_followed(leeds.office.desk) == 1
    assert "on 4 days" in page(leeds.office, "/audit", "oak")


def test_nobody_reviews_what_is_said_of_themselves(leeds: Watched) -> None:
    """S30: nor sees that anything is said."""
    leeds.browse(leeds.oak, UNRELATED_IN_A_DAY + 1)
    note_unusual(leeds.office.desk)
    assert "Nothing has been found" in page(leeds.office, "/audit", "oak")
    assert "To be asked about" in page(leeds.office, "/audit", "elm")
    with at(leeds.office, "oak") as browser:
        browser.get(f"/audit/unusual/{leeds.oak.staff.hex()}/2026-11-22/many_unrelated")
        assert browser.status == 403


def _review(browser: Browser, officer: Caller) -> None:
    day = browser.text.split(f"/audit/unusual/{officer.staff.hex()}/")[1].split("/")[0]
    path = f"/audit/unusual/{officer.staff.hex()}/{day}/many_unrelated"
    browser.get(path)
    browser.post(path, outcome="explained", why="The governor asked for a list")
    browser.post(path, step="save")
    assert browser.status == 200, browser.text
