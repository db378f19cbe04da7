"""The app of an office at a real store, with a line to the centre that the test cuts and mends."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware

from casework.desk.entrance import Entrance
from casework.web.csrf import check_origin
from casework.web.drafts import Drafts
from casework.web.front import pages_router, problem_page
from casework.web.problems import exception_handlers
from casework.web.sessions import SessionGate, cookie_name
from casework.web.shell import make_shell
from casework.web.views import Link
from casework.web.visit import House
from edge import pages as edge_pages
from edge.pages import boards
from server import pages as server_pages
from server.pages import estate
from sync_protocol.io.sync_driver import LineStatus
from tests.desks import Office

DOWN_FOR_MS = 125 * 60_000


class HandLine:
    """The status of a line that the test sets."""

    def __init__(self, office: Office) -> None:
        """Begin with the line up."""
        self._office = office
        self.is_up = True

    def status(self) -> LineStatus:
        """What the sync driver would say."""
        now_ms = self._office.clock.now_ms()
        with self._office.store.reading() as reading:
            waiting = reading.counts()["unsent"]
        return LineStatus(
            state="up" if self.is_up else "down",
            since_ms=now_ms - DOWN_FOR_MS,
            last_heard_ms=now_ms - (0 if self.is_up else DOWN_FOR_MS + 2 * 60_000),
            waiting_ops=0 if self.is_up else waiting,
            oldest_waiting_ms=now_ms - DOWN_FOR_MS,
            fault=None,
        )


class Terminal(msgspec.Struct, frozen=True):
    """An office, its line, and the app of its pages."""

    office: Office
    line: HandLine
    app: Litestar


def terminal_of(office: Office) -> Terminal:
    """The app of an office's pages, or of the centre's."""
    line = HandLine(office)
    is_centre = office.place_kind == "centre"
    desk = office.desk if is_centre else msgspec.structs.replace(office.desk, line=line.status)
    own, links, folder = _own_pages(office)
    house = House(
        entrance=Entrance(desk, office.accounts, office.sessions),
        cookie_name=cookie_name(desk.node.id, is_tls=False),
        shell=make_shell([folder]),
        drafts=Drafts(desk.now_ms, desk.chance),
        first_pages=links,
        for_administrators=links if is_centre else (),
    )
    gate = DefineMiddleware(SessionGate, sessions=office.sessions, cookie_name=house.cookie_name)
    app = Litestar(
        [pages_router(house, own)],
        middleware=[gate],
        before_request=check_origin,
        exception_handlers=exception_handlers(problem_page(house)),
        openapi_config=None,
    )
    return Terminal(office, line, app)


def _own_pages(
    office: Office,
) -> tuple[Sequence[HTTPRouteHandler], tuple[Link, ...], Path]:
    if office.place_kind == "centre":
        return estate.routes(), estate.first_pages(), server_pages.TEMPLATES
    return boards.routes(), boards.first_pages(office.place_kind), edge_pages.TEMPLATES
