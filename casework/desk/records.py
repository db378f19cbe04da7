"""Records of any kind: read one or all, add, and change what was seen."""

from collections.abc import Mapping
from typing import Any

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Source
from sync_protocol.causality import SeenToken
from sync_protocol.errors import Refused, Stale
from sync_protocol.ids import OpId, RecordId, SubjectId


class RecordView(msgspec.Struct, frozen=True):
    """One record as shown, and the token that a change of it must bring back."""

    kind: str
    subjects: tuple[SubjectId, ...]
    record: RecordId
    values: Mapping[str, Any]
    asks: Mapping[str, str]
    """Fields on which a person must decide, and why."""
    unread: Mapping[str, Any]
    """What a newer release wrote and this one cannot read."""
    happened_ms: int
    first_written_ms: int
    last: Source
    seen: SeenToken
    is_at_centre: bool


class Saved(msgspec.Struct, frozen=True):
    """The receipt of something durably saved, and the token to go on with."""

    number: str
    kind: str
    record: RecordId
    written_ms: int
    op_ids: tuple[OpId, ...]
    seen: SeenToken


class Change(msgspec.Struct, frozen=True):
    """New values for some fields of a record that was read with `seen`."""

    kind: str
    record: RecordId
    values: Mapping[str, Any]
    seen: SeenToken | None
    on_purpose: bool = False
    """Save although something unseen stands: both stand, and a conflict opens."""
    happened_ms: int | None = None
    why: str = ""


class FieldChange(msgspec.Struct, frozen=True):
    """One field that somebody else changed since the record was read."""

    field: str
    value: Any
    source: Source


class SeenMissing(Refused):
    """The change does not say what its author had seen."""

    code = "seen_missing"
    hint = "Read the record and send the `seen` token that came with it (or an If-Match header)."


class StaleRecord(Stale):
    """Somebody changed this since it was read."""

    code = "stale"

    def __init__(self, changes: tuple[FieldChange, ...], seen: SeenToken) -> None:
        """Keep what changed and the token that includes it."""
        super().__init__(", ".join(sorted({change.field for change in changes})))
        self.changes = changes
        self.seen = seen


def read_all(
    desk: Desk, caller: Caller, person: SubjectId, kind: str, *, why: str = ""
) -> tuple[RecordView, ...]:
    """Every record of a kind that a person has, newest first."""
    raise NotImplementedError


def read_one(
    desk: Desk, caller: Caller, person: SubjectId, kind: str, record: RecordId
) -> RecordView:
    """One record of a person, or NotFound."""
    raise NotImplementedError


class Addition(msgspec.Struct, frozen=True):
    """A new record; `other` is the second person of a pair."""

    kind: str
    values: Mapping[str, Any]
    other: SubjectId | None = None
    happened_ms: int | None = None
    why: str = ""


def add(desk: Desk, caller: Caller, person: SubjectId, addition: Addition) -> Saved:
    """Write a new record of a person."""
    raise NotImplementedError


def change(desk: Desk, caller: Caller, person: SubjectId, wanted: Change) -> Saved:
    """Write new values over those seen.

    SeenMissing without a token; StaleRecord where something else stands, unless on purpose.
    """
    raise NotImplementedError
