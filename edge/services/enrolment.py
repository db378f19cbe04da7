"""The node's own side of its enrolment: it makes its keys, and believes one centre alone.

Nothing here sends anything. A private key is written once, into a file of mode 0600, and is in no
message; what was broken off goes on with the keys that are there.
"""

import os
import ssl
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from casework.access.enrolment import Code, Enrolment, Invitation, sign_enrolment, words_digest
from casework.access.six_words import words_of
from sync_protocol.errors import Refused
from sync_protocol.ids import NodeId
from sync_protocol.io.boxes import box_public
from sync_protocol.io.key_ring import load_or_make_key, load_signer

PRIVATE_MODE: Final = 0o600


class BadTlsKey(Refused):
    """The file of the key for TLS holds none, or others may read it."""

    code = "bad_tls_key"
    hint = "Run chmod 600 on it; where it was cut off, remove it and enrol again."


class KeyFiles(msgspec.Struct, frozen=True):
    """Where a node keeps its three private keys."""

    signing: Path
    box: Path
    tls: Path

    @property
    def csr(self) -> Path:
        """The request for a certificate, the same at every attempt: the six words hang on it."""
        return self.tls.with_suffix(".csr")


def ask(invitation: Invitation, code: Code, files: KeyFiles) -> Enrolment:
    """What is sent to the centre, once `read_invitation` has found the invitation to be true."""
    load_or_make_key(files.signing)
    signer = load_signer(files.signing)
    bare = Enrolment(
        code=code,
        signing_key=signer.public_key,
        box_key=box_public(load_or_make_key(files.box)),
        csr=_kept_csr(files),
    )
    return sign_enrolment(bare, NodeId(invitation.node), signer)


def words_here(invitation: Invitation, asked: Enrolment) -> tuple[str, ...]:
    """The six words as this node reckons them; the centre's are compared by two people."""
    authority = sha256(ssl.PEM_cert_to_DER_cert(invitation.authority_pem)).digest()
    digest = words_digest(asked, NodeId(invitation.node), invitation.hub_key, authority)
    return words_of(digest)


def trust(authority_pem: str) -> ssl.SSLContext:
    """TLS 1.3 to whoever this one authority has signed for; those of the machine do not count."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority_pem)
    return context


def load_or_make_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key that the node answers TLS with, on P-256; raises BadTlsKey."""
    if not path.exists():
        _make_tls_key(path)
    if path.stat().st_mode & 0o077:
        raise BadTlsKey(path.name)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as fault:
        raise BadTlsKey(path.name) from fault
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadTlsKey(path.name)
    return key


def csr_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A request for a certificate; it names nobody, since the centre knows who asks."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _kept_csr(files: KeyFiles) -> bytes:
    key = load_or_make_tls_key(files.tls)
    if files.csr.exists():
        kept = files.csr.read_bytes()
        if x509.load_der_x509_csr(kept).public_key() == key.public_key():
            return kept
    made = csr_of(key)
    _write(files.csr, made)
    return made


def _make_tls_key(path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, pem)


def _write(path: Path, content: bytes) -> None:
    """A file for its owner alone, there whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
