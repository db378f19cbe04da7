"""S13: a node's signing key is changed in its files, and the power may go after any step."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from sync_protocol.io import key_ring
from sync_protocol.io.commit_names import names_key
from sync_protocol.io.key_ring import (
    ExposedKey,
    KeySigner,
    TooManyChanges,
    is_key_of,
    load_changes,
    load_names_key,
    load_signer,
    make_key,
    rotate_signer,
)
from sync_protocol.keys import is_proved
from tests import toys

NODE = toys.node(1)


class PowerCut(BaseException):
    """The machine stopped here."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A signing key that never changed."""
    file = tmp_path / "signing.key"
    make_key(file)
    return file


def test_a_change_is_signed_by_both_and_the_new_key_signs(path: Path) -> None:
    """S13."""
    first = load_signer(path).public_key
    change = rotate_signer(path, NODE)
    signer = load_signer(path)
    assert (change.former, change.key) == (first, signer.public_key)
    assert is_proved(change, NODE)
    assert load_changes(path) == (change,)
    assert is_key_of(signer, load_changes(path), NODE, first)
    assert not is_key_of(signer, (), NODE, first)
    assert not is_key_of(signer, load_changes(path), toys.node(2), first)
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "signing.key",
        "signing.key.changes",
        "signing.key.names",
    ]
    assert all(one.stat().st_mode & 0o077 == 0 for one in path.parent.iterdir())


def test_commits_are_named_with_what_the_first_key_gave(path: Path) -> None:
    """S13: however often the key changes, a name that the hub gave is known for its own."""
    assert load_names_key(path) == b""
    names = names_key(load_signer(path))
    rotate_signer(path, NODE)
    rotate_signer(path, NODE)
    assert load_names_key(path) == names


@pytest.mark.parametrize("stops_at", range(12))
@pytest.mark.parametrize("was_changed", [False, True])
def test_a_power_cut_after_any_step_leaves_a_key_that_is_proved(
    path: Path, monkeypatch: pytest.MonkeyPatch, stops_at: int, *, was_changed: bool
) -> None:
    """S13: the old one or the new one; and the change can be made again at once."""
    first = load_signer(path).public_key
    if was_changed:
        rotate_signer(path, NODE)
    steps = iter(range(12))
    real = os.fsync

    def cut(descriptor: int) -> None:
        if next(steps, None) == stops_at:
            raise PowerCut
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", cut)
        with suppress(PowerCut):
            rotate_signer(path, NODE)
    assert is_key_of(load_signer(path), load_changes(path), NODE, first)
    rotate_signer(path, NODE)
    assert is_key_of(load_signer(path), load_changes(path), NODE, first)


def test_a_key_that_was_not_written_whole_is_none(path: Path) -> None:
    """S13: a power cut while it was made; the node starts with the key that it has."""
    rotate_signer(path, NODE)
    following = path.with_name("signing.key.next")
    following.write_bytes(b"half")
    following.chmod(0o600)
    signer = load_signer(path)
    rotate_signer(path, NODE)
    assert load_signer(path).public_key != signer.public_key


def test_a_key_changes_so_often_and_no_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S13, INV-14: every message tells all its changes."""
    monkeypatch.setattr(key_ring, "KEY_CHANGES_MAX", 1)
    rotate_signer(path, NODE)
    with pytest.raises(TooManyChanges):
        rotate_signer(path, NODE)


def test_changes_that_cannot_be_read_are_no_key(path: Path) -> None:
    """S13: a node that cannot prove its key must not sign with it."""
    path.with_name("signing.key.changes").write_bytes(b"\xc1")
    with pytest.raises(ExposedKey):
        load_signer(path)
    assert len(KeySigner(path.read_bytes()).public_key) == 32
