"""Boxes: bytes sealed to one reader's public key, which nobody else opens, their sender included.

Implements PROTOCOL.md, Boxes. Each box has a key of its own (X25519 with a key made for this box
alone, HKDF-SHA256, AES-256-GCM) and a context that must be said again to open it, so that no box
can be put in the place of another. A box hides; it does not say who sealed it. What must be
believed is signed inside.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync_protocol.author import Chance
from sync_protocol.errors import Refused
from sync_protocol.ids import NodeId
from sync_protocol.io.system_clock import system_chance

BOX_DOMAIN: Final = b"throughcare box v1\x00"
BOX_VERSION: Final = 1
BOX_KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
BOX_OVERHEAD_BYTES: Final = 1 + BOX_KEY_BYTES + TAG_BYTES
"""How much longer a box is than what is in it."""
_NONCE_BYTES: Final = 12


class BoxClosed(Refused):
    """A box does not open here."""

    code = "box_closed"
    hint = "It was sealed to another key or for another use, or it was changed on its way."


class BadBoxKey(Refused):
    """Nothing can be sealed to this public key."""

    code = "bad_box_key"
    hint = "Correct the box key in the estate file; it is 32 bytes, the public part of box.key."


class NoBoxKey(Refused):
    """There is no box key for this."""

    code = "no_box_key"
    hint = "Start the node with its box key, and with an estate file that names everybody's."


def box_public(secret: bytes) -> bytes:
    """The public part (32 bytes) of a box key."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def seal_box(public: bytes, plain: bytes, context: bytes, chance: Chance = system_chance) -> bytes:
    """`plain` for whoever has the secret of `public`; `context` says for what, and is not sent.

    Raises BadBoxKey. Two boxes of the same content differ.
    """
    once = X25519PrivateKey.from_private_bytes(chance(BOX_KEY_BYTES))
    opening = bytes((BOX_VERSION,)) + once.public_key().public_bytes_raw()
    try:
        shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as fault:
        raise BadBoxKey(public.hex()) from fault
    key, nonce = _keys(shared, opening, public, context)
    return opening + AESGCM(key).encrypt(nonce, plain, opening)


def open_box(secret: bytes, sealed: bytes, context: bytes) -> bytes:
    """What was sealed to this key in this context; BoxClosed for everything else."""
    if len(sealed) < BOX_OVERHEAD_BYTES or sealed[0] != BOX_VERSION:
        raise BoxClosed("It is no box of this release.")
    opening = sealed[: 1 + BOX_KEY_BYTES]
    own = X25519PrivateKey.from_private_bytes(secret)
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(opening[1:]))
        public = own.public_key().public_bytes_raw()
        key, nonce = _keys(shared, opening, public, context)
        return AESGCM(key).decrypt(nonce, sealed[len(opening) :], opening)
    except (InvalidTag, ValueError) as fault:
        raise BoxClosed from fault


class Boxes:
    """The boxes of one node: what it opens, and to whom it can seal."""

    def __init__(
        self,
        secret: bytes | None,
        *,
        hub: NodeId | None = None,
        public_keys: Mapping[NodeId, bytes] | None = None,
        recovery: bytes | None = None,
        chance: Chance = system_chance,
    ) -> None:
        """`secret` is this node's box key; `recovery` the public key of the estate's offline one.

        What is left out is refused at its first use (NoBoxKey), so that a store may be looked at
        without any.
        """
        self._secret = secret
        self._hub = hub
        self._public_keys: Mapping[NodeId, bytes] = {} if public_keys is None else public_keys
        self._recovery = recovery
        self._chance = chance

    @property
    def is_whole(self) -> bool:
        """Whether it can seal to the hub and to the recovery key: else nobody can be let go of."""
        return self._hub is not None and self._recovery is not None

    def seal_to_hub(self, plain: bytes, context: bytes) -> bytes:
        """A box that the hub opens."""
        if self._hub is None:
            raise NoBoxKey("the hub")
        return self.seal_to_node(self._hub, plain, context)

    def seal_to_node(self, node: NodeId, plain: bytes, context: bytes) -> bytes:
        """A box that this node of the estate opens."""
        public = self._public_keys.get(node)
        if public is None:
            raise NoBoxKey(f"node {node.hex()}")
        return seal_box(public, plain, context, self._chance)

    def seal_to_recovery(self, plain: bytes, context: bytes) -> bytes:
        """A box that only the estate's recovery key opens, which is kept offline."""
        if self._recovery is None:
            raise NoBoxKey("recovery")
        return seal_box(self._recovery, plain, context, self._chance)

    def open_own(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed to this node in this context; BoxClosed or NoBoxKey otherwise."""
        if self._secret is None:
            raise NoBoxKey("this node")
        return open_box(self._secret, sealed, context)


NO_BOXES: Final = Boxes(None)
"""Of a store that is only looked at: it can neither seal nor open."""


def _keys(shared: bytes, opening: bytes, public: bytes, context: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of one box. All before the context has a fixed length, so nothing shifts."""
    derive = HKDF(
        algorithm=SHA256(),
        length=BOX_KEY_BYTES + _NONCE_BYTES,
        salt=None,
        info=BOX_DOMAIN + opening + public + context,
    )
    material = derive.derive(shared)
    return material[:BOX_KEY_BYTES], material[BOX_KEY_BYTES:]
