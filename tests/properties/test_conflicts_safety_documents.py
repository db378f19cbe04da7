"""What two offices write apart of notes, assessments, plans, incidents, charges and protection.

The rest of the table of conflicts about safety: what is never lost, what is disputed until a person
says, and what keeps somebody protected meanwhile.
"""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.records.plan_goal import GOAL_PAIRS
from casework.rules.adjudications import adjudged, adjudication_findings
from casework.rules.assessments import assessment_findings, effective_assessment
from casework.rules.incidents import incident_findings, incident_state
from casework.rules.plans import plan_findings, plan_progress
from casework.rules.rows import Row
from casework.rules.zones import areas_in_force, is_in_force
from tests import toys
from tests.casefile import MORNING_MS, TODAY, at
from tests.two_nodes import Apart

pytestmark = pytest.mark.slow

skews = st.sampled_from((0, 7_200_000, -7_200_000))
ends = st.none() | st.sampled_from(("2026-11-25", "2026-12-01", "2027-05-01"))
TOOL: Final = "OASYS_LAYER_3"
NOTE: Final = {"type": "OMIC", "subtype": "GEN", "occurred_at": MORNING_MS}


def _signed(text: str) -> dict[str, Any]:
    return {"text": text, "author": "A. Ash", "written_on": MORNING_MS}


def _step(left: str | None, to: str) -> dict[str, Any]:
    return {"from": left, "to": to}


def _knows(kind: str, values: dict[str, Any], skew_ms: int = 0) -> Apart:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write(kind, values)
    apart.part()
    return apart


@given(skew_ms=skews, here=st.booleans(), there=st.booleans())
def test_a_note_that_one_office_holds_sensitive_is_sensitive(
    skew_ms: int, *, here: bool, there: bool
) -> None:
    apart = _knows("case_note", {**NOTE, "text": _signed("Met today.")}, skew_ms)
    apart.prison.write("case_note", {"sensitive": here})
    apart.probation.write("case_note", {"sensitive": there})
    merged = apart.merged()
    assert merged.row("case_note").values["sensitive"] == (here or there)
    if here != there:
        assert merged.severity("case_note", "sensitive") == "S2"
        assert "Yes is shown" in merged.words("case_note", "sensitive")


@given(skew_ms=skews, count=st.integers(1, 3))
def test_a_note_withdrawn_here_and_amended_there_comes_back_with_every_word(
    skew_ms: int, count: int
) -> None:
    apart = _knows("case_note", {**NOTE, "text": _signed("First.")}, skew_ms)
    apart.prison.write("case_note", {"status": "closed"})
    for number in range(count):
        text = {**_signed(f"Added {number}."), "amends": True}
        apart.probation.write("case_note", {"text": text})
    merged = apart.merged()
    row = merged.row("case_note")
    assert row.values["status"] == "open"
    assert {one["text"] for one in row.values["text"]} == {
        "First.",
        *(f"Added {number}." for number in range(count)),
    }
    assert merged.severity("case_note", "status") == "S2"
    assert "closed the case note" in merged.words("case_note", "status")


def _assessment(scores: dict[str, int], completed_on: str = "2026-11-20") -> dict[str, Any]:
    answers = [{"question": question, "score": score} for question, score in scores.items()]
    staff = {"staff_id": toys.actor(1).hex(), "staff_name": "A. Ash", "team": "LEI"}
    content = {
        "completed_on": completed_on,
        "assessor": staff,
        "sections": [{"area": "DRUG_MISUSE", "answers": answers}],
    }
    return {"tool": TOOL, "version": {"approved": True, "content": content}}


_scores = st.dictionaries(st.sampled_from(("q1", "q2", "q3")), st.integers(0, 3), min_size=1)


