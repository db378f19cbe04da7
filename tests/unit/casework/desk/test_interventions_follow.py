"""An intervention begun in one prison, interrupted by a transfer, resumed in the second with the
line down, and finished in the community: every office is told what is left, and nothing is lost.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.attention import office_due
from casework.desk.interrupted import KINDS, Interrupted, interrupted
from casework.desk.records import Addition, Change, add, change, read_one
from casework.rules.due import Due
from casework.rules.interventions import Referral, referrals
from casework.rules.interventions_due import due_of_interventions, findings_of_interventions
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.rows import day_of
from sync_protocol.ids import RecordId
from tests.courses import (
    CASEWORKER,
    REFERRER,
    attendance,
    caseworker,
    conclusion,
    plan_version,
    referral_values,
    report_values,
    session_values,
    step,
)
from tests.desks import Office, node_id
from tests.moving import SPOKES, Pair, move

DAY_MS = 86_400_000
WAYS = ("assigned", "assessed", "plan_submitted", "plan_approved", "sessions")


class Story:
    """Three offices and the centre, and somebody who moves through all of them."""

    def __init__(self, folder: Path) -> None:
        """Somebody is at Leeds, and referred to an intervention of four sessions there."""
        self.pair = Pair(folder)
        self.estate = self.pair.estate
        self.leeds, self.brixton = self.pair.leeds, self.pair.brixton
        self.unit = self.estate.open("N55LEE")
        for office in (self.unit, self.estate.centre):
            office.hire("ash")
        self.ash: Caller = self.pair.ash
        self.person = self.pair.person
        self.referral = self.add(self.leeds, "referral", referral_values())
        self.change(self.leeds, "referral", self.referral, {"caseworkers": caseworker()})
        plan = {"referral": self.referral.hex(), "version": plan_version(4)}
        self.add(self.leeds, "action_plan", plan)
        self.walk(self.leeds, *WAYS)

    def add(self, office: Office, kind: str, values: dict[str, Any]) -> RecordId:
        """A new record of the person, a minute later."""
        self.estate.clock.pass_ms(60_000)
        return add(office.desk, self.ash, self.person, Addition(kind, values)).record

    def change(self, office: Office, kind: str, record: RecordId, values: dict[str, Any]) -> None:
        """A change of what the office shows."""
        self.estate.clock.pass_ms(60_000)
        seen = read_one(office.desk, self.ash, self.person, kind, record).seen
        change(office.desk, self.ash, self.person, Change(kind, record, values, seen))

    def walk(self, office: Office, *states: str) -> None:
        """The referral goes on at an office, step by step."""
        for to in states:
            left = read_one(office.desk, self.ash, self.person, "referral", self.referral)
            steps = {"status": step(left.values["status"], to)}
            self.change(office, "referral", self.referral, steps)

    def plan_session(self, office: Office, days: float) -> RecordId:
        """A session at an office, so many days from now."""
        told = session_values(0, office.desk.place.code, intervention=self.referral.hex())
        planned = self.estate.clock.now_ms() + round(days * DAY_MS)
        return self.add(office, "intervention_session", told | {"planned_at": planned})

    def hold_session(self, office: Office, session: RecordId) -> None:
        """It took place."""
        self.change(office, "intervention_session", session, {"attendance": attendance()})

    def rows(self, office: Office) -> RowsByKind:
        """What an office shows of the person."""
        with office.store.reading() as reading:
            return {kind: reading.records(kind, self.person) for kind in KINDS}

    def told(self, office: Office) -> dict[str, list[Due]]:
        """What is due at an office, by code."""
        now_ms = self.estate.clock.now_ms()
        found: dict[str, list[Due]] = {}
        for one in due_of_interventions(self.rows(office), day_of(now_ms), now_ms):
            found.setdefault(one.code, []).append(one)
        return found

    def course(self, office: Office) -> Referral:
        """The referral with all that belongs to it."""
        return referrals(self.rows(office))[0]

    def reasons(self) -> dict[str, set[str]]:
        """Why which office holds the person, as the centre has it."""
        with self.estate.centre.store.reading() as reading:
            held = reading.holders(self.person)
        codes = {node_id(code): code for code in SPOKES}
        return {codes[node]: set(reasons) for node, reasons in held.items()}

    def report(self, office: Office) -> Interrupted:
        """The report of what is interrupted."""
        return interrupted(office.desk, self.ash)

    def findings(self, office: Office) -> set[str]:
        """What is wrong, by code."""
        now_ms = self.estate.clock.now_ms()
        found = findings_of_interventions(self.rows(office), day_of(now_ms), now_ms)
        return {one.code for one in found}


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """The person and the offices."""
    made = Story(tmp_path)
    yield made
    made.estate.close()


@pytest.mark.slow
def test_an_intervention_is_interrupted_by_a_transfer_and_finished_in_the_community(
    story: Story,
) -> None:
    first = story.plan_session(story.leeds, 1)
    story.plan_session(story.leeds, 9)
    story.estate.clock.pass_ms(2 * DAY_MS)
    story.hold_session(story.leeds, first)
    story.pair.send()
    told = story.told(story.leeds)["intervention_moved"]
    assert {one.owner_staff_id for one in told} == {CASEWORKER, REFERRER}
    assert "left Leeds for Brixton" in told[0].words
    assert "3 of 4 sessions are left" in told[0].words

    _arrives_while_the_line_is_down(story)
    _rests_and_is_resumed(story)
    _goes_out_and_is_finished(story)


def _arrives_while_the_line_is_down(story: Story) -> None:
    """Brixton receives the person by itself, and knows at once what is unfinished."""
    story.estate.lines["BXI"].is_cut = True
    story.pair.receive()
    told = story.told(story.brixton)
    (to_resume,) = told["intervention_to_resume"]
    assert "moved from Leeds to Brixton" in to_resume.words
    assert "3 of 4 sessions are left" in to_resume.words
    assert "a session is planned at Leeds" in told["session_elsewhere"][0].words
    assert story.report(story.brixton).lines == ()


def _rests_and_is_resumed(story: Story) -> None:
    """It is on the list after two weeks, at both nodes, until Brixton plans a session."""
    story.estate.lines["BXI"].is_cut = False
    story.estate.settle()
    assert story.reasons() == {"LEI": {"provider"}, "BXI": {"in_custody"}}
    assert office_due(story.leeds.desk, story.ash).lines == (), "nobody of Leeds's own caseload"
    provider = story.leeds.hire("poplar", "provider")
    told = [one.due for one in office_due(story.leeds.desk, provider).lines]
    moved = [one for one in told if one.code == "intervention_moved"]
    assert {one.owner_staff_id for one in moved} == {CASEWORKER, REFERRER}
    assert all("moved from Leeds to Brixton" in one.words for one in moved)
    story.estate.clock.pass_ms(15 * DAY_MS)
    for office in (story.brixton, story.estate.centre):
        report = story.report(office)
        (line,) = report.lines
        assert (line.days, line.from_place, line.to_place) == (15, "LEI", "BXI")
        assert (line.sessions_left, line.sessions_planned) == (3, 4)
        assert [(one.name, one.count) for one in report.by_place] == [("Brixton", 1)]
        assert [(one.name, one.count) for one in report.by_provider] == [("Northern Skills", 1)]
        assert ("read", story.person) in office.audit()
        assert "intervention_interrupted" in story.findings(office)
    story.estate.lines["BXI"].is_cut = True
    (behind,) = [one for one in story.course(story.brixton).sessions if one.result == "planned"]
    story.change(story.brixton, "intervention_session", behind.record, {"status": "closed"})
    second = story.plan_session(story.brixton, 1)
    assert story.report(story.brixton).lines == ()
    assert len(story.report(story.estate.centre).lines) == 1
    story.estate.clock.pass_ms(2 * DAY_MS)
    story.hold_session(story.brixton, second)
    story.estate.lines["BXI"].is_cut = False
    story.estate.settle()
    assert story.report(story.estate.centre).lines == ()
    assert story.reasons() == {"BXI": {"provider", "in_custody"}}
    assert not {"intervention_to_resume", "session_elsewhere"} & set(story.told(story.brixton))


def _goes_out_and_is_finished(story: Story) -> None:
    """Released to Leeds probation, who holds what is left and concludes it."""
    officer = {
        "staff_id": story.ash.staff.hex(),
        "staff_name": "Ash",
        "team": "N55LEE",
        "side": "community",
        "effective_from": day_of(story.estate.clock.now_ms()),
    }
    story.add(story.brixton, "offender_manager", {"assignment": officer})
    way = {"type": "REL", "reason": "CR", "direction": "OUT", "from_place": "BXI"}
    move(story.brixton, story.pair.mover, story.person, way)
    story.estate.settle()
    (to_resume,) = story.told(story.unit)["intervention_to_resume"]
    assert to_resume.owner_staff_id == story.ash.staff.hex()
    assert "moved from Brixton to Leeds probation" in to_resume.words
    assert "2 of 4 sessions are left" in to_resume.words
    for _ in range(2):
        session = story.plan_session(story.unit, 0.5)
        story.estate.clock.pass_ms(DAY_MS)
        story.hold_session(story.unit, session)
    story.walk(story.unit, "end_of_service")
    report = report_values() | {"referral": story.referral.hex()}
    report["occurred_at"] = story.estate.clock.now_ms()
    story.add(story.unit, "end_of_service", report)
    ending = {"status": step("end_of_service", "concluded"), "conclusion": conclusion()}
    story.change(story.unit, "referral", story.referral, ending)
    story.estate.settle()
    for office in (story.unit, story.estate.centre):
        done = story.course(office)
        assert (done.state, done.sessions_held, done.unseen) == ("concluded", 4, ())
        assert story.told(office) == {}
        assert story.findings(office) == set()
