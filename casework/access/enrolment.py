"""What two ends say to one another when a node is enrolled: code, invitation, request, words.

The code is 128 random bits, told to one person apart from the invitation. The invitation holds what
a new node must believe (the centre's address, its signing key, its certificate authority) and is no
secret; it is sealed with the code, so the node knows it for true before it sends one byte. The code
is never stored: the centre keeps a digest that finds it.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Final, NewType

import msgspec

from sync_protocol.errors import DOES_NOT_DECODE, BadSignature, Refused
from sync_protocol.ids import ID_BYTES, NodeId
from sync_protocol.seal import PUBLIC_KEY_BYTES, Signer, check_signature

Code = NewType("Code", str)

CODE_BYTES: Final = 16
CODE_SIGNS: Final = 26
CODE_LIFE_MS: Final = 24 * 60 * 60_000
GROUP_SIGNS: Final = 5
CSR_BYTES_MAX: Final = 4_096
PEM_BYTES_MAX: Final = 8_192
_CHECK_BITS: Final = 2
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
_FIND_DOMAIN: Final = b"throughcare enrolment code v1"
_SEAL_DOMAIN: Final = b"throughcare invitation v1"
_CLAIM_DOMAIN: Final = b"throughcare enrolment v1"
_WORDS_DOMAIN: Final = b"throughcare six words v1"

AKey = Annotated[bytes, msgspec.Meta(min_length=PUBLIC_KEY_BYTES, max_length=PUBLIC_KEY_BYTES)]
AnId = Annotated[bytes, msgspec.Meta(min_length=ID_BYTES, max_length=ID_BYTES)]


class BadCode(Refused):
    """This is no enrolment code: a sign is missing, or one too many, or wrong."""

    code = "bad_code"
    hint = f"Type all {CODE_SIGNS} signs as they were told; O counts as 0, I and L as 1."


class BadInvitation(Refused):
    """The invitation does not belong to this code, or was changed on its way."""

    code = "bad_invitation"
    hint = "Send nothing. Ask the centre, by telephone, for a new invitation and a new code."


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a new node must believe; no secret, and sealed with the code."""

    node: AnId
    place_kind: str
    place_code: str
    name: str
    hub: AnId
    hub_url: str
    hub_key: AKey
    hub_box_key: AKey
    recovery_key: AKey
    authority_pem: Annotated[str, msgspec.Meta(max_length=PEM_BYTES_MAX)]
    """The certificate that signs those of all nodes."""
    expires_ms: int
    seal: bytes = b""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What a new node tells the centre of itself; its private keys stay where they were made."""

    code: str
    signing_key: AKey
    box_key: AKey
    csr: Annotated[bytes, msgspec.Meta(max_length=CSR_BYTES_MAX)]
    """A request for a certificate, under the key that the node answers TLS with."""
    signature: bytes = b""


def new_code(chance: Callable[[int], bytes]) -> Code:
    """128 random bits as 26 signs, the last of which checks the rest a little."""
    secret = chance(CODE_BYTES)
    number = int.from_bytes(secret) << _CHECK_BITS | _check_of(secret)
    return Code("".join(_SIGNS[number >> 5 * place & 31] for place in reversed(range(CODE_SIGNS))))


def read_code(typed: str) -> Code:
    """The code that somebody typed, in either case, with spaces or hyphens; raises BadCode."""
    signs = typed.strip().upper().translate(_READ_AS)
    # Not even its length goes into a message: what was typed may be a code but for one sign.
    if len(signs) != CODE_SIGNS or not set(signs) <= set(_SIGNS):
        raise BadCode
    number = 0
    for sign in signs:
        number = number << 5 | _SIGNS.index(sign)
    secret = (number >> _CHECK_BITS).to_bytes(CODE_BYTES)
    if _check_of(secret) != number & (1 << _CHECK_BITS) - 1:
        raise BadCode
    return Code(signs)


def spoken(code: Code) -> str:
    """The code in groups, as it is read aloud."""
    return "-".join(code[at : at + GROUP_SIGNS] for at in range(0, CODE_SIGNS, GROUP_SIGNS))


def code_digest(code: Code) -> bytes:
    """What the centre keeps to know a code again; 128 random bits need no slow hash."""
    return sha256(_FIND_DOMAIN + code.encode()).digest()


def seal_invitation(invitation: Invitation, code: Code) -> Invitation:
    """The invitation as it is handed over: nobody without the code can change it unseen."""
    return msgspec.structs.replace(invitation, seal=_seal_of(invitation, code))


def read_invitation(raw: bytes, code: Code) -> Invitation:
    """An invitation that whoever made the code made; raises BadInvitation.

    S2: this comes before anything is sent. Another authority, key or address is another seal.
    """
    try:
        invitation = msgspec.json.decode(raw, type=Invitation)
    except DOES_NOT_DECODE as fault:
        raise BadInvitation from fault
    if not hmac.compare_digest(invitation.seal, _seal_of(invitation, code)):
        raise BadInvitation
    return invitation


def sign_enrolment(enrolment: Enrolment, node: NodeId, signer: Signer) -> Enrolment:
    """The request under the node's new key: whoever asks has it."""
    return msgspec.structs.replace(enrolment, signature=signer.sign(_claim_of(enrolment, node)))


def check_enrolment(enrolment: Enrolment, node: NodeId) -> None:
    """Raise BadSignature unless whoever asks holds the signing key that they name."""
    if len(enrolment.signature) == 0:
        raise BadSignature
    check_signature(enrolment.signing_key, _claim_of(enrolment, node), enrolment.signature)


def words_digest(enrolment: Enrolment, node: NodeId, hub_key: bytes, authority: bytes) -> bytes:
    """What the six words are drawn from: all that each end believes of the other.

    `authority` is the SHA-256 of the authority's certificate. Both ends reckon it from what they
    have, and neither tells the other.
    """
    claim = _claim_of(enrolment, node)
    return sha256(_WORDS_DOMAIN + _joined(hub_key, authority, claim)).digest()


def _check_of(secret: bytes) -> int:
    return sha256(secret).digest()[0] >> 8 - _CHECK_BITS


def _seal_of(invitation: Invitation, code: Code) -> bytes:
    bare = msgspec.structs.replace(invitation, seal=b"")
    key = hmac.digest(code.encode(), _SEAL_DOMAIN, "sha256")
    return hmac.digest(key, msgspec.json.encode(bare), "sha256")


def _claim_of(enrolment: Enrolment, node: NodeId) -> bytes:
    found = code_digest(Code(enrolment.code))
    return _CLAIM_DOMAIN + _joined(
        node, found, enrolment.signing_key, enrolment.box_key, enrolment.csr
    )


def _joined(*parts: bytes) -> bytes:
    """The parts with their lengths: no two lists of parts look alike."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)
