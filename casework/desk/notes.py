"""Case notes: add, amend one's own, retract one's own; another author's text is never replaced."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, source_of
from casework.desk.records import Addition, SeenMissing, new_draft, shown_one
from casework.desk.writing import Saved, write
from casework.reference import in_use
from casework.reference.reader import describe
from casework.rules.rows import gathered, is_closed
from sync_protocol.author import Draft
from sync_protocol.causality import SeenToken, read_seen_token
from sync_protocol.errors import Refused
from sync_protocol.ids import ActorId, RecordId, SubjectId
from sync_protocol.io.reading import Reading, Shown
from sync_protocol.policy import CLOSED

NOTE: Final = "case_note"


class NewNote(msgspec.Struct, frozen=True):
    """What is asked for a note; `occurred_ms` is when it happened, not when it is written."""

    type: str
    subtype: str
    text: str
    occurred_ms: int
    is_sensitive: bool = False


class NoteText(msgspec.Struct, frozen=True):
    """The first text or one amendment."""

    text: str
    author: str
    written_ms: int
    is_amendment: bool


class NoteView(msgspec.Struct, frozen=True):
    """A note with its amendments, in the order they were written."""

    record: RecordId
    type: str
    type_name: str
    subtype: str
    subtype_name: str
    occurred_ms: int
    texts: tuple[NoteText, ...]
    author: ActorId
    place_name: str
    written_ms: int
    is_sensitive: bool
    is_retracted: bool
    is_own: bool
    """Whether the caller wrote it, and so may amend or retract it."""
    is_at_centre: bool
    seen: SeenToken


class NotYourNote(Refused):
    """Only its author may amend or retract a note."""

    code = "not_your_note"
    hint = "Add a note of your own that says what you know."


class NoteWithdrawn(Refused):
    """This note was withdrawn, and what is added to it would be read by nobody."""

    code = "note_withdrawn"
    hint = "Add a new note."


def read_notes(
    desk: Desk, caller: Caller, person: SubjectId, only: Collection[RecordId] | None = None
) -> tuple[NoteView, ...]:
    """A person's notes, the latest to happen first; of a retracted one, the text stays back.

    All of them, or `only` those asked for.
    """
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        if only is None:
            rows = reading.records(NOTE, person)
        else:
            found = (reading.record(NOTE, (person,), one) for one in dict.fromkeys(only))
            rows = [row for row in found if row is not None]
        authors = _authors(reading, person, {row.key.record for row in rows})
    notes = [_view(desk, caller, row, authors.get(row.key.record, row.actor)) for row in rows]
    gate.witness(desk, caller, "read", (person,), detail=NOTE)
    return tuple(sorted(notes, key=lambda note: (-note.occurred_ms, note.record)))


def add_note(desk: Desk, caller: Caller, person: SubjectId, new: NewNote) -> Saved:
    """Write a note."""
    gate.allow(desk, caller, "write")
    in_use.check_case_note_subtype(new.type, new.subtype)
    values = {
        "type": new.type,
        "subtype": new.subtype,
        "occurred_at": new.occurred_ms,
        "text": _text(desk, caller, new.text),
        "sensitive": new.is_sensitive,
    }
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
    addition = Addition(NOTE, values, happened_ms=new.occurred_ms)
    return write(desk, caller, (new_draft(desk, caller, person, addition),))


def amend_note(desk: Desk, caller: Caller, person: SubjectId, record: RecordId, text: str) -> Saved:
    """Append to one's own note; the first text stays."""
    gate.allow(desk, caller, "write")
    shown = _own_note(desk, caller, person, record)
    if is_closed(shown):
        raise NoteWithdrawn(f"{NOTE} {record.hex()}")
    amended = {"text": _text(desk, caller, text, amends=True)}
    return write(desk, caller, (_draft(desk, shown, amended),))


