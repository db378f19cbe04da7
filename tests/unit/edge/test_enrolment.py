"""S2, S3: a new box makes its keys itself, believes one centre, and shows six words."""

import random
import ssl
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from casework.access.enrolment import (
    Invitation,
    check_enrolment,
    new_code,
    read_invitation,
    seal_invitation,
    words_digest,
)
from casework.access.six_words import words_of
from edge.services.enrolment import (
    BadTlsKey,
    KeyFiles,
    ask,
    load_or_make_tls_key,
    trust,
    words_here,
)
from server.services.authority import make_authority
from sync_protocol.io.key_ring import load_key
from tests.desks import NOON_MS, node_id

LEI = node_id("LEI")
CODE = new_code(random.Random(1).randbytes)
AUTHORITY = make_authority("Test estate", NOON_MS)
INVITATION = Invitation(
    node=LEI,
    place_kind="prison",
    place_code="LEI",
    name="Leeds (HMP)",
    hub=node_id("CENTRE"),
    hub_url="https://centre.example:8400",
    hub_key=b"k" * 32,
    hub_box_key=b"b" * 32,
    recovery_key=b"r" * 32,
    authority_pem=AUTHORITY.pem,
    expires_ms=NOON_MS,
)


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "signing.key", tmp_path / "box.key", tmp_path / "tls.key")


def test_the_private_keys_are_made_here_and_are_in_no_message(files: KeyFiles) -> None:
    """Three files that their owner alone may read, and nothing of them in what is sent."""
    sent = msgspec.msgpack.encode(ask(INVITATION, CODE, files))
    for file in (files.signing, files.box, files.tls):
        assert file.stat().st_mode & 0o777 == 0o600
    tls = load_or_make_tls_key(files.tls).private_numbers().private_value.to_bytes(32)
    for secret in (load_key(files.signing), load_key(files.box), tls):
        assert secret not in sent


def test_an_enrolment_that_was_broken_off_goes_on_with_the_same_keys(files: KeyFiles) -> None:
    first, second = (ask(INVITATION, CODE, files) for _ in range(2))
    assert (first.signing_key, first.box_key) == (second.signing_key, second.box_key)
    check_enrolment(second, LEI)


def test_both_ends_show_the_same_words(files: KeyFiles) -> None:
    """S3: the box reckons with the invitation, the centre with what is its own."""
    handed = msgspec.json.encode(seal_invitation(INVITATION, CODE))
    invitation = read_invitation(handed, CODE)
    asked = ask(invitation, CODE, files)
    centre = words_digest(asked, LEI, INVITATION.hub_key, AUTHORITY.digest)
    assert words_here(invitation, asked) == words_of(centre)
    elsewhere = msgspec.structs.replace(invitation, hub_key=b"x" * 32)
    assert words_here(elsewhere, asked) != words_of(centre)


def test_a_box_believes_one_authority_alone() -> None:
    """S2: not one of the machine's, and nothing older than TLS 1.3."""
    context = trust(AUTHORITY.pem)
    der = ssl.PEM_cert_to_DER_cert(AUTHORITY.pem)
    assert [sha256(one).digest() for one in context.get_ca_certs(binary_form=True)] == [
        sha256(der).digest()
    ]
    assert context.minimum_version == ssl.TLSVersion.TLSv1_3
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_key_that_others_may_read_or_that_is_none_is_refused(files: KeyFiles) -> None:
    load_or_make_tls_key(files.tls)
    files.tls.chmod(0o640)
    with pytest.raises(BadTlsKey):
        load_or_make_tls_key(files.tls)
    files.tls.chmod(0o600)
    files.tls.write_bytes(b"cut off")
    with pytest.raises(BadTlsKey):
        load_or_make_tls_key(files.tls)
