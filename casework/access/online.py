"""Signing in at the organisation's own service: OpenID Connect, by a code that proves its asker.

The authorization code flow with PKCE, and no other. What comes back counts once, in the browser
that began it, within ten minutes; it tells a subject, which the centre alone binds to a member of
staff. The service is only asked when somebody signs in by it, so a node starts and works without.
"""

import hashlib
import hmac
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

import msgspec

from casework.access.id_token import ALGORITHMS, Expected, Key, UnknownKey, read_keys, read_token
from casework.access.proofs import (
    OneTime,
    ProviderDown,
    SignInDeclined,
    SignInGone,
    WrongProof,
)

SCOPE: Final = "openid"
METHOD: Final = "S256"
KNOWN_MS_MAX: Final = 60 * 60_000
"""For how long what the service tells of itself and its keys is taken as told."""
KEYS_AGAIN_MS: Final = 60_000
DOWN_MS: Final = 10_000
"""For how long nobody is sent to a service that did not answer."""
ASKING_MAX: Final = 4
"""Requests to the service at a time: one that hangs must not keep others from a password."""
ASKING_WAIT_S: Final = 3.0
CHANCE_BYTES: Final = 32
_NEVER_HERE: Final = frozenset({"id_token", "access_token", "token_type"})
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """The service, and as whom this node is registered with it."""

    issuer: str
    name: str
    registered_as: str
    secret: str | None
    return_to: str


