"""Seals: every claim has a domain, every number a place, every signature its bytes."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.errors import BadMessage, BadSignature
from sync_protocol.seal import (
    SIGNATURE_BYTES,
    Follows,
    ScopeEpoch,
    Segment,
    check_signature,
    life_chain,
    manifest_claim,
    message_claim,
    segment_chain,
    segment_claim,
)
from tests import toys

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
EPOCH = ScopeEpoch(toys.incarnation(1), 4)
HASHES = (b"a" * 32, b"b" * 32, b"c" * 32)


def test_a_segment_ends_with_its_last_op() -> None:
    segment = Segment(5, EPOCH, (toys.raw_op(5, {}), toys.raw_op(6, {})))
    assert segment.last_seq == 6


def test_a_life_that_follows_another_binds_the_point_it_follows() -> None:
    follows = Follows(toys.life(1), 7, b"x" * 32)
    chains = {
        life_chain(toys.node(1), toys.life(2), None),
        life_chain(toys.node(2), toys.life(2), None),
        life_chain(toys.node(1), toys.life(3), None),
        life_chain(toys.node(1), toys.life(2), follows),
        life_chain(toys.node(1), toys.life(2), Follows(toys.life(1), 8, b"x" * 32)),
        life_chain(toys.node(1), toys.life(2), Follows(toys.life(1), 7, b"y" * 32)),
        life_chain(toys.node(1), toys.life(2), Follows(toys.life(3), 7, b"x" * 32)),
    }
    assert len(chains) == 7


def test_the_chain_differs_on_any_change_removal_or_reordering() -> None:
    """INV-08: an edit, a gap, a removal or a second branch is seen."""
    whole = segment_chain(b"0" * 32, EPOCH, 1, HASHES)
    others = {
        segment_chain(b"1" * 32, EPOCH, 1, HASHES),
        segment_chain(b"0" * 32, ScopeEpoch(EPOCH.incarnation, 5), 1, HASHES),
        segment_chain(b"0" * 32, ScopeEpoch(toys.incarnation(2), 4), 1, HASHES),
        segment_chain(b"0" * 32, EPOCH, 2, HASHES),
        segment_chain(b"0" * 32, EPOCH, 1, HASHES[:2]),
        segment_chain(b"0" * 32, EPOCH, 1, (HASHES[1], HASHES[0], HASHES[2])),
        segment_chain(b"0" * 32, EPOCH, 1, (*HASHES[:2], b"d" * 32)),
    }
    assert len(others | {whole}) == 8


def test_two_segments_are_not_one_long_one() -> None:
    first = segment_chain(b"0" * 32, EPOCH, 1, HASHES[:1])
    divided = segment_chain(first, EPOCH, 2, HASHES[1:])
    assert divided != segment_chain(b"0" * 32, EPOCH, 1, HASHES)


@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_a_number_that_no_seal_can_bind_is_the_senders_fault(number: int) -> None:
    """INV-14: a hostile number is refused, it does not break the reader."""
    with pytest.raises(BadMessage):
        segment_chain(b"0" * 32, EPOCH, number, HASHES)
    with pytest.raises(BadMessage):
        segment_chain(b"0" * 32, ScopeEpoch(EPOCH.incarnation, number), 1, HASHES)
    with pytest.raises(BadMessage):
        life_chain(toys.node(1), toys.life(2), Follows(toys.life(1), number, b"x" * 32))


def test_no_claim_can_stand_in_for_another() -> None:
    claims = [
        segment_claim(toys.node(1), toys.life(1), 1, b"c" * 32),
        manifest_claim(toys.incarnation(1), toys.node(1), b"listing"),
        message_claim(toys.node(1), toys.node(2), toys.incarnation(1), b"payload"),
    ]
    openings = {claim.split(b"\x00")[0] for claim in claims}
    assert len(openings) == 3


def test_a_message_is_bound_to_sender_receiver_and_incarnation() -> None:
    a, b, one, two = toys.node(1), toys.node(2), toys.incarnation(1), toys.incarnation(2)
    claims = {
        message_claim(a, b, one, b"p"),
        message_claim(b, a, one, b"p"),
        message_claim(a, b, two, b"p"),
        message_claim(a, b, one, b"q"),
    }
    assert len(claims) == 4


def test_a_manifest_is_bound_to_its_receiver() -> None:
    listing, one = b"listing", toys.incarnation(1)
    assert manifest_claim(one, toys.node(1), listing) != manifest_claim(one, toys.node(2), listing)


def test_a_true_signature_passes() -> None:
    check_signature(PUBLIC, b"claim", KEY.sign(b"claim"))


@pytest.mark.parametrize(
    ("public_key", "claim", "signature"),
    [
        (PUBLIC, b"another claim", KEY.sign(b"claim")),
        (PUBLIC, b"claim", bytes(SIGNATURE_BYTES)),
        (PUBLIC, b"claim", b"short"),
        (b"short", b"claim", KEY.sign(b"claim")),
        (bytes(32), b"claim", KEY.sign(b"claim")),
    ],
)
def test_anything_else_is_a_bad_signature(
    public_key: bytes, claim: bytes, signature: bytes
) -> None:
    with pytest.raises(BadSignature):
        check_signature(public_key, claim, signature)
