"""The centre's own pages: every office as it was last heard of, and the ops that do not count."""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from casework.desk.holding import count_not_let_go
from casework.desk.status import counts, estate, parked
from casework.web.shown.estate import nodes_page, parked_line
from casework.web.shown.holding import not_let_go_link
from casework.web.views import Link
from casework.web.visit import GivenVisit


def routes() -> list[HTTPRouteHandler]:
    """The pages of the estate."""
    return [show_nodes, show_parked]


def first_pages() -> tuple[Link, ...]:
    """The links to these pages, the first page in front."""
    return (
        Link("Offices", "/nodes"),
        Link("Who holds whom", "/holders"),
        Link("Parked changes", "/parked"),
        Link("Quarantine", "/quarantine"),
    )


@get("/nodes", sync_to_thread=True)
def show_nodes(visit: GivenVisit) -> Response[str]:
    """Every office: last contact, backlog, digest, parked ops."""
    peers = estate(visit.desk, visit.caller)
    held = counts(visit.desk, visit.caller)
    late = not_let_go_link(count_not_let_go(visit.desk, visit.caller))
    view = nodes_page(peers, held.conflicts, visit.now_ms)
    return visit.page("nodes.html", view=msgspec.structs.replace(view, not_let_go=late))


@get("/parked", sync_to_thread=True)
def show_parked(visit: GivenVisit) -> Response[str]:
    """The ops that are kept and do not count, newest first: ids and codes only."""
    found = parked(visit.desk, visit.caller)
    lines = tuple(parked_line(visit.desk, one, visit.now_ms) for one in found)
    return visit.page("parked.html", lines=lines)
