"""Looks at a store's file as it lies on the disk: every page, and every frame of its log.

A page that nobody reads (a free one, one that the write-ahead log supersedes) is checked as well:
SQLCipher seals each. Of the log SQLite itself says nothing: it reads up to the first frame whose
sum is wrong and takes the rest for a write that a power cut tore, so that a changed bit would undo
what was acknowledged. Here such an end is told. Nothing is changed; the node may run meanwhile.
"""

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from sync_protocol.io.connection import PAGE_BYTES_MIN, page_faults

LOOKS: Final = 3
"""A running node writes while it is looked at: what is a fault is so each time."""
LOOK_AGAIN_S: Final = 0.05
_OPENING_BYTES: Final = 32
_FRAME_BYTES: Final = 24
_BIG_ENDIAN: Final = 0x377F0683
_LITTLE_ENDIAN: Final = 0x377F0682
_LOG_VERSION: Final = 3_007_000
_PAGE_BYTES_MAX: Final = 1 << 16


class _Frame(msgspec.Struct, frozen=True):
    """One page in the log: its salts, whether its sum is right, whether it ends a commit."""

    salts: tuple[int, int]
    is_whole: bool
    is_commit: bool


def file_faults(store: Path, key: bytes, looks: int = LOOKS) -> list[str]:
    """What is wrong with the bytes of a store and of its write-ahead log, in words.

    Raises WrongKey or StoreDamaged where there is no store to be looked at.
    """
    lasting: set[str] | None = None
    for look in range(looks):
        if look:
            time.sleep(LOOK_AGAIN_S)
        found = {*page_faults(store, key), *log_faults(_bytes_of(store))}
        lasting = found if lasting is None else lasting & found
        if not lasting:
            break
    return sorted(lasting or ())


def log_faults(log: bytes) -> list[str]:
    """What is wrong with a write-ahead log, in words.

    Frames of an earlier round of the log, which begins again at its start, are no fault: both of
    their salts are others. Nor are those of a change that was rolled back, or under way when the
    program fell: no commit ends them. Where a commit follows what is not whole, it is passed over.
    """
    if not log:
        return []
    opening = _read_opening(log)
    if opening is None:
        return ["write-ahead log: its opening was changed, and all that is in it is passed over"]
    *_, first, second = opening
    ended_at = 0
    for number, frame in enumerate(_frames(log, opening), start=1):
        is_of_now = first in frame.salts or second in frame.salts
        ended_at = ended_at or (0 if frame.is_whole else number)
        if ended_at and is_of_now and frame.is_commit:
            lost = "was changed or cut off, and a commit is passed over"
            return [f"write-ahead log: frame {ended_at} {lost}"]
    return []


def _bytes_of(store: Path) -> bytes:
    try:
        return store.with_name(f"{store.name}-wal").read_bytes()
    except FileNotFoundError:
        return b""


_Opening = tuple[str, int, int, int]
"""The order of bytes in a word, the size of a page, and the two salts."""


def _read_opening(log: bytes) -> _Opening | None:
    """None where it is none, or its sum is wrong."""
    if len(log) < _OPENING_BYTES:
        return None
    magic, version, page_bytes, _round, first, second, *told = struct.unpack(">8I", log[:32])
    if magic not in (_BIG_ENDIAN, _LITTLE_ENDIAN) or version != _LOG_VERSION:
        return None
    order = ">" if magic == _BIG_ENDIAN else "<"
    is_size = PAGE_BYTES_MIN <= page_bytes <= _PAGE_BYTES_MAX
    if not is_size or _summed(log[:24], order, (0, 0)) != tuple(told):
        return None
    return order, page_bytes, first, second


def _frames(log: bytes, opening: _Opening) -> Iterator[_Frame]:
    """Every frame of which all bytes are there; each sum goes on from the one that is written."""
    order, page_bytes, *salts = opening
    before: tuple[int, ...] = struct.unpack(">2I", log[24:32])
    size = _FRAME_BYTES + page_bytes
    for at in range(_OPENING_BYTES, len(log) - size + 1, size):
        frame = log[at : at + size]
        own = struct.unpack(">2I", frame[8:16])
        told = struct.unpack(">2I", frame[16:24])
        page, pages = frame[_FRAME_BYTES:], int.from_bytes(frame[4:8], "big")

        def is_summed(pages: int, page: bytes = page, number: bytes = frame[:4]) -> bool:
            whole = number + pages.to_bytes(4, "big") + page
            return _summed(whole, order, before) == told  # noqa: B023 - asked before the next.

        is_whole = list(own) == salts and is_summed(pages)
        # A commit says how many pages there are; one that lost its last bit says it is none.
        is_commit = bool(pages) or (not is_whole and any(is_summed(1 << n) for n in range(32)))
        yield _Frame(own, is_whole, is_commit)
        before = told


def _summed(part: bytes, order: str, before: tuple[int, ...]) -> tuple[int, int]:
    """SQLite's sum over pairs of words."""
    one, two = before
    for first, second in struct.iter_unpack(f"{order}2I", part):
        one = (one + first + two) & 0xFFFF_FFFF
        two = (two + second + one) & 0xFFFF_FFFF
    return one, two
