"""What is due is kept of each person until it may be otherwise, and never a moment longer."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from casework.access.caller import Caller
from casework.desk import attention
from casework.desk.attention import DueList, keep_due, office_due
from casework.desk.kept_due import KeptDue
from casework.desk.people import NewPerson
from casework.desk.records import Addition, add
from casework.records import REGISTRY
from casework.records.examples import example_of
from casework.rules.rows import DAY_MS, HOUR_MS, MINUTE_MS
from sync_protocol.author import Act, Draft
from sync_protocol.errors import NotSaved
from sync_protocol.ids import SubjectId
from sync_protocol.io.projections import Gone, take_away_subject
from tests import toys
from tests.desks import HandClock, Office
from tests.unit.casework.desk.steps import someone

KIM = NewPerson("Kim", "Sample", date_of_birth="1991-02-03")


def worked_out_anew(office: Office, caller: Caller) -> DueList:
    """The list as a desk tells it that has kept nothing."""
    return office_due(msgspec.structs.replace(office.desk, kept_due=KeptDue()), caller)


def told(office: Office, caller: Caller) -> DueList:
    """The list, which is that of a desk that has kept nothing."""
    found = office_due(office.desk, caller)
    assert found == worked_out_anew(office, caller)
    return found


def give_task(office: Office, caller: Caller, person: SubjectId, due_on: str) -> None:
    """Something to be done by a day."""
    task = example_of(REGISTRY.kinds["task"]) | {"due_on": due_on}
    add(office.desk, caller, person, Addition("task", task))


def open_care(office: Office, caller: Caller, person: SubjectId, opened_ms: int) -> None:
    """Self-harm monitoring, opened at a moment."""
    values = {"occurred_at": opened_ms, "prison": "LEI", "status": "open"}
    draft = Draft(
        kind="self_harm_monitoring",
        subjects=(person,),
        record=toys.record(5),
        values=values,
        happened_at=opened_ms,
    )
    office.store.write(Act(actor=caller.staff, device="terminal-1", drafts=(draft,)))


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each person whose rows were weighed by the rules."""
    found: list[Any] = []
    due_in_rows = attention.due_in_rows

    def noting(rows: attention.Rows, now_ms: int) -> Any:
        found.append(rows)
        return due_in_rows(rows, now_ms)

    monkeypatch.setattr(attention, "due_in_rows", noting)
    return found


def test_only_whoever_changed_is_worked_out_anew(
    office: Office, ash: Caller, worked_out: list[Any]
) -> None:
    robin, kim = someone(office, ash), someone(office, ash, KIM)
    give_task(office, ash, robin, "2026-12-01")
    first = office_due(office.desk, ash)
    assert len(worked_out) == 2
    assert office_due(office.desk, ash) == first
    assert len(worked_out) == 2
    give_task(office, ash, kim, "2026-12-02")
    both = office_due(office.desk, ash)
    assert len(worked_out) == 3
    assert {one.person for one in both.lines} == {robin, kim}
    assert both == worked_out_anew(office, ash)


def test_a_person_who_is_new_and_a_name_that_changes_are_told(office: Office, ash: Caller) -> None:
    robin = someone(office, ash)
    give_task(office, ash, robin, "2026-12-01")
    assert {one.person_name for one in told(office, ash).lines} == {"Robin Example"}
    name = {"first": "Robin", "last": "Renamed", "kind": "legal", "source": "PRISON"}
    draft = Draft(
        kind="person",
        subjects=(robin,),
        record=office_record(office, robin),
        values={"names": name | {"asserted_on": "2026-11-23"}},
        happened_at=office.clock.now_ms(),
    )
    office.store.write(Act(actor=ash.staff, device="terminal-1", drafts=(draft,)))
    assert {one.person_name for one in told(office, ash).lines} == {"Robin Renamed"}


def office_record(office: Office, person: SubjectId) -> Any:
    """The record of who somebody is."""
    with office.store.reading() as reading:
        return reading.records("person", person)[0].key.record


def test_at_midnight_the_day_is_another(office: Office, ash: Caller) -> None:
    robin = someone(office, ash)
    give_task(office, ash, robin, "2026-11-22")
    days = set()
    for _ in range(5):
        listed = told(office, ash)
        days.add((listed.day, listed.overdue))
        office.clock.pass_ms(5 * HOUR_MS)
    assert len({day for day, _ in days}) == 2
    assert len({overdue for _, overdue in days}) == 2


