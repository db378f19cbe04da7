"""Identifiers: each is a NewType over bytes, so that one can never stand in for another.

Random ids are UUIDv7 (RFC 9562): ordered by the time they were made, which keeps an index compact.
The time and the chance are handed in; this module asks neither clock nor generator.
"""

from hashlib import sha256
from typing import Final, NewType

from msgspec import Meta

ID_BYTES: Final = 16
HASH_BYTES: Final = 32

# What is decoded off the wire has these lengths and sizes, or is refused at the door (INV-14).
AN_ID: Final = Meta(min_length=ID_BYTES, max_length=ID_BYTES)
A_HASH: Final = Meta(max_length=HASH_BYTES)
A_COUNT: Final = Meta(ge=0, lt=1 << 53)
A_MOMENT: Final = Meta(gt=-(1 << 53), lt=1 << 53)
A_WORD: Final = Meta(max_length=256)

NodeId = NewType("NodeId", bytes)
LifeId = NewType("LifeId", bytes)
IncarnationId = NewType("IncarnationId", bytes)
OpId = NewType("OpId", bytes)
SubjectId = NewType("SubjectId", bytes)
RecordId = NewType("RecordId", bytes)
ActorId = NewType("ActorId", bytes)
ChangeSetId = NewType("ChangeSetId", bytes)

NO_ACTOR: Final = ActorId(bytes(ID_BYTES))


def uuid7(now_ms: int, chance: bytes) -> bytes:
    """16 bytes: 48 bits of Unix milliseconds, then 74 bits of `chance` (10 bytes are needed)."""
    assert len(chance) >= 10, "a UUIDv7 needs ten bytes of chance"
    stamp = (max(0, now_ms) & 0xFFFF_FFFF_FFFF).to_bytes(6, "big")
    tail = bytearray(chance[:10])
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return stamp + bytes(tail)


def derived_id(*parts: bytes) -> bytes:
    """16 bytes that any node computes alike from the same parts: SHA-256, cut, lengths bound in."""
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return sha256(b"throughcare id v1" + framed).digest()[:ID_BYTES]


def singleton_record(subject: SubjectId, kind: str) -> RecordId:
    """The one record that a subject has of a kind which exists at most once (risk, cell…).

    Two nodes that first write it apart name the same record, so their changes meet.
    """
    return RecordId(derived_id(b"singleton", subject, kind.encode()))


def is_id(value: object) -> bool:
    """Whether `value` has the form of an id: 16 bytes."""
    return isinstance(value, bytes) and len(value) == ID_BYTES
