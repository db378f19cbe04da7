"""The tier on every cell of its tables, and when it may still change."""

from datetime import date
from typing import Any

import pytest

from casework.rules.tier import Predictor, SexualPredictor, TierInputs, predicted, tier_on

TODAY = date(2026, 11, 22)


def inputs(arp: int = 0, csrp: int = 0, **known: Any) -> TierInputs:
    """Predictors of an assessed person, who would be tier G, of low risk."""
    given: dict[str, Any] = {"arp": Predictor(arp), "csrp": Predictor(csrp), "rosh": "low"}
    return TierInputs(**given | known)


@pytest.mark.parametrize(
    ("csrp", "row"),
    [
        (690, "AABBBB"),
        (689, "ABCCCC"),
        (300, "ABCCCC"),
        (299, "BCDEEE"),
        (100, "BCDEEE"),
        (99, "CDEEFF"),
        (50, "CDEEFF"),
        (49, "DDEFFG"),
        (0, "DDEFFG"),
    ],
)
def test_the_table_of_both_reoffending_predictors(csrp: int, row: str) -> None:
    columns = (9000, 7500, 5000, 2500, 1500, 0)
    assert "".join(predicted(arp, csrp) for arp in columns) == row
    assert predicted(8999, csrp) == row[1]


@pytest.mark.parametrize(
    ("known", "tier"),
    [
        ({}, "G"),
        ({"dc_srp": SexualPredictor(500, "very_high")}, "A"),
        ({"dc_srp": SexualPredictor(500, "high")}, "B"),
        ({"dc_srp": SexualPredictor(336, "medium")}, "C"),
        ({"dc_srp": SexualPredictor(335, "medium")}, "D"),
        ({"dc_srp": SexualPredictor(211, "medium")}, "D"),
        ({"dc_srp": SexualPredictor(210, "medium")}, "C"),
        ({"dc_srp": SexualPredictor(112, "medium")}, "C"),
        ({"dc_srp": SexualPredictor(111, "medium")}, "D"),
        ({"dc_srp": SexualPredictor(60, "medium")}, "D"),
        ({"dc_srp": SexualPredictor(10, "low")}, "E"),
        ({"dc_srp": SexualPredictor(0, "high")}, "G"),
        ({"dc_srp": SexualPredictor(500, None)}, "G"),
        ({"is_mappa": True}, "E"),
        ({"is_mappa": True, "rosh": "medium"}, "D"),
        ({"is_mappa": True, "rosh": "high"}, "C"),
        ({"is_mappa": True, "rosh": "very_high"}, "A"),
        ({"rosh": "medium"}, "G"),
        ({"rosh": "high"}, "D"),
        ({"rosh": "very_high"}, "C"),
        ({"is_lifer_or_ipp": True}, "G"),
        ({"is_lifer_or_ipp": True, "latest_release_on": date(2025, 11, 22)}, "B"),
        ({"is_lifer_or_ipp": True, "latest_release_on": date(2025, 11, 21)}, "D"),
        ({"is_lifer_or_ipp": True, "latest_release_on": date(2021, 11, 22)}, "D"),
        ({"is_lifer_or_ipp": True, "latest_release_on": date(2021, 11, 21)}, "E"),
        ({"latest_release_on": date(2026, 11, 1)}, "G"),
        ({"has_domestic_abuse": True}, "E"),
        ({"has_stalking": True}, "F"),
        ({"has_child_protection": True}, "F"),
        ({"has_sexual_offence": True}, "E"),
        ({"has_stalking": True, "has_domestic_abuse": True}, "E"),
    ],
)
def test_the_highest_that_any_factor_gives(known: dict[str, Any], tier: str) -> None:
    found = tier_on(inputs(**known), TODAY)
    assert (found.code, found.is_provisional) == (tier, False)


def test_without_supervision_or_predictors_there_is_no_tier() -> None:
    assert tier_on(inputs(is_supervised=False), TODAY).code == "NOT_SUPERVISED"
    missing = tier_on(TierInputs(arp=Predictor(0)), TODAY)
    assert (missing.code, missing.is_provisional) == ("MISSING", True)


@pytest.mark.parametrize(
    ("arp", "csrp", "others", "is_provisional"),
    [
        (Predictor(0, is_static=True), Predictor(0, is_static=True), {}, True),
        (Predictor(0, is_static=True), Predictor(0, is_static=True), {"rosh": "very_high"}, True),
        (
            Predictor(0, is_static=True),
            Predictor(0, is_static=True),
            {"rosh": "very_high", "is_mappa": True},
            False,
        ),
        # With a dynamic score of nothing, D is the most that the static one could come to.
        (Predictor(0, is_static=True), Predictor(0), {"has_domestic_abuse": True}, True),
        (Predictor(0, is_static=True), Predictor(0), {"rosh": "high"}, False),
        (Predictor(0), Predictor(0, is_static=True), {"rosh": "very_high"}, True),
        (Predictor(0), Predictor(0), {}, False),
    ],
)
def test_a_static_predictor_leaves_the_tier_open_unless_another_is_as_high(
    arp: Predictor, csrp: Predictor, others: dict[str, Any], is_provisional: bool
) -> None:
    known: dict[str, Any] = {"rosh": "low", **others}
    found = tier_on(TierInputs(arp=arp, csrp=csrp, **known), TODAY)
    assert found.is_provisional is is_provisional


@pytest.mark.parametrize(
    ("known", "is_provisional"),
    [
        ({}, True),
        ({"arp": Predictor(9000), "csrp": Predictor(690), "is_mappa": True}, False),
        ({"arp": Predictor(9000), "csrp": Predictor(299), "is_mappa": True}, True),
        ({"arp": Predictor(9000), "csrp": Predictor(99)}, False),
        ({"dc_srp": SexualPredictor(500, "very_high"), "is_mappa": True}, False),
        ({"is_lifer_or_ipp": True, "latest_release_on": TODAY}, False),
    ],
)
def test_a_risk_not_recorded_leaves_it_open_unless_it_could_not_raise_it(
    known: dict[str, Any], is_provisional: bool
) -> None:
    given: dict[str, Any] = {"arp": Predictor(0), "csrp": Predictor(0)} | known
    assert tier_on(TierInputs(**given), TODAY).is_provisional is is_provisional


def test_what_is_disputed_is_said_and_leaves_the_tier_open() -> None:
    found = tier_on(inputs(rosh="very_high", is_mappa=True, disputed=("the risk",)), TODAY)
    assert (found.code, found.provisional_because) == (
        "A",
        ("Two places record the risk differently.",),
    )
    assert found.factors["mappa_and_rosh"] == "A"
