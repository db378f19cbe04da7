"""The settings of signing in without a password; none of it is there unless it is set.

`origin` (ORIGIN) is this node's address as terminals' browsers show it, such as
https://leeds.prison.example: a passkey is made for it, and the organisation's sign-in service sends
browsers back to it and nowhere else.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from casework.desk.settings import LOOPBACK, SettingsReader

RETURN_PATH: Final = "/sign-in/online/return"
SECRET_MODE: Final = 0o077
YES: Final = "yes"
NO: Final = "no"
USUAL_NAME: Final = "your organisation's sign-in"
ORIGIN_HINT: Final = "Such as https://leeds.prison.example, as it stands in a terminal's browser."
ISSUER_HINT: Final = "Such as https://login.justice.example, exactly as the service calls itself."
_OF_SERVICE: Final = ("OIDC_CLIENT_ID", "OIDC_NAME", "OIDC_SECRET_FILE", "OIDC_CA_FILE")


class OnlineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation's sign-in service, and as whom this node is registered with it.

    `secret_file` holds what was agreed at registration, where something was; `authorities_file` the
    authority that issued the service's certificate, where it is none that the machine knows.
    """

    issuer: str
    name: str
    registered_as: str
    secret_file: Path | None
    authorities_file: Path | None


class SignInSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is offered beside the password, and at which address of this node."""

    origin: str = ""
    online: OnlineSettings | None = None
    has_passkeys: bool = False

    @property
    def host(self) -> str:
        """The host of the address: what a passkey is made for."""
        return urlsplit(self.origin).hostname or ""

    @property
    def return_to(self) -> str:
        """The one address to which the service sends browsers back."""
        return f"{self.origin}{RETURN_PATH}"


def read_sign_in(reader: SettingsReader, hosts: frozenset[str]) -> SignInSettings:
    """What is set of signing in without a password; faults stay with the reader.

    `hosts` are the names by which this node may be called.
    """
    online = _read_online(reader)
    has_passkeys = _read_yes(reader, "PASSKEYS")
    origin = reader.text("ORIGIN", "")
    if not origin:
        if online is not None or has_passkeys:
            reader.fault("ORIGIN", "is required for passkeys and for OIDC", ORIGIN_HINT)
        return SignInSettings(online=online, has_passkeys=has_passkeys)
    if not is_origin(origin):
        reader.fault("ORIGIN", "must be https, a host and no path", ORIGIN_HINT)
        return SignInSettings(online=online, has_passkeys=has_passkeys)
    read = SignInSettings(origin=origin, online=online, has_passkeys=has_passkeys)
    if read.host not in hosts:
        reader.fault("ORIGIN", f"names {read.host}, which THROUGHCARE_HOSTS does not")
    if has_passkeys and _is_number(read.host):
        reader.fault("ORIGIN", "must name a host by letters for passkeys, not by its address")
    return read


def is_origin(text: str) -> bool:
    """Whether it is an address without a path: https, or http on this machine alone."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_whole = text == f"{parts.scheme}://{parts.netloc}" and text == text.lower()
    is_plain = parts.username is None and bool(host)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    return is_whole and is_plain and is_safe


def _read_online(reader: SettingsReader) -> OnlineSettings | None:
    issuer = reader.text("OIDC_ISSUER", "")
    if not issuer:
        for name in _OF_SERVICE:
            if reader.text(name, ""):
                reader.fault(name, "is set without THROUGHCARE_OIDC_ISSUER", ISSUER_HINT)
        return None
    if not _is_issuer(issuer):
        reader.fault("OIDC_ISSUER", "must be an https address without a query", ISSUER_HINT)
    secret_file = reader.file("OIDC_SECRET_FILE") if reader.text("OIDC_SECRET_FILE", "") else None
    if secret_file is not None and _is_exposed(secret_file):
        reader.fault("OIDC_SECRET_FILE", "can be read by others", f"chmod 600 {secret_file}")
    authorities = reader.file("OIDC_CA_FILE") if reader.text("OIDC_CA_FILE", "") else None
    return OnlineSettings(
        issuer=issuer,
        name=reader.text("OIDC_NAME", USUAL_NAME),
        registered_as=reader.text("OIDC_CLIENT_ID", hint="The name agreed with the service."),
        secret_file=secret_file,
        authorities_file=authorities,
    )


def _read_yes(reader: SettingsReader, name: str) -> bool:
    value = reader.text(name, NO)
    if value not in {YES, NO}:
        reader.fault(name, f"must be {YES} or {NO}")
    return value == YES


def _is_issuer(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return not parts.query and not parts.fragment and is_origin(f"{parts.scheme}://{parts.netloc}")


def _is_exposed(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & SECRET_MODE)
    except OSError:
        # That it is no file was told already.
        return False


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
