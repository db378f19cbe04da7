"""Builds what a node offers beside the password, from its settings: nothing unless they say so.

What a way needs is loaded only where it is offered.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from casework.access.proofs import ProviderDown
from casework.desk.sign_in_settings import OnlineSettings, SignInSettings
from sync_protocol.errors import Refused
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import steady_ms, system_chance

if TYPE_CHECKING:
    from casework.access.online import Online
    from casework.access.passkeys import Passkeys

CONNECT_S: Final = 3.0
ANSWER_S: Final = 8.0
WHOLE_MS_MAX: Final = 15_000
ANSWER_BYTES_MAX: Final = 256 * 1024
SECRET_CHARACTERS_MAX: Final = 512


class BadSecret(Refused):
    """The file of the secret for the sign-in service holds none."""

    code = "bad_secret"
    hint = "Write what was agreed at registration into the file, on one line, and start again."


class BadAuthorities(Refused):
    """The file of the authority for the sign-in service holds no certificate."""

    code = "bad_authorities"
    hint = "Put the authority's certificate there in PEM form, and start again."


class HttpAsk:
    """Asks the sign-in service over HTTP: short waits, small answers, and no other address.

    Neither a redirect nor a proxy that the environment names leads a secret anywhere else.
    """

    def __init__(self, trusted: ssl.SSLContext) -> None:
        """Trust the service's certificate as far as `trusted` does."""
        self._http = httpx.Client(
            verify=trusted,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            # What is packed could unpack to anything.
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )

    def read(self, address: str) -> bytes:
        """What stands at an address."""
        status, body = self._asked("GET", address, {}, None)
        if status != httpx.codes.OK:
            raise ProviderDown(f"status {status}")
        return body

    def send(
        self, address: str, form: Mapping[str, str], named: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        """The status and body of what answers a form."""
        return self._asked("POST", address, form, named)

    def _asked(
        self, method: str, address: str, form: Mapping[str, str], named: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        sent = dict(form) if method == "POST" else None
        auth = httpx.BasicAuth(*named) if named is not None else None
        body, until_ms = bytearray(), steady_ms() + WHOLE_MS_MAX
        try:
            with self._http.stream(method, address, data=sent, auth=auth) as answer:
                for part in answer.iter_raw():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX or steady_ms() > until_ms:
                        raise ProviderDown("it answers too much, or too slowly")
                return answer.status_code, bytes(body)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise ProviderDown(type(fault).__name__) from fault


def online_from(settings: SignInSettings, store: OpStore) -> "Online | None":
    """The organisation's sign-in service; None where none is set. It is not asked yet."""
    if settings.online is None:
        return None
    from casework.access.online import Online, Provider  # noqa: PLC0415 - only where offered.

    given = settings.online
    provider = Provider(
        issuer=given.issuer,
        name=given.name,
        registered_as=given.registered_as,
        secret=_secret(given.secret_file),
        return_to=settings.return_to,
    )
    now_ms = store.core.parts.clock.now_ms
    return Online(provider, HttpAsk(_trusted(given)), now_ms, system_chance)


def passkeys_from(settings: SignInSettings, store: OpStore, name: str) -> "Passkeys | None":
    """The passkeys of a node's staff, made for this place's `name`; None where there are none."""
    if not settings.has_passkeys:
        return None
    from casework.access.passkeys import Passkeys, RelyingPlace  # noqa: PLC0415 - as above.

    place = RelyingPlace(settings.host, settings.origin, f"Throughcare, {name}")
    return Passkeys(store, store.core.parts.clock.now_ms, system_chance, place)


def _trusted(given: OnlineSettings) -> ssl.SSLContext:
    trusted = ssl.create_default_context()
    if given.authorities_file is not None:
        try:
            trusted.load_verify_locations(given.authorities_file)
        except (ssl.SSLError, OSError) as fault:
            raise BadAuthorities(str(given.authorities_file)) from fault
    return trusted


def _secret(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        secret = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadSecret(str(file)) from fault
    if not 0 < len(secret) <= SECRET_CHARACTERS_MAX or len(secret.split()) != 1:
        raise BadSecret(str(file))
    return secret