class Ask(Protocol):
    """Asks the service; ProviderDown where it cannot be reached, answers too late or too much."""

    def read(self, address: str) -> bytes:
        """What stands at an address."""

    def send(
        self, address: str, form: Mapping[str, str], named: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        """The status and body of what answers a form, sent under a name and its secret."""


class Told(msgspec.Struct, frozen=True):
    """What the service tells of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    response_types_supported: tuple[str, ...] = ("code",)
    code_challenge_methods_supported: tuple[str, ...] = (METHOD,)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False


class Begun(msgspec.Struct, frozen=True):
    """Where a browser goes to sign in, and what it must still hold when it comes back."""

    address: str
    binding: str


class Proved(msgspec.Struct, frozen=True):
    """Who signed in as the service says, and what was carried along."""

    issuer: str
    subject: str
    carried: Any


class _Begun(msgspec.Struct, frozen=True):
    binding: str
    nonce: str
    verifier: str
    carried: Any


class _Granted(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str | None = None


class Online:
    """The sign-ins at the service that were begun at this node."""

    def __init__(
        self,
        provider: Provider,
        ask: Ask,
        now_ms: Callable[[], int],
        chance: Callable[[int], bytes],
    ) -> None:
        """Nothing is asked yet."""
        self.provider = provider
        self._ask = ask
        self._now_ms = now_ms
        self._chance = chance
        self._begun: OneTime[_Begun] = OneTime(now_ms, chance)
        self._room = threading.BoundedSemaphore(ASKING_MAX)
        self._told: tuple[int, Told] | None = None
        self._keys: tuple[int, tuple[Key, ...]] | None = None
        self._down_ms: int | None = None

    def begin(self, carried: Any) -> Begun:
        """A sign-in that the browser goes on with at the service; ProviderDown where it can't."""
        told = self._service()
        begun = _Begun(self._draw(), self._draw(), self._draw(), carried)
        asked = {
            "response_type": "code",
            "scope": SCOPE,
            "client_id": self.provider.registered_as,
            "redirect_uri": self.provider.return_to,
            "state": self._begun.put(begun),
            "nonce": begun.nonce,
            "code_challenge": challenge_of(begun.verifier),
            "code_challenge_method": METHOD,
        }
        joint = "&" if urlsplit(told.authorization_endpoint).query else "?"
        address = f"{told.authorization_endpoint}{joint}{urlencode(asked)}"
        return Begun(address, begun.binding)

    def finish(self, answer: Mapping[str, str], binding: str) -> Proved:
        """Who signed in; SignInGone, SignInDeclined, WrongProof or ProviderDown."""
        begun = self._begun.take(answer.get("state", ""))
        if begun is None or not hmac.compare_digest(begun.binding.encode(), binding.encode()):
            raise SignInGone
        told = self._service()
        self._check_answer(answer, told)
        granted = self._redeem(told, answer["code"], begun.verifier)
        expected = Expected(
            issuer=self.provider.issuer,
            audience=self.provider.registered_as,
            nonce=begun.nonce,
            now_ms=self._now_ms(),
            access_token=granted.access_token,
        )
        return Proved(self.provider.issuer, self._subject(told, granted, expected), begun.carried)

    def _check_answer(self, answer: Mapping[str, str], told: Told) -> None:
        # Two services that a node may be sent to must not be taken for one another (RFC 9207).
        named = answer.get("iss")
        is_named = named is not None or told.authorization_response_iss_parameter_supported
        if is_named and named != self.provider.issuer:
            raise WrongProof("the answer is from another service")
        fault = answer.get("error")
        if fault in _PASSING:
            raise ProviderDown
        if fault is not None:
            raise SignInDeclined
        if not _NEVER_HERE.isdisjoint(answer) or not answer.get("code"):
            raise WrongProof("the answer holds no code, or a token")

    def _redeem(self, told: Told, code: str, verifier: str) -> _Granted:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.provider.return_to,
            "code_verifier": verifier,
        }
        if self.provider.secret is None:
            form["client_id"] = self.provider.registered_as
        with self._asking():
            status, body = self._ask.send(told.token_endpoint, form, self._named())
        if status >= 500:
            raise ProviderDown
        if status != 200:
            raise WrongProof("the service did not take the code")
        try:
            return msgspec.json.decode(body, type=_Granted)
        except msgspec.MsgspecError as fault:
            raise WrongProof("the service gave no token for the code") from fault

    def _named(self) -> tuple[str, str] | None:
        secret = self.provider.secret
        return (self.provider.registered_as, secret) if secret is not None else None

    def _subject(self, told: Told, granted: _Granted, expected: Expected) -> str:
        try:
            return read_token(granted.id_token, self._known_keys(told), expected)
        except UnknownKey:
            if self._keys is None or self._now_ms() - self._keys[0] < KEYS_AGAIN_MS:
                raise
            # A service that changed its keys since they were read is asked for them once more.
            self._keys = None
            return read_token(granted.id_token, self._known_keys(told), expected)

    def _service(self) -> Told:
        """What the service tells of itself, asked anew every hour."""
        known = self._told
        if known is not None and 0 <= self._now_ms() - known[0] < KNOWN_MS_MAX:
            return known[1]
        address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        with self._asking():
            body = self._ask.read(address)
        told = _read_told(body, self.provider.issuer)
        self._told = (self._now_ms(), told)
        return told

    def _known_keys(self, told: Told) -> tuple[Key, ...]:
        known = self._keys
        if known is not None and 0 <= self._now_ms() - known[0] < KNOWN_MS_MAX:
            return known[1]
        with self._asking():
            body = self._ask.read(told.jwks_uri)
        keys = read_keys(body)
        self._keys = (self._now_ms(), keys)
        return keys

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Few at a time, and for a while nobody after one that was not answered."""
        down_ms = self._down_ms
        if down_ms is not None and 0 <= self._now_ms() - down_ms < DOWN_MS:
            raise ProviderDown
        if not self._room.acquire(timeout=ASKING_WAIT_S):
            raise ProviderDown
        try:
            yield
        except ProviderDown:
            self._down_ms = self._now_ms()
            raise
        finally:
            self._room.release()

    def _draw(self) -> str:
        return urlsafe_b64encode(self._chance(CHANCE_BYTES)).decode().rstrip("=")


def challenge_of(verifier: str) -> str:
    """What a sign-in shows of its verifier before it is asked for it (PKCE, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def is_safe_address(address: str, *, is_loopback: bool) -> bool:
    """Whether a service may be asked there: over TLS, or on this machine where it itself is."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.fragment or not host:
        return False
    return parts.scheme == "https" or (
        is_loopback and parts.scheme == "http" and host in {"127.0.0.1", "localhost", "::1"}
    )


def _read_told(body: bytes, issuer: str) -> Told:
    try:
        told = msgspec.json.decode(body, type=Told)
    except msgspec.MsgspecError as fault:
        raise WrongProof("what the service tells of itself cannot be read") from fault
    is_loopback = urlsplit(issuer).scheme == "http"
    addresses = (told.authorization_endpoint, told.token_endpoint, told.jwks_uri)
    if told.issuer != issuer:
        raise WrongProof("the service calls itself something else")
    if not all(is_safe_address(one, is_loopback=is_loopback) for one in addresses):
        raise WrongProof("the service names an address without TLS")
    is_fit = (
        "code" in told.response_types_supported
        and METHOD in told.code_challenge_methods_supported
        and not set(ALGORITHMS).isdisjoint(told.id_token_signing_alg_values_supported)
    )
    if not is_fit:
        raise WrongProof("the service offers no code with S256, or no signature that is taken")
    return told
