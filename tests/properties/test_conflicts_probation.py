"""Probation work written at two nodes that cannot hear one another: what each is shown, and told.

One test for each row of the table of conflicts: whatever came first, everybody shows the same, the
gravity is as declared, and the words name who did what without saying who is right.
"""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.reference.reader import codes
from casework.rules.appointments import (
    appointment_findings,
    clashes,
    contacts_of,
    minutes_credited,
    staff_dangers,
)
from casework.rules.compliance import (
    STEPS,
    activity_days,
    awaited_responses,
    compliance_of,
    enforcement_in_order,
)
from casework.rules.outcomes import DANGERS, flags_of
from tests import toys
from tests.casefile import at
from tests.contacts import OFFICER, REQUIREMENT, SENTENCE, asserted, slot
from tests.two_nodes import Apart, ApartNode, Merged, says_who_and_when

pytestmark = pytest.mark.unhurried

PLANNED: Final[Mapping[str, Any]] = {
    "type": "CRSAPT",
    "slot": slot(1),
    "place": "Leeds office",
    "officer": OFFICER,
    "sentence": SENTENCE.hex(),
    "requirement": REQUIREMENT.hex(),
    "is_rehabilitation_activity": True,
}
NOTED: Final = ("came late", "was calm", "asked about work", "was angry")

skews = st.sampled_from((0, 7_200_000, -7_200_000))
codes_said = st.sampled_from(sorted(codes("contact_outcomes")))
sides = st.booleans()


def planned(**values: Any) -> Apart:
    """Both know of an appointment, and neither hears the other after that."""
    apart = Apart()
    apart.prison.write("appointment", {**PLANNED, **values})
    apart.part()
    return apart


def record_outcome(node: ApartNode, code: str, author: str, *, record: int, **parts: Any) -> None:
    """A node records what came of the appointment, an hour or so after it."""
    minutes = parts.pop("minutes_credited", None)
    said = asserted(code, author, 3 + record / 10, minutes_credited=minutes, **flags_of(code))
    values = {"appointment": toys.record(1).hex(), "assertion": said, **parts}
    node.write("outcome", values, record)


def contacts(merged: Merged) -> Any:
    """The contacts that everybody shows."""
    return contacts_of(merged.rows("appointment"), merged.rows("outcome"))


@given(st.lists(st.sampled_from(NOTED), max_size=3), st.lists(st.sampled_from(NOTED), max_size=3))
def test_a_contact_note_is_a_union(here: list[str], there: list[str]) -> None:
    apart = planned()
    for node, texts in zip(apart.nodes, (here, there), strict=True):
        for text in texts:
            note = {"text": text, "author": node.name, "written_on": at(2)}
            node.write("appointment", {"notes": note})
    row = apart.merged().row("appointment")
    noted = sorted((one["author"], one["text"]) for one in row.values.get("notes", ()))
    wrote = [("Leeds", text) for text in here] + [("Leeds probation", text) for text in there]
    assert noted == sorted(wrote)
    assert not row.asks, "two people may both write, and nobody need decide"


