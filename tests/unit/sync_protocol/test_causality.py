"""Causality: what an op names, what an author had seen, and the token that says so."""

import pytest

from sync_protocol.causality import (
    BadSeenToken,
    Unseen,
    fields_standing,
    names_of,
    read_seen_token,
    seen_token,
    unseen,
)
from sync_protocol.ids import ID_BYTES
from sync_protocol.limits import NAMED_IDS_MAX
from tests import toys

FIRST, SECOND, THIRD = toys.op_id(1), toys.op_id(2), toys.op_id(3)


def test_an_op_names_a_field_and_an_id_at_a_time() -> None:
    op = toys.op(1, {"label": "x"}, {"label": [FIRST, SECOND], "colour": [THIRD]})
    assert set(names_of(op)) == {("label", FIRST), ("label", SECOND), ("colour", THIRD)}


def test_an_op_stands_in_the_fields_that_nothing_names() -> None:
    op = toys.op(1, {"label": "x", "colour": "red"})
    assert fields_standing(op, []) == {"label", "colour"}
    assert fields_standing(op, [("label", op.id), ("colour", FIRST)]) == {"colour"}


def test_a_token_gives_back_what_was_seen_in_any_order() -> None:
    assert seen_token([FIRST, SECOND]) == seen_token([SECOND, FIRST, FIRST])
    assert read_seen_token(seen_token([FIRST, SECOND])) == {FIRST, SECOND}


def test_the_token_of_nothing_is_empty() -> None:
    assert seen_token([]) == ""
    assert read_seen_token("") == frozenset()


@pytest.mark.parametrize(
    "token",
    [
        "AAAA",
        "A",
        "not a token",
        "\ud800",
        "é" * 22,
        "!!!!",
        "#" + seen_token([FIRST]),
        seen_token([FIRST]) + "==",
        seen_token([FIRST])[:-1] + "B",
        "A" * (ID_BYTES * (NAMED_IDS_MAX + 1) * 4 // 3),
    ],
)
def test_a_token_that_is_none_of_ours_is_refused(token: str) -> None:
    with pytest.raises(BadSeenToken):
        read_seen_token(token)


def test_what_an_author_missed_is_told_field_by_field() -> None:
    standing = {"label": [FIRST, SECOND], "colour": [THIRD]}
    missed = unseen(standing, ["label", "colour", "hazard"], frozenset({FIRST, THIRD}))
    assert missed == Unseen({"label": (SECOND,)})
    assert not missed.is_empty


def test_who_saw_everything_missed_nothing() -> None:
    assert unseen({"label": [FIRST]}, ["label"], frozenset({FIRST})).is_empty


def test_what_stands_in_a_field_that_is_not_changed_need_not_be_seen() -> None:
    assert unseen({"label": [FIRST]}, ["colour"], frozenset()).is_empty
