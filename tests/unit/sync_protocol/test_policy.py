"""The eight policies: what each shows, and when it asks a person."""

from typing import Any

import pytest

from sync_protocol.clock import Hlc
from sync_protocol.policy import (
    AskAPerson,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    LaterDate,
    Latest,
    Levels,
    OpenClose,
    Rule,
    Shown,
    Side,
    TrueOutranks,
    WholeVersion,
)
from tests import toys

HAZARD = Highest(Levels(toys.HAZARDS))
STAGE = ForwardMost(toys.STAGES, toys.PAIRS)


def _side(number: int, value: Any, *, suspect: bool = False, happened_at: int = 0) -> Side:
    """The side written as `number`-th."""
    return Side(toys.op_id(number), Hlc(number), suspect, happened_at, value)


def _sides(*values: Any) -> list[Side]:
    return [_side(number, value) for number, value in enumerate(values, start=1)]


def _move(origin: str | None, to: str) -> dict[str, str | None]:
    return {"from": origin, "to": to}


def test_fixed_shows_the_first_and_asks_when_two_differ() -> None:
    assert Fixed().show(_sides("a", "a")) == Shown("a")
    assert Fixed().show(_sides("a", "b")) == Shown("a", "two_values")


def test_fixed_prefers_a_sound_clock() -> None:
    assert Fixed().show([_side(1, "a", suspect=True), _side(2, "b")]).value == "b"


def test_latest_shows_the_later_and_never_asks() -> None:
    assert Latest().show(_sides("a", "b")) == Shown("b")


def test_latest_does_not_let_a_suspect_clock_win() -> None:
    assert Latest().show([_side(1, "a"), _side(2, "b", suspect=True)]) == Shown("a")


def test_latest_breaks_a_tie_by_op_id() -> None:
    tied = [Side(toys.op_id(number), Hlc(1), False, 0, number) for number in (1, 2)]
    assert Latest().show(tied).value == max(tied, key=lambda side: side.op_id).value


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (("some",), Shown("some")),
        (("none", "grave", "some"), Shown("grave", "levels_differ")),
        (("grave", "grave"), Shown("grave")),
        (("grave", "of another release"), Shown("of another release", "levels_differ")),
        ((None, "grave"), Shown(None, "levels_differ")),
    ],
)
def test_highest_shows_the_most_cautious_level(values: tuple[Any, ...], shown: Shown) -> None:
    """INV-07: an unknown level outranks every known one, to be safe."""
    assert HAZARD.show(_sides(*values)) == shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (("2026-01-31", "2027-01-01"), "2027-01-01"),
        (("2026-01-31", None), None),
        ((None, "2026-01-31"), None),
    ],
)
def test_the_later_date_is_the_more_cautious_and_none_the_most(
    values: tuple[Any, ...], shown: str | None
) -> None:
    assert Highest(LaterDate()).show(_sides(*values)) == Shown(shown, "levels_differ")


@pytest.mark.parametrize(
    ("values", "shown"), [((True, False), True), ((False, True), True), ((True, "maybe"), "maybe")]
)
def test_true_outranks_false_and_the_unknown_both(values: tuple[Any, ...], shown: Any) -> None:
    assert Highest(TrueOutranks()).show(_sides(*values)) == Shown(shown, "levels_differ")


@pytest.mark.parametrize(
    ("policy", "values", "shown"),
    [
        (HAZARD, ("dire", "worse"), "worse"),
        (Highest(LaterDate()), ("2026-01-31", "2027-01-01"), "2027-01-01"),
        (Highest(TrueOutranks()), (True, 0), 0),
        (Highest(TrueOutranks()), ("maybe", "perhaps"), "perhaps"),
    ],
)
def test_the_value_decides_how_cautious_it_is_and_not_the_op(
    policy: Highest, values: tuple[Any, Any], shown: Any
) -> None:
    """INV-07: whichever of the two has the higher id, and is thus met last."""
    first, second = values
    for one, other in ((first, second), (second, first)):
        assert policy.show(_sides(one, other)) == Shown(shown, "levels_differ")


