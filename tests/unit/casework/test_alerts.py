"""Alerts: one active alert a code, whoever raised it, and no text lost."""

import pytest

from casework.rules.alerts import alert_severity, alerts_in_force, is_active
from tests.casefile import TODAY, alert, row


def test_two_of_one_code_are_one_with_both_texts_and_the_later_end() -> None:
    shown = alerts_in_force(
        [
            alert(
                1, active_from="2026-03-01", active_to="2026-12-01", description=["Lit bedding."]
            ),
            alert(2, active_from="2026-02-01", active_to="2027-02-01", description=["Matches."]),
        ],
        day=TODAY,
    )
    assert len(shown) == 1
    assert (shown[0].active_from, shown[0].active_to) == ("2026-02-01", "2027-02-01")
    assert shown[0].texts == ("Matches.", "Lit bedding.")
    assert len(shown[0].records) == 2
    assert (shown[0].description, shown[0].type_description) == ("Arsonist", "Security")


def test_one_without_an_end_keeps_both_open() -> None:
    shown = alerts_in_force([alert(1, active_to="2026-12-01"), alert(2)], day=TODAY)
    assert shown[0].active_to is None


@pytest.mark.parametrize(
    ("start", "end", "active"),
    [
        ("2026-11-22", None, True),
        ("2026-11-23", None, False),
        ("2026-01-01", "2026-11-22", False),
        ("2026-01-01", "2026-11-23", True),
    ],
)
def test_it_is_active_from_its_start_to_the_day_before_its_end(
    start: str, end: str | None, active: bool
) -> None:
    assert is_active(alert(1, active_from=start, active_to=end), day=TODAY) == active


def test_a_closed_alert_is_not_active_and_an_open_one_beside_it_is() -> None:
    rows = [alert(1, status="closed", description=["Old."]), alert(2, description=["New."])]
    assert alerts_in_force(rows, day=TODAY)[0].texts == ("New.",)
    assert not alerts_in_force(rows[:1], day=TODAY)


def test_the_gravest_comes_first_and_a_doubt_shows() -> None:
    rows = [alert(1), row("alert", 2, **alert(2, "HA", "H").values, asks={"status": "x"})]
    shown = alerts_in_force(rows, day=TODAY)
    assert [one.code for one in shown] == ["HA", "XA"]
    assert [one.is_asking for one in shown] == [True, False]


@pytest.mark.parametrize(
    ("code", "alert_type", "severity"),
    [
        ("RPB", "R", "S1"),
        ("HA", "H", "S1"),
        ("DCDO", "D", "S1"),
        ("XER", "X", "S1"),
        ("XA", "X", "S2"),
        ("F1", "F1", "S2"),
        ("QQ", "Q", "S1"),
    ],
)
def test_risk_self_harm_escape_and_do_not_share_are_grave_and_so_is_the_unknown(
    code: str, alert_type: str, severity: str
) -> None:
    assert alert_severity({"code": code, "type": alert_type}) == severity


def test_what_must_not_be_shared_says_so_and_an_unknown_code_is_shown_as_it_came() -> None:
    rows = [alert(1, "DNEW", "D"), alert(2)]
    secret, other = alerts_in_force(rows, day=TODAY)
    assert (secret.description, secret.may_be_shared) == ("DNEW", False)
    assert other.may_be_shared
