"""Plans, incidents, adjudications, zones and oversight; and that every rule is asked."""

from typing import Any

import pytest

from casework.records.files import area_record
from casework.rules.adjudications import adjudged, adjudication_findings
from casework.rules.incidents import incident_findings, incident_state
from casework.rules.oversight import awaiting_review, oversight_due, oversight_findings
from casework.rules.plans import plan_due, plan_findings, plan_progress
from casework.rules.reviews import earliest_due
from casework.rules.safety import due_of_safety, findings_of_safety
from casework.rules.zones import areas_in_force, zone_findings
from sync_protocol.ids import RecordId
from sync_protocol.merge import RecordKey
from tests import toys
from tests.casefile import TODAY, Row, at, row

PLAN = toys.record(1).hex()


def _plan(**values: Any) -> Row:
    usual: dict[str, Any] = {"begun_on": "2026-01-05", "status": "open"}
    return row("sentence_plan", 1, **usual | values)


def _goal(
    record: int, status: str = "ACTIVE", target_on: str | None = None, *, is_contested: bool = False
) -> Row:
    asks = {"status": "diverged"} if is_contested else {}
    values: dict[str, Any] = {"sentence_plan": PLAN, "title": f"Goal {record}", "status": status}
    return row("plan_goal", record, asks=asks, target_on=target_on, **values)


def _step(record: int, goal: int, status: str) -> Row:
    return row("plan_step", record, plan_goal=toys.record(goal).hex(), status=status)


def test_a_plan_tells_how_far_each_goal_is() -> None:
    goals = [_goal(2, target_on="2027-03-01"), _goal(3, target_on="2026-12-01"), _goal(4, "FUTURE")]
    steps = [
        _step(5, 2, "COMPLETED"),
        _step(6, 2, "IN_PROGRESS"),
        _step(7, 2, "NO_LONGER_NEEDED"),
    ]
    (plan,) = plan_progress([_plan()], goals, steps)
    assert [goal.title for goal in plan.goals] == ["Goal 3", "Goal 2", "Goal 4"]
    assert (plan.goals[1].steps, plan.goals[1].steps_done) == (2, 1)
    assert len(plan.unfinished) == 2
    first, second = plan_due([plan])
    assert first.words == "Goal of the sentence plan: Goal 3. It has no steps yet."
    assert second.words.endswith("1 of 2 steps are done.")


def test_a_goal_with_two_ends_is_flagged() -> None:
    progress = plan_progress([_plan()], [_goal(2, "ACHIEVED", is_contested=True)], [])
    (found,) = plan_findings(progress)
    assert (found.code, found.severity) == ("plan_goal_contested", "S2")
    assert "shown as achieved" in found.words


def test_a_plan_closed_over_unfinished_goals_says_so_and_nothing_of_it_is_due() -> None:
    progress = plan_progress([_plan(status="closed")], [_goal(2, target_on="2026-12-01")], [])
    assert [one.code for one in plan_findings(progress)] == ["plan_closed_unfinished"]
    assert plan_due(progress) == ()


def _incident(progress: str, status: str, asks: dict[str, str] | None = None) -> Row:
    values: dict[str, Any] = {"family": "ASSAULT", "occurred_at": at(0), "prison": "LEI"}
    return row("incident", asks=asks, progress=progress, status=status, **values)


def test_a_closed_report_with_something_new_is_reopened() -> None:
    reopened = _incident("CLOSED", "open", {"status": "close_missed_something"})
    assert incident_state(reopened) == "REOPENED"
    (found,) = incident_findings([reopened])
    assert (found.code, found.severity) == ("incident_reopened", "S2")
    assert "the incident (Assault) at 07:00 on 22 November 2026" in found.words


@pytest.mark.parametrize(
    ("progress", "status"), [("CLOSED", "closed"), ("REOPENED", "open"), ("DRAFT", "open")]
)
def test_every_other_report_is_where_it_is(progress: str, status: str) -> None:
    assert incident_state(_incident(progress, status)) == progress
    assert incident_findings([_incident(progress, status)]) == ()


