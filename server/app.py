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
from server.api.enrolment import take_certificate, take_enrolment
from server.api.exchange import take_exchange
from server.pages import (
    TEMPLATES,
    enrolment,
    enrolment_words,
    estate,
    held_back,
    holding,
    posts,
    quarantine,
)
from server.services.audit import AuditIntake
from server.services.exchange import Exchange
from server.services.joining import Joining
from sync_protocol.ids import NodeId
from sync_protocol.io.audit_exchange import AuditDoor
from sync_protocol.io.hub_door import HubDoor

LET_GO: Final = "let_go"
"""Under this name the app's state holds what ends held requests; call it when stopping begins."""


class HubParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the composition root hands in.

    `joining` knows the nodes and their keys, and lets others in; without it `keys` are all there
    are.
    """

    web: WebParts
    keys: Mapping[NodeId, bytes] = {}
    joining: Joining | None = None


def build_app(parts: HubParts) -> Litestar:
    """The hub's app, ready for an ASGI server."""
    web = parts.web
    desk = web.entrance.desk
    exchange, intake = _doors(parts)
    joining = parts.joining
    joins = () if joining is None else (Link("Enrolment", enrolment_words.PAGE),)
    house = House(
        entrance=web.entrance,
        cookie_name=cookie_name(desk.node.id, is_tls=web.is_tls),
        shell=make_shell((TEMPLATES,)),
        drafts=Drafts(desk.now_ms, desk.chance),
        first_pages=estate.first_pages(),
        for_administrators=(*estate.first_pages(), *joins, Link("Who works where", posts.PAGE)),
        banners=held_back.banners,
    )
    pages = [
        *estate.routes(),
        *holding.routes(),
        *held_back.routes(),
        *quarantine.routes(),
        *posts.routes(),
        *(enrolment.routes(joining) if joining is not None else ()),
    ]
    more = {} if joining is None else {"joining": given(joining)}
    app = make_app(
        msgspec.structs.replace(
            web,
            routes=(
                pages_router(house, pages),
                take_exchange,
                take_audit,
                *((take_enrolment, take_certificate) if joining is not None else ()),
                *web.routes,
            ),
            dependencies={
                **web.dependencies,
                **more,
                "exchange": given(exchange),
                "audit_intake": given(intake),
            },
            page_of_problem=problem_page(house),
            on_shutdown=(exchange.close, intake.close, *web.on_shutdown),
        )
    )
    app.state[LET_GO] = exchange.close
    return app


def _doors(parts: HubParts) -> tuple[Exchange, AuditIntake]:
    """What answers nodes, which are looked up where they are known."""
    store, joining = parts.web.entrance.desk.store, parts.joining
    if joining is None:
        find_key = parts.keys.get
        return Exchange(store, HubDoor(store, find_key)), AuditIntake(AuditDoor(store, find_key))
    nodes = joining.nodes
    exchange = Exchange(store, HubDoor(store, nodes.key_of), nodes.knows, nodes.knows_now)
    return exchange, AuditIntake(AuditDoor(store, nodes.key_of))
