"""Who is leaving this office, by name, and who left it, by receipt alone."""

from typing import Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.caller import Caller
from casework.desk.board import leaving
from casework.desk.standing import left
from casework.web.shown.standing import departures_page
from casework.web.visit import GivenVisit

NUMBER_DIGITS_MAX: Final = 9


def routes() -> list[HTTPRouteHandler]:
    """The page of both lists."""
    return [show_departures]


@get("/departures", sync_to_thread=True)
def show_departures(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """Both lists; with `after`, an older part of the receipts."""
    asked = request.query_params.get("after", "")
    after = int(asked) if asked.isdecimal() and len(asked) <= NUMBER_DIGITS_MAX else 0
    people = leaving(visit.desk, visit.caller) if not after else ()
    gone = left(visit.desk, visit.caller, after=after)
    view = departures_page(people, gone, visit.now_ms, is_first=not after)
    return visit.page("departures.html", view=view)
