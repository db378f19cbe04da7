"""The hub's app: the API and pages of a desk at the centre, and the exchange with the spokes."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from litestar import Litestar
from litestar.di import Provide

from casework.web.wiring import WebParts, given, make_app
from server.api.exchange import take_exchange
from server.services.exchange import Exchange
from sync_protocol.ids import NodeId
from sync_protocol.io.hub_door import HubDoor

FindKey = Callable[[NodeId], bytes | None]


class HubParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the composition root hands in; `keys` are the public keys of the estate's nodes."""

    web: WebParts
    keys: Mapping[NodeId, bytes]


def build_app(parts: HubParts) -> Litestar:
    """The hub's app, ready for an ASGI server."""
    store = parts.web.entrance.desk.store
    exchange = Exchange(store, HubDoor(store, parts.keys.get))
    routes: Sequence[object] = (*parts.web.routes, take_exchange)
    dependencies: dict[str, Provide] = {**parts.web.dependencies, "exchange": given(exchange)}
    web = msgspec.structs.replace(
        parts.web,
        routes=routes,
        dependencies=dependencies,
        on_shutdown=(exchange.close, *parts.web.on_shutdown),
    )
    return make_app(web)
