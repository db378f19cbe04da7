"""Passkeys: keys that a member of staff's own device keeps, and uses once it knows its owner.

The node itself is what the browser proves them to (the relying party of WebAuthn), so they work
without a line. Only public keys are kept here. The device must have asked for a finger, a face or a
PIN; a passkey whose count goes back was copied, and opens nothing from then on.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_attestation_object
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from casework.access.challenges import ASKED_MS_MAX, Challenges
from casework.access.local import LocalStore
from casework.access.proofs import PasskeyCopied, PasskeyRefused, WrongPasskey
from sync_protocol.errors import NotFound
from sync_protocol.ids import ActorId

ANSWER_CHARACTERS_MAX: Final = 32_768
PASSKEYS_MAX: Final = 10
NAME_CHARACTERS_MAX: Final = 64
NAMED_CHARACTERS: Final = 16
ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
FORMATS: Final = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
"""Of what a device says of itself: no more is asked, and no more is read."""
_UNREADABLE: Final = (
    WebAuthnException,
    InvalidSignature,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
)
"""How the library tells of an answer that is wrong, or that is none."""
_FOR_SIGN_IN: Final = b"sign in"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS staff_passkey (
    credential BLOB PRIMARY KEY,
    staff BLOB NOT NULL,
    public_key BLOB NOT NULL,
    used_count INTEGER NOT NULL,
    name TEXT NOT NULL,
    added_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    is_stopped INTEGER NOT NULL DEFAULT 0
) STRICT
"""
_COLUMNS: Final = "credential, staff, public_key, used_count, name, added_ms, used_ms, is_stopped"


class RelyingPlace(msgspec.Struct, frozen=True):
    """To whom a browser proves a passkey: this node, as terminals call it."""

    host: str
    origin: str
    name: str


class Passkey(msgspec.Struct, frozen=True):
    """A passkey as its owner is shown it."""

    id: str
    name: str
    added_ms: int
    used_ms: int
    is_stopped: bool


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    credential: bytes
    staff: bytes
    public_key: bytes
    used_count: int
    name: str
    added_ms: int
    used_ms: int
    is_stopped: int


class _Said(msgspec.Struct, frozen=True):
    challenge: str


class _Response(
    msgspec.Struct,
    frozen=True,
    rename={"said": "clientDataJSON", "attestation": "attestationObject", "owner": "userHandle"},
):
    said: str
    attestation: str = ""
    owner: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    id: str
    response: _Response


