"""An office's app: the API and pages of its desk, and the line to the hub kept beside them."""

import msgspec
from litestar import Litestar

from casework.web.wiring import WebParts, make_app
from edge.services.line import LineKeeper


class EdgeParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the composition root hands in; without `line` the node works alone."""

    web: WebParts
    line: LineKeeper | None = None


def build_app(parts: EdgeParts) -> Litestar:
    """The office's app, ready for an ASGI server."""
    if parts.line is None:
        return make_app(parts.web)
    web = msgspec.structs.replace(
        parts.web,
        on_startup=(*parts.web.on_startup, parts.line.start),
        on_shutdown=(parts.line.stop, *parts.web.on_shutdown),
    )
    return make_app(web)
