"""The estate's own certificate authority: it signs for nodes whose place is known, and no other.

P-256 throughout, since every TLS library reads it. A node's certificate lasts two years and is
renewed after a third of it, so a line may be down for more than a year before it runs out; that of
the authority lasts ten. What a certificate says of who sends is believed by nobody: envelopes are
signed by the node's own key. It keeps the line private and shows a node that it speaks with its
centre.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync_protocol.errors import Refused
from sync_protocol.ids import NodeId

AUTHORITY_YEARS: Final = 10
CERTIFICATE_DAYS: Final = 730
RENEWED_AFTER: Final = 3
"""A certificate is renewed once one part in so many of its time is over."""
CLOCKS_APART: Final = timedelta(days=2)
"""A certificate counts from so long before it was made: a box whose clock is behind may use it."""
_DAYS_A_YEAR: Final = 365
_KEY_USES: Final = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


class BadRequest(Refused):
    """This request for a certificate cannot be signed."""

    code = "bad_certificate_request"
    hint = "Enrol the node again with this release: it makes a key on P-256 and signs with it."


class Authority:
    """Signs certificates with a key that lies at the centre."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        """The two belong together."""
        assert key.public_key() == certificate.public_key(), "an authority's key is its own"
        self._key = key
        self._certificate = certificate

    @property
    def pem(self) -> str:
        """Its certificate, which every node is handed."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of its certificate."""
        return self._certificate.fingerprint(hashes.SHA256())

    def has_signed(self, pem: str) -> bool:
        """Whether a certificate is of this authority."""
        try:
            signed = x509.load_pem_x509_certificate(pem.encode())
            signed.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    @property
    def private_pem(self) -> bytes:
        """Its key, for a file of mode 0600 and nothing else."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def sign(self, csr: bytes, node: NodeId, hosts: tuple[str, ...], now_ms: int) -> str:
        """A node's certificate in PEM; raises BadRequest.

        Nothing of the request but its key is taken over: names are what the centre knows.
        """
        now = _moment(now_ms)
        ends = min(now + timedelta(days=CERTIFICATE_DAYS), self._certificate.not_valid_after_utc)
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        built = (
            _begun(_name(node.hex()), now, ends)
            .issuer_name(self._certificate.subject)
            .public_key(_key_of(csr))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(uses, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_host(one) for one in hosts])
            built = built.add_extension(names, critical=False)
        return _pem(built.sign(self._key, hashes.SHA256()))


def make_authority(estate: str, now_ms: int) -> Authority:
    """A new authority for an estate of this name."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = _moment(now_ms)
    name = _name(f"{estate} authority")
    ends = now + timedelta(days=_DAYS_A_YEAR * AUTHORITY_YEARS)
    built = (
        _begun(name, now, ends)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(key, built.sign(key, hashes.SHA256()))


def load_authority(private_pem: bytes, pem: str) -> Authority:
    """The authority of these two files."""
    key = serialization.load_pem_private_key(private_pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "an authority is made on P-256"
    return Authority(key, x509.load_pem_x509_certificate(pem.encode()))


def expires_ms(pem: str) -> int:
    """When a certificate runs out, UTC ms."""
    ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    return int(ends.timestamp()) * 1000


def is_due(pem: str, csr: bytes, now_ms: int) -> bool:
    """Whether a request is to be signed: a third of the time is over, or its key is another.

    Raises BadRequest.
    """
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if certificate.public_key() != _key_of(csr):
        return True
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return _moment(now_ms) >= begins + (ends - begins) / RENEWED_AFTER


def _begun(subject: x509.Name, now: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_APART)
        .not_valid_after(ends)
    )


def _key_of(csr: bytes) -> ec.EllipticCurvePublicKey:
    try:
        request = x509.load_der_x509_csr(csr)
        key = request.public_key()
        is_signed = request.is_signature_valid
    except (ValueError, TypeError, InvalidSignature) as fault:
        raise BadRequest from fault
    if not is_signed or not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadRequest
    if not isinstance(key.curve, ec.SECP256R1):
        raise BadRequest(key.curve.name)
    return key


def _usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{one: one in uses for one in _KEY_USES})


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