class Passkeys:
    """The passkeys of one node's staff, in its store."""

    def __init__(
        self,
        store: LocalStore,
        now_ms: Callable[[], int],
        chance: Callable[[int], bytes],
        place: RelyingPlace,
    ) -> None:
        """Make the table where it is not there."""
        self._store = store
        self._now_ms = now_ms
        self._place = place
        self._challenges = Challenges(now_ms, chance)
        with store.changing() as transaction:
            transaction.execute(_TABLE)

    def invite(self, staff: ActorId, user_name: str, display_name: str) -> str:
        """What a browser is asked to make a passkey by, as JSON."""
        known = self._stored("staff = ?", staff)
        options = generate_registration_options(
            rp_id=self._place.host,
            rp_name=self._place.name,
            user_id=staff,
            user_name=user_name,
            user_display_name=display_name,
            challenge=self._challenges.draw(staff),
            timeout=ASKED_MS_MAX,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(one.credential) for one in known],
            supported_pub_key_algs=ALGORITHMS,
        )
        return options_to_json(options)

    def register(self, staff: ActorId, name: str, answer: str) -> Passkey:
        """The passkey that a browser made for somebody who is signed in; PasskeyRefused else."""
        if not 0 < len(name.strip()) <= NAME_CHARACTERS_MAX:
            raise PasskeyRefused(f"a passkey's name has 1 to {NAME_CHARACTERS_MAX} characters")
        challenge = self._challenge_in(answer, staff)
        if challenge is None:
            raise PasskeyRefused("it answers nothing that was asked")
        try:
            _check_format(answer)
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._place.host,
                expected_origin=self._place.origin,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        except _UNREADABLE as fault:
            raise PasskeyRefused(type(fault).__name__) from fault
        now_ms = self._now_ms()
        values = (made.credential_id, staff, made.credential_public_key, made.sign_count)
        sql = (
            "INSERT INTO staff_passkey SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6, 0 WHERE NOT EXISTS"
            " (SELECT 1 FROM staff_passkey WHERE credential = ?1) AND"
            " (SELECT count(*) FROM staff_passkey WHERE staff = ?2) < ?7 RETURNING 1"
        )
        with self._store.changing() as transaction:
            added = transaction.execute(sql, (*values, name.strip(), now_ms, PASSKEYS_MAX))
        if not added:
            raise PasskeyRefused(f"it is known already, or there are {PASSKEYS_MAX} of them")
        return Passkey(_named(made.credential_id), name.strip(), now_ms, now_ms, is_stopped=False)

    def ask(self) -> str:
        """What a browser is asked to sign in by, whoever is there, as JSON: it names nobody."""
        options = generate_authentication_options(
            rp_id=self._place.host,
            challenge=self._challenges.draw(_FOR_SIGN_IN),
            timeout=ASKED_MS_MAX,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def proved(self, answer: str) -> ActorId:
        """Whose passkey it is; WrongPasskey, or PasskeyCopied where its count went back."""
        challenge = self._challenge_in(answer, _FOR_SIGN_IN)
        if challenge is None:
            raise WrongPasskey("it answers nothing that was asked")
        stored = self._answering(answer)
        if stored is None:
            raise WrongPasskey("it is not known here")
        staff = ActorId(stored.staff)
        try:
            shown = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._place.host,
                expected_origin=self._place.origin,
                credential_public_key=stored.public_key,
                # What it counted is looked at where it is kept, so that two at once are both seen.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except _UNREADABLE as fault:
            raise WrongPasskey(type(fault).__name__, staff) from fault
        self._count(stored, shown.new_sign_count)
        return staff

    def of(self, staff: ActorId) -> list[Passkey]:
        """Somebody's passkeys, the newest first."""
        found = sorted(self._stored("staff = ?", staff), key=lambda one: -one.added_ms)
        return [
            Passkey(
                _named(one.credential), one.name, one.added_ms, one.used_ms, bool(one.is_stopped)
            )
            for one in found
        ]

    def remove(self, staff: ActorId, passkey: str) -> None:
        """Let one of somebody's own passkeys open nothing any more; NotFound where it is none."""
        found = [
            one for one in self._stored("staff = ?", staff) if _named(one.credential) == passkey
        ]
        if not found:
            raise NotFound("a passkey that is not there")
        with self._store.changing() as transaction:
            sql = "DELETE FROM staff_passkey WHERE credential = ?"
            transaction.execute(sql, (found[0].credential,))

    def remove_all(self, staff: ActorId) -> None:
        """Let none of somebody's passkeys open anything: they begin anew."""
        with self._store.changing() as transaction:
            transaction.execute("DELETE FROM staff_passkey WHERE staff = ?", (staff,))

    def _count(self, stored: _Stored, count: int) -> None:
        """Keep what the passkey counted, or stop it; a device that counts nothing always says 0."""
        with self._store.changing() as transaction:
            known, is_stopped = self._counted(transaction, stored.credential)
            is_back = max(known, count) > 0 and count <= known
            transaction.execute(
                "UPDATE staff_passkey SET used_count = max(used_count, ?), used_ms = ?,"
                " is_stopped = ? WHERE credential = ?",
                (count, self._now_ms(), is_stopped or is_back, stored.credential),
            )
        if is_stopped or is_back:
            raise PasskeyCopied(staff=ActorId(stored.staff))

    @staticmethod
    def _counted(transaction: Any, credential: bytes) -> tuple[int, bool]:
        sql = "SELECT used_count, is_stopped FROM staff_passkey WHERE credential = ?"
        rows = transaction.execute(sql, (credential,))
        if not rows:
            raise WrongPasskey("it was removed")
        return int(rows[0][0]), bool(rows[0][1])

    def _answering(self, answer: str) -> _Stored | None:
        told = _read(answer)
        found = self._stored("credential = ?", _bytes_of(told.id)) if told is not None else []
        if told is None or not found:
            return None
        owner = told.response.owner
        # The browser tells whom it takes the passkey for: nobody signs in as somebody else by it.
        if owner is not None and not hmac.compare_digest(_bytes_of(owner), found[0].staff):
            return None
        return found[0]

    def _challenge_in(self, answer: str, purpose: bytes) -> bytes | None:
        """The challenge that an answer is made of, where this node drew it for this, just now."""
        told = _read(answer)
        if told is None:
            return None
        try:
            said = msgspec.json.decode(_bytes_of(told.response.said), type=_Said)
        except (msgspec.MsgspecError, RecursionError):
            return None
        challenge = _bytes_of(said.challenge)
        return challenge if self._challenges.redeem(challenge, purpose) else None

    def _stored(self, where: str, value: bytes) -> list[_Stored]:
        # The condition is one of the constants above, never what somebody sent.
        sql = f"SELECT {_COLUMNS} FROM staff_passkey WHERE {where}"  # noqa: S608
        with self._store.reading() as reading:
            return [msgspec.convert(row, _Stored) for row in reading.select(sql, (value,))]


def _read(answer: str) -> _Answer | None:
    if len(answer) > ANSWER_CHARACTERS_MAX:
        return None
    try:
        return msgspec.json.decode(answer.encode(), type=_Answer)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None


def _check_format(answer: str) -> None:
    told = _read(answer)
    assert told is not None, "its challenge was read before"
    attestation = parse_attestation_object(base64url_to_bytes(told.response.attestation))
    if attestation.fmt not in FORMATS:
        raise ValueError(attestation.fmt)


def _bytes_of(text: str) -> bytes:
    """What base64url stands for; nothing where it stands for nothing."""
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, UnicodeEncodeError):
        return b""


def _named(credential: bytes) -> str:
    """What a page calls a passkey: its credential is nobody's business."""
    return urlsafe_b64encode(sha256(credential).digest()).decode()[:NAMED_CHARACTERS]
