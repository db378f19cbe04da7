"""The hybrid logical clock: 48 bits of milliseconds and a 16-bit counter in one integer.

It orders what is displayed and breaks ties; it never judges a conflict (PROTOCOL.md, Clocks). It
is told the wall time and never asks. After Kulkarni et al., 2014, with two deviations: a time too
far ahead is never adopted, and what was received is never refused for its clock.
"""

from typing import Final, NewType

from sync_protocol.limits import DRIFT_MS_MAX

Hlc = NewType("Hlc", int)

HLC_BYTES: Final = 8
COUNTER_BITS: Final = 16
COUNTER_MAX: Final = (1 << COUNTER_BITS) - 1
HLC_ZERO: Final = Hlc(0)


def pack_hlc(milliseconds: int, counter: int) -> Hlc:
    """The clock value for a moment (UTC ms) and a counter."""
    assert 0 <= counter <= COUNTER_MAX, "the counter has sixteen bits"
    return Hlc((max(0, milliseconds) << COUNTER_BITS) | counter)


def hlc_ms(hlc: Hlc) -> int:
    """The milliseconds part (UTC)."""
    return hlc >> COUNTER_BITS


def hlc_bytes(hlc: Hlc) -> bytes:
    """Eight bytes, big-endian: a 64-bit integer does not survive JavaScript."""
    return hlc.to_bytes(HLC_BYTES, "big")


def hlc_from_bytes(raw: bytes) -> Hlc:
    """The value that `hlc_bytes` wrote."""
    return Hlc(int.from_bytes(raw, "big"))


def next_hlc(latest: Hlc, now_ms: int) -> Hlc:
    """The next local value: later than `latest`, and the wall time where that is ahead.

    A full counter borrows a millisecond, so the order never breaks.
    """
    return Hlc(max(latest + 1, pack_hlc(now_ms, 0)))


def is_suspect(hlc: Hlc, now_ms: int) -> bool:
    """Whether the writer's clock was more than five minutes ahead of this node's."""
    return hlc_ms(hlc) > now_ms + DRIFT_MS_MAX


def witness(latest: Hlc, received: Hlc, now_ms: int) -> Hlc:
    """The latest value after hearing `received`; a suspect one does not move the clock."""
    if is_suspect(received, now_ms):
        return latest
    return Hlc(max(latest, received))
