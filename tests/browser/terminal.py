"""The app of an office at a real store, with a line to the centre that the test cuts and mends."""

from typing import Any

import msgspec
from litestar import Litestar

from casework.desk.entrance import Entrance
from casework.web.wiring import WebParts
from edge.app import EdgeParts
from edge.app import build_app as build_edge
from server.app import HubParts
from server.app import build_app as build_hub
from sync_protocol.io.sync_driver import LineStatus
from tests.desks import Office
from tests.joinings import joining_of

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


def terminal_of(office: Office, **ways: Any) -> Terminal:
    """The app of an office's pages, or of the centre's; with these `ways` beside the password."""
    line = HandLine(office)
    is_centre = office.place_kind == "centre"
    desk = office.desk if is_centre else msgspec.structs.replace(office.desk, line=line.status)
    web = WebParts(
        entrance=Entrance(desk, office.accounts, office.sessions, **ways),
        store_folder=office.path.parent,
        release="test",
    )
    if is_centre:
        app = build_hub(HubParts(web=web, joining=joining_of(office)))
    else:
        app = build_edge(EdgeParts(web=web))
    return Terminal(office, line, app)
