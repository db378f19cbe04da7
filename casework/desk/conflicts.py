"""Conflicts: list them by severity with their owner and sides; settle one with a reason."""

from typing import Any, NewType

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Source
from casework.desk.records import Saved
from sync_protocol.causality import SeenToken
from sync_protocol.ids import OpId, RecordId, SubjectId
from sync_protocol.policy import Severity

ConflictId = NewType("ConflictId", str)
"""Opaque base64url of the record's key and the field."""


class SideView(msgspec.Struct, frozen=True):
    """One standing side: its value as stored and in words, and who wrote it."""

    op_id: OpId
    value: Any
    value_text: str
    source: Source
    happened_ms: int
    is_clock_suspect: bool
    is_shown: bool
    """Whether this side's value is the one shown until somebody settles."""


class ConflictView(msgspec.Struct, frozen=True):
    """An open conflict; `seen` goes back with the settlement."""

    id: ConflictId
    kind: str
    kind_name: str
    record: RecordId
    subjects: tuple[SubjectId, ...]
    person_name: str
    field: str
    field_name: str
    why: str
    why_text: str
    severity: Severity
    owner: str
    """Who is to settle it, in words: the place responsible for the person."""
    opened_ms: int
    sides: tuple[SideView, ...]
    seen: SeenToken


class Settlement(msgspec.Struct, frozen=True):
    """A person's choice: the value chosen from a side or entered, and why."""

    value: Any
    reason: str
    seen: SeenToken | None


def list_conflicts(
    desk: Desk, caller: Caller, *, person: SubjectId | None = None
) -> tuple[ConflictView, ...]:
    """Open conflicts known here, gravest first, then oldest."""
    raise NotImplementedError


def read_conflict(desk: Desk, caller: Caller, conflict: ConflictId) -> ConflictView:
    """One conflict, or NotFound where it is none or was settled."""
    raise NotImplementedError


def settle(desk: Desk, caller: Caller, conflict: ConflictId, choice: Settlement) -> Saved:
    """Write the chosen value over all sides seen; StaleRecord where another side came since."""
    raise NotImplementedError
