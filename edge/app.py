"""An office's app: the API and pages of its desk, and the line to the hub kept beside them."""

import msgspec
from litestar import Litestar

from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.web.drafts import Drafts
from casework.web.front import pages_router, problem_page
from casework.web.sessions import cookie_name
from casework.web.shell import make_shell
from casework.web.shown.reading_lock import lock_banners
from casework.web.shown.staff import old_posts_banner
from casework.web.views import Banner
from casework.web.visit import House
from casework.web.wiring import WebParts, make_app
from edge.pages import TEMPLATES, boards, departures
from edge.services.audit_line import AuditKeeper
from edge.services.line import LineKeeper


class EdgeParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the composition root hands in; without `line` the node works alone."""

    web: WebParts
    line: LineKeeper | None = None
    audit: AuditKeeper | None = None


def build_app(parts: EdgeParts) -> Litestar:
    """The office's app, ready for an ASGI server."""
    web = parts.web
    desk = web.entrance.desk
    posts = web.entrance.accounts.posts

    def banners(desk: Desk, caller: Caller, path: str) -> tuple[Banner, ...]:
        return (*lock_banners(desk, caller, path), *old_posts_banner(posts))

    house = House(
        entrance=web.entrance,
        cookie_name=cookie_name(desk.node.id, is_tls=web.is_tls),
        shell=make_shell((TEMPLATES,)),
        drafts=Drafts(desk.now_ms, desk.chance),
        first_pages=boards.first_pages(desk.place.kind),
        banners=banners,
    )
    if posts is not None and posts.heard is not None and desk.line is not None:
        line = desk.line
        posts.heard.listen(lambda: line().last_heard_ms)
    kept = [one for one in (parts.line, parts.audit) if one is not None]
    starts = [one.start for one in kept]
    stops = [one.stop for one in kept]
    return make_app(
        msgspec.structs.replace(
            web,
            routes=(pages_router(house, [*boards.routes(), *departures.routes()]), *web.routes),
            page_of_problem=problem_page(house),
            on_startup=(*web.on_startup, *starts),
            on_shutdown=(*stops, *web.on_shutdown),
        )
    )
