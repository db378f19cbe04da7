"""What a node sends to the centre to be let in, and every day to keep its certificate new.

It speaks TLS 1.3 with whoever the one authority has signed for. Plain HTTP is for a demonstration,
and then to this machine alone: nothing of it is on any wire.
"""

import ipaddress
import ssl
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from casework.access.admission import (
    CERTIFICATE_PATH,
    ENROL_PATH,
    MESSAGE_TYPE,
    STILL_WAITS,
    Admission,
    CertificateAsked,
)
from casework.access.enrolment import Enrolment
from edge.services.enrolment import trust
from sync_protocol.errors import DOES_NOT_DECODE, LineDown, Refused, Unavailable

TIMEOUT_S: Final = 15.0
ANSWER_BYTES_MAX: Final = 1024 * 1024
NOT_NOW: Final = frozenset({429, *range(500, 600)})
_REFUSED: Final = frozenset({"not_let_in", "bad_signature"})


class NoTls(Refused):
    """The centre's address is not one of TLS."""

    code = "no_tls"
    hint = "Ask the centre for an invitation whose address begins with https://"


class NotLetIn(Refused):
    """The centre does not let this computer in."""

    code = "not_let_in"
    hint = "Ask the centre: whoever was refused needs a new code, and an empty folder to begin in."


class CentreRefused(Refused):
    """The centre refused what was sent."""

    code = "centre_refused"
    hint = "Do what it says; ask the centre for a new invitation and a new code."


class OtherCentre(Refused):
    """Whoever answers at the centre's address is not this estate's centre."""

    code = "other_centre"
    hint = (
        "Nothing was sent. Look whether this computer's clock is right, and ask the centre by "
        "telephone whether its address is; else somebody stands between."
    )


class NotYet(Unavailable):
    """Nobody at the centre has let this computer in yet."""

    code = STILL_WAITS
    hint = "Run the command again: it goes on waiting."


class _Problem(msgspec.Struct):
    code: str = ""
    title: str = ""
    hint: str = ""


class CentreLine:
    """Sends to one centre, and believes one authority."""

    def __init__(self, url: str, authority_pem: str) -> None:
        """Nothing is sent yet; raises NoTls."""
        self._line = httpx.Client(
            base_url=url,
            verify=trust_for(url, authority_pem),
            timeout=TIMEOUT_S,
            trust_env=False,
            follow_redirects=False,
        )

    def enrol(self, enrolment: Enrolment) -> None:
        """Come with a code. Raises OtherCentre, LineDown or CentreRefused."""
        self._post(ENROL_PATH, msgspec.json.encode(enrolment))

    def certificate(self, asked: CertificateAsked) -> Admission:
        """The node's certificate, and who else there is; raises NotYet or NotLetIn besides."""
        answer = self._post(CERTIFICATE_PATH, msgspec.json.encode(asked))
        try:
            return msgspec.json.decode(answer, type=Admission)
        except DOES_NOT_DECODE as fault:
            raise LineDown("the answer is none of a centre") from fault

    def close(self) -> None:
        """Let go of the connection."""
        self._line.close()

    def _post(self, path: str, body: bytes) -> bytes:
        try:
            answer = self._line.post(path, content=body, headers={"content-type": MESSAGE_TYPE})
        except httpx.ConnectError as fault:
            if _is_of_tls(fault):
                raise OtherCentre(str(self._line.base_url)) from fault
            raise LineDown(f"{self._line.base_url}: {type(fault).__name__}") from fault
        except httpx.HTTPError as fault:
            raise LineDown(f"{self._line.base_url}: {type(fault).__name__}") from fault
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise LineDown("the answer is over the limit")
        if answer.is_success:
            return answer.content
        raise _fault_of(answer)


def trust_for(url: str, authority_pem: str) -> ssl.SSLContext | bool:
    """How the line to this address is trusted: by the one authority; raises NoTls.

    Of plain HTTP to this machine, by nothing.
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        return trust(authority_pem)
    if parts.scheme == "http" and _is_here(parts.hostname or ""):
        return True
    raise NoTls(url)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_of_tls(fault: BaseException) -> bool:
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _fault_of(answer: httpx.Response) -> Refused | Unavailable:
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except DOES_NOT_DECODE:
        problem = _Problem()
    if problem.code == STILL_WAITS:
        return NotYet()
    if problem.code in _REFUSED:
        return NotLetIn()
    if answer.status_code in NOT_NOW:
        return LineDown(f"the centre answered {answer.status_code} {problem.code}".strip())
    return CentreRefused(f"{problem.title} {problem.hint}".strip() or str(answer.status_code))
