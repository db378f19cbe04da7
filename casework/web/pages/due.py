"""What is due at an office: of everybody whom it holds, or of the one who asks."""

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.caller import Caller
from casework.desk.attention import office_due
from casework.web.shown.attention import due_page
from casework.web.visit import GivenVisit


def routes() -> list[HTTPRouteHandler]:
    """The list of what is due."""
    return [show_due]


@get("/due", sync_to_thread=True)
def show_due(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """What is due, overdue first."""
    is_mine = request.query_params.get("mine", "") == "yes"
    owner = visit.caller.staff if is_mine else None
    found = office_due(visit.desk, visit.caller, owner=owner)
    return visit.page("due.html", view=due_page(visit.desk, found, is_mine=is_mine))
