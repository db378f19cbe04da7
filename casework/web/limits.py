"""What a request may be: its size, its nesting, its names, and the host it is meant for."""

import json
import re
from collections.abc import Set as AbstractSet
from typing import Any, Final

from litestar import Request

from casework.web.csrf import SAFE_METHODS
from sync_protocol.errors import Refused
from sync_protocol.limits import NESTING_MAX

BODY_BYTES_MAX: Final = 1024 * 1024
API: Final = "/api/"
PORT_MAX: Final = 65_535


class WrongHost(Refused):
    """The request names a host that this node does not answer for."""

    code = "wrong_host"
    hint = "Use an address of this node; more are allowed by the setting THROUGHCARE_HOSTS."


class NestedTooDeeply(Refused):
    """The body is nested too deeply."""

    code = "nested_too_deeply"
    hint = f"Send at most {NESTING_MAX} levels of lists and objects."


class KeyTwice(Refused):
    """An object of the body has one key twice."""

    code = "key_twice"
    hint = "Send each key once; nothing was saved."


class NotText(Refused):
    """The body is no text in UTF-8."""

    code = "not_text"
    hint = "Send JSON, encoded in UTF-8."


def check_host(request: Request[Any, Any, Any], hosts: AbstractSet[str]) -> None:
    """Raise WrongHost unless the Host header names one of `hosts`; the port does not matter.

    A page elsewhere that points its own name at this machine could else read the answers. Nothing
    that forwards a request is believed, and of two hosts neither is.
    """
    given, *more = request.headers.getall("host", [""])
    if more:
        raise WrongHost("It names more than one.")
    found = _HOST.fullmatch(given)
    if found is None or int(found["port"] or 0) > PORT_MAX:
        raise WrongHost
    if (found["inside"] or found["name"]).lower() not in hosts:
        raise WrongHost


_HOST: Final = re.compile(
    r"(?:\[(?P<inside>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:]+))(?::(?P<port>[0-9]{1,5}))?"
)
"""A name or an address, with a port or without: whatever else reads it must find the same."""


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Raise NestedTooDeeply before anything parses a body that is a bomb of brackets, or NotText,
    or KeyTwice.

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
    check_keys(body)


def check_keys(body: bytes) -> None:
    """Raise KeyTwice where an object says two things under one key: readers differ in which counts.

    What is no JSON is left to whoever parses it to say.
    """
    try:
        json.loads(body, object_pairs_hook=_check_pairs)
    except ValueError:
        return


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


def _check_pairs(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        # Not which: a key may be what somebody typed.
        raise KeyTwice


# A string that never ends is taken to the end at once: no input makes this slower than its length.
_MARKS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
