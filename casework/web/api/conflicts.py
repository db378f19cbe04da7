"""Conflicts: list them, read one, settle one."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import Body, FromPath, FromQuery

from casework.desk import conflicts
from casework.desk.writing import Saved
from casework.web.api.answers import (
    Answer,
    GivenCaller,
    GivenDesk,
    Key,
    saved_once,
    seen_given,
    tagged,
)
from casework.web.api.bodies import SettleBody
from casework.web.api.ids import subject_of
from casework.web.api.records import IfMatch


class Conflicts(msgspec.Struct, frozen=True):
    """Open conflicts, gravest first."""

    conflicts: tuple[conflicts.ConflictView, ...]


@get("/conflicts", sync_to_thread=True)
def list_conflicts(
    desk: GivenDesk, caller: GivenCaller, person: FromQuery[str | None] = None
) -> Conflicts:
    """Open conflicts known here, of one person or of all."""
    about = subject_of(person) if person is not None else None
    return Conflicts(conflicts.list_conflicts(desk, caller, person=about))


@get("/conflicts/{conflict:str}", sync_to_thread=True)
def read_conflict(
    conflict: FromPath[str], desk: GivenDesk, caller: GivenCaller
) -> Answer[conflicts.ConflictView]:
    """One conflict; its `seen` token is also the ETag."""
    view = conflicts.read_conflict(desk, caller, conflicts.ConflictId(conflict))
    return tagged(view, view.seen)


@post("/conflicts/{conflict:str}/settle", sync_to_thread=True)
def settle(
    *,
    conflict: FromPath[str],
    data: Annotated[SettleBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    if_match: IfMatch = None,
    key: Key = None,
) -> Answer[Saved]:
    """Writes a person's choice over all the sides that were seen, with the reason."""
    seen = seen_given(data.seen, if_match)
    choice = conflicts.Settlement(data.value, data.reason, seen)
    saved = saved_once(
        desk,
        caller,
        key,
        ("settle", conflict, choice),
        lambda: conflicts.settle(desk, caller, conflicts.ConflictId(conflict), choice),
    )
    return tagged(saved, saved.seen, 201)
