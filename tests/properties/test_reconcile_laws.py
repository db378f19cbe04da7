"""Set reconciliation: whatever two sides hold, exactly their difference is found, within bounds."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.errors import BadMessage
from sync_protocol.limits import REPAIR_FRAME_BYTES_MAX
from sync_protocol.reconcile import (
    FRAME_BYTES_MIN,
    NOTHING,
    Holdings,
    answer_frame,
    open_frame,
    take_frame,
)

Sets = tuple[frozenset[bytes], frozenset[bytes], frozenset[bytes]]

# Keys that share long beginnings as well as keys that share none.
_keys = st.binary(min_size=16, max_size=16) | st.integers(0, 2000).map(
    lambda number: number.to_bytes(16, "big")
)
_held = st.dictionaries(_keys, st.integers(0, 3), max_size=120)


def _term(key: bytes, version: int) -> int:
    return int.from_bytes(sha256(key + bytes((version,))).digest(), "big")


def _holdings(held: Mapping[bytes, int]) -> Holdings:
    return Holdings({key: _term(key, version) for key, version in held.items()})


def _reconciled(here: Holdings, there: Holdings, bytes_max: int) -> tuple[Sets, list[bytes]]:
    """What the one who asks found, and every frame that travelled."""
    found: tuple[set[bytes], set[bytes], set[bytes]] = (set(), set(), set())
    frames = [open_frame(here, bytes_max)]
    while frames[-1] != NOTHING:
        frames.append(answer_frame(there, frames[-1], bytes_max))
        following, step = take_frame(here, frames[-1], bytes_max)
        for known, more in zip(found, (step.here, step.there, step.differing), strict=True):
            known.update(more)
        frames.append(following)
        assert len(frames) < 2_000, "it never ends"
    return (frozenset(found[0]), frozenset(found[1]), frozenset(found[2])), frames


def _difference(here: Mapping[bytes, int], there: Mapping[bytes, int]) -> Sets:
    both = here.keys() & there.keys()
    differing = frozenset(key for key in both if here[key] != there[key])
    return frozenset(here.keys() - both), frozenset(there.keys() - both), differing


@given(here=_held, there=_held, overlaps=st.booleans())
def test_exactly_the_difference_is_found(
    here: dict[bytes, int], there: dict[bytes, int], *, overlaps: bool
) -> None:
    if overlaps:
        there = here | dict(list(there.items())[:5])
    found, frames = _reconciled(_holdings(here), _holdings(there), REPAIR_FRAME_BYTES_MAX)
    assert found == _difference(here, there)
    assert all(len(frame) <= REPAIR_FRAME_BYTES_MAX for frame in frames)


@given(_held, st.integers(0, 2**32), st.integers(0, 800))
def test_small_frames_take_more_rounds_and_find_the_same(
    held: dict[bytes, int], seed: int, count: int
) -> None:
    """INV-14: no frame is larger than its limit, however much differs."""
    drawn = Random(seed)
    there = held | {drawn.randbytes(16): 1 for _ in range(count)}
    found, frames = _reconciled(_holdings(held), _holdings(there), FRAME_BYTES_MIN)
    assert found == _difference(held, there)
    assert all(len(frame) <= FRAME_BYTES_MIN for frame in frames)
    back, _ = _reconciled(_holdings(there), _holdings(held), FRAME_BYTES_MIN)
    assert back == _difference(there, held)


@given(_held)
def test_equal_sides_say_so_in_one_answer(held: dict[bytes, int]) -> None:
    one = _holdings(held)
    answer = answer_frame(one, open_frame(one))
    following, found = take_frame(one, answer)
    assert following == NOTHING
    assert not found.here + found.there + found.differing


@pytest.mark.parametrize("lost", [1, 10, 100])
def test_few_losses_among_many_take_few_rounds_and_bytes(lost: int) -> None:
    """A halving of every range at least: rounds grow with the logarithm, bytes with the losses."""
    drawn = Random(lost)
    there = {drawn.randbytes(16): 0 for _ in range(50_000)}
    here = dict(there)
    for key in drawn.sample(sorted(there), lost):
        del here[key]
    found, frames = _reconciled(_holdings(here), _holdings(there), REPAIR_FRAME_BYTES_MAX)
    assert found == _difference(here, there)
    rounds = len(frames) // 2
    assert rounds <= 3
    assert sum(map(len, frames)) <= lost * 3_000


def _spoilt(frame: bytes) -> Iterable[bytes]:
    yield frame[:-1]
    yield b"\x02" + frame[1:]
    yield frame + b"\x00"
    yield frame + frame[1:]
    yield b"\x01\x11" + bytes(40)


@given(st.binary(max_size=200).map(lambda rest: b"\x01" + rest) | st.binary(max_size=60), _held)
def test_a_frame_that_is_none_is_refused_or_answered_and_nothing_worse(
    frame: bytes, held: dict[bytes, int]
) -> None:
    """INV-14: what a frame claims is checked before it is used."""
    holdings = _holdings(held)
    for answer in (answer_frame, take_frame):
        try:
            answered = answer(holdings, frame)
        except BadMessage:
            continue
        told = answered if isinstance(answered, bytes) else answered[0]
        assert len(told) <= REPAIR_FRAME_BYTES_MAX


@given(_held.filter(lambda held: len(held) > 40))
def test_a_spoilt_frame_is_refused(held: dict[bytes, int]) -> None:
    holdings = _holdings(held)
    for spoilt in _spoilt(open_frame(holdings)):
        with pytest.raises(BadMessage):
            answer_frame(holdings, spoilt)


def test_a_list_out_of_order_or_out_of_its_range_is_refused() -> None:
    one, two = (bytes(15) + bytes((number,)) + bytes(8) for number in (1, 2))
    for items in (two + one, one + one):
        with pytest.raises(BadMessage):
            answer_frame(_holdings({}), b"\x01\x00\x02\x00\x02" + items)
    below = b"\x01\x01\x05\x00" + b"\x00\x02\x00\x01" + one
    above = b"\x01\x10" + bytes(16 - 1) + b"\x01" + b"\x02\x00\x01" + one
    for frame in (below, above):
        with pytest.raises(BadMessage):
            answer_frame(_holdings({}), frame)


def test_two_sides_that_share_little_fill_many_frames() -> None:
    """INV-14: a full frame ends with one fingerprint, and the next goes on from there."""
    drawn = Random(7)
    both = {drawn.randbytes(16): 0 for _ in range(40)}
    here = both | {drawn.randbytes(16): 0 for _ in range(900)}
    there = both | {drawn.randbytes(16): 0 for _ in range(900)}
    for ours, theirs in ((here, there), (here, {}), ({}, there)):
        found, frames = _reconciled(_holdings(ours), _holdings(theirs), FRAME_BYTES_MIN)
        assert found == _difference(ours, theirs)
        assert all(len(frame) <= FRAME_BYTES_MIN for frame in frames)


def test_a_range_of_no_known_mode_is_refused() -> None:
    with pytest.raises(BadMessage):
        answer_frame(_holdings({}), b"\x01\x00\x07")


def test_a_frame_over_its_limit_is_refused() -> None:
    with pytest.raises(BadMessage):
        answer_frame(_holdings({}), b"\x01" + bytes(REPAIR_FRAME_BYTES_MAX))
