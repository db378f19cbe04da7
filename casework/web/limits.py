"""What a request may be: its size, its nesting, and the host it is meant for."""

import re
from collections.abc import Set as AbstractSet
from typing import Any, Final

from litestar import Request

from casework.web.csrf import SAFE_METHODS
from sync_protocol.errors import Refused
from sync_protocol.limits import NESTING_MAX

BODY_BYTES_MAX: Final = 1024 * 1024
API: Final = "/api/"


class WrongHost(Refused):
    """The request names a host that this node does not answer for."""

    code = "wrong_host"
    hint = "Use an address of this node; more are allowed by the setting THROUGHCARE_HOSTS."


class NestedTooDeeply(Refused):
    """The body is nested too deeply."""

    code = "nested_too_deeply"
    hint = f"Send at most {NESTING_MAX} levels of lists and objects."


class NotText(Refused):
    """The body is no text in UTF-8."""

    code = "not_text"
    hint = "Send JSON, encoded in UTF-8."


def check_host(request: Request[Any, Any, Any], hosts: AbstractSet[str]) -> None:
    """Raise WrongHost unless the Host header names one of `hosts`; the port does not matter.

    A page elsewhere that points its own name at this machine could else read the answers.
    """
    given = request.headers.get("host", "")
    name = given.rpartition(":")[0] if given.rpartition(":")[2].isdigit() else given
    if name.strip("[]").lower() not in hosts:
        raise WrongHost


async def check_nesting(request: Request[Any, Any, Any]) -> None:
    """Raise NestedTooDeeply before anything parses a body that is a bomb of brackets, or NotText.

    The API reads every body as JSON, whatever type it says to be of.
    """
    is_json = request.content_type[0] == "application/json" or request.url.path.startswith(API)
    if request.method in SAFE_METHODS or not is_json:
        return
    body = await request.body()
    if nesting_of(body) > NESTING_MAX:
        raise NestedTooDeeply
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        raise NotText(f"From byte {fault.start} on.") from fault


def nesting_of(body: bytes) -> int:
    """How deeply brackets nest outside of strings, counted without parsing."""
    deepest = depth = 0
    for mark in _MARKS.findall(body):
        if mark in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in (b"]", b"}"):
            depth -= 1
    return deepest


# A string that never ends is taken to the end at once: no input makes this slower than its length.
_MARKS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
