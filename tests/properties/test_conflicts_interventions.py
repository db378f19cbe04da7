"""What two offices write of one intervention unseen by each other: shown, how grave, and in words.

Each test is a rule of the table of conflicts: whatever both wrote, in whatever order it comes
together, every node shows the same, nothing somebody still does vanishes, and staff are told.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.records.programme import CLOSED_STATES, PROGRAMME_PAIRS, PROGRESS
from casework.records.referral import OPEN_STATES, REFERRAL_PAIRS
from casework.records.resettlement_pathway import PATHWAY_LEVELS
from casework.rules.interventions import Referral, referrals
from casework.rules.interventions_due import due_of_interventions, findings_of_interventions
from casework.rules.resettlement import pathways
from tests.casefile import MORNING_MS, TODAY
from tests.courses import (
    attendance,
    caseworker,
    conclusion,
    hex_of,
    plan_version,
    referral_values,
    report_values,
    session_values,
    step,
)
from tests.two_nodes import Apart, ApartNode, Merged

pytestmark = pytest.mark.unhurried

KINDS: Final = (
    "action_plan",
    "end_of_service",
    "intervention_session",
    "programme",
    "referral",
    "resettlement_pathway",
)


def _rows(merged: Merged) -> Mapping[str, Any]:
    return {kind: merged.rows(kind) for kind in KINDS}


def _findings(merged: Merged) -> dict[str, tuple[str, str]]:
    found = findings_of_interventions(_rows(merged), TODAY, MORNING_MS)
    return {one.code: (one.severity, one.words) for one in found}


def _referral(merged: Merged) -> Referral:
    return referrals(_rows(merged))[0]


def _sent() -> Apart:
    """Both know of a referral that is in its sessions, with one session planned."""
    apart = Apart()
    apart.prison.write("referral", referral_values())
    for left, to in (
        ("sent", "assigned"),
        ("assigned", "assessed"),
        ("assessed", "plan_submitted"),
        ("plan_submitted", "plan_approved"),
        ("plan_approved", "sessions"),
    ):
        apart.prison.write("referral", {"status": step(left, to)})
    apart.prison.write("intervention_session", session_values(), 5)
    apart.part()
    return apart


def _walk(node: ApartNode, kind: str, first: str, steps: list[str]) -> None:
    for left, to in zip([first, *steps], steps, strict=False):
        node.write(kind, {"status": step(left, to)})


def _ways(pairs: Any, first: str) -> st.SearchStrategy[list[str]]:
    """Up to two legal steps from a state, as one office might take them."""
    after = {left: sorted(to for other, to in pairs if other == left) for left, _ in pairs}
    once = [[to] for to in after[first]]
    twice = [[to, then] for to in after[first] for then in after.get(to, ())]
    return st.sampled_from([*once, *twice])


_apart_steps = _ways(REFERRAL_PAIRS, "assessed")


@given(_apart_steps, _apart_steps)
def test_a_referral_shows_its_furthest_open_step_and_ends_only_where_all_was_seen(
    here: list[str], there: list[str]
) -> None:
    apart = Apart()
    apart.prison.write("referral", referral_values(status=step(None, "sent")))
    _walk(apart.prison, "referral", "sent", ["assigned", "assessed"])
    apart.part()
    _walk(apart.prison, "referral", "assessed", here)
    _walk(apart.probation, "referral", "assessed", there)
    merged = apart.merged()
    reached = [one for one in (here[-1], there[-1]) if one != "concluded"]
    wanted = max(reached, key=OPEN_STATES.index, default="concluded")
    assert merged.row("referral").values["status"] == wanted
    assert _referral(merged).is_unfinished == bool(reached)
    if here[-1] != there[-1]:
        assert merged.severity("referral", "status") == "S2"
        said = merged.words("referral", "status")
        assert "not knowing that" in said
        assert said.endswith("furthest step that is open is shown until somebody settles it.")
        severity, words = _findings(merged)["referral_diverged"]
        assert severity == "S2"
        assert "neither knowing of the other" in words


@pytest.mark.parametrize("left", [None, "sent", "concluded", "lost"])
def test_a_step_that_does_not_follow_is_held_and_ends_nothing(left: str | None) -> None:
    apart = _sent()
    apart.probation.write("referral", {"status": step(left, "end_of_service")})
    apart.prison.write("referral", {"caseworkers": caseworker()})
    merged = apart.merged()
    assert merged.row("referral").asks["status"] == "illegal_transition"
    assert _referral(merged).state == "sessions"
    severity, words = _findings(merged)["referral_step_illegal"]
    assert severity == "S2"
    assert words.startswith("Education, Training and Employment (ETE) with Northern Skills: a step")
    assert "It is held, and the referral counts as in its sessions" in words


@given(st.booleans(), st.sampled_from(("planned", "held")))
def test_a_conclusion_counts_only_where_it_saw_the_last_session(knew: bool, came: str) -> None:
    apart = _sent()
    told = {"attendance": attendance()} if came == "held" else {}
    apart.probation.write("intervention_session", session_values(1) | told, 6)
    if knew:
        apart.part()
    seen = (5, 6) if knew else (5,)
    ending = conclusion("CANCELLED", *seen, reason="cancellation/MOV")
    apart.prison.write("referral", {"status": step("sessions", "concluded"), "conclusion": ending})
    merged = apart.merged()
    assert _referral(merged).state == ("concluded" if knew else "sessions")
    assert ("concluded_unseen" in _findings(merged)) is not knew
    if not knew:
        severity, words = _findings(merged)["concluded_unseen"]
        assert severity == "S2"
        assert words.endswith(
            "was concluded by somebody who had not seen the session of 23 November 2026 at 07:00. "
            "It stays open until it is concluded by somebody who has."
        )


def test_a_session_held_unseen_by_whoever_cancelled_it_keeps_the_referral_open() -> None:
    apart = _sent()
    apart.prison.write("intervention_session", {"status": "closed"}, 5)
    ending = conclusion("CANCELLED", reason="cancellation/MOV")
    apart.prison.write("referral", {"status": step("sessions", "concluded"), "conclusion": ending})
    apart.probation.write("intervention_session", {"attendance": attendance()}, 5)
    merged = apart.merged()
    assert _referral(merged).state == "sessions"
    severity, words = _findings(merged)["concluded_unseen"]
    assert severity == "S2"
    assert "was concluded by somebody who had not seen the session of " in words
    assert words.endswith("It stays open until it is concluded by somebody who has.")


@given(st.permutations(["Linden", "Maple", "Rowan"]))
def test_the_caseworker_assigned_last_counts_and_those_before_are_superseded(
    names: list[str],
) -> None:
    apart = _sent()
    for at, name in enumerate(names):
        apart.nodes[at % 2].write(
            "referral", {"caseworkers": caseworker(name)}, at_ms=MORNING_MS + (at + 100) * 60_000
        )
    merged = apart.merged()
    assert (_referral(merged).caseworker or {})["staff_name"] == names[-1]
    told = merged.row("referral").values["caseworkers"]
    assert [one["staff_name"] for one in told] == names


@given(st.integers(1, 20), st.integers(1, 20), st.booleans())
def test_an_approval_binds_the_plan_it_saw_and_an_edit_elsewhere_waits(
    approved: int, edited: int, was_seen: bool
) -> None:
    apart = Apart()
    first = {"referral": hex_of(1), "version": plan_version(approved, approved=False)}
    apart.prison.write("referral", referral_values())
    apart.prison.write("action_plan", first | {"pending": "open"})
    apart.part()
    edit = {"version": plan_version(edited, approved=False), "pending": "open"}
    apart.probation.write("action_plan", edit)
    if was_seen:
        apart.part()
    binding = {"version": plan_version(approved), "pending": "closed"}
    apart.prison.write("action_plan", binding)
    merged = apart.merged()
    shown = merged.row("action_plan")
    assert shown.values["version"] == plan_version(approved)
    assert shown.values["pending"] == ("closed" if was_seen else "open")
    due = {one.code for one in due_of_interventions(_rows(merged), TODAY, MORNING_MS)}
    assert ("plan_to_approve" in due) is not was_seen
    if not was_seen:
        assert merged.severity("action_plan", "pending") == "S2"
        severity, words = _findings(merged)["plan_changed_unseen"]
        assert severity == "S2"
        assert words.endswith("What was approved counts; the change waits for approval.")
        assert "not knowing that" in merged.words("action_plan", "pending")


def test_two_plans_approved_apart_are_both_kept_and_asked_about() -> None:
    apart = Apart()
    apart.prison.write("referral", referral_values())
    first = {"referral": hex_of(1), "version": plan_version(4, approved=False), "pending": "open"}
    apart.prison.write("action_plan", first)
    apart.part()
    apart.prison.write("action_plan", {"version": plan_version(5), "pending": "closed"})
    apart.probation.write("action_plan", {"version": plan_version(6), "pending": "closed"})
    severity, words = _findings(apart.merged())["plan_approved_twice"]
    assert severity == "S2"
    assert "neither approver knowing of the other" in words


_told = st.sampled_from(
    [(came, took) for came, took in product(("YES", "LATE", "NO"), (True, False))]
)


@given(_told, _told, st.booleans())
def test_attendance_told_twice_is_one_or_disputed_and_every_concern_is_kept(
    here: tuple[str, bool], there: tuple[str, bool], is_worried: bool
) -> None:
    apart = _sent()
    said = {"text": "Spoke of not wanting to live.", "author": "Birch", "written_on": MORNING_MS}
    for node, (came, took) in zip(apart.nodes, (here, there), strict=True):
        told = attendance(came, took_place=took, author=node.name)
        node.write("intervention_session", {"attendance": told}, 5)
    if is_worried:
        apart.probation.write("intervention_session", {"concerns": said}, 5)
    merged = apart.merged()
    assert len(merged.row("intervention_session", 5).values["attendance"]) == 2
    (only,) = _referral(merged).sessions
    is_disputed = here != there
    result = "held" if here[1] else "not_held"
    assert only.result == ("disputed" if is_disputed else result)
    found = _findings(merged)
    assert ("session_disputed" in found) is is_disputed
    if is_disputed:
        severity, words = found["session_disputed"]
        assert severity == "S2"
        assert "Leeds says" in words
        assert "Leeds probation says" in words
        assert words.endswith("neither as held nor as missed until somebody settles it.")
    assert ("session_concern" in found) is is_worried
    due = [one.code for one in due_of_interventions(_rows(merged), TODAY, MORNING_MS)]
    assert ("session_concern" in due) is is_worried


@given(st.booleans())
def test_a_session_held_here_and_cancelled_there_counts_as_held(is_moved: bool) -> None:
    apart = _sent()
    apart.prison.write("intervention_session", {"attendance": attendance()}, 5)
    if is_moved:
        later = session_values(3, instead_of=hex_of(5))
        apart.probation.write("intervention_session", later, 6)
    else:
        apart.probation.write("intervention_session", {"status": "closed"}, 5)
    merged = apart.merged()
    assert "held" in {one.result for one in _referral(merged).sessions}
    if is_moved:
        assert _findings(merged)["session_held_unseen"][1].endswith("It counts as held.")
    else:
        assert merged.row("intervention_session", 5).values["status"] == "open"


def test_a_session_given_another_time_twice_keeps_both_until_one_is_cancelled() -> None:
    apart = _sent()
    apart.prison.write("intervention_session", session_values(2, instead_of=hex_of(5)), 6)
    apart.probation.write("intervention_session", session_values(3, instead_of=hex_of(5)), 7)
    merged = apart.merged()
    assert len(_referral(merged).sessions) == 2
    severity, words = _findings(merged)["session_rescheduled_twice"]
    assert severity == "S2"
    assert words == (
        "One session was given another time twice: 24 November 2026 at 07:00 and "
        "25 November 2026 at 07:00. Both stand until one is cancelled."
    )


_achieved = st.sampled_from(("ACHIEVED", "PARTIALLY_ACHIEVED", "NOT_ACHIEVED"))


@given(_achieved, _achieved)
def test_a_second_end_of_service_report_becomes_an_addendum(here: str, there: str) -> None:
    apart = _sent()
    apart.prison.write("end_of_service", report_values(here, 5), 8)
    apart.probation.write("end_of_service", report_values(there, 9), 9)
    merged = apart.merged()
    shown = _referral(merged)
    assert shown.report is not None
    assert shown.report.key.record.hex() == hex_of(8)
    assert [one.key.record.hex() for one in shown.addenda] == [hex_of(9)]
    found = _findings(merged)
    assert found["second_report"][0] == "S3"
    assert found["second_report"][1].endswith("It is shown as an addendum to it.")
    assert ("reports_differ" in found) is (here != there)


_programme_steps = _ways(PROGRAMME_PAIRS, "AWAITING_ASSESSMENT")


@given(_programme_steps, _programme_steps)
def test_a_programme_on_hold_beats_progress_and_ends_only_where_all_was_seen(
    here: list[str], there: list[str]
) -> None:
    apart = Apart()
    programme = {
        "programme": "BCM-2",
        "referred_by": referral_values()["referred_by"],
        "provider": "Leeds programmes",
        "delivered_at": "LEI",
        "sessions_planned": 20,
        "status": step(None, PROGRESS[0]),
    }
    apart.prison.write("programme", programme)
    _walk(apart.prison, "programme", PROGRESS[0], ["REFERRAL_SUBMITTED", "AWAITING_ASSESSMENT"])
    apart.part()
    _walk(apart.prison, "programme", "AWAITING_ASSESSMENT", here)
    _walk(apart.probation, "programme", "AWAITING_ASSESSMENT", there)
    merged = apart.merged()
    shown, reached = merged.row("programme").values["status"], {here[-1], there[-1]}
    holds = {one for one in reached if one.startswith("ON_HOLD")}
    assert shown in (holds or reached - CLOSED_STATES or reached)
    if len(reached) > 1:
        assert merged.severity("programme", "status") == "S2"
        assert "A hold is shown before progress" in merged.words("programme", "status")
        severity, words = _findings(merged)["programme_diverged"]
        assert severity == "S2"
        assert ("since a hold is safer" in words) is bool(holds)


_needs = st.sampled_from(PATHWAY_LEVELS.names)


@given(_needs, _needs, st.booleans())
def test_a_need_somebody_still_sees_beats_one_that_is_done_unseen(
    here: str, there: str, is_one_record: bool
) -> None:
    apart = Apart()
    if is_one_record:
        first = {"pathway": "ACCOMMODATION", "need": "NOT_STARTED"}
        apart.prison.write("resettlement_pathway", first)
        apart.part()
    for at, (node, need) in enumerate(zip(apart.nodes, (here, there), strict=True)):
        record = 1 if is_one_record else at + 1
        told = {"need": need} if is_one_record else {"pathway": "ACCOMMODATION", "need": need}
        node.write("resettlement_pathway", told, record)
    merged = apart.merged()
    (shown,) = pathways(merged.rows("resettlement_pathway"))
    assert shown.need == max(here, there, key=PATHWAY_LEVELS.rank)
    assert shown.is_needed or not {here, there} & {"SUPPORT_REQUIRED", "IN_PROGRESS"}
    if here != there:
        severity, words = _findings(merged)["pathway_differs"]
        assert severity == "S2"
        assert words.startswith("Accommodation: two offices recorded differently what is needed.")
    if here != there and is_one_record:
        assert "as the more cautious" in merged.words("resettlement_pathway", "need")
