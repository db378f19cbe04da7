"""A node's signing keys, one after another: who knows one of them can tell the last.

Implements PROTOCOL.md, Keys. A change names the key before and the key after and is signed by
both: by the one, so that nobody else can name a new key; by the other, so that nobody can name a
key that is not his. It proves itself, whoever shows it.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec

from sync_protocol.errors import BadSignature
from sync_protocol.ids import NodeId
from sync_protocol.limits import KEY_CHANGES_MAX
from sync_protocol.seal import A_SIGNATURE, PUBLIC_KEY_BYTES, check_signature, key_claim

A_KEY: Final = msgspec.Meta(min_length=PUBLIC_KEY_BYTES, max_length=PUBLIC_KEY_BYTES)
CHANGES: Final = msgspec.Meta(max_length=KEY_CHANGES_MAX)


class KeyChange(msgspec.Struct, frozen=True, array_like=True):
    """One change of a node's signing key, under the signatures of both."""

    former: Annotated[bytes, A_KEY]
    key: Annotated[bytes, A_KEY]
    by_former: Annotated[bytes, A_SIGNATURE]
    by_key: Annotated[bytes, A_SIGNATURE]


KeyChanges = Annotated[tuple[KeyChange, ...], CHANGES]


def is_proved(change: KeyChange, node: NodeId) -> bool:
    """Whether both keys of a change signed that it is `node`'s."""
    claim = key_claim(node, change.former, change.key)
    try:
        check_signature(change.former, claim, change.by_former)
        check_signature(change.key, claim, change.by_key)
    except BadSignature:
        return False
    return True


def keys_from(first: bytes, changes: Iterable[KeyChange]) -> tuple[bytes, ...]:
    """The keys that follow one another from the `first` on, that one included; the last is used.

    `changes` are proved. Of two from one key the first told counts: whoever tells another later
    holds a key that its node has put away. A key never comes back.
    """
    after: dict[bytes, bytes] = {}
    for one in changes:
        after.setdefault(one.former, one.key)
    keys = [first]
    while keys[-1] in after and after[keys[-1]] not in keys:
        keys.append(after[keys[-1]])
    return tuple(keys)


def new_changes(
    first: bytes, known: Sequence[KeyChange], told: Iterable[KeyChange], node: NodeId
) -> tuple[KeyChange, ...]:
    """Those of the changes told that lead on from the last key known, in order, all proved."""
    keys = keys_from(first, known)
    last, seen = keys[-1], set(keys)
    added: list[KeyChange] = []
    for one in told:
        if one.former == last and one.key not in seen and is_proved(one, node):
            added.append(one)
            last = one.key
            seen.add(last)
    return tuple(added)
