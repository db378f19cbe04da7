"""Set reconciliation: two nodes find where what they hold differs, without listing it all.

Implements PROTOCOL.md, Repair. Ranges of keys are compared by a fingerprint; one that differs is
divided, and where few keys are left they are listed. The one who asks learns which keys are only
here, only there, or stand for different things. A frame has a named limit, and what it claims is
checked before it is used (INV-14). It knows neither ops nor subjects.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from typing import Final

import msgspec

from sync_protocol.errors import BadMessage
from sync_protocol.ids import ID_BYTES
from sync_protocol.limits import REPAIR_FRAME_BYTES_MAX, REPAIR_LIST_BELOW, REPAIR_RANGES

MODULUS: Final = 1 << 256
FRAME_VERSION: Final = 1
PRINT_BYTES: Final = 16
MARK_BYTES: Final = 8
SKIP: Final = 0
PRINT: Final = 1
LIST: Final = 2
NOTHING: Final = b""
"""The frame of whoever has nothing left to ask."""

_END: Final = b""
"""The bound above every key."""
_COUNT_BYTES: Final = 2
_LISTED_BYTES: Final = ID_BYTES + MARK_BYTES
_BOUND_BYTES_MAX: Final = 1 + ID_BYTES + 1
_REST_BYTES: Final = _BOUND_BYTES_MAX + 2 + PRINT_BYTES
"""What is kept free for the end of a full frame: a last skip, and a fingerprint of the rest."""
_DIVISION_BYTES_MAX: Final = REPAIR_RANGES * (_BOUND_BYTES_MAX + PRINT_BYTES)
_LIST_BYTES_MAX: Final = _BOUND_BYTES_MAX + _COUNT_BYTES + REPAIR_LIST_BELOW * _LISTED_BYTES
FRAME_BYTES_MIN: Final = 1 + _REST_BYTES + _BOUND_BYTES_MAX + _DIVISION_BYTES_MAX + _LIST_BYTES_MAX
"""A frame of this size always brings both sides on."""

Listed = tuple[bytes, bytes]
"""A key, and the beginning of the number that stands for what is under it."""


class Found(msgspec.Struct, frozen=True):
    """Keys held here alone, there alone, and on both sides for different things."""

    here: tuple[bytes, ...] = ()
    there: tuple[bytes, ...] = ()
    differing: tuple[bytes, ...] = ()


class Holdings:
    """What one side holds: keys of 16 bytes in order, each with a number for what is under it.

    The numbers must come from a hash: the sum of a range is what two nodes compare.
    """

    def __init__(self, terms: Mapping[bytes, int]) -> None:
        """`terms` gives each key its number, below 2²⁵⁶."""
        self.keys = sorted(terms)
        self._terms = terms
        self._sums = [0]
        total = 0
        for key in self.keys:
            total += terms[key]
            self._sums.append(total)

    def place(self, bound: bytes) -> int:
        """How many keys lie below a bound."""
        return len(self.keys) if bound == _END else bisect_left(self.keys, bound)

    def fingerprint(self, first: int, after: int) -> bytes:
        """What two sides compare of a range: the sum and the count of what is in it."""
        total = (self._sums[after] - self._sums[first]) % MODULUS
        return sha256(total.to_bytes(32, "big") + (after - first).to_bytes(8, "big")).digest()[
            :PRINT_BYTES
        ]

    def listed(self, first: int, after: int) -> list[Listed]:
        """The keys of a range, each with its mark."""
        return [
            (key, self._terms[key].to_bytes(32, "big")[:MARK_BYTES])
            for key in self.keys[first:after]
        ]

    def bound_before(self, place: int) -> bytes:
        """The shortest bytes that lie above the key before this place, and not above the one at it.

        There must be a key on either side.
        """
        before, at = self.keys[place - 1], self.keys[place]
        same = 0
        while before[same] == at[same]:
            same += 1
        return at[: same + 1]


def open_frame(holdings: Holdings, bytes_max: int = REPAIR_FRAME_BYTES_MAX) -> bytes:
    """The first frame of whoever asks: all that it holds, divided."""
    frame = _Frame(holdings, bytes_max)
    frame.divide(0, len(holdings.keys), _END)
    return frame.to_bytes()


def answer_frame(
    holdings: Holdings, asked: bytes, bytes_max: int = REPAIR_FRAME_BYTES_MAX
) -> bytes:
    """The answer to a frame; raises BadMessage where it is not one."""
    return _reply(holdings, asked, bytes_max, asks=False)[0]


def take_frame(
    holdings: Holdings, answered: bytes, bytes_max: int = REPAIR_FRAME_BYTES_MAX
) -> tuple[bytes, Found]:
    """The next frame of whoever asks, and what the answer showed; NOTHING where all is known.

    Raises BadMessage where the answer is no frame. A difference may be found twice.
    """
    return _reply(holdings, answered, bytes_max, asks=True)


class _Range(msgspec.Struct, frozen=True):
    """One range of a frame: from the one before up to `upper`, which is not in it."""

    lower: bytes
    upper: bytes
    mode: int
    payload: bytes


class _Frame:
    """A frame in the making, over what its sender holds."""

    def __init__(self, holdings: Holdings, bytes_max: int) -> None:
        assert bytes_max >= FRAME_BYTES_MIN, "a frame has room for one division"
        self._holdings = holdings
        self._room = bytes_max - 1 - _REST_BYTES
        self._parts: list[bytes] = []
        self._skipped: bytes | None = None

    def skip(self, upper: bytes) -> None:
        """Nothing is left to ask up to here."""
        self._skipped = upper

    def divide(self, first: int, after: int, upper: bytes) -> bool:
        """Ask of a range that differs: few keys are listed, many divided; whether it fitted."""
        count = after - first
        if count < REPAIR_LIST_BELOW:
            return self._add([_list(upper, self._holdings.listed(first, after))])
        places = [first + count * part // REPAIR_RANGES for part in range(REPAIR_RANGES + 1)]
        parts = []
        for start, end in pairwise(places):
            bound = upper if end == after else self._holdings.bound_before(end)
            parts.append(_opening(bound, PRINT) + self._holdings.fingerprint(start, end))
        return self._add(parts)

    def tell(self, first: int, after: int, upper: bytes) -> int:
        """List what is held in a range, as far as it fits; the place up to which it did, or -1."""
        room = self._room - self._skip_bytes() - _BOUND_BYTES_MAX - _COUNT_BYTES
        end = min(after, first + room // _LISTED_BYTES)
        if room < 0 or (end < after and end == first):
            return -1
        bound = upper if end == after else self._holdings.bound_before(end)
        self._add([_list(bound, self._holdings.listed(first, end))])
        return end

    def ask_for_rest(self, first: int) -> None:
        """The frame is full: one fingerprint for everything from this place on.

        Whoever reads it divides that range, so the next frame goes on where this one ended.
        """
        self._write_skip()
        rest = self._holdings.fingerprint(first, len(self._holdings.keys))
        self._parts.append(_opening(_END, PRINT) + rest)

    def to_bytes(self) -> bytes:
        """The whole frame; NOTHING where every range is skipped."""
        return bytes((FRAME_VERSION,)) + b"".join(self._parts) if self._parts else NOTHING

    def _add(self, parts: list[bytes]) -> bool:
        size = sum(map(len, parts))
        if size + self._skip_bytes() > self._room:
            return False
        self._write_skip()
        self._parts += parts
        self._room -= size
        return True

    def _skip_bytes(self) -> int:
        return 0 if self._skipped is None else len(self._skipped) + 2

    def _write_skip(self) -> None:
        if self._skipped is not None:
            self._parts.append(_opening(self._skipped, SKIP))
            self._room -= self._skip_bytes()
            self._skipped = None


def _reply(holdings: Holdings, came: bytes, bytes_max: int, *, asks: bool) -> tuple[bytes, Found]:
    frame = _Frame(holdings, bytes_max)
    here: list[bytes] = []
    there: list[bytes] = []
    differing: list[bytes] = []
    first = 0
    for one in _ranges(came):
        after = holdings.place(one.upper)
        reached = after
        if one.mode == LIST:
            theirs = dict(_items(one))
            if asks:
                ours = dict(holdings.listed(first, after))
                here += [key for key in ours if key not in theirs]
                there += [key for key in theirs if key not in ours]
                differing += [key for key in ours if theirs.get(key, ours[key]) != ours[key]]
                frame.skip(one.upper)
            else:
                reached = frame.tell(first, after, one.upper)
        elif one.mode == SKIP or holdings.fingerprint(first, after) == one.payload:
            frame.skip(one.upper)
        elif not frame.divide(first, after, one.upper):
            reached = -1
        if reached != after:
            frame.ask_for_rest(max(first, reached))
            break
        first = after
    return frame.to_bytes(), Found(tuple(here), tuple(there), tuple(differing))


def _opening(bound: bytes, mode: int) -> bytes:
    return bytes((len(bound),)) + bound + bytes((mode,))


def _list(bound: bytes, items: list[Listed]) -> bytes:
    count = len(items).to_bytes(_COUNT_BYTES, "big")
    return _opening(bound, LIST) + count + b"".join(key + mark for key, mark in items)


def _ranges(frame: bytes) -> Iterator[_Range]:
    """The ranges of a frame, in order; raises BadMessage where it is none."""
    if frame == NOTHING:
        return
    if len(frame) > REPAIR_FRAME_BYTES_MAX or frame[0] != FRAME_VERSION:
        raise BadMessage("a frame of another version, or too large")
    at, lower = 1, b""
    while at < len(frame):
        if at > 1 and lower == _END:
            raise BadMessage("a range beyond the last")
        length = frame[at]
        upper, rest = frame[at + 1 : at + 1 + length], at + 1 + length
        if length > ID_BYTES or rest >= len(frame) or (upper != _END and upper <= lower):
            raise BadMessage("a bound that does not follow")
        mode = frame[rest]
        size = _payload_bytes(frame, rest + 1, mode)
        payload = frame[rest + 1 : rest + 1 + size]
        if len(payload) != size:
            raise BadMessage("a range that is cut off")
        yield _Range(lower, upper, mode, payload)
        at, lower = rest + 1 + size, upper


def _payload_bytes(frame: bytes, at: int, mode: int) -> int:
    if mode == LIST:
        count = int.from_bytes(frame[at : at + _COUNT_BYTES], "big")
        return _COUNT_BYTES + count * _LISTED_BYTES
    if mode not in (SKIP, PRINT):
        raise BadMessage(f"a range of mode {mode}")
    return PRINT_BYTES if mode == PRINT else 0


def _items(one: _Range) -> list[Listed]:
    """What a range lists; raises BadMessage unless it is in order and within the range."""
    items = [
        (one.payload[at : at + ID_BYTES], one.payload[at + ID_BYTES : at + _LISTED_BYTES])
        for at in range(_COUNT_BYTES, len(one.payload), _LISTED_BYTES)
    ]
    keys = [key for key, _ in items]
    is_within = not keys or (keys[0] >= one.lower and (one.upper == _END or keys[-1] < one.upper))
    if not is_within or any(key >= following for key, following in pairwise(keys)):
        raise BadMessage("a list out of order")
    return items
