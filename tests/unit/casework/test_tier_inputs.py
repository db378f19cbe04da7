"""What the tier is computed from, off the records as they show."""

from typing import Any

import pytest

from casework.rules.rows import Row
from casework.rules.tier_inputs import tier_inputs, tier_of
from tests.casefile import MORNING_MS, TODAY, row

DAY_MS = 86_400_000
SCORES: dict[str, Any] = {
    "all_reoffending": 5_000,
    "all_reoffending_basis": "dynamic",
    "serious_reoffending": 100,
    "serious_reoffending_basis": "dynamic",
}


def predicted(record: int, on: str = "2026-10-01", **scores: Any) -> Row:
    """A calculation of the predictors; in tier D by itself."""
    return row(
        "predictors",
        record,
        calculated_on=on,
        scores=SCORES | scores,
        ever_sexual_offence=False,
        status="open",
    )


def registered(record: int, register: str, **values: Any) -> Row:
    """An entry on a register."""
    return row("registration", record, **{"register": register, "status": "open"} | values)


def tier(*rows: Row, is_supervised: bool = True) -> tuple[str, tuple[str, ...]]:
    """The tier, and why it is provisional, of somebody of medium risk."""
    known: dict[str, list[Row]] = {"risk": [row("risk", 90, public_community="medium")]}
    if is_supervised:
        known["sentence"] = [row("sentence", 91, status="open")]
    for one in rows:
        known.setdefault(one.key.kind, [])
        known[one.key.kind] = [*(each for each in known[one.key.kind] if each.key != one.key), one]
    found = tier_of(known, TODAY, MORNING_MS)
    return found.code, found.provisional_because


def test_without_sentence_or_predictors_there_is_none() -> None:
    assert tier(predicted(1), is_supervised=False)[0] == "NOT_SUPERVISED"
    assert tier()[0] == "MISSING"


def test_the_last_calculation_counts() -> None:
    earlier = predicted(1, "2026-09-01", all_reoffending=9_500)
    assert tier(earlier, predicted(2)) == ("D", ())
    assert tier(earlier, predicted(2, all_reoffending=0))[0] == "E"


@pytest.mark.parametrize(
    ("register", "code"),
    [("MAPP", "D"), ("RVHR", "C"), ("RHRH", "D"), ("ADVP", "D"), ("INLL", "D")],
)
def test_registers_raise_the_tier(register: str, code: str) -> None:
    assert tier(predicted(1), registered(2, register))[0] == code


def test_a_lifer_in_the_first_year_of_release_is_high() -> None:
    release = row("release", 5, occurred_at=MORNING_MS - 100 * DAY_MS)
    assert tier(predicted(1), registered(2, "INLL"), release)[0] == "B"
    struck = row("release", 5, occurred_at=MORNING_MS - 100 * DAY_MS, status="closed")
    assert tier(predicted(1), registered(2, "INLL"), struck)[0] == "D"


def test_the_sexual_predictor_counts_with_its_band() -> None:
    assert tier(predicted(1, contact_sexual=300, contact_sexual_band="very_high"))[0] == "A"
    assert tier(predicted(1, contact_sexual=300))[0] == "D"


def test_of_two_calculations_of_one_day_the_higher_counts_and_it_is_said() -> None:
    code, why = tier(predicted(1), predicted(2, all_reoffending=9_500))
    assert (code, why) == ("B", ("Two places record the reoffending predictors differently.",))


def test_a_risk_in_dispute_counts_at_its_highest_and_leaves_the_tier_open() -> None:
    risk = row("risk", 90, public_community="very_high", asks={"public_community": "levels_differ"})
    code, why = tier(predicted(1), risk)
    assert (code, why) == ("C", ("Two places record the risk of serious harm differently.",))


def test_a_registration_in_dispute_is_said() -> None:
    doubt = registered(2, "ADVP", asks={"status": "close_missed_something"})
    assert tier(predicted(1), doubt)[1] == ("Two places record a registration differently.",)


def test_no_harm_recorded_is_not_low_harm() -> None:
    assert tier_inputs({"risk": [row("risk", 1, self_harm="high")]}, MORNING_MS).rosh is None
