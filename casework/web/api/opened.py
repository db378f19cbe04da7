"""Opening a record with a reason, ending that, and reviewing it, for programs."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import Body, FromPath

from casework.desk import opened
from casework.desk.writing import Saved
from casework.web.api.answers import Answer, GivenCaller, GivenDesk, Key, saved_once, tagged
from casework.web.api.bodies import OpenBody, ReviewBody
from casework.web.api.ids import record_of, subject_of


class Ended(msgspec.Struct, frozen=True):
    """The record is not open with a reason any more."""

    is_open: bool


@post("/people/{person:str}/break-glass", sync_to_thread=True)
def break_glass(
    person: FromPath[str],
    data: Annotated[OpenBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    key: Key = None,
) -> Answer[Saved]:
    """Opens the record of somebody outside the caseload for 60 minutes; somebody else reviews it.

    Sent again with the same key it gives the first receipt, and opens nothing anew.
    """
    saved = saved_once(
        desk,
        caller,
        key,
        ("break-glass", person, data),
        lambda: opened.break_glass(
            desk, caller, subject_of(person), ground=data.ground, reason=data.reason
        ),
    )
    return tagged(saved, saved.seen, 201)


@post("/people/{person:str}/break-glass/end", sync_to_thread=True, status_code=200)
def end_opening(person: FromPath[str], desk: GivenDesk, caller: GivenCaller) -> Ended:
    """Closes a record before its hour is over."""
    opened.end_opening(desk, caller, subject_of(person))
    return Ended(is_open=False)


@get("/openings", sync_to_thread=True)
def read_openings(desk: GivenDesk, caller: GivenCaller) -> opened.OpeningList:
    """Every opening known here: who, when and why, never of whom; and how many of each officer."""
    return opened.openings(desk, caller)


@post("/openings/{record:str}/review", sync_to_thread=True)
def review(
    record: FromPath[str],
    data: Annotated[ReviewBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    key: Key = None,
) -> Answer[Saved]:
    """Says whether there was a good reason; not by whoever opened it, nor by their own unit."""
    saved = saved_once(
        desk,
        caller,
        key,
        ("review", record, data),
        lambda: opened.review(
            desk, caller, record_of(record), is_justified=data.is_justified, text=data.text
        ),
    )
    return tagged(saved, saved.seen, 201)
