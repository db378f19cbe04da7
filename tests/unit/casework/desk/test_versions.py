"""Whole versions at a desk: what is approved stays so until another version is approved."""

from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.attention import read_attention
from casework.desk.records import Addition, Change, RecordView, add, change, read_all
from casework.desk.writing import StaleRecord
from casework.web.shown.attention import conditions_card
from casework.web.views import Mark
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import someone

CONTENT = {
    "number": 1,
    "policy_version": "4.0",
    "starts_on": "2026-12-01",
    "ends_on": "2027-12-01",
    "standard": ["GOOD_BEHAVIOUR"],
    "additional": [],
    "bespoke": [],
}


def version(number: int, *, approved: bool) -> dict[str, Any]:
    return {"approved": approved, "content": CONTENT | {"number": number}}


def licence(office: Office, caller: Caller) -> tuple[SubjectId, RecordView]:
    """A licence whose first version is approved."""
    person = someone(office, caller)
    values = {
        "licence_kind": "CRD",
        "licence_type": "AP",
        "version": version(1, approved=False),
        "status": {"from": None, "to": "IN_PROGRESS"},
    }
    add(office.desk, caller, person, Addition("licence", values))
    step(office, caller, person, {"status": {"from": "IN_PROGRESS", "to": "SUBMITTED"}})
    approval = {"from": "SUBMITTED", "to": "APPROVED"}
    approved = {"version": version(1, approved=True), "status": approval}
    return person, step(office, caller, person, approved)


def step(office: Office, caller: Caller, person: SubjectId, values: dict[str, Any]) -> RecordView:
    view = shown(office, caller, person)
    change(office.desk, caller, person, Change("licence", view.record, values, view.seen))
    return shown(office, caller, person)


def shown(office: Office, caller: Caller, person: SubjectId) -> RecordView:
    return read_all(office.desk, caller, person, "licence")[0]


def test_a_draft_takes_no_approval_away(office: Office, ash: Caller) -> None:
    person, _ = licence(office, ash)
    edit = {
        "version": version(2, approved=False),
        "status": {"from": "APPROVED", "to": "IN_PROGRESS"},
    }
    after = step(office, ash, person, edit)
    assert after.values["version"] == version(1, approved=True)
    assert after.values["status"] == "IN_PROGRESS"
    assert not after.asks


def test_the_next_approval_takes_the_place_of_the_one_before(office: Office, ash: Caller) -> None:
    person, _ = licence(office, ash)
    edit = {"from": "APPROVED", "to": "SUBMITTED"}
    step(office, ash, person, {"version": version(2, approved=False), "status": edit})
    approval = {"from": "SUBMITTED", "to": "APPROVED"}
    after = step(office, ash, person, {"version": version(2, approved=True), "status": approval})
    assert after.values["version"] == version(2, approved=True)
    assert not after.asks


def test_what_else_changes_with_a_draft_must_have_been_seen(office: Office, ash: Caller) -> None:
    person, before = licence(office, ash)
    step(office, ash, person, {"status": {"from": "APPROVED", "to": "IN_PROGRESS"}})
    late = {
        "version": version(2, approved=False),
        "status": {"from": "APPROVED", "to": "SUBMITTED"},
    }
    with pytest.raises(StaleRecord):
        change(office.desk, ash, person, Change("licence", before.record, late, before.seen))
    assert shown(office, ash, person).values["status"] == "IN_PROGRESS"


def test_two_versions_approved_apart_are_both_found(office: Office, ash: Caller) -> None:
    person, before = licence(office, ash)
    edit = {"from": "APPROVED", "to": "SUBMITTED"}
    view = step(office, ash, person, {"version": version(2, approved=False), "status": edit})
    approval = {"from": "SUBMITTED", "to": "APPROVED"}
    approved = {"version": version(2, approved=True), "status": approval}
    seen = before.seen
    change(office.desk, ash, person, Change("licence", view.record, approved, seen, True))
    other = {**approved, "version": version(3, approved=True)}
    change(office.desk, ash, person, Change("licence", view.record, other, seen, True))
    office.clock.pass_ms(30 * 86_400_000)
    attention = read_attention(office.desk, ash, person)
    found = {one.code: one for one in attention.findings}
    assert found["licence_disputed"].severity == "S1"
    assert "version 2" in found["licence_disputed"].words
    assert "version 3" in found["licence_disputed"].words
    (condition,) = attention.conditions
    assert (condition.code, condition.is_disputed) == ("GOOD_BEHAVIOUR", True), (
        "its state is in doubt"
    )
    (row,) = conditions_card(attention, "held").rows
    assert (row.title, row.marks) == ("Be of good behaviour", (Mark("Disputed", "warn"),))
