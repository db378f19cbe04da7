"""Keeps an office's certificate new: it asks the centre, which renews long before the old one ends.

A line that is down is no fault, for more than a year: only when the end is near is it told.
"""

from collections.abc import Callable
from typing import Final

from cryptography import x509

from casework.access.admission import Admission, CertificateAsked
from edge.services.centre_line import CentreLine
from sync_protocol.errors import LineDown, Unavailable

NEAR_MS: Final = 90 * 24 * 60 * 60_000
"""So long before the end somebody is told; it should have been renewed a year before."""


class CertificateEnds(Unavailable):
    """This node's certificate ends soon, and the centre was not reached to renew it."""

    code = "certificate_ends"
    hint = "Mend the line to the centre, if for an hour: it is renewed by itself."


class CertificateKeeper:
    """Asks for the certificate, and hands on what has changed."""

    def __init__(
        self,
        open_line: Callable[[], CentreLine],
        ask: Callable[[], CertificateAsked],
        now_ms: Callable[[], int],
    ) -> None:
        """`ask` makes the request that the node signs; nothing is sent yet."""
        self._open_line = open_line
        self._ask = ask
        self._now_ms = now_ms

    def renew(self, pem: str) -> Admission | None:
        """What the centre says now; None where it was not reached and there is time.

        Raises CertificateEnds where there is none, and NotLetIn where the node is revoked.
        """
        line = self._open_line()
        try:
            return line.certificate(self._ask())
        except LineDown as fault:
            if ends_ms(pem) - self._now_ms() < NEAR_MS:
                raise CertificateEnds from fault
            return None
        finally:
            line.close()


def ends_ms(pem: str) -> int:
    """When a certificate ends, UTC ms."""
    ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    return int(ends.timestamp()) * 1000
