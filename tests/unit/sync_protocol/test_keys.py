"""S13: a node's signing keys, one after another, each change proving itself."""

from hashlib import sha256

import msgspec

from sync_protocol.io.key_ring import KeySigner
from sync_protocol.keys import KeyChange, is_proved, keys_from, new_changes
from sync_protocol.seal import key_claim
from tests import toys

NODE = toys.node(1)
FIRST, SECOND, THIRD, OTHER = (KeySigner(sha256(bytes([one])).digest()) for one in range(4))


def change(former: KeySigner, key: KeySigner) -> KeyChange:
    """A change as a node makes it."""
    claim = key_claim(NODE, former.public_key, key.public_key)
    return KeyChange(former.public_key, key.public_key, former.sign(claim), key.sign(claim))


ONE, TWO = change(FIRST, SECOND), change(SECOND, THIRD)


def test_both_keys_prove_a_change_for_their_node_alone() -> None:
    """S13."""
    assert is_proved(ONE, NODE)
    assert not is_proved(ONE, toys.node(2))
    for forged in (
        msgspec.structs.replace(ONE, by_former=OTHER.sign(b"")),
        msgspec.structs.replace(ONE, by_key=OTHER.sign(b"")),
        msgspec.structs.replace(ONE, key=OTHER.public_key),
    ):
        assert not is_proved(forged, NODE)


def test_changes_lead_from_the_first_key_to_the_last_in_whatever_order_they_are_told() -> None:
    """S13."""
    keys = tuple(one.public_key for one in (FIRST, SECOND, THIRD))
    assert keys_from(FIRST.public_key, (TWO, ONE)) == keys
    assert keys_from(SECOND.public_key, (TWO, ONE)) == keys[1:]
    assert keys_from(OTHER.public_key, (ONE, TWO)) == (OTHER.public_key,)


def test_of_two_changes_from_one_key_the_first_told_counts() -> None:
    """S13: who has a key that was put away names no other."""
    theirs = change(FIRST, OTHER)
    assert keys_from(FIRST.public_key, (ONE, theirs)) == (FIRST.public_key, SECOND.public_key)
    assert new_changes(FIRST.public_key, (ONE,), (theirs,), NODE) == ()


def test_no_key_comes_back() -> None:
    """S13: a circle leads nowhere."""
    back = change(SECOND, FIRST)
    assert keys_from(FIRST.public_key, (ONE, back)) == (FIRST.public_key, SECOND.public_key)
    assert new_changes(FIRST.public_key, (ONE,), (back,), NODE) == ()


def test_only_what_is_proved_and_leads_on_is_new() -> None:
    """S13: what is known is told again and again, and changes nothing."""
    assert new_changes(FIRST.public_key, (), (ONE, TWO), NODE) == (ONE, TWO)
    assert new_changes(FIRST.public_key, (ONE,), (ONE, TWO), NODE) == (TWO,)
    assert new_changes(FIRST.public_key, (ONE, TWO), (ONE, TWO), NODE) == ()
    forged = msgspec.structs.replace(ONE, by_key=TWO.by_key)
    assert new_changes(FIRST.public_key, (), (forged, TWO), NODE) == ()
