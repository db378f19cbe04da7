"""Two nodes write of one person's custody unseen by each other: what holds, how grave, in words.

Each test is a rule of the table of conflicts, over the moments at which things happened, who wrote
them, and every order in which they came together.
"""

from itertools import combinations
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.rules.custody import custody_state
from casework.rules.recalls import days_of, recall_of, recall_type_in_force
from casework.rules.roll import Held, take_roll
from casework.rules.sightings import HELD_FAST
from casework.rules.spoken import clock_words
from tests.casefile import at
from tests.custodies import (
    RECALL,
    RELEASE,
    clock,
    found_in,
    hex_of,
    leave,
    receive,
    release_values,
    state_of,
    write_recall,
)
from tests.two_nodes import PERSON, Apart, Merged

pytestmark = pytest.mark.unhurried

ON: Final = "on 22 November 2026"

_quarters = st.integers(1, 48).map(lambda quarter: quarter / 4)
"""Moments of one day, so that several fall together."""

_nodes = st.sampled_from((0, 1))


def _at_leeds(reason: str = "I") -> Apart:
    """Both know that Leeds received the person, sentenced."""
    apart = Apart()
    receive(apart.prison, "LEI", 0, reason, 1)
    apart.part()
    return apart


def _rolls(merged: Merged, hours: float) -> dict[str, Any]:
    held = Held(person=PERSON, custody_rows=merged.rows("movement"))
    return {prison: take_roll(prison, [held], as_of_ms=at(hours)) for prison in ("LEI", "HLI")}


@given(_quarters, _quarters)
def test_two_prisons_that_received_one_person_both_show_them(leeds: float, hull: float) -> None:
    apart = Apart()
    receive(apart.prison, "LEI", leeds, "N", 1)
    receive(apart.probation, "HLI", hull, "N", 2)
    merged = apart.merged()
    state, found = state_of(merged, 13), found_in(merged, 13)
    assert {state.place, state.also_at} == {"LEI", "HLI"}
    if leeds != hull:
        assert state.place == ("LEI" if leeds > hull else "HLI")
    code = "in_two_places" if abs(leeds - hull) <= 2 else "departure_missing"
    assert found[code].severity == ("S1" if code == "in_two_places" else "S2")
    first, last = sorted((("Leeds", leeds), ("Hull", hull)), key=lambda one: one[1])
    if leeds != hull:
        assert found[code].words == (
            f"{first[0]} recorded receiving this person at {clock(first[1])} {ON}, and {last[0]} "
            f"at {clock(last[1])} {ON}. The later, {last[0]}, is shown. Find out where the person "
            "is."
            if code == "in_two_places"
            else f"{last[0]} received the person at {clock(last[1])} {ON}, and {first[0]}, which "
            f"had received them at {clock(first[1])} {ON}, has not recorded that they left."
        )
    assert "Leeds" in found[code].words
    assert "Hull" in found[code].words
    rolls = _rolls(merged, 13)
    assert all(roll.present or roll.claimed for roll in rolls.values())
    assert rolls["LEI"].findings == rolls["HLI"].findings != ()


@given(_quarters, st.none() | _quarters, st.booleans())
def test_a_reception_is_stronger_than_the_senders_book(
    left: float, came: float | None, has_sent: bool
) -> None:
    apart = _at_leeds()
    if has_sent:
        leave(apart.prison, left, ("TRN", "NOTR"), 2)
    if came is not None:
        receive(apart.probation, "HLI", came, "INT", 3)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    if came is not None:
        assert state.place == "HLI"
        assert ("departure_missing" in found) == (not has_sent and came > 2)
    elif has_sent:
        assert (state.status, found["overdue"].severity) == ("in_transit", "S1")
        assert found["overdue"].words.startswith("Left Leeds for Hull ")
    else:
        assert (state.place, found) == ("LEI", {})


_departures = st.none() | st.sampled_from((("REL", "CR"), ("TAP", "RO"), ("CRT", "CRT")))


@given(_departures, _quarters, _quarters)
def test_probation_moves_nobody_and_a_sighting_of_somebody_held_is_grave(
    what: tuple[str, str] | None, left: float, seen: float
) -> None:
    apart = _at_leeds()
    if what is not None:
        leave(apart.prison, left, what, 2)
    values = {"occurred_at": at(seen), "where": "Briggate", "how": "met", "seen_by": "Sam Field"}
    apart.probation.write("seen_in_community", values, 3)
    merged = apart.merged()
    alone = custody_state(merged.rows("movement"), as_of_ms=at(60))
    assert state_of(merged) == alone
    held = custody_state(merged.rows("movement"), as_of_ms=at(seen)).status in HELD_FAST
    assert held == (what is None or seen < left)
    found = found_in(merged)
    assert ("seen_while_in_custody" in found) == held
    if held:
        assert found["seen_while_in_custody"].severity == "S1"
        assert found["seen_while_in_custody"].words == (
            f"Sam Field recorded the person as seen at {clock(seen)} {ON} (Briggate), while Leeds "
            "held them in custody. Custody stays as recorded. Find out whether it is an escape, "
            "a release that is not recorded, or another person."
        )


