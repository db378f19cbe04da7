"""On the way here, here, on the way out, gone: what an office's pages say of people who move."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from casework.desk.attention import office_due, read_attention
from casework.desk.board import wing_board
from casework.desk.people import summary
from casework.desk.records import Addition, Change, add, change, read_all
from casework.desk.standing import HeldElsewhere
from casework.records import REGISTRY
from casework.records.examples import example_of
from casework.web.shown.standing import elsewhere_banner
from sync_protocol.ids import SubjectId
from tests.desks import NOON_MS, Office, node_id
from tests.moving import MINUTE_MS, NAME, Pair, receive, send
from tests.terminals import at, page
from tests.unit.casework.desk.steps import assignment, restrict, someone

pytestmark = pytest.mark.unhurried


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    made.estate.close()


def person_page(office: Office, person: SubjectId) -> str:
    return page(office, f"/people/{person.hex()}")


def give_number(pair: Pair, kind: str, number: str) -> None:
    """Leeds writes a number of the person."""
    values = {"type": kind, "value": number}
    add(pair.leeds.desk, pair.ash, pair.person, Addition("identifier", values))


def name_officer(pair: Pair, team: str) -> None:
    """Leeds names an officer of another office."""
    values = {"assignment": assignment("cedar", team)}
    add(pair.leeds.desk, pair.ash, pair.person, Addition("offender_manager", values))
    pair.estate.settle()


def test_whoever_is_here_is_marked_as_here_and_nothing_is_warned_of(pair: Pair) -> None:
    told = person_page(pair.leeds, pair.person)
    assert ">Here</strong>" in told
    assert "tc-banner" not in told


def test_whoever_is_sent_arrives_before_they_are_received(pair: Pair) -> None:
    pair.send()
    told = person_page(pair.brixton, pair.person)
    assert "Arriving: not received here yet" in told
    assert f"/people/{pair.person.hex()}/movements/in" in told
    assert ">Arriving</strong>" in page(pair.brixton, "/board")
    assert ">Arriving</strong>" in page(pair.brixton, f"/search?q={NAME}")
    assert ">On the way elsewhere</strong>" in person_page(pair.leeds, pair.person)


@pytest.mark.slow
def test_a_reception_that_the_centre_has_not_heard_of_ends_arriving(pair: Pair) -> None:
    pair.send()
    receive(pair.brixton, pair.ash, pair.person)
    told = person_page(pair.brixton, pair.person)
    assert "Arriving" not in told
    assert ">Here</strong>" in told


def test_a_departure_that_the_centre_has_not_heard_of_ends_being_here(pair: Pair) -> None:
    send(pair.leeds, pair.ash, pair.person, "BXI")
    told = person_page(pair.leeds, pair.person)
    assert ">No longer inside</strong>" in told
    assert ">Here</strong>" not in told


@pytest.mark.slow
def test_whoever_is_only_recorded_is_not_said_to_be_here(pair: Pair) -> None:
    person = someone(pair.leeds, pair.ash)
    assert ">Recorded here</strong>" in person_page(pair.leeds, person)
    pair.estate.settle()
    assert ">Recorded here</strong>" in person_page(pair.leeds, person)


def test_whoever_leaves_says_since_when_and_what_has_still_to_be_sent(pair: Pair) -> None:
    pair.send()
    pair.receive()
    pair.estate.exchange("LEI")
    give_number(pair, "CRN", "X123456")
    with at(pair.leeds) as ash:
        address = f"/people/{pair.person.hex()}"
        ash.get(address)
        told = unescape(ash.text)
        assert "Leaving: 1 entry to send" in told
        assert "this person is no longer this office's" in told
        assert "You can still read, and write what you have to" in told
        assert "1 entry written here must still reach the centre. It goes by itself" in told
        assert "No alert is in force." not in told, "others may have raised one since"
        assert "What other offices wrote: not after 12:03" in told
        ash.get("/board")
        assert "Leaving: no longer this office" in unescape(ash.text)
        ash.get("/departures")
        assert NAME in ash.text
        assert "1 entry" in ash.text
        pair.estate.exchange("LEI")
        ash.get(address)
        assert "Leaving: everything is at the centre" in unescape(ash.text)


@pytest.mark.slow
def test_a_unit_that_supervises_somebody_no_more_lists_them_as_leaving(pair: Pair) -> None:
    unit = pair.estate.open("N55LEE")
    ash = unit.hire("ash")
    name_officer(pair, "N55LEE")
    told = person_page(unit, pair.person)
    assert ">Here</strong>" in told
    (officer,) = read_all(unit.desk, ash, pair.person, "offender_manager")
    values = {"assignment": assignment("cedar", "LEI")}
    wanted = Change("offender_manager", officer.record, values, officer.seen)
    change(unit.desk, ash, pair.person, wanted)
    pair.estate.settle()
    told = page(unit, "/caseload")
    assert "Leaving: no longer this office" in told
    assert NAME in told
    assert "Leaving: everything is at the centre" in person_page(unit, pair.person)
    assert ">Leaving</strong>" in page(unit, f"/search?q={NAME}")


@pytest.mark.slow
def test_nothing_old_is_found_of_whoever_leaves(pair: Pair) -> None:
    """What the next office writes, a reception first of all, does not come here any more."""
    leeds, ash, person = pair.leeds, pair.ash, pair.person
    task = example_of(REGISTRY.kinds["task"]) | {"due_on": "2026-11-01"}
    add(leeds.desk, ash, person, Addition("task", task))
    pair.send()
    pair.estate.lines["LEI"].is_cut = True
    pair.receive()
    pair.estate.clock.pass_ms(13 * 60 * MINUTE_MS)
    before = read_attention(leeds.desk, ash, person)
    assert (before.findings, before.due) != ((), ())
    assert [one.id for one in wing_board(leeds.desk, ash).contradictions] == [person]
    assert summary(leeds.desk, ash, person).findings
    assert office_due(leeds.desk, ash).lines

    pair.estate.lines["LEI"].is_cut = False
    pair.estate.exchange("LEI")
    board = wing_board(leeds.desk, ash)
    assert [one.id for one in board.leaving] == [person]
    assert (board.contradictions, board.leaving[0].findings) == ((), ())
    after = read_attention(leeds.desk, ash, person)
    assert (after.findings, after.due) == ((), ())
    assert summary(leeds.desk, ash, person).findings == ()
    assert office_due(leeds.desk, ash).lines == ()


def test_whoever_left_is_a_receipt_and_nothing_more(pair: Pair) -> None:
    pair.send()
    pair.receive()
    pair.let_go()
    with pair.leeds.store.reading() as reading:
        (number,) = {
            one.number for one in reading.scope.receipts(pair.person) if one.receipt.act == "sealed"
        }
    with at(pair.leeds) as ash:
        ash.get("/departures")
        told = unescape(ash.text)
        assert f">{number}</th>" in told
        assert "Nobody is leaving this office." in told
        assert told.count("The centre has the receipt") == 1, "a person has two files"
        assert NAME not in told
        assert pair.person.hex() not in told
        ash.get(f"/people/{pair.person.hex()}")
        assert ash.status == 410
        assert f"Receipt {number}" in ash.text
        assert NAME not in ash.text
        ash.get(f"/search?q={NAME}")
        assert "No one found here" in ash.text


@pytest.mark.slow
def test_what_was_being_typed_while_the_record_left_is_given_back(pair: Pair) -> None:
    pair.send()
    pair.receive()
    with at(pair.leeds) as ash:
        address = f"/people/{pair.person.hex()}/notes/new"
        ash.get(address)
        pair.estate.settle()
        pair.let_go()
        ash.post(address, text="Said goodbye to his brother.", subtype="")
        assert ash.status == 410
        assert "is not saved" in ash.text
        assert "Said goodbye to his brother." in ash.text
        ash.get(address)
        assert ash.status == 410
        assert "This record has left this office" in ash.text


@pytest.mark.slow
def test_the_new_office_is_told_who_has_not_let_go(pair: Pair) -> None:
    pair.send()
    pair.estate.lines["LEI"].is_cut = True
    pair.receive()
    pair.estate.exchange("BXI")
    told = person_page(pair.brixton, pair.person)
    assert "This record is being handed over by Leeds (HMP)" in told
    pair.estate.clock.pass_ms(6 * 60 * MINUTE_MS)
    pair.estate.exchange("BXI")
    told = person_page(pair.brixton, pair.person)
    assert "Entries may be missing: Leeds (HMP) is out of contact" in told
    assert "out of contact since 12:02 (6 h 1 min ago) and may hold entries" in told
    assert "No alert is in force." not in told, "Leeds may have raised one"
    pair.estate.lines["LEI"].is_cut = False
    pair.estate.settle()
    assert "is being handed over by Leeds (HMP)" in person_page(pair.brixton, pair.person)
    pair.let_go()
    assert "tc-banner" not in person_page(pair.brixton, pair.person)


@pytest.mark.slow
def test_who_came_in_is_not_said_to_have_come_late(pair: Pair) -> None:
    """What came with the person tells nothing of its way; what came after does."""
    give_number(pair, "CRN", "X123456")
    pair.estate.settle()
    pair.estate.clock.pass_ms(20 * MINUTE_MS)
    pair.send()
    pair.estate.lines["LEI"].is_cut = True
    give_number(pair, "PNC", "2001/1234567A")
    pair.estate.clock.pass_ms(95 * MINUTE_MS)
    pair.estate.lines["LEI"].is_cut = False
    pair.estate.settle()
    told = person_page(pair.brixton, pair.person)
    assert "Recorded 12:01 at Leeds (HMP)." in told
    assert "Recorded 12:22 at Leeds (HMP), reached here 13:57 (1 h 35 min later)." in told
    pair.estate.centre.hire("ash")
    told = person_page(pair.estate.centre, pair.person)
    assert "Recorded 12:01 at Leeds (HMP), reached here 12:01." in told


def test_a_restricted_person_who_leaves_is_told_of_by_nothing(pair: Pair) -> None:
    cedar = pair.estate.centre.hire("cedar")
    restrict(pair.estate.centre, cedar, pair.person, pair.ash)
    pair.estate.settle()
    pair.send()
    pair.receive()
    pair.estate.exchange("LEI")
    told = page(pair.leeds, "/departures")
    assert NAME not in told
    assert "Nobody is leaving this office." in told
    assert "Leaving: no longer this office" not in page(pair.leeds, "/caseload")


@pytest.mark.parametrize(
    ("minutes", "silent_ms", "words"),
    [
        (29, 0, "This usually ends within half an hour."),
        (31, 0, "This takes longer than usual."),
        (31, NOON_MS, "Phone them before you rely"),
    ],
)
def test_what_a_handing_over_means_depends_on_how_long_it_takes_and_whether_there_is_contact(
    minutes: int, silent_ms: int, words: str
) -> None:
    now_ms = NOON_MS + minutes * MINUTE_MS
    other = HeldElsewhere(node_id("LEI"), "Leeds (HMP)", NOON_MS, silent_ms)
    banner = elsewhere_banner([other], now_ms)
    assert banner is not None
    assert words in " ".join(banner.lines)
    assert banner.tone == ("warn" if silent_ms else "plain")
    cut_off = elsewhere_banner([other], now_ms, is_up=False)
    assert cut_off is not None
    assert "This office's own line is down" in cut_off.lines[-1]
    assert elsewhere_banner([], now_ms) is None
