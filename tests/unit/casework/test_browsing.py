"""Who looked at whom without a reason: normal days raise next to nothing, an insider is found."""

from collections.abc import Callable, Collection

import pytest

from casework.rules.browsing import (
    Look,
    Officer,
    Unusual,
    again_and_again,
    at_night,
    close_to_them,
    is_opening,
    many_unrelated,
    nothing_done,
    opened_with_reason,
    restricted_hits,
    unrelated,
    unusual_in_day,
)
from sync_protocol.ids import SubjectId
from tests.browsing_traffic import DAY_MS, HOUR_MS, MONDAY_MS, Estate

NOON_MS = MONDAY_MS + 12 * HOUR_MS
OFFICERS = 100
DAYS = 30
FALSE_ALERTS_MAX = 0.01
"""Of each officer-day."""
INSIDERS = 20
INSIDERS_FOUND = 0.95


def person(number: int) -> SubjectId:
    """The n-th person of a test."""
    return SubjectId(number.to_bytes(16, "big"))


def opened(count: int, *, at_ms: int = NOON_MS) -> list[Look]:
    """So many people opened, one after another."""
    return [
        Look(person=person(1 + place), at_ms=at_ms + place, act="read", detail="summary")
        for place in range(count)
    ]


def alerts_of(seed: int, days: int) -> tuple[int, int]:
    """Alerts and officer-days of normal traffic."""
    estate = Estate(seed, OFFICERS)
    alerts = officer_days = 0
    for day in range(days):
        for hired in estate.officers:
            looks = estate.day(hired, day)
            officer_days += bool(looks)
            alerts += len(unusual_in_day(looks, estate.known_of(hired)))
    return alerts, officer_days


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_normal_days_raise_at_most_one_alert_in_a_hundred(seed: int) -> None:
    """S31: over more than two thousand officer-days of each seed."""
    alerts, officer_days = alerts_of(seed, DAYS)
    assert officer_days >= 2_000
    assert alerts <= FALSE_ALERTS_MAX * officer_days


def test_a_few_normal_days_raise_no_flood_of_alerts() -> None:
    """S31: the same, small enough for every check."""
    alerts, officer_days = alerts_of(5, 1)
    assert officer_days > OFFICERS / 2
    assert alerts <= 2


@pytest.mark.parametrize("seed", [1, 2])
def test_an_insider_who_opens_200_unrelated_profiles_is_flagged_within_the_day(seed: int) -> None:
    """S31: whatever else they do that day, and in whichever role; at least 95 in 100."""
    estate = Estate(seed, OFFICERS)
    found = 0
    for hired in estate.officers[::5]:
        looks = estate.insider_day(hired, 0, 200)
        assert max(one.at_ms for one in looks) - min(one.at_ms for one in looks) < DAY_MS
        found += bool(unusual_in_day(looks, estate.known_of(hired)))
    assert found >= INSIDERS_FOUND * INSIDERS


def test_a_roll_check_of_a_whole_wing_is_an_officers_work() -> None:
    """S31: sixty people of one wing are no reason to ask; the same sixty of all wings are."""
    looks = opened(60)
    one_wing = Officer(wings={look.person: "A" for look in looks})
    assert unusual_in_day(looks, one_wing) == ()
    everywhere = Officer(wings={look.person: f"{place}" for place, look in enumerate(looks)})
    assert {one.code for one in unusual_in_day(looks, everywhere)} >= {"many_unrelated"}


def test_who_is_of_ones_work_is_never_unrelated() -> None:
    looks = [*opened(5), Look(person=person(2), at_ms=NOON_MS, act="write")]
    known = Officer(ties={person(1)}, wings={person(3): "A", person(4): "A", person(5): "B"})
    assert unrelated(looks, known) == {person(5)}


def test_each_rule_begins_where_it_says() -> None:
    """S31: one less is nothing to ask about."""
    nobody = Officer()
    assert many_unrelated(opened(40), nobody) is None
    assert many_unrelated(opened(41), nobody) is not None
    assert nothing_done(opened(19), nobody) is None
    assert nothing_done(opened(20), nobody) is not None
    assert nothing_done(opened(22), Officer(ties={person(1), person(2)})) is not None
    assert nothing_done(opened(30), Officer(ties=[person(n) for n in range(1, 11)])) is None
    night_ms = MONDAY_MS + 23 * HOUR_MS
    assert at_night(opened(4, at_ms=night_ms), nobody) is None
    assert at_night(opened(5, at_ms=night_ms), nobody) is not None
    assert at_night(opened(5), nobody) is None


def test_somebody_with_ones_own_rare_name_is_asked_about_unless_they_are_ones_work() -> None:
    """S31: oneself or a relative."""
    found = close_to_them(opened(1), Officer(close={person(1)}))
    assert found is not None
    assert "somebody" in found.words
    assert close_to_them(opened(1), Officer(close={person(1)}, ties={person(1)})) is None


@pytest.mark.parametrize(
    ("rule", "act", "most"),
    [(restricted_hits, "refused", 1), (opened_with_reason, "break_glass", 2)],
)
def test_refusals_and_reasons_count_people(
    rule: Callable[[Collection[Look]], Unusual | None], act: str, most: int
) -> None:
    """S31: the same person again is no second one."""
    looks = [Look(person=person(n), at_ms=NOON_MS, act=act, detail="restricted") for n in range(9)]
    assert rule(looks[:most] * 3) is None
    found = rule(looks[: most + 1])
    assert found is not None
    assert found.count == most + 1


def test_one_person_followed_over_days_is_found() -> None:
    """S31: few records, and always the same."""
    days = [look for day in range(4) for look in opened(1, at_ms=NOON_MS + day * DAY_MS)]
    assert again_and_again(days[:3] * 2, Officer()) is None
    found = again_and_again(days, Officer())
    assert found is not None
    assert found.count == 4
    assert again_and_again(days, Officer(ties={person(1)})) is None


def test_a_list_opens_nobody() -> None:
    listed = Look(person=person(1), at_ms=NOON_MS, act="read", detail="due, 12 shown")
    assert not is_opening(listed)
    assert not is_opening(Look(person=person(1), at_ms=NOON_MS, act="search"))
