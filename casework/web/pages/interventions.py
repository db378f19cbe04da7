"""The report of interventions that a move has interrupted."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from casework.desk.interrupted import interrupted
from casework.web.shown.interventions import PAGE, interrupted_page
from casework.web.visit import GivenVisit


def routes() -> list[HTTPRouteHandler]:
    """The report."""
    return [show_interrupted]


@get(PAGE, sync_to_thread=True)
def show_interrupted(visit: GivenVisit) -> Response[str]:
    """By place, by provider, and each with how long it rests."""
    view = interrupted_page(interrupted(visit.desk, visit.caller))
    return visit.page("interrupted.html", view=view)
