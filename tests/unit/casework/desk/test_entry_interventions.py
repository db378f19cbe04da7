"""What somebody who enters a referral, plan, session or report is told at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.records import Addition, Change, RecordView, add, change, read_one
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import RecordId, SubjectId
from tests.courses import (
    attendance,
    conclusion,
    plan_version,
    referral_values,
    report_values,
    session_values,
    step,
)
from tests.desks import Office
from tests.moving import received

pytestmark = pytest.mark.slow
"""Each opens a store; the rules behind them are tested quickly elsewhere."""


class Ward:
    """Leeds, with somebody there who is referred to an intervention."""

    def __init__(self, folder: Path) -> None:
        """Somebody is received and referred."""
        self.office = Office(folder, "LEI")
        self.ash: Caller = self.office.hire("ash")
        self.person: SubjectId = received(self.office, self.ash)
        self.referral = self.add("referral", referral_values())

    def add(self, kind: str, values: dict[str, Any]) -> RecordId:
        """A new record of the person."""
        return add(self.office.desk, self.ash, self.person, Addition(kind, values)).record

    def read(self, kind: str, record: RecordId) -> RecordView:
        """A record as shown."""
        return read_one(self.office.desk, self.ash, self.person, kind, record)

    def change(self, kind: str, record: RecordId, values: dict[str, Any]) -> RecordView:
        """A record after a change of what it shows now."""
        seen = self.read(kind, record).seen
        change(self.office.desk, self.ash, self.person, Change(kind, record, values, seen))
        return self.read(kind, record)

    def walk(self, *states: str) -> None:
        """The referral goes on, step by step."""
        for to in states:
            left = self.read("referral", self.referral).values["status"]
            self.change("referral", self.referral, {"status": step(left, to)})

    def session(self, **values: Any) -> RecordId:
        """A session of the referral tomorrow."""
        told = session_values(1, intervention=self.referral.hex(), **values)
        return self.add("intervention_session", told)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    yield made
    made.office.store.close()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"delivered_at": "NOWHERE"}, "unknown"),
        ({"contract_type": "ACC"}, "service category"),
        ({"contract_type": "NONE"}, "unknown"),
        ({"conclusion": conclusion()}, "only a concluded referral"),
        ({"status": step(None, "concluded")}, "comes sent"),
    ],
)
def test_a_referral_that_cannot_be_is_refused(ward: Ward, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(Exception, match=why):
        ward.add("referral", referral_values(**wrong))


def test_outcome_and_complexity_are_those_of_the_category(ward: Ward) -> None:
    for member in ({"desired_outcomes": ["Happiness"]}, {"service_category": "Accommodation"}):
        (service,) = referral_values()["services"]
        with pytest.raises(InvalidValue):
            ward.add("referral", referral_values(services=[service | member]))


def test_the_next_step_is_from_where_the_referral_is(ward: Ward) -> None:
    with pytest.raises(InvalidValue, match="it is at sent"):
        ward.change("referral", ward.referral, {"status": step("assigned", "assessed")})
    with pytest.raises(InvalidValue, match="after sent comes"):
        ward.change("referral", ward.referral, {"status": step("sent", "assessed")})


def test_an_ending_says_how_and_names_the_sessions_that_were_seen(ward: Ward) -> None:
    session = ward.session()
    end = {"status": step("sent", "concluded")}
    with pytest.raises(InvalidValue, match="how and why it ended"):
        ward.change("referral", ward.referral, end)
    with pytest.raises(InvalidValue, match="Give the reason"):
        ward.change("referral", ward.referral, end | {"conclusion": conclusion("CANCELLED")})
    why = conclusion("CANCELLED", reason="cancellation/MOV")
    with pytest.raises(InvalidValue, match="A session is still planned"):
        ward.change("referral", ward.referral, end | {"conclusion": why})
    missed = attendance("NO", took_place=False)
    ward.change("intervention_session", session, {"attendance": missed})
    shown = ward.change("referral", ward.referral, end | {"conclusion": why})
    assert shown.values["conclusion"]["sessions_seen"] == [session.hex()]


def test_what_was_attended_is_ended_with_a_report_and_completed_once_all_is_told(
    ward: Ward,
) -> None:
    plan = {"referral": ward.referral.hex(), "version": plan_version(1)}
    ward.add("action_plan", plan)
    ward.walk("assigned", "assessed", "plan_submitted", "plan_approved", "sessions")
    session = ward.session()
    end = {"status": step("sessions", "concluded")}
    with pytest.raises(InvalidValue, match=r"report is missing.*One planned session has no"):
        ward.change("referral", ward.referral, end | {"conclusion": conclusion()})
    ward.change("intervention_session", session, {"attendance": attendance()})
    cancelled = conclusion("CANCELLED", reason="cancellation/MOV")
    with pytest.raises(InvalidValue, match="cannot be cancelled"):
        ward.change("referral", ward.referral, end | {"conclusion": cancelled})
    ward.add("end_of_service", report_values() | {"referral": ward.referral.hex()})
    shown = ward.change("referral", ward.referral, end | {"conclusion": conclusion()})
    assert shown.values["status"] == "concluded"


def test_a_draft_of_a_plan_waits_and_its_approval_ends_the_wait(ward: Ward) -> None:
    draft = {"referral": ward.referral.hex(), "version": plan_version(3, approved=False)}
    plan = ward.add("action_plan", draft)
    assert ward.read("action_plan", plan).values["pending"] == "open"
    approved = ward.change("action_plan", plan, {"version": plan_version(3)})
    assert approved.values["pending"] == "closed"
    drafted = ward.change("action_plan", plan, {"version": plan_version(9, approved=False)})
    assert drafted.values["version"] == plan_version(3)
    assert drafted.values["pending"] == "open"


@pytest.mark.parametrize(
    "told",
    [
        attendance("NO"),
        attendance() | {"no_session_reason": "LOGISTICS"},
        attendance("NO", took_place=False) | {"no_session_reason": None},
    ],
)
def test_attendance_that_contradicts_itself_is_refused(ward: Ward, told: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="intervention_session"):
        ward.session(attendance=told)


def test_a_session_belongs_to_a_referral_or_programme_of_the_person(ward: Ward) -> None:
    with pytest.raises(InvalidValue, match="has no referral or programme"):
        ward.add("intervention_session", session_values())
    with pytest.raises(InvalidValue, match="has no referral"):
        ward.add("end_of_service", report_values())
