"""A moment that tells until when the answers that were worked out from it stay as they are."""

from collections.abc import Callable
from typing import Any

import pytest

from casework.rules.rows import DAY_MS, day_of
from casework.rules.watched import FOR_EVER_MS, Watch, WatchedMoment

NOW_MS = 1_795_348_800_000

RULES: dict[str, Callable[[int, int], Any]] = {
    "before": lambda now, told: told < now,
    "not_after": lambda now, told: told <= now,
    "after": lambda now, told: told > now,
    "not_before": lambda now, told: now <= told,
    "same": lambda now, told: now == told,
    "another": lambda now, told: now != told,
    "since": lambda now, told: now - told <= 14,
    "soon": lambda now, told: told - 5 > now + 3,
    "whole": lambda now, told: (now - told) // 7,
    "first": lambda now, told: min(told, now) == told,
    "last": lambda now, told: max(now + 2, told) == told,
    "twice": lambda now, told: now - 3 < now and told < now,
    "parts": lambda now, told: (told - now) // 7,
    "rest": lambda now, told: now % 5 == told % 5,
    "words": lambda now, told: f"{now}{told}",
    "known": lambda now, told: now in {told, told + 1},
    "half": lambda now, told: now / 2 > told,
}


@pytest.mark.parametrize("name", sorted(RULES))
def test_until_it_turns_the_answer_is_the_same(name: str) -> None:
    rule = RULES[name]
    for now_ms in (-7, 0, 11):
        for told_ms in range(-20, 21):
            watch = Watch(now_ms)
            found = rule(watch.moment, told_ms)
            assert found == rule(now_ms, told_ms)
            assert watch.until_ms > now_ms
            for later_ms in range(now_ms, min(watch.until_ms, 40)):
                assert rule(later_ms, told_ms) == found, (now_ms, told_ms, later_ms)


def test_what_was_weighed_against_nothing_to_come_stays_for_ever() -> None:
    watch = Watch(NOW_MS)
    assert watch.moment > NOW_MS - 1
    assert watch.until_ms == FOR_EVER_MS


def test_the_first_of_several_turns_counts() -> None:
    watch = Watch(100)
    moment = watch.moment
    assert [one for one in (90, 150, 130, 170) if one <= moment] == [90]
    assert watch.until_ms == 130


def test_a_day_ends_at_midnight_in_london() -> None:
    watch = Watch(NOW_MS)
    day = day_of(watch.moment)
    assert day_of(watch.until_ms - 1) == day
    assert day_of(watch.until_ms) > day
    assert NOW_MS < watch.until_ms <= NOW_MS + DAY_MS


def test_the_day_before_ends_a_day_earlier() -> None:
    watch = Watch(NOW_MS)
    day = day_of(watch.moment - DAY_MS + 1)
    assert day_of(watch.until_ms - DAY_MS) == day
    assert day_of(watch.until_ms - DAY_MS + 1) > day


def test_moments_of_two_watches_are_not_followed() -> None:
    one, other = Watch(5), Watch(7)
    assert one.moment < other.moment
    assert one.until_ms == 6


def test_it_is_a_number_like_any_other() -> None:
    moment = Watch(5).moment
    assert isinstance(moment, WatchedMoment)
    assert moment + 2 == 7
    assert 2 + moment == 7
    assert moment != "5"
    assert moment not in (None, 4)
    assert hash(moment) == hash(5)
    with pytest.raises(TypeError):
        moment < "5"  # type: ignore[operator] # noqa: B015 - What a rule may be handed.
