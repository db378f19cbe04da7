"""S2: the estate's own authority, and lines that hold to it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from edge.services.enrolment import trust
from server.services.authority import (
    Authority,
    BadRequest,
    expires_ms,
    is_due,
    load_authority,
    make_authority,
)
from sync_protocol.io.system_clock import SystemClock
from tests.desks import NOON_MS, node_id

DAY_MS = 24 * 60 * 60_000
HERE = "127.0.0.1"
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def csr_of(key: Key, name: str = "anybody") -> bytes:
    """What asks for a certificate under this key."""
    algorithm = hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey) else None
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def test_a_certificate_says_what_the_centre_knows_and_nothing_that_was_asked() -> None:
    authority = make_authority("Test estate", NOON_MS)
    key = ec.generate_private_key(ec.SECP256R1())
    made = authority.sign(csr_of(key, "the centre"), node_id("LEI"), (HERE, "lei.example"), NOON_MS)
    certificate = x509.load_pem_x509_certificate(made.encode())
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == f"CN={node_id('LEI').hex()}"
    limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.value.ca, limits.critical) == (False, True)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["lei.example"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem.encode()))


def test_a_certificate_outlasts_an_outage_of_a_year() -> None:
    """S2: renewal begins after a third of two years, so more than a year is left without a line."""
    authority = make_authority("Test estate", NOON_MS)
    csr = csr_of(ec.generate_private_key(ec.SECP256R1()))
    made = authority.sign(csr, node_id("LEI"), (), NOON_MS)
    due_ms = next(at for at in range(NOON_MS, expires_ms(made), DAY_MS) if is_due(made, csr, at))
    assert due_ms > NOON_MS + 200 * DAY_MS
    assert expires_ms(made) - due_ms > 400 * DAY_MS


def test_no_certificate_outlasts_its_authority() -> None:
    authority = make_authority("Test estate", NOON_MS)
    csr = csr_of(ec.generate_private_key(ec.SECP256R1()))
    late_ms = NOON_MS + 9 * 365 * DAY_MS + 180 * DAY_MS
    assert expires_ms(authority.sign(csr, node_id("LEI"), (), late_ms)) == expires_ms(authority.pem)


@pytest.mark.parametrize(
    "csr",
    [
        b"",
        b"no request",
        csr_of(ec.generate_private_key(ec.SECP384R1())),
        csr_of(ed25519.Ed25519PrivateKey.generate()),
        csr_of(ec.generate_private_key(ec.SECP256R1()))[:-1] + b"\x00",
    ],
    ids=["empty", "noise", "another-curve", "another-kind", "forged"],
)
def test_what_is_not_asked_rightly_is_not_signed(csr: bytes) -> None:
    authority = make_authority("Test estate", NOON_MS)
    with pytest.raises(BadRequest):
        authority.sign(csr, node_id("LEI"), (), NOON_MS)


def test_an_authority_is_the_same_after_a_restart() -> None:
    made = make_authority("Test estate", NOON_MS)
    again = load_authority(made.private_pem, made.pem)
    assert again.digest == made.digest
    csr = csr_of(ec.generate_private_key(ec.SECP256R1()))
    signed = again.sign(csr, node_id("LEI"), (), NOON_MS)
    authority = x509.load_pem_x509_certificate(made.pem.encode())
    x509.load_pem_x509_certificate(signed.encode()).verify_directly_issued_by(authority)


def test_a_centre_of_another_authority_is_sent_nothing(tmp_path: Path) -> None:
    """S2: the line is refused while it is being set up; what would be sent never leaves."""
    now_ms = SystemClock().now_ms()
    ours, other = (make_authority("Test estate", now_ms) for _ in range(2))
    with _listening(tmp_path, ours, now_ms) as (port, heard), _line_to(port, ours) as line:
        assert line.version() == "TLSv1.3"
        line.sendall(b"the code")
    assert heard == [b"the code"]
    with (
        _listening(tmp_path, other, now_ms) as (port, heard),
        pytest.raises(ssl.SSLCertVerificationError),
        _line_to(port, ours) as line,
    ):
        line.sendall(b"the code")
    assert heard == []


@contextmanager
def _line_to(port: int, believed: Authority) -> Iterator[ssl.SSLSocket]:
    """A line of a new box, which believes one authority alone."""
    with (
        socket.create_connection((HERE, port), timeout=30) as plain,
        trust(believed.pem).wrap_socket(plain, server_hostname=HERE) as line,
    ):
        yield line


@contextmanager
def _listening(
    folder: Path, authority: Authority, now_ms: int
) -> Iterator[tuple[int, list[bytes]]]:
    """Somebody who calls himself the centre, under this authority, and what he heard."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(private)
    made = authority.sign(csr_of(key), node_id("CENTRE"), (HERE,), now_ms)
    (folder / "certificate.pem").write_text(made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    heard: list[bytes] = []
    with socket.create_server((HERE, 0)) as listening:
        listening.settimeout(30)
        thread = Thread(target=_hear, args=(listening, context, heard), daemon=True)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join(30)
    assert not thread.is_alive()


def _hear(listening: socket.socket, context: ssl.SSLContext, heard: list[bytes]) -> None:
    plain, _ = listening.accept()
    with plain:
        try:
            with context.wrap_socket(plain, server_side=True) as line:
                heard.append(line.recv(100))
        except OSError:
            # The other end has hung up: that is what one of the two is to do.
            return
