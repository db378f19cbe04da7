"""Case notes: add, amend one's own, retract one's own; another author's text is never replaced."""

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk
from casework.desk.records import Saved
from sync_protocol.causality import SeenToken
from sync_protocol.errors import Refused
from sync_protocol.ids import ActorId, RecordId, SubjectId


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


def read_notes(desk: Desk, caller: Caller, person: SubjectId) -> tuple[NoteView, ...]:
    """A person's notes, newest first by when they happened; retracted ones last their text."""
    raise NotImplementedError


def add_note(desk: Desk, caller: Caller, person: SubjectId, new: NewNote) -> Saved:
    """Write a note."""
    raise NotImplementedError


def amend_note(desk: Desk, caller: Caller, person: SubjectId, record: RecordId, text: str) -> Saved:
    """Append to one's own note; the first text stays."""
    raise NotImplementedError


def retract_note(
    desk: Desk, caller: Caller, person: SubjectId, record: RecordId, seen: SeenToken | None
) -> Saved:
    """Withdraw one's own note; what was written to it unseen keeps it standing."""
    raise NotImplementedError
