"""Who holds whom: every person with their offices, those not let go of for longest first."""

from typing import Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.actions import may
from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.desk.holding import SHOWN_MAX, Wanted, count_not_let_go, who_holds_whom
from casework.web.shown.holding import holders_page
from casework.web.views import Link
from casework.web.visit import GivenVisit
from casework.web.words import counted
from sync_protocol.ids import NodeId

PATH: Final = "/holders"
NUMBER_DIGITS_MAX: Final = 9
TEXT_CHARACTERS_MAX: Final = 200
WAITING: Final = "waiting"
ALL: Final = "all"


def routes() -> list[HTTPRouteHandler]:
    """The list."""
    return [show_holders]


@get(PATH, sync_to_thread=True)
def show_holders(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """A page of the list; asked by GET, so it may be gone back to.

    Without a choice it opens with those not let go of, where there are any.
    """
    asked = request.query_params
    text = asked.get("q", "").strip()[:TEXT_CHARACTERS_MAX]
    office = _office(visit.desk, asked.get("office", ""))
    late = count_not_let_go(visit.desk, visit.caller)
    show = asked.get("show", "") or (WAITING if late and office is None else ALL)
    after = asked.get("after", "")
    wanted = Wanted(
        text=text,
        office=office,
        only_not_let_go=show == WAITING,
        after=int(after) if after.isdecimal() and len(after) <= NUMBER_DIGITS_MAX else 0,
    )
    found = who_holds_whom(visit.desk, visit.caller, wanted)
    kept = {"q": text, "office": asked.get("office", "") if office else "", "show": show}
    earlier = max(0, wanted.after - SHOWN_MAX)
    view = holders_page(
        found,
        asked=text,
        choices=_choices(late, show, is_search=bool(text or office)),
        pages=(
            _page("Earlier in this list", kept, earlier) if wanted.after else None,
            _page("Further in this list", kept, found.after) if found.after else None,
        ),
        now_ms=visit.now_ms,
        is_reader=may(visit.caller, "read"),
    )
    return visit.page("holders.html", view=view)


def _choices(late: int, show: str, *, is_search: bool) -> tuple[Link, ...]:
    waiting = Link(
        f"Not let go of ({counted(late, 'person', 'people')})",
        f"{PATH}?show={WAITING}",
        is_current=show == WAITING and not is_search,
    )
    everybody = Link("Everybody", f"{PATH}?show={ALL}", is_current=show == ALL and not is_search)
    return waiting, everybody


def _page(words: str, kept: dict[str, str], after: int) -> Link:
    asked = {name: value for name, value in kept.items() if value}
    return Link(words, f"{PATH}?{urlencode({**asked, 'after': after})}")


def _office(desk: Desk, code: str) -> NodeId | None:
    return next((node.id for node in desk.nodes.values() if node.place.code == code), None)
