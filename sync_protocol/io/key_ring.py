"""A node's keys: the one that signs and the one that opens the store, each in a file of mode 0600.

The node makes them itself; neither ever leaves it. They live apart from the database's backups. So
do the changes of the signing key, which prove to whoever knows an earlier one that this is the
node's: a store that was restored to before a change would have forgotten it.
"""

import os
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.errors import DOES_NOT_DECODE, Refused
from sync_protocol.ids import NodeId
from sync_protocol.io.commit_names import names_key
from sync_protocol.keys import KeyChange, KeyChanges, is_proved, keys_from
from sync_protocol.limits import KEY_CHANGES_MAX
from sync_protocol.seal import key_claim

KEY_BYTES: Final = 32
PRIVATE_MODE: Final = 0o600
NEXT: Final = ".next"
"""Beside a signing key: the one that is to follow it."""
CHANGES: Final = ".changes"
"""Beside a signing key: how it changed; the first key is the one that the estate file names."""
NAMES: Final = ".names"
"""Beside a signing key: what commits are named with, drawn from the first key."""


class MissingKey(Refused):
    """A key file named in the settings is not there."""

    code = "missing_key"
    hint = "Name the file that was made with this node; a new key would not open its store."


class ExposedKey(Refused):
    """A key file can be read by others, or does not hold a key."""

    code = "exposed_key"
    hint = "Run chmod 600 on it, and make sure that it holds exactly 32 bytes."


class TooManyChanges(Refused):
    """The signing key was changed as often as anybody can be told."""

    code = "too_many_changes"
    hint = "Enrol the node anew: it begins with a key of its own."


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
    """The signer whose secret is in `path`; a change that was broken off is brought to its end."""
    following = path.with_name(path.name + NEXT)
    changes = load_changes(path)
    # One that was not written whole was never told to anybody.
    is_whole = following.exists() and following.stat().st_size == KEY_BYTES
    if changes and is_whole and KeySigner(load_key(following)).public_key == changes[-1].key:
        _put(following, path)
    return KeySigner(load_key(path))


def load_changes(path: Path) -> tuple[KeyChange, ...]:
    """How the signing key in `path` changed since the node was enrolled, the first change first."""
    file = path.with_name(path.name + CHANGES)
    if not file.exists():
        return ()
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=KeyChanges)
    except DOES_NOT_DECODE as fault:
        raise ExposedKey(file.name) from fault


def load_names_key(path: Path) -> bytes:
    """What the hub's commits are named with; empty where its signing key never changed."""
    file = path.with_name(path.name + NAMES)
    return load_key(file) if file.exists() else b""


def rotate_signer(path: Path, node: NodeId) -> KeyChange:
    """Have `node` sign with a new key from its next start on; the change is signed by both.

    The steps are in such an order that a power cut after any of them leaves the old key or the new
    one in use, and never a key that nobody can prove. Raises TooManyChanges.
    """
    signer, changes = load_signer(path), load_changes(path)
    if len(changes) >= KEY_CHANGES_MAX:
        raise TooManyChanges(f"{len(changes)}")
    names = path.with_name(path.name + NAMES)
    if not names.exists():
        # A name that the hub gave before must be known for its own after (see Commit names).
        _write(names, names_key(signer))
    following = path.with_name(path.name + NEXT)
    following.unlink(missing_ok=True)
    key = KeySigner(make_key(following))
    claim = key_claim(node, signer.public_key, key.public_key)
    change = KeyChange(signer.public_key, key.public_key, signer.sign(claim), key.sign(claim))
    _write(path.with_name(path.name + CHANGES), msgspec.msgpack.encode((*changes, change)))
    _put(following, path)
    return change


def is_key_of(
    signer: KeySigner, changes: tuple[KeyChange, ...], node: NodeId, first: bytes
) -> bool:
    """Whether this is the key in use of the node that was enrolled with its `first`."""
    proved = [one for one in changes if is_proved(one, node)]
    return keys_from(first, proved)[-1] == signer.public_key


def _write(path: Path, content: bytes) -> None:
    """A file of mode 0600, whole or not at all."""
    written = path.with_name(path.name + ".new")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _put(written, path)


def _put(written: Path, path: Path) -> None:
    """In the place of whatever is there; the disk keeps that it is."""
    written.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