def test_open_stays_open_unless_all_that_stands_is_closed() -> None:
    """INV-07: a close that missed something ends nothing."""
    assert OpenClose().show(_sides("open")) == Shown("open")
    assert OpenClose().show(_sides("closed", "closed")) == Shown("closed")
    assert OpenClose().show(_sides("closed", "open")) == Shown("open", "close_missed_something")


@pytest.mark.parametrize("strange", [None, "CLOSED", ["closed"], {"closed": True}])
def test_what_is_not_the_word_closed_counts_as_open(strange: Any) -> None:
    assert OpenClose().show(_sides(strange)) == Shown("open")


def test_ask_a_person_shows_the_later_start_and_asks_while_two_stand() -> None:
    policy = AskAPerson(effective="starts_on")
    late, early = {"starts_on": "2027-01-01"}, {"starts_on": "2026-01-01"}
    assert policy.show(_sides(late)) == Shown(late)
    assert policy.show(_sides(late, early)) == Shown(late, "contested")
    assert policy.show(_sides(late, late)) == Shown(late)


def test_ask_a_person_goes_by_what_happened_where_no_member_is_named() -> None:
    sides = [_side(1, "a", happened_at=2), _side(2, "b", happened_at=1)]
    assert AskAPerson().show(sides) == Shown("a", "contested")


@pytest.mark.parametrize("strange", [None, "text", {}, {"starts_on": None}])
def test_a_value_without_a_start_is_earlier_than_any(strange: Any) -> None:
    dated = {"starts_on": "1900-01-01"}
    shown = AskAPerson(effective="starts_on").show(_sides(dated, strange))
    assert shown == Shown(dated, "contested")


def test_gather_shows_all_in_the_order_they_happened() -> None:
    sides = [_side(1, "late", happened_at=9), _side(2, "early", happened_at=1)]
    assert Gather().show(sides) == Shown(["early", "late"])


def test_forward_most_shows_the_furthest_state() -> None:
    assert STAGE.show(_sides(_move(None, "packed"))) == Shown("packed")
    far, near = _move("packed", "sent"), _move(None, "packed")
    assert STAGE.show(_sides(far, near)) == Shown("sent", "diverged")
    assert STAGE.show(_sides(far, far)) == Shown("sent")


def test_an_illegal_transition_is_shown_only_where_nothing_legal_stands() -> None:
    jump, step = _move(None, "arrived"), _move(None, "packed")
    assert STAGE.show(_sides(jump, step)) == Shown("packed", "illegal_transition")
    assert STAGE.show(_sides(jump)) == Shown("arrived", "illegal_transition")


def test_a_state_that_nobody_knows_is_behind_every_known_one() -> None:
    unknown, known = _move("lost", "found"), _move("lost", "packed")
    for one, other in ((unknown, known), (known, unknown)):
        assert STAGE.show(_sides(one, other)) == Shown("packed", "illegal_transition")


@pytest.mark.parametrize("strange", ["sent", None, {}, {"from": [], "to": {}}])
def test_a_value_that_is_no_transition_is_illegal(strange: Any) -> None:
    assert STAGE.show(_sides(strange)).asks == "illegal_transition"


def test_whole_version_shows_the_approved_and_asks_when_two_approvals_stand() -> None:
    draft = {"approved": False, "content": "draft"}
    first, second = ({"approved": True, "content": text} for text in ("first", "second"))
    assert WholeVersion().show(_sides(draft)) == Shown(draft)
    assert WholeVersion().show(_sides(first, draft)) == Shown(first)
    assert WholeVersion().show(_sides(first, second)) == Shown(second, "two_approvals")
    assert WholeVersion().show(_sides(first, first)) == Shown(first)


@pytest.mark.parametrize("strange", [{"approved": 1}, {"approved": "yes"}, True, None])
def test_only_true_approves(strange: Any) -> None:
    approved = {"approved": True, "content": ""}
    assert WholeVersion().show(_sides(approved, strange)) == Shown(approved)


def test_a_rule_is_of_severity_two_unless_it_says_otherwise() -> None:
    rule = Rule(Fixed(), writers=toys.DEPOT, cls="P1")
    assert (rule.severity, rule.why, rule.optional) == ("S2", "", False)
