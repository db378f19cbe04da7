"""How grave a conflict is, and how it is told in one sentence."""

from typing import Any

import pytest

from casework.rules.severity import Speech, field_words, sentence, severity_of, value_words
from sync_protocol.clock import hlc_ms
from tests import toys
from tests.casefile import TODAY, Conflict, Side, alert, assignment, at, row, side

PLACES = {toys.node(1): "Leeds", toys.node(2): "Leeds probation", toys.node(3): "Hull"}
SPEECH = Speech(
    place_of=lambda node: PLACES[node],
    time_of=lambda ms: f"{9 + (ms - at(0)) // 3_600_000:02}:05",
)


def told(kind: str, field: str, why: str, shown: Any, *sides: Side) -> str:
    return sentence(Conflict(row(kind).key, field, why, sides), shown, SPEECH)


def test_a_level_that_differs_is_told_with_who_had_not_seen_whom() -> None:
    sides = (side(1, "medium", 1, 1), side(2, "very_high", 0, 2))
    words = told("risk", "public_community", "levels_differ", "very_high", *sides)
    assert words == (
        "Leeds recorded risk to the public in the community as medium at 10:05, not knowing that "
        "Leeds probation had recorded very high at 09:05. "
        "Very high is shown, as the more cautious, until somebody settles it."
    )
    assert words == told("risk", "public_community", "levels_differ", "very_high", *reversed(sides))
    assert hlc_ms(sides[1].hlc) == at(0)


def test_three_sides_are_all_named() -> None:
    sides = (side(1, "low", 0, 1), side(2, "high", 1, 2), side(3, "medium", 2, 3))
    assert told("risk", "self_harm", "levels_differ", "high", *sides).startswith(
        "Hull recorded risk of self-harm as medium at 11:05, not knowing that Leeds had recorded "
        "low at 09:05 and Leeds probation had recorded high at 10:05."
    )


def test_a_close_that_missed_something_is_told_either_way_round() -> None:
    close, change = side(1, "closed", 1, 1), side(2, "open", 0, 2)
    assert told("alert", "status", "close_missed_something", "open", close, change) == (
        "Leeds closed the alert at 10:05, not knowing that Leeds probation had changed the alert "
        "at 09:05. It stays open until somebody settles it."
    )
    late = told("alert", "status", "close_missed_something", "open", close, side(2, "open", 2, 2))
    assert late.startswith("Leeds probation changed the alert at 11:05, not knowing that Leeds had")


def test_two_officers_are_told_as_both_responsible() -> None:
    one, other = assignment("Ann {Lee}"), assignment("Tom Byrne", "N03SW1")
    words = told(
        "offender_manager", "assignment", "contested", one, side(1, one, 0, 1), side(2, other, 1, 2)
    )
    assert words == (
        "Leeds probation recorded the responsible officer as Tom Byrne (Cardiff and the Vale of "
        "Glamorgan probation) at 10:05, not knowing that Leeds had recorded Ann {Lee} (Leeds) at "
        "09:05. Both stay responsible, and Ann {Lee} leads, until somebody settles it."
    )


def test_an_officer_of_a_day_to_come_is_not_told_as_responsible_now() -> None:
    one, other = assignment("Ann Lee"), assignment("Tom Byrne", "N03SW1", since="2026-12-01")
    sides = (side(1, one, 0, 1), side(2, other, 1, 2))
    contested = Conflict(row("offender_manager").key, "assignment", "contested", sides)
    for day, end in (
        (TODAY, "Each is responsible from the first day given, until somebody settles it."),
        ("2026-12-01", "Both stay responsible, and Tom Byrne leads, until somebody settles it."),
    ):
        words = sentence(contested, other, Speech(SPEECH.place_of, SPEECH.time_of, day))
        assert words.endswith(end)


def test_a_later_end_and_no_end_are_told_in_words() -> None:
    sides = (side(1, None, 0, 1), side(2, "2026-12-01", 1, 2))
    assert told("alert", "active_to", "levels_differ", None, *sides).endswith(
        "had recorded no end at 09:05. No end is shown, as the more cautious, until somebody "
        "settles it."
    )


@pytest.mark.parametrize("why", ["contested", "two_values", "diverged", "something_new"])
def test_every_reason_says_what_is_shown_meanwhile(why: str) -> None:
    sides = (side(1, "XA", 0, 1), side(2, "XER", 1, 2))
    assert "Arsonist" in told("alert", "code", why, "XA", *sides).partition(". ")[2]


def test_one_side_alone_is_told_without_a_but() -> None:
    words = told("alert", "stage", "illegal_transition", "gone", side(1, {"to": "gone"}, 0, 1))
    assert (
        words == "Leeds recorded stage as gone at 09:05. Gone is shown until somebody settles it."
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("sensitive", True, "yes"),
        ("sensitive", False, "no"),
        ("end", None, "no end"),
        ("whatever", None, "nothing"),
        ("security_category", "B", "Cat B"),
        ("type", "H", "Self Harm"),
        ("location", "LEI-A-1-003", "LEI-A-1-003"),
        ("whatever", {"a": 1, "b": None}, "1"),
    ],
)
def test_a_value_is_said_as_staff_say_it(field: str, value: Any, words: str) -> None:
    assert value_words(field, value) == words


def test_a_field_without_words_of_its_own_is_said_as_it_is_named() -> None:
    assert field_words("closed_reason") == "closed reason"


def test_severity_is_the_fields_unless_the_record_makes_it_graver() -> None:
    assert severity_of("risk", "public_custody", {}) == "S1"
    assert severity_of("person", "names", {}) == "S3"
    assert severity_of("alert", "status", alert(1).values) == "S2"
    assert severity_of("alert", "status", alert(1, "HA", "H").values) == "S1"
    assert severity_of("alert", "authorised_by", alert(1, "HA", "H").values) == "S3"


def test_severity_near_release_and_of_the_unknown() -> None:
    near = severity_of("offender_manager", "assignment", {}, day=TODAY, liberty_day="2026-12-01")
    assert near == "S1"
    assert severity_of("offender_manager", "assignment", {}, day=TODAY) == "S2"
    assert severity_of("kind_to_come", "field", {}) == "S2"
    assert severity_of("person", "names", {}, sides=65) == "S2"
