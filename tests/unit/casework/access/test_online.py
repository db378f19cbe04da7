"""What an organisation's sign-in service may answer, and everything that is not taken from it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from casework.access.id_token import AGE_S_MAX, SKEW_S_MAX
from casework.access.online import DOWN_MS, KEYS_AGAIN_MS, Begun, Online, Provider, challenge_of
from casework.access.proofs import (
    BEGUN_MAX,
    BEGUN_MS_MAX,
    ProviderDown,
    SignInDeclined,
    SignInGone,
    WrongProof,
)
from tests.desks import NOON_MS, HandClock

ISSUER = "https://login.justice.example"
RETURN = "https://leeds.prison.example/sign-in/online/return"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
OTHER = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
TOLD = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "id_token_signing_alg_values_supported": ["ES256"],
    "authorization_response_iss_parameter_supported": True,
}
NOW_S = NOON_MS // 1000


class Service:
    """A service whose every answer the test sets."""

    def __init__(self) -> None:
        """As it should be."""
        self.told: dict[str, Any] = dict(TOLD)
        self.keys: list[Any] = [KEY.as_dict(private=False)]
        self.signed_by: Any = KEY
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "one"}
        self.claims: dict[str, Any] = {}
        self.granted: dict[str, Any] = {"access_token": "an access token"}
        self.status = 200
        self.is_up = True
        self.asked: list[str] = []
        self.form: Mapping[str, str] = {}
        self.nonce = ""

    def read(self, address: str) -> bytes:
        """Its own description, or its keys."""
        self.asked.append(address)
        if not self.is_up:
            raise ProviderDown
        return json.dumps({"keys": self.keys} if address.endswith("/keys") else self.told).encode()

    def send(
        self, address: str, form: Mapping[str, str], named: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        """A token for the code."""
        assert named is None
        self.asked.append(address)
        self.form = form
        plain = {
            "iss": ISSUER,
            "sub": "kr-1",
            "aud": "leeds",
            "exp": NOW_S + 300,
            "iat": NOW_S,
            "nonce": self.nonce,
        }
        said = {name: one for name, one in (plain | self.claims).items() if one is not None}
        algorithms = ["ES256", "HS256", "RS256", "none"]
        token = jws.serialize_compact(
            self.header, json.dumps(said), self.signed_by, algorithms=algorithms
        )
        return self.status, json.dumps(self.granted | {"id_token": token}).encode()


class Relying:
    """The sign-ins of a node at the service."""

    def __init__(self) -> None:
        """Nobody has begun."""
        self.clock, self.service = HandClock(), Service()
        provider = Provider(
            issuer=ISSUER, name="Justice", registered_as="leeds", secret=None, return_to=RETURN
        )
        chances = iter(range(1, 1_000_000))
        self.online = Online(
            provider, self.service, self.clock.now_ms, lambda size: next(chances).to_bytes(size)
        )

    def begin(self) -> tuple[Begun, dict[str, str]]:
        """A sign-in, and what the browser is sent to ask."""
        begun = self.online.begin("carried")
        asked = {one: values[0] for one, values in parse_qs(urlsplit(begun.address).query).items()}
        self.service.nonce = asked["nonce"]
        return begun, asked

    def finish(self, **answer: str) -> Any:
        """The answer to a sign-in, with what the test makes of it."""
        begun, asked = self.begin()
        given = {"state": asked["state"], "code": "a code", "iss": ISSUER} | answer
        return self.online.finish({name: one for name, one in given.items() if one}, begun.binding)


@pytest.fixture
def relying() -> Relying:
    return Relying()


def test_a_sign_in_asks_for_a_code_with_a_challenge_and_its_verifier_fits(
    relying: Relying,
) -> None:
    """S35: PKCE with S256, the exact redirect address, a state and a nonce."""
    begun, asked = relying.begin()
    assert begun.address.startswith(f"{ISSUER}/auth?")
    assert (asked["response_type"], asked["redirect_uri"]) == ("code", RETURN)
    assert asked["code_challenge_method"] == "S256"
    given = {"state": asked["state"], "code": "a code", "iss": ISSUER}
    proved = relying.online.finish(given, begun.binding)
    assert (proved.issuer, proved.subject, proved.carried) == (ISSUER, "kr-1", "carried")
    assert challenge_of(relying.service.form["code_verifier"]) == asked["code_challenge"]
    assert relying.service.form["redirect_uri"] == RETURN
    assert len({asked["state"], asked["nonce"], begun.binding}) == 3


def _hash_of(token: str) -> str:
    half = hashlib.sha256(token.encode()).digest()[:16]
    return urlsafe_b64encode(half).decode().rstrip("=")


GOOD: Mapping[str, dict[str, Any]] = {
    "at_hash": {"at_hash": _hash_of("an access token")},
    "audiences": {"aud": ["leeds", "more"], "azp": "leeds"},
    "a clock behind": {"iat": NOW_S + SKEW_S_MAX},
    "a clock ahead": {"exp": NOW_S - SKEW_S_MAX + 1, "iat": NOW_S - SKEW_S_MAX - 1},
}


@pytest.mark.parametrize("name", GOOD)
def test_what_a_token_may_say_is_taken(relying: Relying, name: str) -> None:
    relying.service.claims = GOOD[name]
    assert relying.finish().subject == "kr-1"


BAD: Mapping[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://login.justice.example/"},
    "another audience": {"aud": "brixton"},
    "another among many": {"aud": ["leeds", "brixton"]},
    "asked for by another": {"azp": "brixton"},
    "over": {"exp": NOW_S - SKEW_S_MAX},
    "to come": {"iat": NOW_S + SKEW_S_MAX + 1},
    "not yet": {"nbf": NOW_S + SKEW_S_MAX + 1},
    "old": {"iat": NOW_S - AGE_S_MAX - SKEW_S_MAX - 1},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": ""},
    "a number": {"sub": 7},
    "no expiry": {"exp": None},
    "another access token": {"at_hash": _hash_of("another")},
}


@pytest.mark.parametrize("name", BAD)
def test_what_a_token_may_not_say_is_refused(relying: Relying, name: str) -> None:
    """S5, S6: issuer, audience, time, nonce, subject, at_hash."""
    relying.service.claims = BAD[name]
    with pytest.raises(WrongProof):
        relying.finish()


def test_only_the_services_own_keys_sign(relying: Relying) -> None:
    """S5: neither none, nor a secret made of the public key, nor a key it does not tell."""
    service = relying.service
    service.signed_by = OTHER
    with pytest.raises(WrongProof):
        relying.finish()
    service.signed_by, service.header = (
        OctKey.import_key(str(KEY.as_dict(private=False)["x"])),
        {
            "alg": "HS256",
            "kid": "one",
        },
    )
    with pytest.raises(WrongProof):
        relying.finish()
    service.signed_by, service.header = OctKey.import_key(b"x" * 32), {"alg": "none"}
    with pytest.raises(WrongProof):
        relying.finish()
    weak = RSAKey.generate_key(1024, {"kid": "one"})
    service.keys = [weak.as_dict(private=False), {"kty": "oct", "k": "AA"}, {"kty": "?"}]
    relying.online._keys = None
    with pytest.raises(WrongProof):
        relying.finish()


def test_keys_that_changed_are_asked_for_again_and_not_too_often(relying: Relying) -> None:
    relying.finish()
    relying.service.keys, relying.service.signed_by = [OTHER.as_dict(private=False)], OTHER
    relying.service.header = {"alg": "ES256", "kid": "two"}
    with pytest.raises(WrongProof):
        relying.finish()
    relying.clock.pass_ms(KEYS_AGAIN_MS)
    assert relying.finish().subject == "kr-1"
    assert relying.service.asked.count(f"{ISSUER}/keys") == 2


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"iss": "https://elsewhere.example"}, WrongProof),
        ({"iss": ""}, WrongProof),
        ({"code": ""}, WrongProof),
        ({"id_token": "e30"}, WrongProof),
        ({"access_token": "e30"}, WrongProof),
        ({"state": "another"}, SignInGone),
        ({"error": "access_denied"}, SignInDeclined),
        ({"error": "temporarily_unavailable"}, ProviderDown),
    ],
)
def test_what_comes_back_is_looked_at(
    relying: Relying, answer: dict[str, str], fault: type[Exception]
) -> None:
    """S5, S35: another service, no code, a token of the implicit flow, another state."""
    with pytest.raises(fault):
        relying.finish(**answer)


def test_a_sign_in_ends_once_soon_and_where_it_began(relying: Relying) -> None:
    """S6, S35: neither another browser nor a second time."""
    begun, asked = relying.begin()
    given = {"state": asked["state"], "code": "a code", "iss": ISSUER}
    with pytest.raises(SignInGone):
        relying.online.finish(given, "another browser")
    with pytest.raises(SignInGone):
        relying.online.finish(given, begun.binding)
    begun, asked = relying.begin()
    relying.clock.pass_ms(BEGUN_MS_MAX + 1)
    with pytest.raises(SignInGone):
        relying.online.finish(given | {"state": asked["state"]}, begun.binding)


def test_many_that_begin_crowd_out_the_oldest_alone(relying: Relying) -> None:
    """S32: what waits is bounded."""
    first, asked = relying.begin()
    for _ in range(BEGUN_MAX):
        relying.begin()
    assert len(relying.online._begun._begun) == BEGUN_MAX
    with pytest.raises(SignInGone):
        relying.online.finish({"state": asked["state"], "code": "x"}, first.binding)


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://login.justice.example/token"},
        {"jwks_uri": "file:" + "///etc/passwd"},
        {"authorization_endpoint": "https://user@login.justice.example/"},
        {"token_endpoint": "http://127.0.0.1/token"},
        {"response_types_supported": ["id_token"]},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["HS256"]},
        {"jwks_uri": 7},
    ],
)
def test_a_service_that_tells_something_else_of_itself_is_not_asked(
    relying: Relying, told: dict[str, Any]
) -> None:
    """S38: no address without TLS, and none but its own name."""
    relying.service.told |= told
    with pytest.raises(WrongProof):
        relying.begin()
    assert len(relying.service.asked) == 1


def test_a_service_that_is_down_is_left_alone_for_a_while(relying: Relying) -> None:
    """S32: those who try must not keep others from a password."""
    relying.service.is_up = False
    for _ in range(3):
        with pytest.raises(ProviderDown):
            relying.begin()
    assert len(relying.service.asked) == 1
    relying.service.is_up = True
    relying.clock.pass_ms(DOWN_MS)
    assert relying.finish().subject == "kr-1"


@pytest.mark.parametrize(("status", "fault"), [(400, WrongProof), (503, ProviderDown)])
def test_a_code_that_is_not_taken(relying: Relying, status: int, fault: type[Exception]) -> None:
    relying.service.status = status
    with pytest.raises(fault):
        relying.finish()
