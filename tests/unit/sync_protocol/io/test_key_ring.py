"""Key files: made once, for their owner's eyes alone, and never made up where one is missing."""

from pathlib import Path

import pytest

from sync_protocol.io.key_ring import (
    KEY_BYTES,
    ExposedKey,
    KeySigner,
    MissingKey,
    load_key,
    load_or_make_key,
    load_signer,
    make_key,
)
from sync_protocol.seal import check_signature


def test_a_new_key_is_its_owners_alone(tmp_path: Path) -> None:
    """INV-05."""
    secret = make_key(tmp_path / "store.key")
    assert (tmp_path / "store.key").stat().st_mode & 0o777 == 0o600
    assert len(secret) == KEY_BYTES
    assert load_key(tmp_path / "store.key") == secret
    assert make_key(tmp_path / "other.key") != secret


def test_a_key_is_never_made_over_another(tmp_path: Path) -> None:
    """INV-01: the store that the old one opens would be lost."""
    secret = make_key(tmp_path / "store.key")
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "store.key")
    assert load_or_make_key(tmp_path / "store.key") == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """INV-05."""
    path = tmp_path / "store.key"
    make_key(path)
    path.chmod(mode)
    for load in (load_key, load_or_make_key, load_signer):
        with pytest.raises(ExposedKey, match="chmod 600"):
            load(path)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "store.key"
    path.touch(0o600)
    path.write_bytes(bytes(size))
    with pytest.raises(ExposedKey, match="32 bytes"):
        load_key(path)


def test_a_key_that_is_missing_is_not_made_up(tmp_path: Path) -> None:
    """INV-01: a new key would not open the node's store."""
    for load in (load_key, load_signer):
        with pytest.raises(MissingKey, match=r"store\.key"):
            load(tmp_path / "store.key")
    with pytest.raises(MissingKey):
        load_key(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_error_about_a_key_shows_it(tmp_path: Path) -> None:
    """INV-13."""
    path = tmp_path / "store.key"
    secret = make_key(path)
    path.chmod(0o644)
    with pytest.raises(ExposedKey) as fault:
        load_key(path)
    assert secret.hex() not in str(fault.value)
    assert repr(secret) not in str(fault.value)


def test_what_a_signer_signs_its_public_key_verifies(tmp_path: Path) -> None:
    """INV-08."""
    make_key(tmp_path / "node.key")
    signer = load_signer(tmp_path / "node.key")
    check_signature(signer.public_key, b"claim", signer.sign(b"claim"))
    assert KeySigner(load_key(tmp_path / "node.key")).public_key == signer.public_key
