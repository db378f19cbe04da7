"""The headers every answer carries: what the browser may run, keep, frame and tell others.

A page may load our own files and nothing else; it has no inline script or style, so text that
slipped into a page could not run. Records are never kept by the browser.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from sync_protocol.io.http_peer import CONTENT_TYPE

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: a form would then send Origin: null, which the check of origins refuses.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


NODE_HEADERS: Final[Mapping[str, str]] = {
    name: SECURITY_HEADERS[name] for name in ("cache-control", "x-content-type-options")
}
"""What an answer to another node carries: no browser reads it, and an idle line is paid by byte."""


TLS_ONLY: Final = "max-age=31536000; includeSubDomains"
"""For a year, a browser that was here over TLS comes back over nothing else."""


def put_headers(response: Response[Any]) -> Response[Any]:
    """The answer with every header it does not set itself; for `after_request` of an app."""
    is_for_node = response.media_type == CONTENT_TYPE
    for name, value in (NODE_HEADERS if is_for_node else SECURITY_HEADERS).items():
        response.headers.setdefault(name, value)
    return response


def put_headers_over_tls(response: Response[Any]) -> Response[Any]:
    """The same, of a node that is asked over TLS alone."""
    if response.media_type != CONTENT_TYPE:
        response.headers.setdefault("strict-transport-security", TLS_ONLY)
    return put_headers(response)