_happenings = st.none() | st.sampled_from((("TRN", "NOTR"), ("REL", "ESCP"), ("REL", "DEC")))


@given(_quarters, _happenings, _quarters, st.booleans())
def test_a_release_needs_somebody_who_is_there_to_be_released(
    released: float, what: tuple[str, str] | None, left: float, has_come: bool
) -> None:
    apart = _at_leeds()
    apart.prison.write("release", release_values(released), RELEASE)
    if what is not None:
        leave(apart.probation, left, what, 2)
        if has_come and what[0] == "TRN":
            receive(apart.probation, "HLI", left, "INT", 3)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    if what is not None and left < released:
        assert found["unable_to_release"].severity == "S1"
        assert found["unable_to_release"].words.startswith(
            f"Leeds recorded a release at {clock(released)} {ON} of somebody who was not in its "
            "custody. Check where the person is"
        )
        assert state.status != "in_community"
    elif what is None or left > released:
        assert "unable_to_release" not in found
        assert state.last_release is not None


_told = st.sampled_from(("release", "movement", "both"))


def _release(apart: Apart, hours: float, told: str) -> None:
    if told != "movement":
        apart.prison.write("release", release_values(hours), RELEASE)
    if told != "release":
        leave(apart.prison, hours, ("REL", "CR"), 2)


@given(_quarters, _quarters, _told)
def test_a_recall_outlasts_a_release_that_had_not_seen_it(
    released: float, decided: float, told: str
) -> None:
    apart = _at_leeds()
    _release(apart, released, told)
    write_recall(apart.probation, decided)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    assert (state.status, state.code) == ("unlawfully_at_large", "C")
    assert state.recall is not None
    if decided <= released:
        assert found["possible_release_in_error"].severity == "S1"
        assert found["possible_release_in_error"].words == (
            f"Leeds recorded the release at {clock(released)}, not knowing that recall was decided "
            f"at {clock(decided)}, {ON}. Possible release in error: the recall is in force, and "
            "the person is to be arrested. Tell Leeds and the responsible officer at once."
        )
    else:
        assert found["recalled_at_large"].severity == "S1"
        assert found["recalled_at_large"].words == (
            f"Recall was decided at {clock(decided)} {ON}, after the release from Leeds. "
            "Unlawfully at large until a prison receives the person."
        )


@pytest.mark.slow
@given(_quarters, _quarters, st.sampled_from(("L", "N", "R")))
def test_a_reception_on_recall_ends_it_and_any_other_leaves_it_in_force(
    released: float, decided: float, reason: str
) -> None:
    apart = _at_leeds()
    _release(apart, released, "both")
    write_recall(apart.probation, decided)
    receive(apart.prison, "HLI", 24, reason, 5)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    assert (state.status, state.place, state.code) == ("in_custody", "HLI", "D")
    assert (state.recall is None) == (reason == "L")
    assert ("recall_in_force" in found) == (reason != "L")
    if reason != "L":
        assert found["recall_in_force"].severity == "S2"
        assert found["recall_in_force"].words.startswith(
            f"Recall was decided at {clock(decided)} {ON}, and is in force: do not release"
        )


@given(_quarters, _quarters, st.booleans(), st.booleans())
def test_a_release_that_saw_the_recall_counts_only_on_purpose(
    decided: float, later: float, is_on_purpose: bool, names_another: bool
) -> None:
    apart = _at_leeds()
    write_recall(apart.probation, decided)
    apart.part()
    why = "The recall is being withdrawn." if is_on_purpose else None
    seen = [hex_of(RECALL + 1 if names_another else RECALL)]
    values = release_values(decided + later, recalls_seen=seen, despite_recall=why)
    apart.prison.write("release", values, RELEASE)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    released = decided + later
    if is_on_purpose and not names_another:
        assert (state.status, state.code, state.recall) == ("in_community", "B", None)
        assert found["released_despite_recall"].severity == "S2"
        assert found["released_despite_recall"].words == (
            f"Leeds recorded the release at {clock_words(at(released))} on purpose, knowing that "
            f"recall was decided at {clock(decided)} {ON}. The reason is with the release."
        )
    else:
        assert (state.status, state.code) == ("unlawfully_at_large", "C")
        assert found["possible_release_in_error"].severity == "S1"
        told = found["possible_release_in_error"].words
        assert told.startswith(f"Leeds recorded the release at {clock(released)}")
        assert f"recall was decided at {clock(decided)}" in told
        assert ("not knowing" in told) == names_another


