"""The laws of the clock: never back, never astray, whatever the wall shows and others say."""

from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.clock import (
    HLC_ZERO,
    Hlc,
    hlc_bytes,
    hlc_from_bytes,
    hlc_ms,
    is_suspect,
    next_hlc,
    pack_hlc,
    witness,
)
from sync_protocol.limits import DRIFT_MS_MAX
from sync_protocol.scope import Flag, Verdict, join_verdicts

walls = st.integers(-1000, 2**47)
clocks = st.builds(pack_hlc, st.integers(0, 2**47), st.integers(0, 65_535))
verdicts = st.builds(
    Verdict, st.sets(st.sampled_from((1, 2, 4, 8, 16))).map(sum), st.sampled_from(("", "a", "b"))
)


@given(st.lists(st.tuples(walls, st.none() | clocks), max_size=20))
def test_a_lifes_clock_only_goes_forward(turns: list[tuple[int, Hlc | None]]) -> None:
    """Whatever was heard in between, and however the wall clock jumps."""
    latest, written = HLC_ZERO, []
    for now_ms, heard in turns:
        if heard is None:
            latest = next_hlc(latest, now_ms)
            written.append(latest)
        else:
            latest = witness(latest, heard, now_ms)
    assert written == sorted(set(written))


@given(clocks, clocks, walls)
def test_a_suspect_time_never_moves_a_clock(latest: Hlc, heard: Hlc, now_ms: int) -> None:
    after = witness(latest, heard, now_ms)
    if is_suspect(heard, now_ms):
        assert after == latest
    else:
        assert after == max(latest, heard)
        assert hlc_ms(after) <= max(hlc_ms(latest), now_ms + DRIFT_MS_MAX)


@given(clocks, clocks)
def test_eight_bytes_keep_value_and_order(one: Hlc, other: Hlc) -> None:
    assert hlc_from_bytes(hlc_bytes(one)) == one
    assert (hlc_bytes(one) < hlc_bytes(other)) == (one < other)


@given(verdicts, verdicts, verdicts)
def test_verdicts_join_in_any_order(one: Verdict, two: Verdict, three: Verdict) -> None:
    assert join_verdicts(one, two) == join_verdicts(two, one)
    left = join_verdicts(join_verdicts(one, two), three)
    assert left == join_verdicts(one, join_verdicts(two, three))
    assert join_verdicts(left, left) == left == join_verdicts(left, one)


@given(verdicts, verdicts)
def test_no_verdict_is_ever_taken_back(one: Verdict, two: Verdict) -> None:
    """INV-03: an applied op is never parked later, and suspect, late, redacted stay."""
    joined = join_verdicts(one, two)
    kept = Flag.APPLIED | Flag.SUSPECT | Flag.LATE | Flag.REDACTED
    assert one.flags & kept & ~joined.flags == 0
    if one.flags & Flag.APPLIED:
        assert not joined.is_parked
