"""Who holds whom: a person's offices at the centre; at every node who leaves and who has left."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from casework.desk import holding
from casework.desk.departures import Departures, departures
from casework.web.api.answers import GivenCaller, GivenDesk
from casework.web.api.ids import subject_of

RECEIPTS_MAX = 200

Limit = Annotated[int, QueryParameter(ge=1, le=RECEIPTS_MAX)]
After = Annotated[int, QueryParameter(ge=0, le=10**9)]


class Holders(msgspec.Struct, frozen=True):
    """The offices that may hold a person, those that have not let go, and receipts of others."""

    holders: tuple[holding.HolderView, ...]
    not_let_go: tuple[holding.NotLetGoView, ...]
    receipts: tuple[holding.ReceiptView, ...]


@get("/people/{person:str}/holders", sync_to_thread=True)
def read_holders(person: FromPath[str], desk: GivenDesk, caller: GivenCaller) -> Holders:
    """Who holds a person, as the centre knows; at an office 404 with `only_at_centre`."""
    found = holding.holders_of(desk, caller, subject_of(person))
    return Holders(found.holders, found.not_let_go, found.receipts)


@get("/departures", sync_to_thread=True)
def read_departures(
    desk: GivenDesk, caller: GivenCaller, after: After = 0, limit: Limit = RECEIPTS_MAX
) -> Departures:
    """Who leaves and has not been let go of, the longest first, and receipts, the newest first.

    At an office its own, and of whoever left the receipt alone; at the centre every office's.
    `after` of an answer asks for older receipts.
    """
    return departures(desk, caller, after=after, limit=limit)