@given(_quarters)
def test_a_recall_with_no_open_release_waits_at_the_gate(decided: float) -> None:
    apart = _at_leeds()
    write_recall(apart.probation, decided)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    assert (state.status, state.place) == ("in_custody", "LEI")
    assert state.recall is not None
    assert state.recall_ends is None
    assert found["recall_of_future_release"].severity == "S1"
    assert found["recall_of_future_release"].words == (
        f"Recall was decided at {clock(decided)} {ON}, of a release that is not recorded. The "
        "recall is in force: do not release the person, but arrest them at the gate."
    )


_grades = st.sampled_from((("SPO", "ACO"), ("SPO",), ("ACO",), ()))


@given(_grades, _grades, _quarters, _quarters, st.sampled_from((RECALL, RECALL + 1)))
def test_the_signed_decision_counts_and_of_two_the_recall(
    for_: tuple[str, ...], against: tuple[str, ...], one: float, other: float, record: int
) -> None:
    apart = _at_leeds()
    leave(apart.prison, 0.1, ("REL", "CR"), 2)
    apart.part()
    write_recall(apart.prison, one, grades=for_)
    write_recall(apart.probation, other, grades=against, record=record, verdict="NO_RECALL")
    merged = apart.merged()
    is_signed = len(for_) == 2
    assert any(recall_of(row).is_in_force for row in merged.rows("recall")) == is_signed
    assert (state_of(merged).code == "C") == is_signed
    found = found_in(merged)["recall_decisions_differ"]
    assert found.severity == ("S1" if is_signed and len(against) == 2 else "S2")
    assert found.words.startswith(
        f"Recall was decided at {clock(one)} {ON} and no recall at {clock(other)} {ON}"
    )
    if found.severity == "S1":
        assert found.words.endswith(
            "and both are signed. The recall holds until a senior officer settles it."
        )


_types = st.sampled_from(("FTR_14", "FTR_28", "FTR_56", "FTR_HDC_28", "CUR_HDC", "LR"))


@given(_types, _types, st.sampled_from((RECALL, RECALL + 1)))
def test_of_two_types_of_recall_the_standard_one_counts(one: str, other: str, record: int) -> None:
    apart = _at_leeds()
    leave(apart.prison, 0.1, ("REL", "CR"), 2)
    apart.part()
    write_recall(apart.prison, 1, recall_type=one)
    write_recall(apart.probation, 2, recall_type=other, record=record)
    merged = apart.merged()
    counted = recall_type_in_force([recall_of(row) for row in merged.rows("recall")])
    assert counted in {one, other}
    if "LR" in {one, other}:
        assert (counted, days_of(counted)) == ("LR", None)
    elif None not in {days_of(one), days_of(other)}:
        assert days_of(counted) == max(days_of(one) or 0, days_of(other) or 0)
    found = found_in(merged)
    assert ("recall_types_differ" in found) == (one != other)
    if {one, other} == {"LR", "FTR_28"}:
        assert found["recall_types_differ"].severity == "S1"
        assert found["recall_types_differ"].words == (
            "Two types of recall are recorded for one release. It counts as standard recall, "
            "without an automatic day of release, until the public protection casework section "
            "settles it."
        )


_acts = ("release", "recall", "no_recall", "receive", "depart", "see")


@pytest.mark.slow
@given(st.lists(st.tuples(_nodes, st.sampled_from(_acts), _quarters), max_size=5))
def test_no_order_of_arrival_changes_where_somebody_is_and_nobody_is_lost(
    acts: list[tuple[int, str, float]],
) -> None:
    """Whatever two nodes write apart: one answer, and a recall in force is never silent."""
    apart = _at_leeds()
    for number, (node, act, hours) in enumerate(acts, start=60):
        _act(apart, node, act, hours, number)
    merged = apart.merged()
    state, found = state_of(merged), found_in(merged)
    rows = [row for kind in ("movement", "release", "recall") for row in merged.rows(kind)]
    for first, second in combinations(range(len(rows)), 2):
        other = list(rows)
        other[first], other[second] = other[second], other[first]
        assert custody_state(other, as_of_ms=at(60)) == state
    if state.recall is not None:
        codes = {"possible_release_in_error", "recalled_at_large", "unlawfully_at_large"}
        held = {"recall_of_future_release", "recall_in_force", "recalled_while_absent"}
        assert found.keys() & (codes | held)


def _act(apart: Apart, number: int, act: str, hours: float, record: int) -> None:
    node = apart.nodes[number]
    if act == "release":
        node.write("release", release_values(hours), record)
    elif act == "receive":
        receive(node, "HLI", hours, "L" if record % 2 else "INT", record)
    elif act == "depart":
        leave(node, hours, ("TAP", "YRDR") if record % 2 else ("REL", "CR"), record)
    elif act == "see":
        values = {"occurred_at": at(hours), "where": "Leeds", "how": "met", "seen_by": "Sam"}
        node.write("seen_in_community", values, record)
    else:
        verdict = "RECALL" if act == "recall" else "NO_RECALL"
        write_recall(node, hours, record=record, verdict=verdict)
