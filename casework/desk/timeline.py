"""The timeline: every op of a person as a readable entry, with three times and its source."""

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Source
from sync_protocol.ids import OpId, RecordId, SubjectId

TIMELINE_MAX = 50


class Entry(msgspec.Struct, frozen=True):
    """One op in words: what it says, when it happened, was written, and reached this node."""

    op_id: OpId
    kind: str
    kind_name: str
    record: RecordId
    sentence: str
    """One sentence made from the codes of the op, e.g. "Alert raised: Risk to staff"."""
    text: str | None
    """What the author wrote freely, where the op carries text."""
    fields: tuple[str, ...]
    happened_ms: int
    source: Source
    reached_ms: int
    is_own_node: bool
    is_at_centre: bool
    marks: tuple[str, ...]
    """Of the verdict: "suspect", "late", "parked"; and "redacted", "unread"."""


class Timeline(msgspec.Struct, frozen=True):
    """A page of entries, newest first; `before` asks for the next page, None at the end."""

    entries: tuple[Entry, ...]
    before: int | None


def timeline(
    desk: Desk,
    caller: Caller,
    person: SubjectId,
    *,
    before: int | None = None,
    limit: int = TIMELINE_MAX,
) -> Timeline:
    """What happened to a person, as far as this node knows."""
    raise NotImplementedError
