"""What a move leaves unfinished: where it is due, for whom, and when it counts as interrupted."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from casework.rules.due import Due
from casework.rules.following import Moved, due_of_moves, moved_courses
from casework.rules.interventions_due import due_of_interventions, findings_of_interventions
from casework.rules.presence import presence_of
from casework.rules.rows import Row
from tests.casefile import assignment, at, into, out, row
from tests.courses import CASEWORKER, REFERRER, held, plan, referral, session

WEI = "WEI"
LEFT = "Education, Training and Employment (ETE) with Northern Skills: the person "


def _moves(*more: Row) -> list[Row]:
    """Received at Leeds a month ago, and moved to Wealstun this morning."""
    received, sent = into("LEI", -24 * 30), out("LEI", 0, to_place=WEI)
    return [received, sent, into(WEI, 2, from_place="LEI"), *more]


def _rows(*records: Row, moves: Sequence[Row] | None = None) -> Mapping[str, Sequence[Row]]:
    by_kind: dict[str, list[Row]] = {"movement": list(_moves() if moves is None else moves)}
    for one in records:
        by_kind.setdefault(one.key.kind, []).append(one)
    return by_kind


def _begun() -> list[Row]:
    """A referral of eight sessions, of which Leeds held five."""
    return [referral(), plan(), *(held(10 + number, number - 20) for number in range(5))]


def _day(days: float) -> int:
    return at(24 * days)


def _only(rows: Mapping[str, Sequence[Row]], days: float) -> Moved:
    (moved,) = moved_courses(rows, _day(days))
    return moved


def _by_code(rows: Mapping[str, Sequence[Row]], days: float) -> dict[str, list[Due]]:
    found: dict[str, list[Due]] = {}
    for one in due_of_interventions(rows, "2026-11-23", _day(days)):
        found.setdefault(one.code, []).append(one)
    return found


def test_what_is_unfinished_is_due_at_the_new_place_and_the_old_one_is_told() -> None:
    officer = row("offender_manager", 3, assignment=assignment("Alder", WEI))
    due = _by_code(_rows(*_begun(), officer), 1)
    (to_resume,) = due["intervention_to_resume"]
    assert to_resume.words == (
        f"{LEFT}moved from Leeds to Wealstun on 22 November 2026; 3 of 8 sessions are left. "
        "Plan the next session at Wealstun, or conclude it with a reason."
    )
    assert to_resume.owner_staff_id == assignment("Alder")["staff_id"]
    assert to_resume.due_on == "2026-12-06"
    assert {one.owner_staff_id for one in due["intervention_moved"]} == {CASEWORKER, REFERRER}
    assert all("from Leeds to Wealstun" in one.words for one in due["intervention_moved"])


def test_an_officer_of_the_old_place_does_not_own_what_is_due_at_the_new_one() -> None:
    officer = row("offender_manager", 3, assignment=assignment("Alder", "LEI"))
    (to_resume,) = _by_code(_rows(*_begun(), officer), 1)["intervention_to_resume"]
    assert to_resume.owner_staff_id is None


def test_while_the_person_is_on_the_way_those_they_left_are_told() -> None:
    moves = [into("LEI", -24 * 30), out("LEI", 0, to_place=WEI)]
    rows = _rows(*_begun(), moves=moves)
    assert moved_courses(rows, at(1)) == ()
    told = due_of_moves(rows, at(1))
    assert {one.owner_staff_id for one in told} == {CASEWORKER, REFERRER}
    assert told[0].words == (
        f"{LEFT}left Leeds for Wealstun on 22 November 2026; 3 of 8 sessions are left. "
        "Agree who goes on with it."
    )


@pytest.mark.parametrize(("days", "is_interrupted"), [(13, False), (14.2, True), (40, True)])
def test_it_is_interrupted_fourteen_days_after_the_move(days: float, is_interrupted: bool) -> None:
    rows = _rows(*_begun())
    assert _only(rows, days).is_interrupted(_day(days)) is is_interrupted
    found = [one.code for one in findings_of_interventions(rows, "", _day(days))]
    assert ("intervention_interrupted" in found) is is_interrupted


@pytest.mark.parametrize("is_held", [True, False])
def test_a_session_planned_or_held_at_the_new_place_resumes_it(is_held: bool) -> None:
    there = held(30, 3, WEI) if is_held else session(30, 30, WEI)
    rows = _rows(*_begun(), there)
    resumed = _only(rows, 20)
    assert resumed.resumed_by is not None
    assert not resumed.is_interrupted(_day(20))
    assert not {"intervention_to_resume", "intervention_moved"} & set(_by_code(rows, 20))


@pytest.mark.parametrize("status", ["closed", "elsewhere"])
def test_a_session_cancelled_or_planned_elsewhere_resumes_nothing(status: str) -> None:
    there = session(30, 30, WEI, status="closed") if status == "closed" else session(30, 30, "LEI")
    assert _only(_rows(*_begun(), there), 20).is_interrupted(_day(20))


def test_a_session_still_planned_where_the_person_no_longer_is_is_due() -> None:
    (elsewhere,) = _by_code(_rows(*_begun(), session(30, 5)), 1)["session_elsewhere"]
    assert elsewhere.owner_staff_id == CASEWORKER
    assert elsewhere.due_on == "2026-11-27"
    assert "planned at Leeds for 27 November 2026" in elsewhere.words
    assert "the person is at Wealstun" in elsewhere.words


def test_what_was_concluded_with_a_reason_follows_nobody() -> None:
    seen = [one.key.record.hex() for one in _begun() if one.key.kind == "intervention_session"]
    ended = {"kind": "PREMATURELY_ENDED", "reason": "withdrawal/MOV", "sessions_seen": seen}
    _, *rest = _begun()
    assert (
        moved_courses(_rows(referral(status="concluded", conclusion=ended), *rest), _day(20)) == ()
    )


def test_a_day_at_court_is_no_move_and_coming_back_is_none() -> None:
    court = [out(WEI, 24 * 3, "CRT", "CRT"), into(WEI, 24 * 3 + 8, "CRT", type="CRT")]
    rows = _rows(*_begun(), moves=_moves(*court))
    assert _only(rows, 3.1).days(_day(3.1)) == 3
    assert _only(rows, 20).days(_day(20)) == 19
    back = [out(WEI, 24 * 5, to_place="LEI"), into("LEI", 24 * 5 + 3)]
    assert moved_courses(_rows(*_begun(), moves=_moves(*back)), _day(30)) == ()


def test_after_release_any_session_outside_custody_resumes_it() -> None:
    released = [into("LEI", -24 * 30), out("LEI", 0, "REL", "CR")]
    officer = row("offender_manager", 3, assignment=assignment("Alder", "N55LEE"))
    rows = _rows(*_begun(), officer, moves=released)
    (to_resume,) = _by_code(rows, 1)["intervention_to_resume"]
    assert "moved from Leeds to Leeds probation on 22 November 2026" in to_resume.words
    assert to_resume.owner_staff_id == assignment("Alder")["staff_id"]
    resumed = _rows(*_begun(), officer, held(30, 3, "N55LEE"), moves=released)
    assert _only(resumed, 20).resumed_by is not None


def test_released_to_nobody_yet_it_is_due_in_the_community() -> None:
    rows = _rows(*_begun(), moves=[into("LEI", -24 * 30), out("LEI", 0, "REL", "CR")])
    (to_resume,) = _by_code(rows, 1)["intervention_to_resume"]
    assert "moved from Leeds to the community" in to_resume.words
    assert to_resume.owner_staff_id is None


def test_recalled_it_follows_back_into_custody() -> None:
    sessions = [held(10 + number, number - 20, "N55LEE") for number in range(5)]
    moves = [into("LEI", -24 * 90), out("LEI", -24 * 60, "REL", "CR"), into("LEI", 0, "L")]
    rows = _rows(referral(delivered_at="N55LEE"), plan(), *sessions, moves=moves)
    (to_resume,) = _by_code(rows, 1)["intervention_to_resume"]
    assert "moved from Leeds probation to Leeds" in to_resume.words


def test_what_has_not_begun_in_the_community_waits_for_the_release() -> None:
    waiting = referral(status="assigned", delivered_at="N55LEE")
    assert moved_courses(_rows(waiting), _day(30)) == ()
    begun_here = referral(status="assigned", delivered_at="LEI")
    assert len(moved_courses(_rows(begun_here), _day(30))) == 1


def test_a_programme_follows_as_a_referral_does() -> None:
    values: dict[str, Any] = {
        "programme": "BCM-2",
        "provider": "Leeds programmes",
        "delivered_at": "LEI",
        "sessions_planned": 20,
        "referred_by": {"staff_id": REFERRER, "staff_name": "Rowan", "team": "LEI"},
    }
    running = row("programme", 1, **values, status="ON_PROGRAMME")
    assert "20 of 20 sessions are left" in _only(_rows(running), 20).words
    over = row("programme", 1, **values, status="WITHDRAWN")
    assert moved_courses(_rows(over), _day(20)) == ()
    held_step = row(
        "programme", 1, **values, status="WITHDRAWN", asks={"status": "illegal_transition"}
    )
    assert len(moved_courses(_rows(held_step), _day(20))) == 1


def test_open_steps_of_the_plan_are_due_for_two_weeks_after_a_move() -> None:
    step_row = row(
        "plan_step",
        40,
        description="Book the forklift course.",
        doer="PRISON_OFFENDER_MANAGER",
        status="IN_PROGRESS",
    )
    (due,) = _by_code(_rows(step_row), 1)["plan_step_to_take_over"]
    assert due.words == (
        "A step of the sentence plan is open since the person came to Wealstun: "
        "Book the forklift course."
    )
    assert "plan_step_to_take_over" not in _by_code(_rows(step_row), 15)
    never_moved = _rows(step_row, moves=[into("LEI", -3)])
    assert "plan_step_to_take_over" not in _by_code(never_moved, 1)


@pytest.mark.parametrize("need", ["SUPPORT_REQUIRED", "IN_PROGRESS", "DONE"])
def test_support_that_is_needed_is_taken_over_at_the_new_place(need: str) -> None:
    pathway = row("resettlement_pathway", 41, pathway="ACCOMMODATION", need=need)
    officer = row("offender_manager", 3, assignment=assignment("Alder", WEI))
    due = _by_code(_rows(pathway, officer), 1).get("pathway_to_take_over", [])
    assert len(due) == (need != "DONE")
    for one in due:
        assert one.words == (
            "Accommodation: support is needed, and is to be taken over since the person came to "
            "Wealstun."
        )
        assert one.owner_staff_id == assignment("Alder")["staff_id"]


def test_nobody_takes_anything_up_of_somebody_on_the_run() -> None:
    moves = [into("LEI", -24 * 30), out("LEI", 0, "REL", "UAL")]
    assert presence_of(_rows(moves=moves), _day(1)) is None
    assert due_of_moves(_rows(*_begun(), moves=moves), _day(1)) == ()
