"""The hybrid clock: always forward, never led astray, always eight bytes."""

import pytest

from sync_protocol.clock import (
    COUNTER_MAX,
    HLC_BYTES,
    HLC_ZERO,
    hlc_bytes,
    hlc_from_bytes,
    hlc_ms,
    is_suspect,
    next_hlc,
    pack_hlc,
    witness,
)
from sync_protocol.limits import DRIFT_MS_MAX
from tests.toys import MORNING_MS


def test_the_wall_time_is_taken_where_it_is_ahead() -> None:
    assert next_hlc(pack_hlc(MORNING_MS, 7), MORNING_MS + 1) == pack_hlc(MORNING_MS + 1, 0)


def test_the_counter_goes_on_where_the_wall_time_stands_or_falls_back() -> None:
    latest = pack_hlc(MORNING_MS, 7)
    assert next_hlc(latest, MORNING_MS) == pack_hlc(MORNING_MS, 8)
    assert next_hlc(latest, MORNING_MS - 99_999) == pack_hlc(MORNING_MS, 8)


def test_a_full_counter_borrows_a_millisecond() -> None:
    assert next_hlc(pack_hlc(MORNING_MS, COUNTER_MAX), MORNING_MS) == pack_hlc(MORNING_MS + 1, 0)


def test_a_counter_beyond_sixteen_bits_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        pack_hlc(MORNING_MS, COUNTER_MAX + 1)


def test_a_time_before_1970_counts_as_1970() -> None:
    assert pack_hlc(-1, 0) == HLC_ZERO


def test_bytes_sort_as_the_clock_does() -> None:
    values = [pack_hlc(MORNING_MS + late, counter) for late in (0, 1) for counter in (0, 300)]
    assert sorted(hlc_bytes(value) for value in values) == [hlc_bytes(value) for value in values]
    assert all(len(hlc_bytes(value)) == HLC_BYTES for value in values)
    assert [hlc_from_bytes(hlc_bytes(value)) for value in values] == values


def test_five_minutes_ahead_is_believed_and_more_is_suspect() -> None:
    limit = MORNING_MS + DRIFT_MS_MAX
    assert not is_suspect(pack_hlc(limit, COUNTER_MAX), MORNING_MS)
    assert is_suspect(pack_hlc(limit + 1, 0), MORNING_MS)


def test_a_suspect_time_moves_no_clock() -> None:
    latest = pack_hlc(MORNING_MS, 0)
    assert witness(latest, pack_hlc(MORNING_MS + DRIFT_MS_MAX + 1, 0), MORNING_MS) == latest


def test_a_believed_time_moves_the_clock_forward_only() -> None:
    latest = pack_hlc(MORNING_MS, 0)
    assert hlc_ms(witness(latest, pack_hlc(MORNING_MS + 1000, 0), MORNING_MS)) == MORNING_MS + 1000
    assert witness(latest, pack_hlc(MORNING_MS - 1000, 0), MORNING_MS) == latest
