"""Requests that another site made a browser send are refused.

Two checks, either of which suffices: what the browser says of where a request comes from
(Sec-Fetch-Site, else Origin), and a token of the session that only our own pages can know. Bearer
requests need neither: no browser adds that header by itself.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request

from casework.access.sessions import is_form_token
from casework.web.sessions import is_cookie_session, token_of
from sync_protocol.errors import Refused

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD: Final = "csrf"
HEADER: Final = "x-csrf-token"
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForeignRequest(Refused):
    """The request comes from another site."""

    code = "foreign_request"
    hint = "Open the page at this node and send it from there."


class FormTokenMissing(Refused):
    """The form does not carry the token of this session."""

    code = "form_token"
    hint = "Go back, open the form again, and send it once more; nothing was saved."


async def check_origin(request: Request[Any, Any, Any]) -> None:
    """Raise unless a changing request comes from our own pages, or from no browser at all."""
    if request.method in SAFE_METHODS:
        return
    foreign = foreign_sign(request)
    if foreign:
        raise ForeignRequest(foreign)
    if is_cookie_session(request) and not await _carries_token(request):
        raise FormTokenMissing


def foreign_sign(request: Request[Any, Any, Any]) -> str:
    """What shows that another site sent a request; empty where nothing does."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return f"sec-fetch-site {site[:20]!r}"
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return "origin and host differ"
    return ""


async def _carries_token(request: Request[Any, Any, Any]) -> bool:
    given = request.headers.get(HEADER)
    if given is None and request.content_type[0] in FORM_TYPES:
        form = await request.form()
        given = form.get(FIELD)
    return isinstance(given, str) and is_form_token(token_of(request), given)
