"""What a node that was let in asks of the centre: its certificate, and who else there is.

It is asked once after the two people have approved, and every day from then on, so that a
certificate is new long before the old one ends. Whoever asks proves with the node's signing key
that they are that node; what is told is no secret.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from casework.access.enrolment import CSR_BYTES_MAX, PEM_BYTES_MAX, AKey, AnId
from sync_protocol.ids import NodeId
from sync_protocol.seal import Signer

ENROL_PATH: Final = "/sync/enrolment"
CERTIFICATE_PATH: Final = "/sync/enrolment/certificate"
MESSAGE_TYPE: Final = "application/vnd.throughcare.enrolment+json"
STILL_WAITS: Final = "still_waits"
"""The code of the refusal that is none yet: nobody has approved, and nobody has refused."""
_RENEW_DOMAIN: Final = b"throughcare certificate renewal v1"


class CertificateAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A node's request for its certificate, as it was approved or anew."""

    node: AnId
    csr: Annotated[bytes, msgspec.Meta(max_length=CSR_BYTES_MAX)]
    signature: bytes = b""


class KnownNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the estate as every other may know it."""

    node: AnId
    place_kind: str
    place_code: str
    name: str
    url: str
    signing_key: AKey
    box_key: AKey
    hosts: tuple[str, ...]


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What a node has once it was let in."""

    certificate: Annotated[str, msgspec.Meta(max_length=PEM_BYTES_MAX)]
    estate: str
    purpose: str
    centre: KnownNode
    offices: tuple[KnownNode, ...]


def renewal_claim(node: NodeId, csr: bytes) -> bytes:
    """What a node signs to be given its certificate."""
    return _RENEW_DOMAIN + node + sha256(csr).digest()


def ask_certificate(node: NodeId, csr: bytes, signer: Signer) -> CertificateAsked:
    """The request under the node's signing key."""
    signature = signer.sign(renewal_claim(node, csr))
    return CertificateAsked(node=node, csr=csr, signature=signature)