def retract_note(
    desk: Desk, caller: Caller, person: SubjectId, record: RecordId, seen: SeenToken | None
) -> Saved:
    """Withdraw one's own note; what was written to it unseen keeps it standing."""
    gate.allow(desk, caller, "write")
    if seen is None:
        raise SeenMissing(f"{NOTE} {record.hex()}")
    shown = _own_note(desk, caller, person, record)
    draft = _draft(desk, shown, {"status": CLOSED})
    return write(desk, caller, (msgspec.structs.replace(draft, seen=read_seen_token(seen)),))


def _own_note(desk: Desk, caller: Caller, person: SubjectId, record: RecordId) -> Shown:
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        shown = shown_one(reading, desk.registry.known(NOTE), person, record)
        author = _author(reading, shown)
    if author != caller.staff:
        raise NotYourNote(f"{NOTE} {record.hex()}")
    return shown


def _author(reading: Reading, shown: Shown) -> ActorId:
    """Who wrote the first op of a note, by the log and not by what a text claims."""
    ops = [entry.op for entry in reading.record_history(shown.key) if entry.op is not None]
    first = min(ops, key=lambda op: (op.hlc, op.id), default=None)
    return first.header.actor if first is not None else shown.actor


def _authors(
    reading: Reading, person: SubjectId, notes: Collection[RecordId]
) -> dict[RecordId, ActorId]:
    """Who wrote the first op of each of these notes of a person, in one pass over the log."""
    headers = reading.logged.headers(NOTE, person)
    written = [(one.hlc, op_id, one) for op_id, one in headers if one.record in notes]
    latest_first = sorted(written, key=lambda one: one[:2], reverse=True)
    return {header.record: header.actor for _, _, header in latest_first}


def _draft(desk: Desk, shown: Shown, values: dict[str, Any]) -> Draft:
    return Draft(
        kind=NOTE,
        subjects=shown.key.subjects,
        record=shown.key.record,
        values=values,
        happened_at=desk.now_ms(),
    )


def _text(desk: Desk, caller: Caller, text: str, *, amends: bool = False) -> dict[str, Any]:
    return {
        "text": text,
        "author": caller.display_name,
        "written_on": desk.now_ms(),
        "amends": amends,
    }


def _view(desk: Desk, caller: Caller, shown: Shown, author: ActorId) -> NoteView:
    values = shown.values
    note_type, subtype = str(values.get("type", "")), str(values.get("subtype", ""))
    is_retracted = is_closed(shown)
    source = source_of(desk, shown.node, author, shown.first_written)
    return NoteView(
        record=shown.key.record,
        type=note_type,
        type_name=describe("case_note_types", note_type),
        subtype=subtype,
        subtype_name=_subtype_name(note_type, subtype),
        occurred_ms=_occurred_ms(shown),
        texts=() if is_retracted else _texts(shown),
        author=author,
        place_name=source.place_name,
        written_ms=source.written_ms,
        is_sensitive=values.get("sensitive") is True,
        is_retracted=is_retracted,
        is_own=author == caller.staff,
        is_at_centre=shown.at_centre,
        seen=shown.seen,
    )


def _occurred_ms(shown: Shown) -> int:
    """When it happened; by its op, where a newer release says it in a way unread here."""
    told = shown.values.get("occurred_at")
    return told if isinstance(told, int) else shown.happened_at


def _texts(shown: Shown) -> tuple[NoteText, ...]:
    """The first text, then the amendments in the order written."""
    texts = [
        NoteText(
            text=str(one.get("text", "")),
            author=str(one.get("author", "")),
            written_ms=int(one.get("written_on", 0)),
            is_amendment=one.get("amends") is True,
        )
        for one in (_as_text(told) for told in gathered(shown, "text"))
    ]
    return tuple(sorted(texts, key=lambda one: (one.is_amendment, one.written_ms)))


def _as_text(told: Any) -> Mapping[str, Any]:
    """What a newer release wrote in another form is shown as it came."""
    return told if isinstance(told, Mapping) else {"text": told}


def _subtype_name(note_type: str, subtype: str) -> str:
    key = f"{note_type}/{subtype}"
    name = describe("case_note_subtypes", key)
    return subtype if name == key else name