@given(skew_ms=skews, here=_scores, there=_scores)
def test_two_assessments_completed_apart_count_by_the_higher_answer(
    skew_ms: int, here: dict[str, int], there: dict[str, int]
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    apart.prison.write("assessment", _assessment(here), 1)
    apart.probation.write("assessment", _assessment(there, "2026-11-21"), 2)
    rows = apart.merged().rows("assessment")
    known = effective_assessment(rows, TOOL)
    assert known is not None
    (need,) = known.needs
    assert need.answers == {
        question: max(here.get(question, 0), there.get(question, 0))
        for question in sorted(here | there)
    }
    (found,) = assessment_findings(rows)
    assert (found.code, found.severity) == ("assessments_apart", "S1")
    assert "The higher answer to each question counts" in found.words


@given(skew_ms=skews)
def test_one_assessment_signed_twice_apart_is_told_as_grave(skew_ms: int) -> None:
    apart = _knows("assessment", _assessment({"q1": 1}), skew_ms)
    apart.prison.write("assessment", {"version": _assessment({"q1": 3})["version"]})
    apart.probation.write("assessment", {"version": _assessment({"q1": 0})["version"]})
    merged = apart.merged()
    assert merged.severity("assessment", "version") == "S1"
    (found,) = assessment_findings(merged.rows("assessment"))
    assert (found.code, found.severity) == ("assessment_signed_twice", "S1")
    assert found.words.endswith(
        "were signed unseen by each other. Read both: the later one is shown until somebody "
        "settles it."
    )
    assert ", not knowing that Leeds" in merged.words("assessment", "version")


@given(skew_ms=skews, count=st.integers(1, 3))
def test_drafts_written_apart_leave_the_signed_assessment_in_force(
    skew_ms: int, count: int
) -> None:
    apart = _knows("assessment", _assessment({"q1": 2}), skew_ms)
    draft = {"version": {**_assessment({"q1": 0})["version"], "approved": False}}
    for number in range(count):
        apart.nodes[number % 2].write("assessment", draft)
    known = effective_assessment(apart.merged().rows("assessment"), TOOL)
    assert known is not None
    assert known.needs[0].answers == {"q1": 2}


GOAL: Final = {
    "sentence_plan": toys.record(9).hex(),
    "title": "Find a home",
    "area_of_need": "ACCOMMODATION",
    "target_on": None,
    "status": _step(None, "ACTIVE"),
}
_ends_of_goal = st.sampled_from([to for left, to in GOAL_PAIRS if left == "ACTIVE"])


def _plan(goal: Row) -> Any:
    plan = Apart()
    plan.prison.write("sentence_plan", {"sentence": None, "begun_on": "2026-01-05"}, 9)
    plan.part()
    return plan_progress(plan.merged().rows("sentence_plan"), [goal], [])


@given(skew_ms=skews, here=_ends_of_goal, there=_ends_of_goal)
def test_a_goal_achieved_here_and_removed_there_is_achieved_and_flagged(
    skew_ms: int, here: str, there: str
) -> None:
    apart = _knows("plan_goal", GOAL, skew_ms)
    apart.prison.write("plan_goal", {"status": _step("ACTIVE", here)})
    apart.probation.write("plan_goal", {"status": _step("ACTIVE", there)})
    merged = apart.merged()
    row = merged.row("plan_goal")
    order = ("FUTURE", "ACTIVE", "REMOVED", "ACHIEVED")
    assert row.values["status"] == max(here, there, key=order.index)
    found = plan_findings(_plan(row))
    assert [(one.code, one.severity) for one in found] == [("plan_goal_contested", "S2")] * (
        here != there
    )
    if here != there:
        assert "the furthest, is shown" in merged.words("plan_goal", "status")


@given(skew_ms=skews, titles=st.tuples(*[st.sampled_from(("A flat", "A room", "A hostel"))] * 2))
def test_two_wordings_of_a_goal_are_both_kept_until_somebody_says(
    skew_ms: int, titles: tuple[str, str]
) -> None:
    apart = _knows("plan_goal", GOAL, skew_ms)
    for node, title in zip(apart.nodes, titles, strict=True):
        node.write("plan_goal", {"title": title})
    merged = apart.merged()
    assert merged.row("plan_goal").values["title"] in titles
    if titles[0] != titles[1]:
        assert merged.severity("plan_goal", "title") == "S3"
        told = merged.words("plan_goal", "title")
        assert all(title in told for title in titles)


STEP: Final = {
    "plan_goal": toys.record(1).hex(),
    "description": "Ring the council",
    "doer": "PERSON_ON_PROBATION",
    "status": _step(None, "NOT_STARTED"),
}


@given(skew_ms=skews, is_first=st.booleans())
def test_a_step_completed_here_and_no_longer_needed_there_is_completed(
    skew_ms: int, *, is_first: bool
) -> None:
    apart = _knows("plan_step", STEP, skew_ms)
    doing, dropping = apart.nodes if is_first else apart.nodes[::-1]
    doing.write("plan_step", {"status": _step("NOT_STARTED", "COMPLETED")})
    dropping.write("plan_step", {"status": _step("NOT_STARTED", "NO_LONGER_NEEDED")})
    merged = apart.merged()
    row = merged.row("plan_step")
    assert (row.values["status"], row.asks["status"]) == ("COMPLETED", "diverged")
    assert merged.severity("plan_step", "status") == "S2"
    words = merged.words("plan_step", "status")
    assert "completed at " in words
    assert "no longer needed at " in words
    assert words.endswith("Completed, the furthest, is shown until somebody settles it.")


INCIDENT: Final = {
    "family": "ASSAULT",
    "occurred_at": MORNING_MS,
    "prison": "LEI",
    "progress": _step(None, "AWAITING_REVIEW"),
}
_news: Final[dict[str, Any]] = {
    "evidence": {"proof": "CCTV", **_signed("Seen on camera 4.")},
    "people": {"person": toys.subject(5).hex(), "role": "ASSAILANT"},
    "staff": {"staff_id": toys.actor(3).hex(), "staff_name": "C. Cedar", "role": "WITNESS"},
    "description": _signed("A second blow was struck."),
}


@given(
    skew_ms=skews,
    field=st.sampled_from(sorted(_news)),
    finish=st.sampled_from(("CLOSED", "DUPLICATE", "NOT_REPORTABLE")),
)
def test_an_incident_closed_here_while_something_new_was_written_there_is_reopened(
    skew_ms: int, field: str, finish: str
) -> None:
    apart = _knows("incident", INCIDENT, skew_ms)
    closing = {"progress": _step("AWAITING_REVIEW", finish), "status": "closed"}
    apart.prison.write("incident", closing)
    apart.probation.write("incident", {field: _news[field]})
    merged = apart.merged()
    row = merged.row("incident")
    assert incident_state(row) == "REOPENED"
    assert row.values[field] == [_news[field]]
    (found,) = incident_findings([row])
    assert (found.code, found.severity) == ("incident_reopened", "S2")
    assert found.words.endswith("The report is reopened.")
    assert merged.severity("incident", "status") == "S2"


@given(skew_ms=skews)
def test_those_involved_in_an_incident_are_all_kept(skew_ms: int) -> None:
    apart = _knows("incident", INCIDENT, skew_ms)
    for number, node in enumerate(apart.nodes):
        person = {"person": toys.subject(number + 5).hex(), "role": "FIGHTER"}
        node.write("incident", {"people": person})
    people = apart.merged().row("incident").values["people"]
    assert {one["person"] for one in people} == {toys.subject(5).hex(), toys.subject(6).hex()}


CHARGE: Final = {
    "charge": "51:4",
    "occurred_at": MORNING_MS,
    "prison": "LEI",
    "incident": None,
    "progress": _step(None, "AWAITING_REVIEW"),
}
AWARD: Final = {"punishment": "ADDITIONAL_DAYS", "days": 10}
_findings = st.sampled_from(("CHARGE_PROVED", "DISMISSED", "NOT_PROCEED"))


@given(skew_ms=skews, here=_findings, there=_findings)
def test_a_charge_decided_differently_apart_adds_no_day(
    skew_ms: int, here: str, there: str
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("adjudication", CHARGE)
    apart.prison.write("adjudication", {"progress": _step("AWAITING_REVIEW", "UNSCHEDULED")})
    apart.prison.write("adjudication", {"progress": _step("UNSCHEDULED", "SCHEDULED")})
    apart.part()
    for node, finding in zip(apart.nodes, (here, there), strict=True):
        proved = {"awards": AWARD} if finding == "CHARGE_PROVED" else {}
        node.write("adjudication", {"progress": _step("SCHEDULED", finding), **proved})
    merged = apart.merged()
    row = merged.row("adjudication")
    is_agreed = here == there
    assert adjudged(row).added_days == (10 if is_agreed and here == "CHARGE_PROVED" else 0)
    found = adjudication_findings([row])
    assert [(one.code, one.severity) for one in found] == [("adjudication_disputed", "S1")] * (
        not is_agreed
    )
    if not is_agreed:
        assert merged.severity("adjudication", "progress") == "S1"
        assert found[0].words.endswith(
            "unseen by each other. It adds no days until somebody settles which holds."
        )
        words = merged.words("adjudication", "progress")
        for finding in (here, there):
            assert f"{finding.replace('_', ' ').lower()} at " in words


PROTECTION: Final[dict[str, dict[str, Any]]] = {
    "exclusion_zone": {"victim_contact": None, "area": {"words": "Headingley"}},
    "keep_out_area": {"area": {"words": "Headingley"}},
    "no_contact": {"victim_contact": None, "protected": "R. Example"},
}
_more: Final[dict[str, dict[str, Any]]] = {
    "exclusion_zone": {"area": {"words": "Hyde Park"}},
    "keep_out_area": {"area": {"words": "Hyde Park"}},
    "no_contact": {"ways": "TELEPHONE"},
}
_protections = st.sampled_from(sorted(PROTECTION))


@given(skew_ms=skews, kind=_protections, end=ends, is_first=st.booleans())
def test_protection_ended_here_and_added_to_there_goes_on(
    skew_ms: int, kind: str, end: str | None, *, is_first: bool
) -> None:
    days = {"starts_on": "2026-01-05", "ends_on": None}
    apart = _knows(kind, {**PROTECTION[kind], **days}, skew_ms)
    ending, adding = apart.nodes if is_first else apart.nodes[::-1]
    ending.write(kind, {"status": "closed", "ends_on": end})
    adding.write(kind, _more[kind])
    merged = apart.merged()
    assert is_in_force(merged.row(kind), "2028-01-01")
    assert merged.severity(kind, "status") == "S1"
    assert merged.words(kind, "status").endswith("It stays open until somebody settles it.")


@given(skew_ms=skews, kind=_protections, pair=st.tuples(ends, ends))
def test_protection_lasts_until_the_later_of_two_ends(
    skew_ms: int, kind: str, pair: tuple[str | None, str | None]
) -> None:
    days = {"starts_on": "2026-01-05", "ends_on": "2026-11-23"}
    apart = _knows(kind, {**PROTECTION[kind], **days}, skew_ms)
    for node, end in zip(apart.nodes, pair, strict=True):
        node.write(kind, {"ends_on": end})
    latest = None if None in pair else max(str(end) for end in pair)
    assert apart.merged().row(kind).values["ends_on"] == latest


@given(skew_ms=skews)
def test_both_of_two_areas_drawn_apart_are_kept_out_of(skew_ms: int) -> None:
    days = {"starts_on": "2026-01-05", "ends_on": None}
    apart = _knows("keep_out_area", {**PROTECTION["keep_out_area"], **days}, skew_ms)
    for node, words in zip(apart.nodes, ("Hyde Park", "Burley"), strict=True):
        node.write("keep_out_area", {"area": {"words": words}})
    areas = areas_in_force(apart.merged().rows("keep_out_area"), TODAY)
    assert {one["words"] for one in areas} == {"Headingley", "Hyde Park", "Burley"}


@given(skew_ms=skews, here=st.booleans(), there=st.booleans())
def test_a_victim_who_asked_either_office_to_be_told_is_told(
    skew_ms: int, *, here: bool, there: bool
) -> None:
    apart = _knows("victim_contact", {"has_opted_in": False}, skew_ms)
    for node, opted in zip(apart.nodes, (here, there), strict=True):
        node.write("victim_contact", {"has_opted_in": opted}, at_ms=at(1))
    assert apart.merged().row("victim_contact").values["has_opted_in"] == (here or there)
