"""The timeline: every op in one sentence, in the order things happened, page after page."""

import pytest

from casework.access.caller import Caller
from casework.desk.alerts import AlertClose, NewAlert, close_alert, raise_alert
from casework.desk.records import Addition, Change, add, change
from casework.desk.timeline import timeline
from sync_protocol.io.bases import Base, Way
from sync_protocol.limits import HISTORY_PAGE_OPS
from sync_protocol.snapshot import Part, Place
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import assignment, put_in_cell, receive, someone

HOUR_MS = 3_600_000


def test_each_op_is_told_in_one_sentence_made_of_its_codes(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    moved = receive(office, ash, person)
    put_in_cell(office, ash, person, "LEI-A-1-003")
    om = {"assignment": assignment("birch", "LEI")}
    add(office.desk, ash, person, Addition("offender_manager", om))
    add(office.desk, ash, person, Addition("risk", {"children_custody": "very_high"}))
    raised = raise_alert(office.desk, ash, person, NewAlert("HA", "Watch", "2026-11-20"))
    close_alert(office.desk, ash, person, raised.record, AlertClose("Reviewed", raised.seen))
    struck = Change("movement", moved.record, {"status": "closed"}, moved.seen)
    change(office.desk, ash, person, struck)
    told = [
        (one.sentence, one.text) for one in reversed(timeline(office.desk, ash, person).entries)
    ]
    assert told == [
        ("Personal details recorded: name Robin Example, date of birth 2 January 1990", None),
        ("Prison number (NOMS) A1234BC recorded", None),
        ("Received at Leeds (HMP): Recall from Intermittent Custody", None),
        ("Cell LEI-A-1-003", None),
        ("Responsible officer: Birch (Leeds (HMP)), from 1 November 2026", None),
        ("Risk to children, in custody: very high", None),
        ("Alert raised: ACCT Open (HMPS), from 20 November 2026", "Watch"),
        ("Alert closed: ACCT Open (HMPS)", "Reviewed"),
        ("Movement struck out: recorded by mistake", None),
    ]


def test_it_is_in_the_order_of_what_happened_not_of_what_was_written(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    office.clock.pass_ms(HOUR_MS)
    values = {"type": "ADM", "reason": "24", "direction": "IN", "to_place": "LEI"}
    early = Addition("movement", values, happened_ms=NOON_MS - HOUR_MS)
    add(office.desk, ash, person, early)
    entries = timeline(office.desk, ash, person).entries
    assert entries[-1].kind == "movement"
    assert entries[-1].happened_ms < entries[-1].source.written_ms == entries[-1].reached_ms


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_its_pages_hold_every_entry_once(office: Office, ash: Caller, limit: int) -> None:
    person = someone(office, ash)
    for cell in ("LEI-A-1-001",):
        put_in_cell(office, ash, person, cell)
    receive(office, ash, person)
    seen: list[bytes] = []
    page = timeline(office.desk, ash, person, limit=limit)
    while True:
        seen += [entry.op_id for entry in page.entries]
        if page.before is None:
            break
        page = timeline(office.desk, ash, person, limit=limit, before=page.before)
    assert len(seen) == len(set(seen)) == 4


def test_an_entry_says_where_it_is_from_and_whether_the_centre_has_it(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    entry = timeline(office.desk, ash, person).entries[0]
    assert (entry.source.place_name, entry.source.staff_name) == ("Leeds (HMP)", "Ash")
    assert (entry.is_own_node, entry.is_at_centre, entry.marks) == (True, False, ())


def test_whoever_reads_to_the_end_asks_the_centre_for_what_is_older(
    office: Office, ash: Caller
) -> None:
    """Of somebody who arrived from elsewhere only what stands came with them."""
    person = someone(office, ash)
    assert not timeline(office.desk, ash, person).on_their_way
    core = office.desk.store.core
    with core.transaction():
        core.folding.bases.put(
            Base(
                subject_no=core.log.subject_no(person) or 0,
                incarnation=core.cursor().incarnation,
                cut=0,
                way=Way.BASED,
                place=Place(Part.HISTORY, 1),
            )
        )
    assert not timeline(office.desk, ash, person, limit=1).on_their_way
    assert [base.asked_ops for base in core.folding.bases.rows().values()] == [0]
    assert timeline(office.desk, ash, person).on_their_way
    assert [base.asked_ops for base in core.folding.bases.rows().values()] == [HISTORY_PAGE_OPS]
