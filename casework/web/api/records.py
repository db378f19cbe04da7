"""Records of any kind, and the doors of notes and alerts."""

from typing import Annotated

import msgspec
from litestar import get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, FromPath, FromQuery, HeaderParameter

from casework.access.caller import Caller
from casework.desk import alerts, notes, records
from casework.desk.desk import Desk
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
from casework.web.api.bodies import (
    AlertBody,
    AmendBody,
    ChangeBody,
    CloseBody,
    NoteBody,
    RecordBody,
    RetractBody,
)
from casework.web.api.ids import op_of, record_of, subject_of
from sync_protocol.causality import SeenToken

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match")]

RECORDS = "/people/{person:str}/records/{kind:str}"
RECORD = "/people/{person:str}/records/{kind:str}/{record:str}"
NOTE = "/people/{person:str}/records/case_note/{record:str}"
ALERT = "/people/{person:str}/records/alert/{record:str}"


class _Given(msgspec.Struct, frozen=True):
    """Where a change goes, what its author had seen, and its key."""

    person: str
    kind: str
    record: str
    seen: SeenToken | None
    key: str | None


class Records(msgspec.Struct, frozen=True):
    """Every record of a kind."""

    records: tuple[records.RecordView, ...]


@get(RECORDS, sync_to_thread=True)
def read_all(
    person: FromPath[str],
    kind: FromPath[str],
    desk: GivenDesk,
    caller: GivenCaller,
    why: FromQuery[str] = "",
) -> Records:
    """A person's records of a kind, the latest to happen first."""
    found = records.read_all(desk, caller, subject_of(person), kind, why=why[:200])
    return Records(found)


@get(RECORD, sync_to_thread=True)
def read_one(
    person: FromPath[str],
    kind: FromPath[str],
    record: FromPath[str],
    desk: GivenDesk,
    caller: GivenCaller,
) -> Answer[records.RecordView]:
    """One record; its `seen` token is also the ETag."""
    view = records.read_one(desk, caller, subject_of(person), kind, record_of(record))
    return tagged(view, view.seen)


