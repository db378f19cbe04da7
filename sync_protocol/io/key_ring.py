"""A node's keys: the one that signs and the one that opens the store, each in a file of mode 0600.

The node makes them itself; neither ever leaves it. They live apart from the database's backups.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.errors import Refused

KEY_BYTES: Final = 32
PRIVATE_MODE: Final = 0o600


class MissingKey(Refused):
    """A key file named in the settings is not there."""

    code = "missing_key"
    hint = "Name the file that was made with this node; a new key would not open its store."


class ExposedKey(Refused):
    """A key file can be read by others, or does not hold a key."""

    code = "exposed_key"
    hint = "Run chmod 600 on it, and make sure that it holds exactly 32 bytes."


class KeySigner:
    """Signs with an Ed25519 key held in memory."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is the 32-byte private key."""
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)

    @property
    def public_key(self) -> bytes:
        """32 raw bytes, to be listed in the estate."""
        return self._key.public_key().public_bytes_raw()


def make_key(path: Path) -> bytes:
    """A new 32-byte secret in a new file of mode 0600; raises FileExistsError where it exists."""
    secret = os.urandom(KEY_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


def load_key(path: Path) -> bytes:
    """The secret in `path`; raises MissingKey, or ExposedKey for a file that others may read."""
    if not path.is_file():
        raise MissingKey(path.name)
    secret = path.read_bytes()
    if path.stat().st_mode & 0o077 or len(secret) != KEY_BYTES:
        raise ExposedKey(path.name)
    return secret


def load_or_make_key(path: Path) -> bytes:
    """The secret in `path`, made on the node's first start."""
    return load_key(path) if path.exists() else make_key(path)


def load_signer(path: Path) -> KeySigner:
    """The signer whose secret is in `path`."""
    return KeySigner(load_key(path))
