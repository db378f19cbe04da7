"""The feed of changes for other systems: what this node came to hold, in the order it came.

One entry an op, also one that came by sync long after others were written: the cursor is a place in
this node's own log, which only grows. An entry says what changed of whom and never what was
written; of the restricted and the victim files it says nothing at all. Whoever wants to know more
reads the record, through the gate.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.sight import sight_of
from casework.desk.whole import readable_kinds
from casework.records.files import OPEN_FILE
from sync_protocol.clock import hlc_ms
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.history import HistoryEntry
from sync_protocol.io.reading import Reading
from sync_protocol.scope import Flag

ENTRIES_MAX: Final = 500
LOOKED_AT_MAX: Final = 5_000
"""Of ops that tell nothing, as many are passed over before an answer is given."""
MARK_BYTES: Final = 4
CURSOR_CHARACTERS_MAX: Final = 32
START: Final = "0"


class CursorUnknown(Refused):
    """This cursor is not one that this node gave, or its log was put back since."""

    code = "cursor_unknown"
    hint = "Begin again without `after`; what you have already is told again under the same ids."


class ChangeTold(msgspec.Struct, frozen=True):
    """What an entry tells of a change: no word of what was written."""

    kind: str
    record: str
    fields: tuple[str, ...]
    people: tuple[str, ...]
    place: str
    happened_ms: int
    reached_ms: int
    """When it came to this node, which may be long after it was written."""
    counts: bool
    """Whether it counts; what does not is kept until a missing piece or a person decides."""


class Entry(
    msgspec.Struct, frozen=True, rename={"content_type": "datacontenttype", "told": "data"}
):
    """One entry, as CloudEvents 1.0 has it; `source` and `id` together name it for ever."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    dataschema: str
    cursor: str
    """Give it back as `after` to go on behind this entry."""
    told: ChangeTold
    specversion: str = "1.0"
    content_type: str = "application/json"


class Feed(msgspec.Struct, frozen=True):
    """Some entries, and where to go on: behind the last op that was looked at."""

    entries: tuple[Entry, ...]
    cursor: str


def read_feed(desk: Desk, caller: Caller, *, after: str = START, limit: int = ENTRIES_MAX) -> Feed:
    """What came behind a cursor that the caller may be shown; CursorUnknown for a strange one."""
    gate.allow(desk, caller, "read")
    readable = {
        name for name in readable_kinds(desk, caller) if desk.registry.kinds[name].file == OPEN_FILE
    }
    with desk.store.reading() as reading:
        start = _place(reading, after)
        sight = sight_of(desk, caller, reading)
        entries: list[Entry] = []
        last = after
        for op_no, op_id in _behind(reading, start):
            last = cursor_at(op_no, op_id)
            found = reading.op(op_id)
            entry = _entry(desk, found, last) if found is not None else None
            if entry is None or entry.told.kind not in readable:
                continue
            if all(sight.is_listed(_person(one)) for one in entry.told.people):
                entries.append(entry)
            if len(entries) >= min(limit, ENTRIES_MAX):
                break
    people = dict.fromkeys(_person(one) for entry in entries for one in entry.told.people)
    if people:
        gate.witness(desk, caller, "read", people, detail="feed")
    return Feed(tuple(entries), last)


def cursor_at(op_no: int, op_id: bytes) -> str:
    """The cursor behind an op: its place in this log, and the beginning of its id."""
    return f"{op_no}.{op_id[:MARK_BYTES].hex()}"


def _place(reading: Reading, cursor: str) -> int:
    """The place that a cursor names, where this log still says the same there."""
    if cursor == START:
        return 0
    number, _, mark = cursor.partition(".")
    if not number.isdecimal() or len(cursor) > CURSOR_CHARACTERS_MAX:
        raise InvalidValue("after: send the cursor that an answer gave, or leave it out")
    place = int(number)
    held = reading.select("SELECT op_id FROM ops WHERE op_no = ?", (place,))
    ends = reading.select("SELECT coalesce(max(op_no), 0) FROM ops")[0][0]
    is_other = bool(held) and held[0][0][:MARK_BYTES].hex() != mark
    # What was let go of may be gone from the log, which has gone on since all the same.
    if is_other or (not held and place > ends):
        raise CursorUnknown(f"cursor {number}")
    return place


def _behind(reading: Reading, place: int) -> Iterator[tuple[int, OpId]]:
    rows = reading.select(
        "SELECT op_no, op_id FROM ops WHERE op_no > ? ORDER BY op_no LIMIT ?",
        (place, LOOKED_AT_MAX),
    )
    for op_no, op_id in rows:
        yield int(op_no), OpId(op_id)


def _entry(desk: Desk, found: HistoryEntry, cursor: str) -> Entry | None:
    """The entry of an op; None of one that cannot be read here."""
    op = found.op
    if op is None:
        return None
    header = op.header
    people = tuple(subject.hex() for subject in header.subjects)
    return Entry(
        id=found.op_id.hex(),
        source=f"urn:throughcare:node:{header.node.hex()}",
        type=f"org.throughcare.{header.kind}.changed",
        subject=people[0],
        time=_written(hlc_ms(op.hlc)),
        dataschema=f"/api/v1/kinds/{header.kind}",
        cursor=cursor,
        told=ChangeTold(
            kind=header.kind,
            record=header.record.hex(),
            fields=tuple(sorted(op.values)),
            people=people,
            place=node_name(desk, header.node),
            happened_ms=op.happened_at,
            reached_ms=found.reached_ms,
            counts=not found.verdict.flags & Flag.PARKED,
        ),
    )


def _written(moment_ms: int) -> str:
    when = datetime.fromtimestamp(moment_ms / 1000, tz=UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _person(hexed: str) -> SubjectId:
    return SubjectId(bytes.fromhex(hexed))
