"""A clock that is moved on purpose: only where nobody real is, and as it is said."""

import time
from pathlib import Path

import msgspec
import pytest

from casework.desk.settings import BadSettings
from edge.settings import read_settings
from throughcare.clocks import (
    BadShift,
    ClockNotShifted,
    clock_of,
    moved,
    read_shift,
    words_of,
    write_shift,
)
from throughcare.compose import build_edge, build_hub, read_environment
from throughcare.estate import ESTATE_NAME, Estate, folder_of, read_estate, write_estate
from throughcare.making import PLACES_USUAL, make_estate, write_settings
from throughcare.tls import NoTls

pytestmark = pytest.mark.unhurried

DAY_MS = 86_400_000


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    made = make_estate(tmp_path, PLACES_USUAL, 18_400)
    write_settings(tmp_path, made)
    return made


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [
        (0, "+30d", 30 * DAY_MS),
        (30 * DAY_MS, "+30d", 60 * DAY_MS),
        (DAY_MS, "-2h", DAY_MS - 2 * 3_600_000),
        (DAY_MS, "15m", 900_000),
        (DAY_MS, "90", 90_000),
        (DAY_MS, "0", 0),
    ],
)
def test_a_sign_moves_on_and_no_sign_sets(before: int, words: str, after: int) -> None:
    assert moved(before, words) == after
    assert moved(0, words_of(after)) == after


@pytest.mark.parametrize("words", ["", "d", "tomorrow", "1.5d", "++1d", "1w", "9999d", "1" * 30])
def test_what_is_no_shift_is_refused_with_how_to_say_it(words: str) -> None:
    with pytest.raises(BadShift, match=r"\+30d"):
        moved(0, words)


def test_a_shift_is_one_line_of_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "settings.env"
    assert read_shift(settings) == 0
    settings.write_text("THROUGHCARE_NODE=LEI\n")
    write_shift(settings, 30 * DAY_MS)
    write_shift(settings, 31 * DAY_MS)
    assert settings.read_text() == "THROUGHCARE_NODE=LEI\nTHROUGHCARE_CLOCK_SHIFT=31d\n"
    assert read_shift(settings) == 31 * DAY_MS
    write_shift(settings, 0)
    assert settings.read_text() == "THROUGHCARE_NODE=LEI\n"


def test_a_node_keeps_its_time_from_one_start_to_the_next(tmp_path: Path, estate: Estate) -> None:
    lei = folder_of(tmp_path, estate.node("LEI")).settings
    write_shift(lei, DAY_MS)
    write_settings(tmp_path, estate)
    assert read_shift(lei) == DAY_MS
    write_settings(tmp_path, estate, 0)
    assert read_shift(lei) == 0


@pytest.mark.parametrize("code", ["CENTRE", "LEI"])
def test_a_demonstrations_node_lives_at_its_own_time_in_all_that_it_does(
    tmp_path: Path, estate: Estate, code: str
) -> None:
    settings = folder_of(tmp_path, estate.node(code)).settings
    write_shift(settings, 30 * DAY_MS)
    built = (build_hub if code == "CENTRE" else build_edge)(read_environment(settings))
    ahead_ms = built.store.core.parts.clock.now_ms() - time.time_ns() // 1_000_000
    built.store.close()
    assert abs(ahead_ms - 30 * DAY_MS) < 10_000


@pytest.mark.parametrize("code", ["CENTRE", "LEI"])
def test_production_refuses_a_shift(tmp_path: Path, estate: Estate, code: str) -> None:
    real = msgspec.structs.replace(estate, purpose="production")
    write_estate(tmp_path / ESTATE_NAME, real)
    settings = folder_of(tmp_path, estate.node(code)).settings
    write_shift(settings, 1000)
    build = build_hub if code == "CENTRE" else build_edge
    with pytest.raises(ClockNotShifted, match="CLOCK_SHIFT is set to 1s"):
        build(read_environment(settings))
    write_shift(settings, 0)
    if code == "CENTRE":
        build(read_environment(settings)).store.close()
        return
    # The clock is right; what a real office lacks besides is its certificate.
    with pytest.raises(NoTls):
        build(read_environment(settings))


def test_an_estate_that_says_nothing_of_its_purpose_is_a_real_one(
    tmp_path: Path, estate: Estate
) -> None:
    silent = msgspec.to_builtins(estate)
    del silent["purpose"]
    (tmp_path / ESTATE_NAME).write_bytes(msgspec.json.encode(silent))
    with pytest.raises(ClockNotShifted):
        clock_of(read_estate(tmp_path / ESTATE_NAME), -1000)


@pytest.mark.parametrize("words", ["soon", "3651d", "-3651d"])
def test_a_bad_shift_is_told_with_the_other_faults(
    tmp_path: Path, estate: Estate, words: str
) -> None:
    given = read_environment(folder_of(tmp_path, estate.node("LEI")).settings)
    with pytest.raises(BadSettings, match="THROUGHCARE_CLOCK_SHIFT must be a span"):
        read_settings(given | {"THROUGHCARE_CLOCK_SHIFT": words})