@post(RECORDS, sync_to_thread=True)
def add(
    *,
    person: FromPath[str],
    kind: FromPath[str],
    data: Annotated[RecordBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    key: Key = None,
) -> Answer[Saved]:
    """Writes a new record of a person."""
    addition = records.Addition(
        kind=kind,
        values=data.values,
        other=subject_of(data.other) if data.other is not None else None,
        happened_ms=data.happened_ms,
        why=data.why,
    )
    saved = saved_once(
        desk,
        caller,
        key,
        ("add", person, kind, data),
        lambda: records.add(desk, caller, subject_of(person), addition),
    )
    return tagged(saved, saved.seen, 201)


@patch(RECORD, sync_to_thread=True)
def change(
    *,
    person: FromPath[str],
    kind: FromPath[str],
    record: FromPath[str],
    data: Annotated[ChangeBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    if_match: IfMatch = None,
    key: Key = None,
) -> Answer[Saved]:
    """Writes over what was seen; 428 without a token, 409 with what changed since."""
    given = _Given(person, kind, record, seen_given(data.seen, if_match), key)
    return _changed(desk, caller, given, data)


@post("/people/{person:str}/records/case_note", sync_to_thread=True)
def add_note(
    *,
    person: FromPath[str],
    data: Annotated[NoteBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    key: Key = None,
) -> Answer[Saved]:
    """Writes a case note."""
    new = notes.NewNote(data.type, data.subtype, data.text, data.occurred_ms, data.is_sensitive)
    saved = saved_once(
        desk,
        caller,
        key,
        ("note", person, data),
        lambda: notes.add_note(desk, caller, subject_of(person), new),
    )
    return tagged(saved, saved.seen, 201)


@post(f"{NOTE}/amend", sync_to_thread=True)
def amend_note(
    *,
    person: FromPath[str],
    record: FromPath[str],
    data: Annotated[AmendBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    key: Key = None,
) -> Answer[Saved]:
    """Appends to one's own note."""
    saved = saved_once(
        desk,
        caller,
        key,
        ("amend", person, record, data),
        lambda: notes.amend_note(desk, caller, subject_of(person), record_of(record), data.text),
    )
    return tagged(saved, saved.seen, 201)


@post(f"{NOTE}/retract", sync_to_thread=True)
def retract_note(
    *,
    person: FromPath[str],
    record: FromPath[str],
    data: Annotated[RetractBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    if_match: IfMatch = None,
    key: Key = None,
) -> Answer[Saved]:
    """Withdraws one's own note."""
    seen = seen_given(data.seen, if_match)
    saved = saved_once(
        desk,
        caller,
        key,
        ("retract", person, record, seen),
        lambda: notes.retract_note(desk, caller, subject_of(person), record_of(record), seen),
    )
    return tagged(saved, saved.seen, 201)


@post("/people/{person:str}/records/alert", sync_to_thread=True)
def raise_alert(
    *,
    person: FromPath[str],
    data: Annotated[AlertBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    key: Key = None,
) -> Answer[Saved]:
    """Raises an alert; 409 names the record where one of this code is active."""
    new = alerts.NewAlert(
        code=data.code,
        description=data.description,
        active_from=data.active_from,
        active_to=data.active_to,
        authorised_by=data.authorised_by,
    )
    saved = saved_once(
        desk,
        caller,
        key,
        ("alert", person, data),
        lambda: alerts.raise_alert(desk, caller, subject_of(person), new),
    )
    return tagged(saved, saved.seen, 201)


@post(f"{ALERT}/close", sync_to_thread=True)
def close_alert(
    *,
    person: FromPath[str],
    record: FromPath[str],
    data: Annotated[CloseBody, Body()],
    desk: GivenDesk,
    caller: GivenCaller,
    if_match: IfMatch = None,
    key: Key = None,
) -> Answer[Saved]:
    """Closes an alert as it was read."""
    close = alerts.AlertClose(data.reason, seen_given(data.seen, if_match), data.active_to)
    saved = saved_once(
        desk,
        caller,
        key,
        ("close", person, record, close),
        lambda: alerts.close_alert(desk, caller, subject_of(person), record_of(record), close),
    )
    return tagged(saved, saved.seen, 201)


def named_doors(kind: str) -> tuple[HTTPRouteHandler, ...]:
    """What reads and changes a kind with doors of its own: their path hides that of any kind."""
    of_kind = f"/people/{{person:str}}/records/{kind}"
    of_record = f"{of_kind}/{{record:str}}"

    @get(of_kind, sync_to_thread=True)
    def read_all_named(
        person: FromPath[str], desk: GivenDesk, caller: GivenCaller, why: FromQuery[str] = ""
    ) -> Records:
        """A person's records of this kind, the latest to happen first."""
        return Records(records.read_all(desk, caller, subject_of(person), kind, why=why[:200]))

    @get(of_record, sync_to_thread=True)
    def read_one_named(
        person: FromPath[str], record: FromPath[str], desk: GivenDesk, caller: GivenCaller
    ) -> Answer[records.RecordView]:
        """One record; its `seen` token is also the ETag."""
        view = records.read_one(desk, caller, subject_of(person), kind, record_of(record))
        return tagged(view, view.seen)

    @patch(of_record, sync_to_thread=True)
    def change_named(
        *,
        person: FromPath[str],
        record: FromPath[str],
        data: Annotated[ChangeBody, Body()],
        desk: GivenDesk,
        caller: GivenCaller,
        if_match: IfMatch = None,
        key: Key = None,
    ) -> Answer[Saved]:
        """Writes over what was seen, where this kind is changed at all and has no other door."""
        given = _Given(person, kind, record, seen_given(data.seen, if_match), key)
        return _changed(desk, caller, given, data)

    return (read_all_named, read_one_named, change_named)


def _changed(desk: Desk, caller: Caller, given: _Given, data: ChangeBody) -> Answer[Saved]:
    wanted = records.Change(
        kind=given.kind,
        record=record_of(given.record),
        values=data.values,
        seen=given.seen,
        on_purpose=data.on_purpose,
        corrects=tuple(op_of(one) for one in data.corrects),
        happened_ms=data.happened_ms,
        why=data.why,
    )
    saved = saved_once(
        desk,
        caller,
        given.key,
        ("change", given.person, wanted),
        lambda: records.change(desk, caller, subject_of(given.person), wanted),
    )
    return tagged(saved, saved.seen)
