"""TLS at a node's own door: 1.3 alone, with a certificate that may be replaced while it serves."""

import ssl
from pathlib import Path

from sync_protocol.errors import Refused
from throughcare.estate import write_private


class NoTls(Refused):
    """Outside a demonstration a node answers over TLS alone."""

    code = "no_tls"
    hint = (
        "An office gets its certificate by throughcare node enrol; or name one with "
        "THROUGHCARE_TLS_CERT_FILE and THROUGHCARE_TLS_KEY_FILE."
    )


class BadCertificate(Refused):
    """The certificate and the key that the node should answer TLS with cannot be used."""

    code = "bad_certificate"
    hint = (
        "They must be PEM, belong together, and be of this node; enrol it again if they are lost."
    )


class OpenDoor:
    """The certificate that a node answers with now."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Both are files in PEM; raises BadCertificate."""
        self._certificate = certificate
        self._key = key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._load()

    @property
    def pem(self) -> str:
        """The certificate."""
        return self._certificate.read_text("ascii")

    def put(self, pem: str) -> None:
        """Answer with another certificate for the same key from the next connection on."""
        write_private(self._certificate, pem.encode())
        self._load()

    def _load(self) -> None:
        try:
            self.context.load_cert_chain(self._certificate, self._key)
        except (OSError, ValueError) as fault:
            # What OpenSSL raises is an OSError, too.
            raise BadCertificate(f"{self._certificate}, {self._key.name}.") from fault
