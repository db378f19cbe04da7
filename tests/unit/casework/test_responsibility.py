"""Who leads by the rules, on the published examples of the allocation service and on edge dates."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from casework.reference.reader import codes
from casework.rules.months import months_after, months_before
from casework.rules.responsibility import (
    SPECIAL,
    EarliestRelease,
    InputVersion,
    ResponsibilityInputs,
    Ruling,
    decided,
    earliest_release,
    handover_day,
    responsibility_on,
    support_day,
)
from tests import toys
from tests.casefile import row

TODAY = date(2026, 11, 22)
SENTENCED = date(2024, 1, 1)
YEAR_OFF = date(2027, 11, 22)


def inputs(**known: Any) -> ResponsibilityInputs:
    """A determinate sentence from 1 January 2024."""
    given: dict[str, Any] = {"sentenced_on": SENTENCED}
    return ResponsibilityInputs(**given | known)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (date(2024, 10, 31), (None, "determinate_short")),
        (date(2024, 11, 1), (None, "determinate_short")),
        (date(2024, 11, 2), (date(2024, 2, 17), "determinate")),
        (date(2024, 11, 3), (date(2024, 2, 18), "determinate")),
    ],
)
def test_a_sentence_of_ten_months_or_less_is_the_communitys_at_once(
    release: date, expected: tuple[date | None, str]
) -> None:
    assert handover_day(inputs(), release) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"is_early_allocated": True}, (date(2024, 10, 1), "early_allocation")),
        ({"is_indeterminate": True}, (date(2025, 1, 1), "indeterminate")),
        ({"is_indeterminate": True, "is_open": True}, (date(2025, 1, 1), "indeterminate_open")),
        ({"parole_eligible_on": date(2026, 1, 1)}, (date(2025, 1, 1), "determinate_parole")),
        ({}, (date(2025, 4, 17), "determinate")),
        ({"sentenced_on": None}, (date(2025, 4, 17), "determinate")),
        (
            {"is_early_allocated": True, "is_indeterminate": True},
            (date(2024, 10, 1), "early_allocation"),
        ),
    ],
)
def test_how_long_before_release_the_community_takes_over(
    known: dict[str, Any], expected: tuple[date, str]
) -> None:
    assert handover_day(inputs(**known), date(2026, 1, 1)) == expected


def test_months_before_the_end_of_a_month_stop_at_the_shorter_ones_last_day() -> None:
    assert months_before(date(2027, 10, 31), 8) == date(2027, 2, 28)
    assert months_before(date(2028, 10, 31), 8) == date(2028, 2, 29)
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert months_before(date(2027, 1, 15), 1) == date(2026, 12, 15)
    assert handover_day(inputs(), date(2027, 10, 31))[0] == date(2027, 2, 14)


@pytest.mark.parametrize(
    ("known", "starts_on"),
    [
        ({"is_womens_estate": True, "open_category_from": date(2020, 6, 1)}, date(2020, 6, 1)),
        ({"arrived_open_on": date(2020, 6, 1)}, date(2020, 6, 1)),
        ({"is_womens_estate": True, "open_category_from": date(2020, 6, 3)}, date(2020, 6, 2)),
        ({"arrived_open_on": date(2020, 6, 3)}, date(2020, 6, 2)),
        ({"is_womens_estate": True, "arrived_open_on": date(2020, 6, 1)}, date(2020, 6, 2)),
        ({"open_category_from": date(2020, 6, 1)}, date(2020, 6, 2)),
        ({}, date(2020, 6, 2)),
        ({"is_open": False, "arrived_open_on": date(2020, 6, 1)}, date(2020, 6, 2)),
        ({"is_indeterminate": False, "arrived_open_on": date(2020, 6, 1)}, date(2020, 6, 2)),
    ],
)
def test_in_open_conditions_the_community_supports_earlier(
    known: dict[str, Any], starts_on: date
) -> None:
    usual: dict[str, Any] = {"is_indeterminate": True, "is_open": True}
    assert support_day(inputs(**usual | known), date(2020, 6, 2)) == starts_on


@pytest.mark.parametrize(
    ("days_to_start", "days_to_handover", "leads"),
    [
        (-2, -1, "Community"),
        (-1, 0, "Community"),
        (0, 0, "Community"),
        (-1, 1, "CustodyWithCom"),
        (0, 1, "CustodyWithCom"),
        (1, 2, "CustodyOnly"),
    ],
)
def test_the_days_of_support_and_handover_are_the_first_ones(
    days_to_start: int, days_to_handover: int, leads: str
) -> None:
    handover = TODAY + timedelta(days=days_to_handover)
    known = inputs(
        is_indeterminate=True,
        is_open=True,
        arrived_open_on=TODAY + timedelta(days=days_to_start),
        tariff_expires_on=months_after(handover, 12),
    )
    ruling = responsibility_on(known, TODAY)
    assert (ruling.leads, ruling.handover_on) == (leads, handover)


@pytest.mark.parametrize(
    ("known", "leads", "reason"),
    [
        ({"is_recalled": True}, "Community", "recall_case"),
        ({"is_immigration_case": True}, "Community", "immigration_case"),
        ({}, "CustodyOnly", "release_date_unknown"),
        (
            {"is_indeterminate": True, "has_additional_indeterminate": True, "is_recalled": True},
            "CustodyOnly",
            "additional_isp",
        ),
        ({"has_additional_indeterminate": True}, "CustodyOnly", "release_date_unknown"),
        ({"is_recalled": True, "is_immigration_case": True}, "Community", "recall_case"),
        ({"is_recalled": True, "target_hearing_on": YEAR_OFF}, "Community", "recall_case"),
    ],
)
def test_some_cases_ask_no_date(known: dict[str, Any], leads: str, reason: str) -> None:
    ruling = responsibility_on(inputs(**known), TODAY)
    assert (ruling.leads, ruling.reason, ruling.handover_on) == (leads, reason, None)


@pytest.mark.parametrize("level", [None, 0, 1, 2, 3])
def test_with_a_hearing_a_year_off_the_level_of_mappa_decides(level: int | None) -> None:
    known = inputs(is_indeterminate=True, target_hearing_on=YEAR_OFF, mappa_level=level)
    change = msgspec.structs.replace
    is_managed = level in (2, 3)

    recalled = responsibility_on(change(known, is_recalled=True), TODAY)
    by_recall = ("Community", "recall_case")
    stays = ("CustodyWithCom", "recall_thd_over_12_months")
    assert (recalled.leads, recalled.reason) == (by_recall if is_managed else stays)

    refused = responsibility_on(change(known, is_parole_refused=True), TODAY)
    managed, unmanaged = ("Community", "parole_mappa_2_3"), ("CustodyWithCom", "thd_over_12_months")
    assert (refused.leads, refused.reason) == (managed if is_managed else unmanaged)


def test_a_hearing_less_than_a_year_off_is_near() -> None:
    near = YEAR_OFF - timedelta(days=1)
    known = inputs(is_indeterminate=True, target_hearing_on=near, is_recalled=True)
    assert responsibility_on(known, TODAY).reason == "recall_case"
    refused = inputs(is_indeterminate=True, target_hearing_on=near, is_parole_refused=True)
    assert responsibility_on(refused, TODAY).leads == "Community"


@pytest.mark.parametrize(
    ("tariff", "hearing", "expected"),
    [
        (1, None, ("TED", 1)),
        (1, 5, ("TED", 1)),
        (9, 5, ("TED", 9)),
        (0, 5, ("THD", 5)),
        (-3, 5, ("THD", 5)),
        (None, 5, ("THD", 5)),
        (-3, -1, ("THD", -1)),
        (-1, -3, ("TED", -1)),
        (None, None, None),
    ],
)
def test_an_indeterminate_sentence_counts_from_the_tariff_to_come_else_the_hearing(
    tariff: int | None, hearing: int | None, expected: tuple[str, int] | None
) -> None:
    def in_days(days: int | None) -> date | None:
        return None if days is None else TODAY + timedelta(days=days)

    known = inputs(
        is_indeterminate=True,
        tariff_expires_on=in_days(tariff),
        target_hearing_on=in_days(hearing),
        conditional_release_on=TODAY,
    )
    found = earliest_release(known, TODAY)
    told = None if found is None else (found.name, (found.on - TODAY).days)
    assert told == expected


def test_a_determinate_one_counts_from_parole_else_from_the_earlier_release() -> None:
    first, second, third = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)
    both = inputs(automatic_release_on=second, conditional_release_on=first)
    assert earliest_release(both, TODAY) == EarliestRelease(first, "CRD")
    parole = msgspec.structs.replace(both, parole_eligible_on=third)
    assert earliest_release(parole, TODAY) == EarliestRelease(third, "PED")
    alone = inputs(automatic_release_on=second)
    assert earliest_release(alone, TODAY) == EarliestRelease(second, "ARD")


@pytest.mark.parametrize(
    "known", [{"is_adult": False}, {"is_sentenced": False}, {"is_civil": True}]
)
def test_the_rules_are_not_for_everybody(known: dict[str, Any]) -> None:
    ruling = responsibility_on(inputs(**known, is_recalled=True), TODAY)
    assert (ruling.leads, ruling.reason) == (None, "")
    assert ruling.reason_words.startswith("Not under the rules")


def test_a_ruling_names_what_it_rests_on_and_what_is_disputed() -> None:
    version = InputVersion("key_dates", "0a", "3")
    known = inputs(versions=(version,), disputed=("the release date",))
    ruling = responsibility_on(known, TODAY)
    assert ruling.versions == (version,)
    assert ruling.is_provisional


def test_every_reason_given_is_a_code_with_words() -> None:
    known = codes("responsibility_reasons")
    by_date = {"early_allocation", "indeterminate", "indeterminate_open", "determinate_parole"}
    given = {reason for _, reason, _ in SPECIAL} | by_date
    given |= {"determinate", "determinate_short", "release_date_unknown"}
    assert given <= known.keys()
    for _, reason, leads in SPECIAL:
        assert known[reason].columns["responsibility"] == leads


BY_RULE = Ruling(leads="CustodyOnly", reason="determinate", by_rule="CustodyOnly")


def test_a_decision_sets_the_rules_aside_and_its_withdrawal_brings_them_back() -> None:
    reason = {"code": "prisoner_moved_to_open_prison", "text": "Open since May."}
    override = row("responsibility_override", responsibility="Community", reasons=[reason])
    ruling = decided(BY_RULE, override)
    assert (ruling.leads, ruling.reason) == ("Community", "prisoner_moved_to_open_prison")
    assert (ruling.is_decided, ruling.by_rule) == (True, "CustodyOnly")
    assert ruling.reason_words == "By decision: prisoner moved to open prison"
    withdrawn = row("responsibility_override", responsibility=None, reasons=[reason])
    assert decided(BY_RULE, withdrawn) == BY_RULE
    assert decided(BY_RULE, None) == BY_RULE
    unknown = row("responsibility_override", responsibility="Shared")
    assert decided(BY_RULE, unknown) == BY_RULE


def test_two_decisions_that_differ_leave_the_rule_and_are_said() -> None:
    asks = {"responsibility": "contested"}
    override = row("responsibility_override", responsibility="Community", asks=asks)
    ruling = decided(BY_RULE, override, toys.subject(1))
    assert (ruling.leads, ruling.is_decided) == ("CustodyOnly", False)
    (finding,) = ruling.findings
    assert (finding.code, finding.severity) == ("override_contested", "S2")
    assert finding.subjects == (toys.subject(1),)
    assert finding.words == (
        "Two decisions about who is responsible differ, each made without seeing the other. "
        "The prison is responsible, as the rules say, until somebody settles it."
    )
