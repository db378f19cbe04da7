"""Risk of serious harm: the highest of the grid, and what of it is doubtful."""

from typing import Any

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


def test_a_level_that_this_release_does_not_know_outranks_them_all() -> None:
    assert rosh(_risk(**{**WHOLE, "children_custody": "extreme"})).overall.level == "extreme"


def test_of_nobody_nothing_is_said() -> None:
    assert rosh(None).overall.level is None
    assert overall_words(rosh(None).overall) == "not recorded"
    assert rosh_findings(None) == ()