def _charge(progress: str, *awards: dict[str, Any], is_disputed: bool = False) -> Row:
    asks = {"progress": "diverged"} if is_disputed else {}
    return row("adjudication", asks=asks, charge="51:4", progress=progress, awards=list(awards))


def _days(days: int, **more: Any) -> dict[str, Any]:
    return {"punishment": "ADDITIONAL_DAYS", "days": days, **more}


def test_only_a_proved_charge_adds_days() -> None:
    assert adjudged(_charge("CHARGE_PROVED", _days(10))).added_days == 10
    for state in ("SCHEDULED", "DISMISSED", "QUASHED"):
        assert adjudged(_charge(state, _days(10))).added_days == 0


def test_suspended_and_prospective_days_add_none() -> None:
    suspended = _days(10, suspended_until="2027-01-01")
    prospective = {"punishment": "PROSPECTIVE_DAYS", "days": 10}
    assert adjudged(_charge("CHARGE_PROVED", suspended, prospective)).added_days == 0


def test_one_award_recorded_twice_counts_once() -> None:
    known = adjudged(_charge("CHARGE_PROVED", _days(10), _days(10, starts_on=None)))
    assert (len(known.awards), known.added_days) == (1, 10)


def test_of_two_awards_of_days_the_fewer_count_and_somebody_is_told() -> None:
    charge = _charge("CHARGE_PROVED", _days(10), _days(14))
    assert adjudged(charge).added_days == 10
    (found,) = adjudication_findings([charge])
    assert (found.code, found.severity) == ("additional_days_twice", "S1")


def test_a_disputed_finding_adds_nothing() -> None:
    charge = _charge("CHARGE_PROVED", _days(10), is_disputed=True)
    assert adjudged(charge).added_days == 0
    (found,) = adjudication_findings([charge])
    assert (found.code, found.severity) == ("adjudication_disputed", "S1")
    assert "the charge Fighting" in found.words


@pytest.mark.parametrize(("days", "is_told"), [(42, False), (43, True)])
def test_a_charge_adds_at_most_42_days(days: int, *, is_told: bool) -> None:
    found = adjudication_findings([_charge("CHARGE_PROVED", _days(days))])
    assert [one.code for one in found] == ["too_many_additional_days"] * is_told


def _zone(**values: Any) -> Row:
    return row("exclusion_zone", **{"starts_on": "2026-01-05", "ends_on": None} | values)


def _area(**values: Any) -> Row:
    known = {"starts_on": "2026-01-05", "ends_on": None, "area": [{"words": "Headingley"}]}
    key = RecordKey("keep_out_area", (toys.subject(1),), RecordId(area_record(toys.record(1))))
    return Row(key, known | values)


def test_an_area_is_kept_out_of_on_its_last_day_and_not_after() -> None:
    assert areas_in_force([_area(ends_on=TODAY)], TODAY) == ({"words": "Headingley"},)
    assert areas_in_force([_area(ends_on="2026-11-21")], TODAY) == ()
    assert areas_in_force([_area(starts_on="2026-11-23")], TODAY) == ()


def test_an_end_that_came_with_a_doubtful_close_ends_nothing() -> None:
    over = _area(ends_on="2026-11-21")
    doubtful = Row(over.key, over.values, {"status": "close_missed_something"})
    assert len(areas_in_force([doubtful], TODAY)) == 1


@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
@pytest.mark.parametrize("slip", ["01/02/2030", "31/12/2025", "soon"])
def test_a_day_that_cannot_be_read_ends_no_zone(field: str, slip: str) -> None:
    zone, area = _zone(**{field: slip}), _area(**{field: slip})
    assert areas_in_force([area], TODAY) == ({"words": "Headingley"},)
    (found,) = zone_findings([zone], [area], TODAY)
    assert (found.code, found.severity) == ("zone_day_unread", "S2")
    assert found.words == (
        f"A day of an exclusion zone cannot be read: {slip}. The zone counts as in force. Find out "
        "the day and record it."
    )


