"""Referrals, programmes and their endings: what counts, what is held, and what is said."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from casework.records.programme import CLOSED_STATES, HOLD, PROGRAMME_PAIRS, PROGRAMME_STATES
from casework.records.referral import REFERRAL_PAIRS, REFERRAL_STATES
from casework.reference.in_use import complexity_levels, desired_outcomes, service_categories
from casework.reference.reader import codes, rows
from casework.rules.conclusions import (
    NEEDS_REASON,
    NEEDS_REPORT,
    STILL_PLANNED,
    WAS_ATTENDED,
    Evidence,
    conclusion_faults,
)
from casework.rules.due import Due
from casework.rules.interventions import referral_findings, referrals
from casework.rules.interventions_due import due_of_interventions, findings_of_interventions
from casework.rules.programmes import is_open, ways_on
from casework.rules.rows import Row
from casework.rules.sessions import read_sessions
from casework.rules.spoken_values import said_as
from tests.casefile import MORNING_MS, TODAY, at, row
from tests.courses import (
    CASEWORKER,
    OUTCOME,
    REFERRER,
    attendance,
    conclusion,
    held,
    hex_of,
    plan,
    plan_version,
    referral,
    report_values,
    session,
    step,
)

NOTHING = Evidence(
    has_approved_plan=False, was_attended=False, without_attendance=0, has_report=False
)


def _rows(*records: Row) -> Mapping[str, Sequence[Row]]:
    by_kind: dict[str, list[Row]] = {}
    for one in records:
        by_kind.setdefault(one.key.kind, []).append(one)
    return by_kind


def _due(*records: Row, hours: float = 0) -> dict[str, Due]:
    found = due_of_interventions(_rows(*records), TODAY, at(hours))
    return {one.code: one for one in found}


def test_the_28_published_transitions_are_the_legal_ones_and_all_statuses_are_ordered() -> None:
    published = {(one["from_status"], one["to_status"]) for one in _transitions()}
    assert len(published) == 28
    assert {pair for pair in PROGRAMME_PAIRS if pair[0] is not None} == published
    assert {state for pair in published for state in pair} <= set(PROGRAMME_STATES)
    assert len(set(PROGRAMME_STATES)) == len(PROGRAMME_STATES)
    named = set(codes("accredited_programme_referral_statuses"))
    assert set(PROGRAMME_STATES) == named


def _transitions() -> Sequence[Mapping[str, str]]:
    return rows("accredited_programme_transitions")


def test_a_hold_is_shown_before_all_else_and_what_is_closed_after_it() -> None:
    places = {state: at for at, state in enumerate(PROGRAMME_STATES)}
    holds = [place for state, place in places.items() if state.startswith(HOLD)]
    closed = [places[state] for state in CLOSED_STATES]
    rest = [places[state] for state in PROGRAMME_STATES if places[state] not in {*holds, *closed}]
    assert max(closed) < min(rest)
    assert max(rest) < min(holds)


def test_the_offender_manager_has_fewer_ways_on_than_the_programme_team() -> None:
    assert ways_on("ASSESSMENT_STARTED", for_offender_manager=True) == (
        "ON_HOLD_ASSESSMENT_STARTED",
        "WITHDRAWN",
    )
    team = ways_on("ASSESSMENT_STARTED", for_offender_manager=False)
    assert {"ASSESSED_SUITABLE", "NOT_SUITABLE"} <= set(team)
    assert ways_on("PROGRAMME_COMPLETE", for_offender_manager=False) == ()


@pytest.mark.parametrize(
    ("status", "why", "expected"),
    [
        ("ON_PROGRAMME", None, True),
        ("ON_HOLD_REFERRAL_SUBMITTED", None, True),
        ("PROGRAMME_COMPLETE", None, False),
        ("PROGRAMME_COMPLETE", "diverged", False),
        ("PROGRAMME_COMPLETE", "illegal_transition", True),
    ],
)
def test_a_programme_is_closed_only_by_a_legal_step(
    status: str, why: str | None, expected: bool
) -> None:
    shown = row("programme", asks={"status": why} if why else {}, status=status)
    assert is_open(shown) is expected


def test_every_step_of_a_referral_leads_somewhere_and_to_an_end() -> None:
    reached = {to for _, to in REFERRAL_PAIRS}
    assert reached == set(REFERRAL_STATES)
    ends = {left for left, to in REFERRAL_PAIRS if to == "concluded"}
    assert ends == set(REFERRAL_STATES) - {"concluded"}


@pytest.mark.parametrize(
    ("kind", "reason", "known", "faults"),
    [
        ("CANCELLED", "cancellation/MOV", NOTHING, ()),
        ("CANCELLED", None, NOTHING, (NEEDS_REASON,)),
        (
            "CANCELLED",
            "cancellation/MOV",
            Evidence(True, True, without_attendance=0, has_report=True),
            (WAS_ATTENDED,),
        ),
        (
            "CANCELLED",
            "cancellation/MOV",
            Evidence(False, True, without_attendance=0, has_report=False),
            (),
        ),
        ("PREMATURELY_ENDED", "withdrawal/NOT", NOTHING, (NEEDS_REPORT,)),
        (
            "CANCELLED",
            "cancellation/MOV",
            Evidence(False, False, 1, has_report=False, is_still_planned=True),
            (STILL_PLANNED,),
        ),
        (
            "PREMATURELY_ENDED",
            "withdrawal/NOT",
            Evidence(True, True, without_attendance=4, has_report=True),
            (),
        ),
        ("COMPLETED", None, Evidence(True, True, without_attendance=0, has_report=True), ()),
        (
            "COMPLETED",
            None,
            Evidence(True, True, without_attendance=2, has_report=True),
            ("2 planned sessions have no attendance recorded yet.",),
        ),
    ],
)
def test_what_each_ending_needs(
    kind: str, reason: str | None, known: Evidence, faults: tuple[str, ...]
) -> None:
    assert conclusion_faults(conclusion(kind, reason=reason), known) == faults


def test_an_ending_that_came_without_what_it_needs_is_shown_and_stands() -> None:
    ended = referral(status="concluded", conclusion=conclusion("COMPLETED", 10))
    (read,) = referrals(_rows(ended, plan(sessions=1), held(10, -1)))
    assert not read.is_unfinished
    (found,) = referral_findings(read)
    assert (found.code, found.severity) == ("ending_lacks", "S2")
    assert found.words.endswith(f"was concluded. {NEEDS_REPORT}")
    assert found.subjects == ended.key.subjects


@pytest.mark.parametrize(
    ("papers", "state"),
    [
        ((), "assigned"),
        (
            (session(10, -1, appointment_type="SUPPLIER_ASSESSMENT", attendance=[attendance()]),),
            "assessed",
        ),
        ((plan(version=plan_version(approved=False)),), "plan_submitted"),
        ((plan(),), "plan_approved"),
        ((plan(), session(10)), "sessions"),
        ((plan(), session(10), row("end_of_service", 20, **report_values())), "end_of_service"),
    ],
)
def test_where_a_step_is_held_the_papers_say_how_far_it_is(
    papers: tuple[Row, ...], state: str
) -> None:
    stuck = referral(status="concluded", asks={"status": "illegal_transition"})
    (read,) = referrals(_rows(stuck, *papers))
    assert read.state == state
    assert read.is_unfinished


def test_sessions_planned_are_those_of_the_plan_or_as_many_as_were_arranged() -> None:
    (read,) = referrals(_rows(referral(), plan(sessions=1), held(10, -2), session(11)))
    assert (read.sessions_planned, read.sessions_held) == (2, 1)
    (unplanned,) = referrals(_rows(referral()))
    assert unplanned.sessions_planned == 0


def test_two_plans_of_one_referral_are_asked_about_and_the_approved_counts() -> None:
    draft = plan(9, version=plan_version(3, approved=False))
    (read,) = referrals(_rows(referral(), plan(2), draft))
    assert read.sessions_planned == 8
    assert [one.code for one in referral_findings(read)] == ["plan_written_twice"]
    (once,) = referrals(_rows(referral(), plan(2), plan(2, sessions=6)))
    assert referral_findings(once) == ()


def test_a_rescheduled_session_is_superseded_unless_its_successor_was_cancelled() -> None:
    old, new = session(10, -3), session(11, 2, instead_of=hex_of(10))
    first, second = read_sessions([new, old])
    assert (first.is_superseded, first.counts, second.counts) == (True, False, True)
    again = read_sessions([session(11, 2, instead_of=hex_of(10), status="closed"), old])
    assert again[0].counts


@pytest.mark.parametrize(
    ("told", "result"),
    [
        ([], "planned"),
        ([attendance()], "held"),
        ([attendance("NO", took_place=False)], "not_held"),
        ([attendance(), attendance(author="Birch")], "held"),
        ([attendance(), attendance("LATE", author="Birch")], "disputed"),
    ],
)
def test_what_came_of_a_session(told: list[dict[str, Any]], result: str) -> None:
    assert read_sessions([session(10, attendance=told)])[0].result == result


def test_attendance_is_due_of_the_caseworker_once_the_session_is_past() -> None:
    records = (referral(), plan(), session(10))
    assert "attendance_missing" not in _due(*records, hours=-1)
    due = _due(*records, hours=1)["attendance_missing"]
    assert (due.owner_staff_id, due.due_on, due.record) == (CASEWORKER, TODAY, hex_of(10))


def test_a_plan_waits_for_whoever_referred_and_a_concern_reaches_the_officer() -> None:
    waiting = plan(version=plan_version(approved=False), pending="open")
    assert _due(referral(), waiting)["plan_to_approve"].owner_staff_id == REFERRER
    said = {"text": "Owes money on the wing.", "author": "Ash", "written_on": MORNING_MS}
    worried = session(10, -1, concerns=[said])
    assert "Owes money" in _due(worried)["session_concern"].words
    assert "session_concern" not in _due(worried, hours=24 * 15)
    found = findings_of_interventions(_rows(worried), TODAY, at(24 * 15))
    assert [one.code for one in found] == ["session_concern"]


def test_what_a_newer_release_wrote_is_said_as_it_came_and_breaks_nothing() -> None:
    strange = referral(services="all", conclusion="gone", caseworkers="many", status="paused")
    (read,) = referrals(_rows(strange, plan(version="next")))
    assert read.state == "paused"
    assert read.title == "all with Northern Skills"
    assert referral_findings(read) == ()


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        (
            "referral",
            "status",
            step("sent", "plan_submitted"),
            "waiting for its plan to be approved",
        ),
        ("referral", "delivered_at", "N55LEE", "Leeds probation"),
        (
            "referral",
            "conclusion",
            conclusion("PREMATURELY_ENDED", reason="withdrawal/NOT"),
            "ended early (Not engaged)",
        ),
        ("referral", "conclusion", conclusion(), "completed"),
        ("programme", "status", step(None, "ON_PROGRAMME"), "On programme"),
        ("action_plan", "version", plan_version(6), "approved, 6 sessions"),
        ("action_plan", "version", "next", "next"),
        ("resettlement_pathway", "need", "SUPPORT_REQUIRED", "Support required"),
        ("resettlement_pathway", "need", "LATER", "LATER"),
    ],
)
def test_values_are_said_in_the_words_of_the_field(
    kind: str, field: str, value: Any, words: str
) -> None:
    assert said_as(kind, field, value) == words


def test_the_lists_tell_what_a_contract_offers() -> None:
    (category,) = service_categories("ETE")
    assert complexity_levels(category) == ("LOW", "MEDIUM", "HIGH")
    assert OUTCOME in desired_outcomes(category)
    assert service_categories("NONE") == ()