def test_what_turns_within_the_day_turns_at_its_moment(office: Office, ash: Caller) -> None:
    """Monitoring that was opened by a clock that runs ahead is due at once until then."""
    robin = someone(office, ash)
    opened_ms = office.clock.now_ms() + 20 * MINUTE_MS
    open_care(office, ash, robin, opened_ms)
    before = told(office, ash)
    turned = []
    for minute in (14, 15, 19, 20, 21):
        office.clock.now = opened_ms + (minute - 20) * MINUTE_MS
        after = told(office, ash)
        if after.lines != before.lines:
            turned.append(minute)
        before = after
    assert turned == [15, 20]


def test_after_midnight_it_is_worked_out_before_anybody_asks(
    office: Office, ash: Caller, worked_out: list[Any]
) -> None:
    robin = someone(office, ash)
    give_task(office, ash, robin, "2026-11-22")
    keep_due(office.desk)
    assert not worked_out, "where nobody asks for the list, it is not made"
    assert office_due(office.desk, ash).overdue == 0
    audited = office.audit()
    office.clock.pass_ms(DAY_MS)
    keep_due(office.desk)
    assert len(worked_out) == 2
    assert office.audit() == audited, "nobody was shown anything"
    assert office_due(office.desk, ash).overdue == 1
    assert len(worked_out) == 2


def test_of_a_clock_put_back_nothing_kept_is_told(
    office: Office, ash: Caller, worked_out: list[Any]
) -> None:
    someone(office, ash)
    office_due(office.desk, ash)
    office.clock.pass_ms(-DAY_MS)
    told(office, ash)
    assert len(worked_out) == 3


def test_whoever_was_let_go_of_is_not_listed(office: Office, ash: Caller) -> None:
    robin, kim = someone(office, ash), someone(office, ash, KIM)
    give_task(office, ash, robin, "2026-12-01")
    give_task(office, ash, kim, "2026-12-01")
    assert {one.person for one in told(office, ash).lines} == {robin, kim}
    with office.store.changing() as connection:
        take_away_subject(connection, REGISTRY, Gone(robin, ()))
    assert {one.person for one in told(office, ash).lines} == {kim}


def test_after_a_rebuild_nothing_is_kept_and_changes_are_noted_again(
    office: Office, ash: Caller, worked_out: list[Any]
) -> None:
    robin = someone(office, ash)
    office_due(office.desk, ash)
    office.store.rebuild()
    office_due(office.desk, ash)
    assert len(worked_out) == 2
    give_task(office, ash, robin, "2026-12-01")
    assert len(told(office, ash).lines) == 1


def test_what_another_program_wrote_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path)
    ash = office.hire()
    robin = someone(office, ash)
    assert not told(office, ash).lines
    beside = Office(tmp_path, clock=HandClock(office.clock.now_ms()))
    give_task(beside, ash, robin, "2026-12-01")
    beside.store.close()
    assert [one.person for one in told(office, ash).lines] == [robin]
    office.store.close()


def test_what_was_rolled_back_was_never_there(
    office: Office, ash: Caller, worked_out: list[Any]
) -> None:
    robin = someone(office, ash)
    office_due(office.desk, ash)
    with pytest.raises(NotSaved):
        write_and_fail(office, ash, robin)
    office_due(office.desk, ash)
    assert len(worked_out) == 1
    assert not told(office, ash).lines


def write_and_fail(office: Office, ash: Caller, person: SubjectId) -> None:
    """A change that is undone."""
    with office.store.changing():
        give_task(office, ash, person, "2026-12-01")
        raise NotSaved("the disk is full")


def test_two_lists_of_one_store_each_hear_of_every_change(office: Office, ash: Caller) -> None:
    robin = someone(office, ash)
    other = msgspec.structs.replace(office.desk, kept_due=KeptDue())
    for day in ("2026-12-01", "2026-12-02"):
        give_task(office, ash, robin, day)
        assert office_due(office.desk, ash) == office_due(other, ash)
        assert office_due(other, ash) == worked_out_anew(office, ash)
    assert office_due(other, ash).lines
