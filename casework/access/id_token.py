"""Reads what a sign-in service says of who signed in: an ID token of OpenID Connect.

It is believed only under a signature by one of the service's own keys, with an algorithm of the
list below, for this node alone, for this very sign-in, and now.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Annotated, Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from casework.access.proofs import WrongProof

ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""Signatures of two keys alone: never none, and never a secret that both sides know."""
SKEW_S_MAX: Final = 120
"""Seconds by which this node's clock and the service's may differ."""
AGE_S_MAX: Final = 600
TOKEN_CHARACTERS_MAX: Final = 16_384
KEYS_MAX: Final = 50
_PUBLIC: Final = frozenset({"kty", "kid", "alg", "use", "n", "e", "crv", "x", "y"})
RSA_BITS_MIN: Final = 2_048

Key = RSAKey | ECKey
Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Expected(msgspec.Struct, frozen=True):
    """What a token must say: by whom, for whom, of which sign-in, and when that is."""

    issuer: str
    audience: str
    nonce: str
    now_ms: int
    access_token: str | None = None


class Claims(msgspec.Struct, frozen=True):
    """What a token says, as far as it is looked at."""

    iss: str
    sub: Subject
    aud: str | list[str]
    exp: int | float
    iat: int | float
    nonce: str
    nbf: int | float | None = None
    azp: str | None = None
    at_hash: str | None = None


class UnknownKey(WrongProof):
    """The token names a key that is not among those that the service last told."""


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str | None = None


def read_keys(answer: bytes) -> tuple[Key, ...]:
    """The keys of a service that may sign a token; keys of other sorts are left out."""
    try:
        told = msgspec.json.decode(answer, type=dict[str, Any])
        listed = msgspec.convert(told.get("keys"), list[dict[str, Any]])
    except msgspec.MsgspecError as fault:
        raise WrongProof("its keys cannot be read") from fault
    found = tuple(key for key in map(_key, listed[:KEYS_MAX]) if key is not None)
    if not found:
        raise WrongProof("it tells no key that may sign")
    return found


def read_token(token: str, keys: tuple[Key, ...], expected: Expected) -> str:
    """The subject of a token that says all that is expected; WrongProof, or UnknownKey."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise WrongProof("the token is too long")
    content = _opened(token, keys)
    try:
        claims = msgspec.json.decode(content, type=Claims)
    except msgspec.MsgspecError as fault:
        raise WrongProof("the token does not say what it must") from fault
    for fault_words, is_so in _faults(claims, expected).items():
        if is_so:
            raise WrongProof(fault_words)
    return claims.sub


def _opened(token: str, keys: tuple[Key, ...]) -> bytes:
    """What stands in a token, once its signature is right."""
    try:
        said = jws.extract_compact(token.encode()).headers()
        header = msgspec.convert(said, _Header)
    except (JoseError, msgspec.MsgspecError, ValueError) as fault:
        raise WrongProof("it is no signed token") from fault
    if header.alg not in ALGORITHMS or not said.keys().isdisjoint({"crit", "b64"}):
        raise WrongProof("it is not signed as a token is")
    fitting = [key for key in keys if _fits(key, header)]
    if not fitting:
        raise UnknownKey("it names no key of the service")
    for key in fitting:
        try:
            opened = jws.deserialize_compact(token, key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            continue
        return opened.payload
    raise WrongProof("its signature is not right")


def _fits(key: Key, header: _Header) -> bool:
    sort = "EC" if header.alg.startswith("ES") else "RSA"
    is_for_it = key.get("alg") in (None, header.alg)
    return key.key_type == sort and is_for_it and header.kid in (None, key.kid)


def _key(told: dict[str, Any]) -> Key | None:
    """One key that may sign; None for one for sealing, with a secret, weak, or of another sort."""
    if told.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in told.items() if name in _PUBLIC}
    try:
        if public.get("kty") == "RSA":
            rsa = RSAKey.import_key(public)
            return rsa if rsa.raw_value.key_size >= RSA_BITS_MIN else None
        if public.get("kty") == "EC" and public.get("crv") == "P-256":
            return ECKey.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def _faults(claims: Claims, expected: Expected) -> dict[str, bool]:
    now_s = expected.now_ms / 1000
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    is_shared = len(audiences) > 1 and claims.azp != expected.audience
    return {
        "it is from another service": claims.iss != expected.issuer,
        "it is for somebody else": expected.audience not in audiences or is_shared,
        "it was asked for by somebody else": claims.azp not in (None, expected.audience),
        "it is over; compare this node's clock": claims.exp + SKEW_S_MAX <= now_s,
        "it is to come; compare this node's clock": max(claims.iat, claims.nbf or 0)
        > now_s + SKEW_S_MAX,
        "it is old": claims.iat < now_s - AGE_S_MAX - SKEW_S_MAX,
        "it answers another sign-in": not hmac.compare_digest(
            claims.nonce.encode(), expected.nonce.encode()
        ),
        "it belongs to another access token": claims.at_hash is not None
        and not _is_hash_of(claims.at_hash, expected.access_token),
    }


def _is_hash_of(told: str, access_token: str | None) -> bool:
    """Whether it is the left half of the hash of the access token that came with the token."""
    if access_token is None:
        return False
    # All three algorithms are of SHA-256.
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    made = urlsafe_b64encode(half).rstrip(b"=")
    return hmac.compare_digest(made, told.rstrip("=").encode())
