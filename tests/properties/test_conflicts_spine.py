"""Sentence, dates, adjustments and court written at two nodes that cannot hear one another.

One test for each row of the table of conflicts: whatever came first, everybody shows the same, the
gravity is as declared, and the words name who did what without saying who is right.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.rules.adjustments import adjustment_findings, counted_days
from casework.rules.courts import court_findings
from casework.rules.key_dates import (
    NEAR_RELEASE_DAYS,
    a_row_a_side,
    dispute_severity,
    key_dates_findings,
    release_plan,
    standing_calculations,
)
from casework.rules.responsibility_inputs import dates_for_handover
from casework.rules.rows import gathered_structs
from casework.rules.spine import findings_of_spine
from tests.casefile import TODAY, at, row
from tests.two_nodes import PERSON, Apart, Merged, parted, says_who_and_when

pytestmark = pytest.mark.unhurried

TODAY_DAY: Final = date.fromisoformat(TODAY)
COURT: Final = {"court": "Leeds Crown Court", "court_type": "CC", "hearing_on": "2026-11-20"}

skews = st.sampled_from((0, 7_200_000, -7_200_000))


def calculation(number: int, release: date) -> dict[str, Any]:
    """An approved calculation, checked by a second person."""
    content = {
        "calculation_version": number,
        "reason": "NEW",
        "calculated_on": "2026-11-20",
        "calculated_by": "A. Clerk",
        "checked_by": "B. Checker",
        "conditional_release": release.isoformat(),
    }
    return {"version": {"approved": True, "content": content}}


def every_calculation(merged: Merged) -> Sequence[Any]:
    """The record of the key dates, one row for each calculation that stands."""
    shown = merged.row("key_dates")
    sides = [one.values.get("version") for one in merged.standing(shown.key)]
    return a_row_a_side(shown, [side for side in sides if side is not None])


@given(st.integers(-20, 400), st.integers(-20, 400), st.integers(1, 9), skews)
def test_of_two_release_dates_the_later_releases_and_the_earlier_prepares(
    here: int, there: int, number: int, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("key_dates", calculation(1, TODAY_DAY + timedelta(days=200)))
    apart.part()
    days = [TODAY_DAY + timedelta(days=days) for days in (here, there)]
    for node, day, of in zip(apart.nodes, days, (2, number), strict=True):
        node.write("key_dates", calculation(of, day))
    merged = apart.merged()
    shown, rows = merged.row("key_dates"), every_calculation(merged)
    plan = release_plan(standing_calculations(rows), is_asking=bool(shown.asks))
    assert plan.release_on == max(days)
    assert plan.prepare_for is not None
    assert plan.prepare_for <= min(days)
    handover = dates_for_handover(rows, TODAY_DAY)
    assert handover is not None
    shown_first = standing_calculations([handover])[0]
    assert shown_first.dates["conditional_release"] == min(days)
    found = key_dates_findings(plan, PERSON, day=TODAY)
    if here == there and number == 2:
        assert not found
        assert not shown.asks
        return
    assert shown.asks == {"version": "two_approvals"}
    (told,) = [one for one in found if one.code == "key_dates_disputed"]
    is_near = min(here, there) <= NEAR_RELEASE_DAYS
    assert told.severity == ("S1" if is_near else "S2")
    words = merged.words("key_dates", "version")
    assert "had recorded release on " in words
    assert words.endswith(
        "Until somebody settles it, the later release date plans the release and the earlier one "
        "plans handover and licence."
    )


@given(st.integers(0, 60))
def test_a_dispute_is_about_liberty_exactly_within_28_days(days: int) -> None:
    day = TODAY_DAY + timedelta(days=days)
    rows = [row("key_dates", **calculation(1, one)) for one in (day, date(2030, 1, 1))]
    severity = dispute_severity(standing_calculations(rows), day=TODAY)
    assert severity == ("S1" if days <= 28 else "S2")


spans = st.tuples(st.integers(0, 60), st.integers(1, 30))
types = st.sampled_from(("REMAND", "TAGGED_BAIL", "UNLAWFULLY_AT_LARGE"))


@given(spans, spans, types, types, skews)
def test_adjustments_of_one_type_that_overlap_are_counted_once(
    here: tuple[int, int], there: tuple[int, int], one: str, other: str, skew_ms: int
) -> None:
    apart = parted(skew_ms)
    for record, (node, (begun, days), type_) in enumerate(
        zip(apart.nodes, (here, there), (one, other), strict=True), start=1
    ):
        first = date(2026, 1, 1) + timedelta(days=begun)
        last = first + timedelta(days=days - 1)
        ends = {"from_day": first.isoformat(), "to_day": last.isoformat()}
        node.write("sentence_adjustment", {"type": type_, **ends, "days": days}, record)
    rows = apart.merged().rows("sentence_adjustment")
    is_apart = here[0] + here[1] <= there[0] or there[0] + there[1] <= here[0]
    counted, found = counted_days(rows), adjustment_findings(rows, PERSON)
    added = [d for (_, d), t in ((here, one), (there, other)) if t == "UNLAWFULLY_AT_LARGE"]
    taken = [d for (_, d), t in ((here, one), (there, other)) if t != "UNLAWFULLY_AT_LARGE"]
    if one == other and not is_apart:
        (told,) = found
        assert told.severity == "S1"
        assert "until somebody has checked the papers" in told.words
        assert (counted.added, counted.deducted) == (max(added, default=0), min(taken, default=0))
        assert counted.is_disputed
    else:
        assert not found
        assert (counted.added, counted.deducted) == (sum(added), sum(taken))


def test_the_same_adjustment_sent_twice_is_one() -> None:
    apart = parted(0)
    values = {"type": "REMAND", "from_day": "2026-01-01", "to_day": "2026-01-31", "days": 31}
    for node in apart.nodes:
        node.write("sentence_adjustment", values)
    rows = apart.merged().rows("sentence_adjustment")
    assert counted_days(rows).deducted == 31
    assert not adjustment_findings(rows, PERSON)


outcomes = st.sampled_from(("1002", "1001", "4016", "4531"))


@given(outcomes, outcomes, st.booleans(), skews)
def test_two_results_of_a_hearing_both_stand_and_differing_ones_are_grave(
    here: str, there: str, is_one_record: bool, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    if is_one_record:
        apart.prison.write("court_appearance", COURT)
    apart.part()
    for record, (node, outcome) in enumerate(zip(apart.nodes, (here, there), strict=True), start=1):
        result = {"outcome": outcome, "author": node.name, "written_on": at(record)}
        if is_one_record:
            node.write("court_appearance", {"result": result})
        else:
            node.write("court_appearance", {**COURT, "result": result}, record)
    rows = apart.merged().rows("court_appearance")
    recorded = [one["outcome"] for shown in rows for one in gathered_structs(shown, "result")]
    assert sorted(recorded) == sorted((here, there))
    found = court_findings(rows, PERSON)
    if here == there:
        assert not found
        return
    (told,) = found
    assert (told.code, told.severity) == ("court_results_differ", "S1")
    assert told.words.endswith("Read the warrant before anybody is moved or released on either.")


def ordered(months: int) -> dict[str, Any]:
    """A sentence as somebody read it off the warrant."""
    content = {
        "court": "Leeds Crown Court",
        "court_type": "CC",
        "sentenced_on": "2026-11-02",
        "type": "2020/ADIMP",
        "offence": "Burglary",
        "terms": [{"type": "IMP", "months": months}],
    }
    return {"version": {"approved": True, "content": content}}


@given(st.integers(1, 12), st.integers(1, 12), skews)
def test_two_readings_of_a_sentence_are_both_kept_whole(
    here: int, there: int, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("sentence", ordered(24))
    apart.part()
    for node, months in zip(apart.nodes, (here, there), strict=True):
        node.write("sentence", ordered(months))
    merged = apart.merged()
    sentence = merged.row("sentence")
    versions = [one.values.get("version") for one in merged.standing(sentence.key)]
    assert sentence.values["version"] in [ordered(here)["version"], ordered(there)["version"]]
    assert [one for one in versions if one] != []
    if here != there:
        assert sentence.asks["version"] == "two_approvals"
        assert merged.severity("sentence", "version") == "S1"
        words = merged.words("sentence", "version")
        assert "recorded the sentence as " in words
        assert f"{here} month" in words
        assert f"{there} month" in words


@given(st.booleans(), skews)
def test_a_sentence_that_somebody_ended_unseen_runs_on(is_noted: bool, skew_ms: int) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("sentence", ordered(24))
    apart.part()
    apart.prison.write("sentence", {"status": "closed"})
    if is_noted:
        apart.probation.write("sentence", ordered(36))
    merged = apart.merged()
    sentence = merged.row("sentence")
    assert sentence.values["status"] == ("open" if is_noted else "closed")
    assert ("status" in sentence.asks) is is_noted
    if is_noted:
        assert merged.severity("sentence", "status") == "S1"
        assert says_who_and_when(
            merged.words("sentence", "status"), "closed the sentence", "changed the sentence"
        )


@given(st.integers(0, 40), skews)
def test_what_the_person_page_is_told_does_not_depend_on_which_came_first(
    days: int, skew_ms: int
) -> None:
    apart = parted(skew_ms)
    for node, more in zip(apart.nodes, (0, days), strict=True):
        node.write("key_dates", calculation(1, TODAY_DAY + timedelta(days=more)))
    merged = apart.merged()
    one = findings_of_spine({"key_dates": every_calculation(merged)}, TODAY, at(0))
    other = findings_of_spine({"key_dates": every_calculation(merged)[::-1]}, TODAY, at(0))
    assert one == other
    assert [found.severity for found in one] == (["S1"] if days else [])