@given(st.integers(0, 150), skews)
def test_of_two_appointments_given_apart_both_stand_and_a_clash_is_told(
    minutes: int, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    apart.prison.write("appointment", PLANNED, 1)
    apart.probation.write("appointment", {**PLANNED, "slot": slot(1 + minutes / 60)}, 2)
    found = contacts(apart.merged())
    assert len(found) == 2
    assert not any(one.is_cancelled for one in found)
    told = appointment_findings(found, now_ms=at(0))
    if minutes < 60:
        assert [(one.code, one.severity) for one in told] == [("appointments_clash", "S2")]
        assert "Both stand: move one, and tell the person which." in told[0].words
    else:
        assert not told
        assert not clashes(found, now_ms=at(0))


@given(sides, skews, st.integers(2, 200))
def test_of_a_new_time_and_a_cancellation_the_new_time_stands(
    is_first: bool, skew_ms: int, hours: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("appointment", PLANNED)
    apart.part()
    one, other = apart.nodes if is_first else apart.nodes[::-1]
    one.write("appointment", {"status": "closed"})
    other.write("appointment", {"slot": slot(hours)})
    merged = apart.merged()
    row = merged.row("appointment")
    assert (row.values["status"], row.values["slot"]) == ("open", slot(hours))
    assert dict(row.asks) == {"status": "close_missed_something"}
    assert merged.severity("appointment", "status") == "S2"
    words = merged.words("appointment", "status")
    assert "not knowing that" in words
    assert f"{one.name} " in words
    assert f"{other.name} " in words
    (contact,) = contacts(merged)
    assert not contact.is_cancelled


def test_what_happened_to_an_appointment_is_said_plainly() -> None:
    apart = planned()
    apart.prison.write("appointment", {"status": "closed"}, at_ms=at(2))
    apart.probation.write("appointment", {"slot": slot(30)}, at_ms=at(2.5))
    assert apart.merged().words("appointment", "status") == (
        "Leeds probation changed the appointment at 09:30, not knowing that Leeds had cancelled "
        "the appointment at 09:00. It stands until somebody settles it: a cancellation cancels "
        "only the time that it saw."
    )
    apart = planned()
    apart.prison.write("appointment", {"slot": slot(26)}, at_ms=at(2))
    apart.probation.write("appointment", {"slot": slot(30)}, at_ms=at(2.5))
    assert apart.merged().words("appointment", "slot") == (
        "Leeds probation recorded the time as 23 November 2026 at 13:00 at 09:30, not knowing "
        "that Leeds had recorded 23 November 2026 at 09:00 at 09:00. 23 November 2026 at 13:00 "
        "is shown until somebody settles it."
    )


@given(st.integers(2, 200), st.integers(2, 200), skews)
def test_of_two_new_times_both_are_kept_and_the_owner_settles_it(
    here: int, there: int, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("appointment", PLANNED)
    apart.part()
    apart.prison.write("appointment", {"slot": slot(here)})
    apart.probation.write("appointment", {"slot": slot(there)})
    merged = apart.merged()
    row = merged.row("appointment")
    assert row.values["slot"] in (slot(here), slot(there))
    assert row.values["place"] == "Leeds office", "each field by itself"
    if here != there:
        assert row.asks["slot"] == "contested"
        assert merged.severity("appointment", "slot") == "S2"
        assert "not knowing that" in merged.words("appointment", "slot")
    else:
        assert not row.asks


@given(codes_said, codes_said, sides, st.sets(st.sampled_from(sorted(DANGERS))), skews)
def test_an_outcome_recorded_twice_is_agreed_or_disputed(
    here: str, there: str, is_one_record: bool, dangers: set[str], skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write("appointment", PLANNED)
    apart.part()
    ticks = dict.fromkeys(dangers, True)
    record_outcome(apart.prison, here, "Ash", record=2, **ticks)
    record_outcome(apart.probation, there, "Birch", record=2 if is_one_record else 3)
    merged = apart.merged()
    (contact,) = contacts(merged)
    outcome = contact.outcome
    assert len(outcome.assertions) == 2, "nobody's word is lost"
    assert set(outcome.dangers) == dangers, "what endangered staff counts from both"
    assert len(staff_dangers(contacts(merged), merged.rows("outcome"))) == len(dangers)
    told = {one.code: one for one in appointment_findings([contact], now_ms=at(9))}
    if here == there:
        assert outcome.state == "agreed"
        assert not told
    else:
        assert outcome.state == "disputed"
        assert not outcome.is_failure
        assert not outcome.is_credited
        said = told["outcome_disputed"]
        assert said.severity == "S2"
        assert all(name in said.words for name in ("Ash recorded", "Birch recorded"))
        assert "neither starts nor stops enforcement" in said.words


@given(codes_said, codes_said, sides)
def test_a_dispute_neither_starts_nor_stops_enforcement_and_the_clock_runs_on(
    here: str, there: str, has_letter: bool
) -> None:
    apart = planned()
    record_outcome(apart.prison, here, "Ash", record=2)
    if has_letter:
        letter = {
            "appointment": toys.record(1).hex(),
            "sentence": SENTENCE.hex(),
            "action": "EA02",
            "taken_on": "2026-11-22",
            "respond_by": "2026-11-29",
        }
        apart.prison.write("enforcement", letter, 4)
    record_outcome(apart.probation, there, "Birch", record=3)
    merged = apart.merged()
    letters = merged.rows("enforcement")
    awaited = [due_on for _, due_on in awaited_responses(letters)]
    assert awaited == (["2026-11-29"] if has_letter else []), "neither begun nor ended"
    standing = compliance_of(
        SENTENCE.hex(), None, contacts(merged), enforcements=letters, breaches=()
    )
    both_say = flags_of(here)["complied"] is False and here == there
    assert standing.failures == (("2026-11-22",) if both_say else ())
    assert not standing.is_in_breach
    says_failure = False in {flags_of(here)["complied"], flags_of(there)["complied"]}
    assert bool(standing.disputed) == (here != there and says_failure)


minutes_said = st.sampled_from((None, 0, 30, 90))


@given(codes_said, codes_said, minutes_said, minutes_said)
def test_hours_and_days_are_credited_only_of_what_nobody_disputes(
    here: str, there: str, minutes_here: int | None, minutes_there: int | None
) -> None:
    apart = planned()
    record_outcome(apart.prison, here, "Ash", record=2, minutes_credited=minutes_here)
    record_outcome(apart.probation, there, "Birch", record=3, minutes_credited=minutes_there)
    found = contacts(apart.merged())
    flags = flags_of(here)
    counts = here == there and flags["attended"] is True and flags["complied"] is True
    activity = activity_days(found, REQUIREMENT.hex())
    assert activity.days == (("2026-11-22",) if counts else ())
    assert activity.disputed == (("2026-11-22",) if here != there else ())
    is_one = minutes_here == minutes_there
    expected = (minutes_here or 0) if counts and is_one else 0
    assert minutes_credited(found, REQUIREMENT.hex()) == expected


actions = st.sampled_from(STEPS)


@given(actions, actions, skews)
def test_of_two_letters_both_are_kept_and_the_later_step_is_shown(
    here: str, there: str, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    usual = {"sentence": SENTENCE.hex(), "taken_on": "2026-11-22"}
    apart.prison.write("enforcement", {**usual, "action": here}, 1)
    apart.probation.write("enforcement", {**usual, "action": there}, 2)
    shown = [
        str(row.values["action"])
        for row in enforcement_in_order(apart.merged().rows("enforcement"))
    ]
    assert sorted(shown) == sorted((here, there)), "the legal trail keeps both"
    assert STEPS.index(shown[0]) == max(STEPS.index(here), STEPS.index(there))


@given(sides, sides, skews)
def test_a_withdrawal_withdraws_only_what_it_saw(
    is_first: bool, is_another: bool, skew_ms: int
) -> None:
    apart = Apart(skew_ms=skew_ms)
    letter = {"sentence": SENTENCE.hex(), "action": "EA02", "taken_on": "2026-11-20"}
    apart.prison.write("enforcement", letter, 1)
    apart.part()
    one, other = apart.nodes if is_first else apart.nodes[::-1]
    one.write("enforcement", {"status": "closed"}, 1)
    if is_another:
        other.write("enforcement", {**letter, "action": "EA03"}, 2)
    else:
        response = {"text": "I was ill.", "author": "Birch", "written_on": at(1)}
        other.write("enforcement", {"response": response}, 1)
    merged = apart.merged()
    shown = [str(row.values["action"]) for row in enforcement_in_order(merged.rows("enforcement"))]
    assert shown == (["EA03"] if is_another else ["EA02"])
    if not is_another:
        assert merged.row("enforcement", 1).asks == {"status": "close_missed_something"}
        assert merged.severity("enforcement", "status", 1) == "S2"
        assert "not knowing that" in merged.words("enforcement", "status", 1)


@given(sides, skews)
def test_two_results_of_one_breach_are_for_somebody_to_settle(is_same: bool, skew_ms: int) -> None:
    apart = Apart(skew_ms=skew_ms)
    begun = {"sentence": SENTENCE.hex(), "begun_by": "AIBR", "begun_on": "2026-11-01"}
    apart.prison.write("breach", begun)
    apart.part()
    ends = ("ABPC", "ABPC" if is_same else "ABWD")
    for node, code in zip(apart.nodes, ends, strict=True):
        node.write("breach", {"end": {"code": code, "ended_on": "2026-11-20"}})
    merged = apart.merged()
    asks = merged.row("breach").asks
    assert asks == ({} if is_same else {"end": "contested"})
    if not is_same:
        assert merged.severity("breach", "end") == "S2"
        assert says_who_and_when(
            merged.words("breach", "end"),
            "recorded how the breach ended as Breach Outcome - proven, order to continue on 20 "
            "November 2026",
            "recorded Breach Outcome - withdrawn /de-listed on 20 November 2026",
        ) or says_who_and_when(
            merged.words("breach", "end"),
            "recorded how the breach ended as Breach Outcome - withdrawn /de-listed on 20 November "
            "2026",
            "recorded Breach Outcome - proven, order to continue on 20 November 2026",
        )


@given(sides, skews)
def test_an_answer_counts_though_elsewhere_its_time_was_over(is_first: bool, skew_ms: int) -> None:
    apart = Apart(skew_ms=skew_ms)
    sent = {"due_on": "2026-11-22", "status": {"from": None, "to": "CREATED"}}
    apart.prison.write("check_in", sent)
    apart.part()
    one, other = apart.nodes if is_first else apart.nodes[::-1]
    one.write("check_in", {"status": {"from": "CREATED", "to": "EXPIRED"}})
    answered = {"from": "CREATED", "to": "SUBMITTED"}
    other.write("check_in", {"status": answered, "asks_for_contact": True})
    merged = apart.merged()
    row = merged.row("check_in")
    assert (row.values["status"], row.asks["status"]) == ("SUBMITTED", "diverged")
    assert row.values["asks_for_contact"] is True
    assert merged.severity("check_in", "status") == "S2"
    assert "SUBMITTED" in merged.words("check_in", "status")
