"""Seals: the chain that binds a life's ops in order, the segment signature, and message signatures.

Implements PROTOCOL.md, Segments and chain. Every signature covers a domain of its own, so that
none can stand in for another, and is verified over raw bytes before anything is parsed. Keys are
handed in; none is read or made here.
"""

import struct
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync_protocol.errors import BadMessage, BadSignature
from sync_protocol.ids import (
    A_COUNT,
    A_HASH,
    AN_ID,
    ID_BYTES,
    IncarnationId,
    LifeId,
    NodeId,
)
from sync_protocol.op import OpBytes

LIFE_DOMAIN: Final = b"throughcare life v1\x00"
CHAIN_DOMAIN: Final = b"throughcare chain v1\x00"
SEGMENT_DOMAIN: Final = b"throughcare segment v1\x00"
MESSAGE_DOMAIN: Final = b"throughcare message v1\x00"
MANIFEST_DOMAIN: Final = b"throughcare manifest v1\x00"
SNAPSHOT_DOMAIN: Final = b"throughcare snapshot v1\x00"
STEP_DOMAIN: Final = b"throughcare scope step v1\x00"
PERMIT_DOMAIN: Final = b"throughcare permit v1\x00"
RECEIPT_DOMAIN: Final = b"throughcare receipt v1\x00"
LEASE_DOMAIN: Final = b"throughcare lease v1\x00"
KEY_DOMAIN: Final = b"throughcare signing key v1\x00"
SIGNATURE_BYTES: Final = 64
PUBLIC_KEY_BYTES: Final = 32
A_SIGNATURE: Final = msgspec.Meta(max_length=SIGNATURE_BYTES)


class Signer(Protocol):
    """Signs with this node's own key."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes, Ed25519."""


class Follows(msgspec.Struct, frozen=True, array_like=True):
    """The life that a new one continues, and the last point of it that is agreed."""

    life: Annotated[LifeId, AN_ID]
    seq: Annotated[int, A_COUNT]
    chain: Annotated[bytes, A_HASH]


class ScopeEpoch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The scope that a node had committed when it wrote: the hub's incarnation and a number."""

    incarnation: Annotated[IncarnationId, AN_ID]
    number: Annotated[int, A_COUNT]


class Lost(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a node still knows of a segment of which its log lost an op: it can prove no more."""

    ops: Annotated[int, A_COUNT]
    chain_after: Annotated[bytes, A_HASH]


class Segment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Consecutive ops of one life, written under one scope epoch and stored in one transaction.

    One that is `lost` comes without ops: what was written after it is not kept back for it.
    """

    first_seq: Annotated[int, A_COUNT]
    epoch: ScopeEpoch
    ops: tuple[OpBytes, ...]
    lost: Lost | None = None

    @property
    def count(self) -> int:
        """How many ops it has, or had."""
        return len(self.ops) if self.lost is None else self.lost.ops

    @property
    def last_seq(self) -> int:
        """The sequence number of its last op."""
        return self.first_seq + self.count - 1


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive segments of one life under the signature of the last.

    The chain binds every segment before the last one, so one signature proves them all: five
    hundred notes written one by one cost one verification.
    """

    node: Annotated[NodeId, AN_ID]
    life: Annotated[LifeId, AN_ID]
    chain_before: Annotated[bytes, A_HASH]
    follows: Follows | None
    segments: tuple[Segment, ...]
    signature: Annotated[bytes, A_SIGNATURE]


def life_chain(node: NodeId, life: LifeId, follows: Follows | None) -> bytes:
    """The chain hash before a life's first op; it binds the life that this one continues."""
    before = b"" if follows is None else _framed(follows.life, _numbers(follows.seq), follows.chain)
    return sha256(LIFE_DOMAIN + node + life + before).digest()


def segment_chain(
    chain_before: bytes, epoch: ScopeEpoch, first_seq: int, hashes: Iterable[bytes]
) -> bytes:
    """The chain hash after a segment whose ops' header hashes are `hashes`, in order."""
    listed = tuple(hashes)
    place = epoch.incarnation + _numbers(epoch.number, first_seq, len(listed))
    return sha256(CHAIN_DOMAIN + chain_before + place + b"".join(listed)).digest()


def segment_claim(node: NodeId, life: LifeId, last_seq: int, chain_after: bytes) -> bytes:
    """The bytes that a segment's signature covers: everything up to its last op."""
    return SEGMENT_DOMAIN + node + life + _numbers(last_seq) + chain_after


def manifest_claim(incarnation: IncarnationId, receiver: NodeId, listing: bytes) -> bytes:
    """The bytes that a hub's manifest signature covers: to whom, and every entry in order."""
    return MANIFEST_DOMAIN + incarnation + receiver + sha256(listing).digest()


def step_claim(
    incarnation: IncarnationId, node: NodeId, numbers: Iterable[int], words: Iterable[bytes]
) -> bytes:
    """The bytes that a hub's signature of a scope step covers: whose scope, and what changes."""
    return STEP_DOMAIN + incarnation + node + _numbers(*numbers) + _framed(*words)


def permit_claim(
    incarnation: IncarnationId, node: NodeId, numbers: Iterable[int], words: Iterable[bytes]
) -> bytes:
    """The bytes that a hub's signature of a permit covers: to whom, and of what."""
    return PERMIT_DOMAIN + incarnation + node + _numbers(*numbers) + _framed(*words)


def receipt_claim(
    incarnation: IncarnationId, node: NodeId, numbers: Iterable[int], words: Iterable[bytes]
) -> bytes:
    """The bytes that a spoke's signature of a receipt covers: whose it is, and of what."""
    return RECEIPT_DOMAIN + incarnation + node + _numbers(*numbers) + _framed(*words)


def lease_claim(
    incarnation: IncarnationId, node: NodeId, numbers: Iterable[int], words: Iterable[bytes]
) -> bytes:
    """The bytes that a hub's signature of a lease covers: to whom, from when, and until when."""
    return LEASE_DOMAIN + incarnation + node + _numbers(*numbers) + _framed(*words)


def key_claim(node: NodeId, former: bytes, key: bytes) -> bytes:
    """The bytes that both signatures of a change of a node's signing key cover."""
    return KEY_DOMAIN + node + _framed(former, key)


def message_claim(
    sender: NodeId, receiver: NodeId, incarnation: IncarnationId, payload: bytes
) -> bytes:
    """The bytes that a message's signature covers; they bind it to its receiver."""
    return MESSAGE_DOMAIN + sender + receiver + incarnation + payload


def check_signature(public_key: bytes, claim: bytes, signature: bytes) -> None:
    """Raise BadSignature unless `signature` is `public_key`'s (32 raw bytes) over `claim`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, claim)
    except (InvalidSignature, ValueError) as fault:
        raise BadSignature from fault


def _numbers(*values: int) -> bytes:
    """Eight bytes each, big-endian."""
    try:
        return struct.pack(f">{len(values)}Q", *values)
    except struct.error as fault:
        raise BadMessage("a number that no seal can bind") from fault


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


assert ID_BYTES == 16, "claims above are unambiguous because ids have one length"
