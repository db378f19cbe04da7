"""The first pages of an office: the wing board of a prison, the caseload of a probation unit."""

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.caller import Caller
from casework.desk.board import caseload, wing_board
from casework.web.shown.boards import board_page, caseload_page
from casework.web.views import Link
from casework.web.visit import GivenVisit

WING_CHARACTERS_MAX = 16


def routes() -> list[HTTPRouteHandler]:
    """The boards."""
    return [show_board, show_caseload]


def first_pages(kind: str) -> tuple[Link, ...]:
    """The links to the boards of such a place, the first page in front."""
    board, cases = Link("Wing board", "/board"), Link("Caseload", "/caseload")
    due, gone = Link("What is due", "/due"), Link("Leaving and left", "/departures")
    return (board, cases, due, gone) if kind == "prison" else (cases, due, gone)


@get("/board", sync_to_thread=True)
def show_board(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """The roll and everyone by cell, of the prison or of one wing."""
    wing = request.query_params.get("wing", "")[:WING_CHARACTERS_MAX] or None
    board = wing_board(visit.desk, visit.caller, wing=wing)
    return visit.page("board.html", view=board_page(board))


@get("/caseload", sync_to_thread=True)
def show_caseload(visit: GivenVisit) -> Response[str]:
    """Everyone for whom an officer of this office is responsible."""
    found = caseload(visit.desk, visit.caller)
    return visit.page("caseload.html", view=caseload_page(found, visit.caller.staff.hex()))
