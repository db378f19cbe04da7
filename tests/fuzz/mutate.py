"""How valid bytes are spoiled: by bit, by length, by shape, by bomb; all drawn from one seed.

A sample is changed as bytes, or, where it is msgpack or JSON, as values: other types in the place
of the right ones, floods of keys, numbers beyond every column, text that is none. What no encoder
of ours would write (keys twice, numbers and lengths longer than they need be) is put in by hand.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import msgspec
import zstandard

DEEP: Final = 100_000
"""Levels of a bomb of brackets."""
MANY: Final = 20_000
"""Members of a flood; a real one is as large as a message may be and is tried once."""
EDITS_MAX: Final = 4

_NUMBERS: Final = (0, 1, -1, 127, 128, 255, 1 << 31, (1 << 53) - 1, 1 << 53, 1 << 62, (1 << 63) - 1)
_FAR: Final = (1 << 63, (1 << 64) - 1, -(1 << 53), -(1 << 63))
_FLOATS: Final = (0.0, -0.0, 1.5, float("nan"), float("inf"), 1e308)
_TEXTS: Final = ("", "\0", "enter", "\xe9", "e\u0301", "\u202e", "\U0001f4a5" * 20, "x" * 70_000)
_BYTES: Final = (b"", b"\0", bytes(15), bytes(16), bytes(17), bytes(32), bytes(64), bytes(65))

RAW_PIECES: Final = (
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x01",
    b"\xcf" + b"\xff" * 8,
    b"\xd3\x80" + bytes(7),
    b"\xcb\x7f\xf8" + bytes(6),
    b"\xca\x7f\x80\0\0",
    b"\xd6\xff" + b"\xff" * 4,
    b"\xc7\x0c\xff" + b"\xff" * 12,
    b"\xa3\xed\xa0\x80",
    b"\xa2\xc0\xaf",
    b"\xc1",
    b"\xcd\x00\x01",
    b"\xd9\x01a",
    b"\xdc\x00\x01\x01",
    b"\x82\xa1a\x01\xa1a\x02",
    b"\x82\xa1b\x01\xa1a\x02",
    b"\x81\x91\x01\x02",
    b"\x81\x80\x02",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"9" * 400,
    b'{"a":1,"a":2}',
)
"""What an encoder of ours never writes: lengths that lie, text that is none, keys twice."""


def bombs() -> tuple[bytes, ...]:
    """Pieces that are larger within than they look, each tried as it is and inside a sample."""
    flood = b"\xdf" + MANY.to_bytes(4, "big")
    keys = b"".join(b"\xce" + n.to_bytes(4, "big") + b"\xc0" for n in range(MANY))
    names = b"".join(b"\xa5%05d\xc0" % n for n in range(MANY))
    packed = zstandard.ZstdCompressor().compress(bytes(1 << 24))
    return (
        b"\x91" * DEEP,
        b"\x81\xa1a" * DEEP,
        b"[" * DEEP,
        b'{"a":' * DEEP,
        flood + keys,
        flood + names,
        b"\xdd" + MANY.to_bytes(4, "big") + b"\xc0" * MANY,
        packed,
        b"\x01" + packed,
    )


BOMBS: Final = bombs()


def spoiled(sample: bytes, samples: Sequence[bytes], chance: Random) -> bytes:
    """The sample after a few changes; `samples` are its kin, of which pieces are put in."""
    for _ in range(chance.randint(1, EDITS_MAX)):
        sample = chance.choice(_EDITS)(sample, samples, chance)
    return sample


def drawn(samples: Sequence[bytes], seed: int) -> bytes:
    """One input of a campaign: mostly a spoiled sample, sometimes noise or a bomb."""
    chance = Random(seed)
    kind = chance.random()
    if kind < 0.05:
        return chance.randbytes(chance.randint(0, 200))
    if kind < 0.07:
        return chance.choice(BOMBS)
    return spoiled(chance.choice(samples), samples, chance)


def _flip(raw: bytes, _kin: Sequence[bytes], chance: Random) -> bytes:
    if not raw:
        return b"\0"
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _set(raw: bytes, _kin: Sequence[bytes], chance: Random) -> bytes:
    changed = bytearray(raw or b"\0")
    changed[chance.randrange(len(changed))] = chance.choice((0, 1, 0x7F, 0x80, 0xC1, 0xDD, 0xFF))
    return bytes(changed)


def _cut(raw: bytes, _kin: Sequence[bytes], chance: Random) -> bytes:
    start = chance.randint(0, len(raw))
    if chance.random() < 0.5:
        return raw[:start]
    return raw[:start] + raw[start + chance.randint(1, 16) :]


def _stuff(raw: bytes, _kin: Sequence[bytes], chance: Random) -> bytes:
    start = chance.randint(0, len(raw))
    piece = chance.choice((*RAW_PIECES, chance.randbytes(chance.randint(1, 9))))
    over = chance.choice((0, 1, len(piece)))
    return raw[:start] + piece + raw[start + over :]


def _splice(raw: bytes, kin: Sequence[bytes], chance: Random) -> bytes:
    other = chance.choice(kin) if kin else raw
    start, stop = sorted(chance.randint(0, len(other)) for _ in range(2))
    at = chance.randint(0, len(raw))
    return raw[:at] + other[start:stop] + raw[at + (stop - start) * chance.randint(0, 1) :]


def _explode(raw: bytes, _kin: Sequence[bytes], chance: Random) -> bytes:
    if chance.random() < 0.8:
        return raw
    start = chance.randint(0, len(raw))
    return raw[:start] + chance.choice(BOMBS) + raw[start:]


def _reshape(raw: bytes, _kin: Sequence[bytes], chance: Random) -> bytes:
    """Another value somewhere in what the bytes say, behind a letter where there is one."""
    lead = raw[:1] if raw[:1] in (b"Q", b"R", b"F") else b""
    encoders: tuple[tuple[Callable[[bytes], Any], Callable[[Any], bytes]], ...] = (
        (msgspec.msgpack.decode, msgspec.msgpack.encode),
        (json.loads, lambda value: json.dumps(value).encode()),
    )
    for decode, encode in encoders:
        try:
            whole = decode(raw[len(lead) :])
            return lead + encode(_changed(whole, chance))
        except (msgspec.MsgspecError, ValueError, RecursionError, TypeError, OverflowError):
            continue
    return raw


def _changed(whole: Any, chance: Random, depth: int = 0) -> Any:
    """The value with one of the values in it changed."""
    if isinstance(whole, list) and whole and (depth == 0 or chance.random() < 0.8):
        place = chance.randrange(len(whole))
        kept = [*whole]
        match chance.randrange(8):
            case 0:
                del kept[place]
            case 1:
                kept.insert(place, kept[place])
            case 2:
                kept.append(_value(chance))
            case _:
                kept[place] = _changed(whole[place], chance, depth + 1)
        return kept
    if isinstance(whole, dict) and whole and chance.random() < 0.8:
        key = chance.choice(list(whole))
        kept_keys = dict(whole)
        if chance.random() < 0.3:
            kept_keys[_key(chance)] = _value(chance)
        else:
            kept_keys[key] = _changed(whole[key], chance, depth + 1)
        return kept_keys
    if isinstance(whole, bytes) and len(whole) > 16 and chance.random() < 0.5:
        return _inner(whole, chance)
    if isinstance(whole, int) and not isinstance(whole, bool) and chance.random() < 0.5:
        return max(-(1 << 63), min(whole + chance.choice((1, -1, 256, 1 << 32)), (1 << 64) - 1))
    return _value(chance)


def _inner(whole: bytes, chance: Random) -> bytes:
    """Bytes within bytes are often msgpack of their own: an op's opening and its body."""
    edit = chance.choice((_flip, _stuff, _cut, _reshape))
    return edit(whole, (), chance)


def _value(chance: Random) -> Any:
    kind = chance.choice((_NUMBERS, _FAR, _FLOATS, _TEXTS, _BYTES, (None, True, False)))
    simple = chance.choice(kind)
    wraps: tuple[Any, ...] = (simple, [simple], {"a": simple}, [], {}, [[]], [simple] * 300)
    return wraps[0] if chance.random() < 0.7 else chance.choice(wraps)


def _key(chance: Random) -> Any:
    return chance.choice(("", "a", "\0", "x" * 65, "label", "__proto__", chance.choice(_NUMBERS)))


_EDITS: Final[tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...]] = (
    _flip,
    _set,
    _cut,
    _stuff,
    _stuff,
    _splice,
    _explode,
    _reshape,
    _reshape,
    _reshape,
)
