"""Who had seen what: the ids that an op names, what still stands, and the token of what was read.

Implements PROTOCOL.md, Standing. No version vector: an op names, per field, the ops that its
author had seen and supersedes, and that is all that is ever needed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping
from typing import NewType

import msgspec

from sync_protocol.errors import Refused
from sync_protocol.ids import ID_BYTES, OpId
from sync_protocol.limits import SEEN_IDS_MAX
from sync_protocol.op import Op

SeenToken = NewType("SeenToken", str)
Name = tuple[str, OpId]
"""A field and the id of an op that set it: what `replaces` names."""


class BadSeenToken(Refused):
    """The `seen` token is not one that this service gave."""

    code = "bad_seen_token"
    hint = "Read the record again and send the token that came with it."


def names_of(op: Op) -> Iterable[Name]:
    """Each (field, op id) that `op` says its author had seen and supersedes."""
    for field, named in op.header.replaces.items():
        for op_id in named:
            yield field, op_id


def fields_standing(op: Op, replaced: Iterable[Name]) -> frozenset[str]:
    """The fields of `op` that nothing in `replaced` names for it."""
    gone = {field for field, op_id in replaced if op_id == op.id}
    return frozenset(op.values) - gone


def seen_token(op_ids: Iterable[OpId]) -> SeenToken:
    """An opaque text that says which standing ops a reader was shown; order does not matter."""
    packed = b"".join(sorted(set(op_ids)))
    return SeenToken(urlsafe_b64encode(packed).decode().rstrip("="))


def read_seen_token(token: str) -> frozenset[OpId]:
    """The op ids in a token; raises BadSeenToken where it is none of ours."""
    try:
        packed = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except (Base64Error, ValueError) as fault:
        raise BadSeenToken from fault
    if len(packed) % ID_BYTES or len(packed) > ID_BYTES * SEEN_IDS_MAX:
        raise BadSeenToken
    seen = frozenset(OpId(packed[at : at + ID_BYTES]) for at in range(0, len(packed), ID_BYTES))
    # The decoder passes over what it does not know, so rubbish would read as "saw nothing".
    if seen_token(seen) != token:
        raise BadSeenToken
    return seen


class Unseen(msgspec.Struct, frozen=True):
    """Standing ops of the fields about to be changed that the author was never shown."""

    by_field: Mapping[str, tuple[OpId, ...]]

    @property
    def is_empty(self) -> bool:
        """Whether the author had seen everything that stands."""
        return not self.by_field


def unseen(
    standing: Mapping[str, Iterable[OpId]], fields: Iterable[str], seen: frozenset[OpId]
) -> Unseen:
    """What stands in `fields` and is not in `seen`."""
    missed = {
        field: tuple(op_id for op_id in standing.get(field, ()) if op_id not in seen)
        for field in fields
    }
    return Unseen({field: op_ids for field, op_ids in missed.items() if op_ids})
