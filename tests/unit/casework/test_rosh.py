"""Risk of serious harm: the highest of the grid, and what of it is doubtful."""

from typing import Any

import pytest

from casework.desk.person import rosh_of
from casework.rules.rosh import overall_words, rosh, rosh_findings
from tests.casefile import Row, row

WHOLE: dict[str, Any] = {
    f"{group}_{setting}": "low"
    for group in ("children", "public", "known_adult", "staff", "prisoners")
    for setting in ("custody", "community")
}


def _risk(*disputed: str, **levels: Any) -> Row:
    return row("risk", asks=dict.fromkeys(disputed, "levels_differ"), **levels)


def test_overall_is_the_highest_of_every_cell() -> None:
    known = rosh(_risk(**{**WHOLE, "staff_custody": "very_high", "public_community": "medium"}))
    assert known.overall.level == known.custody.level == "very_high"
    assert known.community.level == "medium"
    assert not known.overall.is_provisional


def test_what_is_not_risk_of_serious_harm_counts_for_nothing() -> None:
    assert rosh(_risk(**{**WHOLE, "self_harm": "very_high", "csra": "high"})).overall.level == "low"


def test_a_cell_that_nobody_filled_in_is_missing_and_not_low() -> None:
    known = rosh(_risk(public_community="low"))
    assert known.overall.level == "low"
    assert known.custody.level is None
    assert len(known.overall.missing) == 9
    assert known.overall.is_provisional
    (found,) = rosh_findings(_risk(public_community="low"))
    assert (found.code, found.severity) == ("rosh_missing", "S3")
    assert "children in custody" in found.words
    assert found.words.endswith("It is not known to be low.")


def test_a_disputed_cell_counts_as_its_higher_value_and_says_so() -> None:
    risk = _risk("staff_community", **{**WHOLE, "staff_community": "high"})
    known = rosh(risk)
    assert (known.overall.level, known.overall.disputed) == ("high", ("staff_community",))
    assert known.community.is_provisional
    assert not known.custody.is_provisional
    assert overall_words(known.overall) == "high (1 disputed)"
    (found,) = rosh_findings(risk)
    assert found.severity == "S1"
    assert found.words == (
        "The level of risk to staff in the community is disputed. The higher level counts until "
        "somebody who has seen both settles it."
    )


@pytest.mark.parametrize("odd", ["extreme", 7, ["x"], {"level": "low"}, True])
def test_a_level_that_cannot_be_read_hides_no_level_that_can(odd: Any) -> None:
    """It is said instead: staff who read a value that means nothing would not see the "high"."""
    risk = _risk(**{**WHOLE, "staff_custody": "high", "children_custody": odd})
    known = rosh(risk).overall
    assert (known.level, known.unread) == ("high", ("children_custody",))
    assert known.is_provisional
    assert overall_words(known) == "at least high (1 cannot be read)"
    assert rosh_of(risk) == "high"
    (found,) = rosh_findings(risk)
    assert (found.code, found.severity) == ("rosh_unread", "S1")
    assert found.words == (
        "The level of risk to children in custody cannot be read here: it may be higher than any "
        "other. Take it as very high until it is read where it was written, or recorded again."
    )


def test_where_no_level_can_be_read_none_is_shown_and_it_is_said() -> None:
    risk = _risk(public_custody=["x"])
    assert rosh(risk).overall.level is None
    assert overall_words(rosh(risk).overall) == "cannot be read"
    assert rosh_of(risk) is None
    assert [one.code for one in rosh_findings(risk)] == ["rosh_unread"]


def test_of_nobody_nothing_is_said() -> None:
    assert rosh(None).overall.level is None
    assert overall_words(rosh(None).overall) == "not recorded"
    assert rosh_findings(None) == ()
