"""The hub's app: the API and pages of a desk at the centre, and the exchange with the spokes."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Litestar

from casework.web.drafts import Drafts
from casework.web.front import pages_router, problem_page
from casework.web.sessions import cookie_name
from casework.web.shell import make_shell
from casework.web.views import Link
from casework.web.visit import House
from casework.web.wiring import WebParts, given, make_app
from server.api.audit import take_audit
from server.api.exchange import take_exchange
from server.pages import TEMPLATES, estate, held_back, holding, posts, quarantine
from server.services.audit import AuditIntake
from server.services.exchange import Exchange
from sync_protocol.ids import NodeId
from sync_protocol.io.audit_exchange import AuditDoor
from sync_protocol.io.hub_door import HubDoor

LET_GO: Final = "let_go"
"""Under this name the app's state holds what ends held requests; call it when stopping begins."""


class HubParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the composition root hands in; `keys` are the public keys of the estate's nodes."""

    web: WebParts
    keys: Mapping[NodeId, bytes]


def build_app(parts: HubParts) -> Litestar:
    """The hub's app, ready for an ASGI server."""
    web = parts.web
    desk = web.entrance.desk
    exchange = Exchange(desk.store, HubDoor(desk.store, parts.keys.get))
    intake = AuditIntake(AuditDoor(desk.store, parts.keys.get))
    house = House(
        entrance=web.entrance,
        cookie_name=cookie_name(desk.node.id, is_tls=web.is_tls),
        shell=make_shell((TEMPLATES,)),
        drafts=Drafts(desk.now_ms, desk.chance),
        first_pages=estate.first_pages(),
        for_administrators=(*estate.first_pages(), Link("Who works where", posts.PAGE)),
        banners=held_back.banners,
    )
    pages = [
        *estate.routes(),
        *holding.routes(),
        *held_back.routes(),
        *quarantine.routes(),
        *posts.routes(),
    ]
    app = make_app(
        msgspec.structs.replace(
            web,
            routes=(pages_router(house, pages), take_exchange, take_audit, *web.routes),
            dependencies={
                **web.dependencies,
                "exchange": given(exchange),
                "audit_intake": given(intake),
            },
            page_of_problem=problem_page(house),
            on_shutdown=(exchange.close, intake.close, *web.on_shutdown),
        )
    )
    app.state[LET_GO] = exchange.close
    return app