@pytest.mark.parametrize("slip", ["01/02/2030", "31/12/2025", "soon"])
def test_a_review_whose_day_cannot_be_read_answers_none_and_is_never_passed_over(
    slip: str,
) -> None:
    due = {"held_on": "2026-11-01", "due_on": "2026-11-20"}
    assert earliest_due([due, {"held_on": slip}], TODAY) == "2026-11-20"
    assert earliest_due([{"held_on": "2026-11-01", "due_on": slip}], TODAY) == slip


def test_a_zone_of_which_nobody_is_told_is_grave() -> None:
    (found,) = zone_findings([_zone()], [], TODAY)
    assert (found.code, found.severity) == ("zone_without_area", "S1")
    assert zone_findings([_zone()], [_area()], TODAY) == ()
    assert zone_findings([_zone(status="closed")], [], TODAY) == ()


def _opening(*reviews: dict[str, Any]) -> Row:
    staff = {"staff_id": toys.actor(1).hex(), "staff_name": "M. Okafor", "team": "LEI"}
    return row("break_glass", staff=staff, occurred_at=at(0), reviews=list(reviews))


def _review(staff: int, *, is_justified: bool = True) -> dict[str, Any]:
    return {"staff_id": toys.actor(staff).hex(), "is_justified": is_justified}


def test_nobody_reviews_themselves() -> None:
    assert len(awaiting_review([_opening(_review(1))])) == 1
    assert awaiting_review([_opening(_review(1), _review(2))]) == ()
    (due,) = oversight_due([_opening()])
    assert due.due_on == "2026-11-25", "three working days after a Sunday"
    assert "M. Okafor" in due.words


def test_an_opening_without_good_reason_is_told() -> None:
    assert oversight_findings([_opening(_review(1, is_justified=False))]) == ()
    (found,) = oversight_findings([_opening(_review(2, is_justified=False))])
    assert found.code == "opened_without_reason"


def test_every_rule_is_asked_and_the_gravest_comes_first() -> None:
    rows = {
        "risk": [row("risk", public_custody="low")],
        "registration": [
            row(
                "registration",
                register="MAPP",
                mappa_categories=["M3"],
                mappa_level="M1",
                reviews=[{"due_on": "2026-11-01"}],
            )
        ],
        "self_harm_monitoring": [row("self_harm_monitoring", occurred_at=at(-30))],
        "sentence_plan": [_plan()],
        "plan_goal": [_goal(2, "ACHIEVED", "2026-12-01", is_contested=True), _goal(3)],
        "incident": [_incident("CLOSED", "open")],
        "adjudication": [_charge("CHARGE_PROVED", is_disputed=True)],
        "exclusion_zone": [_zone()],
        "break_glass": [_opening(_review(2, is_justified=False)), _opening()],
        "assessment": [row("assessment", asks={"version": "two_approvals"})],
    }
    found = findings_of_safety(rows, TODAY, at(0))
    assert [one.severity for one in found] == sorted(one.severity for one in found)
    assert {one.code for one in found} == {
        "rosh_missing",
        "mappa_category_3_below_level_2",
        "registration_review_overdue",
        "self_harm_look_overdue",
        "self_harm_step_overdue",
        "plan_goal_contested",
        "incident_reopened",
        "adjudication_disputed",
        "zone_without_area",
        "opened_without_reason",
        "assessment_signed_twice",
    }
    due = due_of_safety(rows, TODAY, at(0))
    assert [one.due_on for one in due] == sorted(one.due_on for one in due)
    assert {"registration_review", "self_harm_look", "break_glass_review"} <= {
        one.code for one in due
    }


def test_of_an_empty_record_nothing_is_said() -> None:
    assert findings_of_safety({}, TODAY, at(0)) == ()
    assert due_of_safety({}, TODAY, at(0)) == ()
