"""Every part's findings and due items reach the desk, from rows that were read once."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

from casework import rules
from casework.access.caller import Caller
from casework.desk import attention
from casework.desk.attention import (
    DUE,
    FINDINGS,
    attention_to_rows,
    office_due,
)
from casework.desk.records import Addition, add
from casework.records.examples import example_of
from sync_protocol.author import Act, Draft
from sync_protocol.ids import SubjectId
from tests import toys
from tests.casefile import MORNING_MS, assignment, row
from tests.desks import Office
from tests.unit.casework.desk.steps import someone


def handed_in(prefix: str) -> set[Callable[..., Any]]:
    """The functions of the rules that a part hands in under this name: of rows, day and moment."""
    found: set[Callable[..., Any]] = set()
    for one in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"casework.rules.{one.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            names = [each.lstrip("_") for each in inspect.signature(function).parameters]
            if name.startswith(prefix) and names[1:] == ["day", "now_ms"]:
                found.add(function)
    return found


def test_every_part_is_listed() -> None:
    assert handed_in("findings_of_") == set(FINDINGS), "list it in casework/desk/attention.py"
    assert handed_in("due_of_") == set(DUE), "list it in casework/desk/attention.py"


def test_an_empty_record_breaks_no_rule() -> None:
    found = attention_to_rows({}, MORNING_MS)
    assert not [one for one in found.findings if one.severity == "S1"]


def test_the_same_is_said_once_and_the_earliest_comes_first() -> None:
    rows = {"offender_manager": [row("offender_manager", assignment=assignment("Ash"))]}
    found = attention_to_rows(rows, MORNING_MS)
    # Lists are cut from below, so what is grave comes before what was due earlier.
    order = [(one.severity != "S1", one.due_on, one.severity) for one in found.due]
    assert order == sorted(order)
    assert len(set(found.findings)) == len(found.findings)


def test_an_office_lists_what_is_due_but_not_of_whom_the_caller_may_not_open(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    task = example_of(office.desk.registry.kinds["task"])
    add(office.desk, ash, person, Addition("task", task))
    listed = office_due(office.desk, ash)
    assert {one.person for one in listed.lines} == {person}
    assert ("read", bytes(person)) in office.audit()
    mine = office_due(office.desk, ash, owner=ash.staff)
    assert all(one.due.owner_staff_id == ash.staff.hex() for one in mine.lines)
    closed: dict[str, Any] = {"mode": "excluded", "start": "2026-11-20", "end": None}
    closed |= {"people": {"staff_id": ash.staff.hex()}}
    add(office.desk, ash, person, Addition("restriction", closed))
    assert not office_due(office.desk, ash).lines


def test_nothing_grave_is_cut_off_however_long_the_list_is(
    office: Office, ash: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And somebody whose name is still on its way is looked after all the same."""
    monkeypatch.setattr(attention, "OFFICE_DUE_MAX", 1)
    person, unnamed = someone(office, ash), SubjectId(toys.subject(77))
    for day in ("2026-01-01", "2026-01-02"):
        task = example_of(office.desk.registry.kinds["task"]) | {"due_on": day}
        add(office.desk, ash, person, Addition("task", task))
    opened = office.clock.now_ms() - 60_000
    care = {"occurred_at": opened, "prison": "LEI", "status": "open"}
    for one in (person, unnamed):
        draft = Draft(
            kind="self_harm_monitoring",
            subjects=(one,),
            record=toys.record(5),
            values=care,
            happened_at=opened,
        )
        office.store.write(Act(actor=ash.staff, device="terminal-1", drafts=(draft,)))
    listed = office_due(office.desk, ash)
    assert listed.is_cut
    assert {one.due.severity for one in listed.lines} == {"S1"}
    assert {one.person for one in listed.lines} == {person, unnamed}
    names = {one.person: one.person_name for one in listed.lines}
    assert names[unnamed] == "Name not here yet"
