"""What an office may not hold is in no table of its store: content, index, audit, or what waits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.access.caller import Caller
from casework.desk.holders import SCOPE_KINDS_OF_STAFF, holders_by
from casework.desk.notes import NewNote, add_note
from casework.desk.people import NewPerson, create
from casework.desk.records import Addition, add
from casework.records.files import RESTRICTED_FILE, VICTIM_FILE, file_subject
from casework.rules.scope import Places, WhoWorks
from sync_protocol.ids import ActorId, SubjectId
from sync_protocol.io.reading import Reading
from tests.desks import HandClock, Office, node_id
from tests.moving import SPOKES, MovingEstate, received
from tests.unit.casework.desk.steps import assignment

pytestmark = pytest.mark.slow

VICTIM = "canary-of-a-victim"
REASON = "canary-of-a-restriction"
NOTE = "canary-of-a-note"
READS_A_RESTRICTION = {"restriction", "restriction_search"}


class Estate:
    """Leeds, Brixton, a unit and the centre, where who works where is known."""

    def __init__(self, folder: Path) -> None:
        """Ash works at Leeds and the centre, Birch at the unit, Cedar at Brixton."""
        clock = HandClock()
        places = Places({code: node_id(code) for code in SPOKES})
        self.liaisons: frozenset[str] = frozenset()
        self.readers = {"LEI": {"ash"}, "N55LEE": {"birch"}, "BXI": {"cedar"}}
        self.estate = MovingEstate(
            folder,
            holders=holders_by(places, clock.now_ms, self._works),
            scope_kinds=SCOPE_KINDS_OF_STAFF,
        )
        self.leeds, self.brixton = self.estate.open("LEI"), self.estate.open("BXI")
        self.unit, self.centre = self.estate.open("N55LEE"), self.estate.centre
        self.ash: Caller = self.leeds.hire("ash")
        self.centre.hire("ash")
        self.person = received(self.leeds, self.ash, "Hargreaves")
        self.estate.settle()

    def _works(self, _reading: Reading) -> WhoWorks:
        readers = {
            node_id(code): frozenset(ActorId(name.encode().ljust(16, b".")) for name in names)
            for code, names in self.readers.items()
        }
        return WhoWorks(readers, frozenset(node_id(code) for code in self.liaisons))

    def at_centre(self, kind: str, values: dict[str, object]) -> None:
        """Write a record of the person at the centre."""
        add(self.centre.desk, self.ash, self.person, Addition(kind, values))
        self.ask_again()

    def ask_again(self) -> None:
        """The centre asks who may hold the person, as after somebody came to work at a place."""
        core = self.centre.store.core
        with core.transaction():
            self.centre.store.ingest_side.scope.ask_again([self.person])
            core.name_commit()
            core.note_change()
        self.estate.settle()

    def note(self, text: str) -> None:
        """Write a note at Leeds."""
        new = NewNote("KA", "KS", text, self.estate.clock.now_ms())
        add_note(self.leeds.desk, self.ash, self.person, new)
        self.estate.settle()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Estate]:
    """The estate, with somebody at Leeds."""
    estate = Estate(tmp_path)
    yield estate
    estate.estate.close()


def _holding(office: Office, canary: str) -> set[str]:
    """The tables of an office's store, search index included, in which a canary is."""
    sought = canary.encode()
    with office.store.reading() as reading:
        names = [row[0] for row in reading.select("SELECT name FROM sqlite_master")]
        found = set()
        for name in names:
            kinds = reading.select("SELECT type FROM sqlite_master WHERE name = ?", (name,))
            if kinds[0][0] != "table":
                continue
            rows = reading.select(f'SELECT * FROM "{name}"')
            if any(sought in _bytes(value) for row in rows for value in row):
                found.add(str(name))
    return found


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _ops_of(office: Office, subject: SubjectId) -> int:
    with office.store.reading() as reading:
        sql = "SELECT count(*) FROM ops JOIN subjects USING(subject_no) WHERE subject = ?"
        return int(reading.select(sql, (subject,))[0][0])


def test_what_concerns_a_victim_is_at_no_office_but_where_a_liaison_officer_works(
    made: Estate,
) -> None:
    """S25: nor in any op of the file, with content or without."""
    victim = file_subject(made.person, VICTIM_FILE)
    made.at_centre("victim_contact", {"name": VICTIM, "has_opted_in": True})
    made.at_centre("offender_manager", {"assignment": assignment("birch", "N55LEE")})
    assert _holding(made.centre, VICTIM)
    for office in (made.leeds, made.brixton, made.unit):
        assert _holding(office, VICTIM) == set()
        assert _ops_of(office, victim) == 0
    made.liaisons = frozenset({"N55LEE"})
    made.ask_again()
    assert _holding(made.unit, VICTIM)
    assert _holding(made.leeds, VICTIM) == set()


def test_a_restricted_person_is_not_sent_where_nobody_may_open_them(made: Estate) -> None:
    """S24, S10: the office is given a reason to hold them afterwards, and is sent no op."""
    allow = {"mode": "restricted", "people": {"staff_id": made.ash.staff.hex()}}
    made.at_centre("restriction", {**allow, "start": "2026-11-01", "end": None, "reason": REASON})
    made.note(NOTE)
    made.at_centre("offender_manager", {"assignment": assignment("birch", "N55LEE")})
    for subject in (made.person, file_subject(made.person, RESTRICTED_FILE)):
        assert _ops_of(made.leeds, subject) > 0
        assert _ops_of(made.unit, subject) == 0
    assert _holding(made.unit, "Hargreaves") == set()
    assert _holding(made.unit, NOTE) == _holding(made.unit, REASON) == set()
    made.readers["N55LEE"] = {"birch", "ash"}
    made.ask_again()
    assert _ops_of(made.unit, made.person) > 0
    assert _holding(made.unit, "Hargreaves")


def test_somebody_of_another_office_is_nowhere_in_a_store(made: Estate) -> None:
    """S10: and the text of a restriction stands in its own table alone where it is held."""
    cedar = made.brixton.hire("cedar")
    create(made.brixton.desk, cedar, NewPerson("Canary", "Underwood"), confirmed=True)
    made.estate.settle()
    assert _holding(made.brixton, "Underwood")
    assert _holding(made.leeds, "Underwood") == set()
    made.at_centre(
        "restriction",
        {
            "mode": "excluded",
            "people": {"staff_id": cedar.staff.hex()},
            "start": "2026-11-01",
            "end": None,
            "reason": REASON,
        },
    )
    assert _holding(made.leeds, REASON) <= READS_A_RESTRICTION
    assert _holding(made.leeds, REASON)
