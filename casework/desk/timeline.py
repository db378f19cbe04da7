"""The timeline: every op of a person as a readable entry, with three times and its source."""

from collections.abc import Mapping
from typing import Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Source, node_name, source_of
from casework.desk.sentences import Said, say
from casework.desk.whole import Kept, readable_kinds
from casework.desk.words import kind_name
from sync_protocol.ids import NO_ACTOR, NodeId, OpId, RecordId, SubjectId
from sync_protocol.io.history import HistoryEntry, Moment
from sync_protocol.io.reading import Reading
from sync_protocol.policy import CLOSED
from sync_protocol.scope import Flag
from sync_protocol.snapshot import Part

TIMELINE_MAX: Final = 50
ARRIVAL_MS: Final = 60_000
"""What reaches a node so soon after the first of a person came with them."""

MARKS: Final = (
    (Flag.PARKED, "parked"),
    (Flag.SUSPECT, "suspect"),
    (Flag.LATE, "late"),
    (Flag.REDACTED, "redacted"),
)


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
    why_parked: str = ""
    """The code of why it does not count."""
    came_along: bool = False
    """Whether it came when the person did: then it tells nothing of how long it was under way."""


class Timeline(msgspec.Struct, frozen=True):
    """A page of entries, newest first; `before` asks for the next page, None at the end.

    Of somebody who arrived from elsewhere the end may not be all: older entries are then asked of
    the centre, and are `on_their_way`.
    """

    entries: tuple[Entry, ...]
    before: int | None
    on_their_way: bool = False


def timeline(
    desk: Desk,
    caller: Caller,
    person: SubjectId,
    *,
    before: int | None = None,
    limit: int = TIMELINE_MAX,
) -> Timeline:
    """What happened to a person, as far as this node knows, the latest to happen first."""
    gate.allow(desk, caller, "read")
    room = max(1, min(limit, TIMELINE_MAX))
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        ordered = sorted(reading.logged.moments(person), key=_latest_first)
        start = _place_after(ordered, before)
        page = reading.logged.entries([one.op_no for one in ordered[start : start + room]])
        _keep_shown(reading, page)
        cut = reading.scope.came_through(person)
        # The centre is where everything comes to: there nobody arrives.
        is_spoke = desk.place.kind != "centre"
        first_ms = min((one.reached_ms for one in ordered), default=0) if is_spoke else None
        entries = tuple(
            msgspec.structs.replace(
                _entry(desk, reading, one), came_along=_came_along(one, cut, first_ms)
            )
            for one in page
        )
        is_all_here = reading.arriving(person) in (None, Part.DONE)
    gate.witness(desk, caller, "read", (person,), detail="timeline")
    if start + room < len(ordered):
        return Timeline(entries, page[-1].op_no)
    # Whoever reads to the end asks for more: nobody else needs what was replaced long ago.
    return Timeline(entries, None, not is_all_here and desk.store.ask_history(person))


def unconfirmed(desk: Desk, caller: Caller, person: SubjectId) -> tuple[Entry, ...]:
    """What was written about a person's safety, is held here, and does not count: a warning raised.

    It may be true all the same. What would end a warning is left out: until it counts it ends none.
    """
    gate.allow(desk, caller, "read")
    readable = readable_kinds(desk, caller)
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        found = [one for one in reading.unconfirmed(person) if one.op is not None]
        raised = [one for one in found if _raises(one, readable)]
        entries = tuple(_entry(desk, reading, one) for one in raised)
    if entries:
        gate.witness(desk, caller, "read", (person,), detail="unconfirmed")
    return entries


def _raises(entry: HistoryEntry, readable: Mapping[str, frozenset[str]]) -> bool:
    assert entry.op is not None, "what cannot be read was left out"
    fields = readable.get(entry.op.header.kind, frozenset())
    is_shown = all(name in fields for name in entry.op.values)
    return is_shown and CLOSED not in entry.op.values.values()


def _came_along(entry: HistoryEntry, cut: int, first_ms: int | None) -> bool:
    """Whether an entry came as part of an arrival, whose end alone is still known after it."""
    is_covered = entry.hub_seq is not None and entry.hub_seq <= cut
    return is_covered or (first_ms is not None and entry.reached_ms - first_ms <= ARRIVAL_MS)


def _keep_shown(reading: Reading, page: list[HistoryEntry]) -> None:
    """At a reading that keeps what it read: the records of a page, each kind's at once."""
    if not isinstance(reading, Kept):
        return
    found: dict[tuple[str, SubjectId], list[RecordId]] = {}
    for header in (entry.op.header for entry in page if entry.op is not None):
        found.setdefault((header.kind, header.subjects[0]), []).append(header.record)
    for (kind, subject), records in found.items():
        reading.keep(kind, subject, records)


def _latest_first(moment: Moment) -> tuple[int, int]:
    return (-moment.happened_ms, -moment.op_no)


def _place_after(ordered: list[Moment], before: int | None) -> int:
    places = [at for at, moment in enumerate(ordered) if moment.op_no == before]
    return places[0] + 1 if places else 0


def _entry(desk: Desk, reading: Reading, entry: HistoryEntry) -> Entry:
    if entry.op is None:
        return _unreadable(desk, entry)
    header = entry.op.header
    is_known = header.kind in desk.registry.kinds
    shown = reading.record(header.kind, header.subjects, header.record) if is_known else None
    said = say(entry.op, shown.values if shown is not None else {})
    return Entry(
        op_id=entry.op_id,
        kind=header.kind,
        kind_name=kind_name(header.kind),
        record=header.record,
        sentence=said.sentence,
        text=said.text,
        fields=tuple(sorted(entry.op.values)),
        happened_ms=entry.op.happened_at,
        source=source_of(desk, header.node, header.actor, entry.op.hlc),
        reached_ms=entry.reached_ms,
        is_own_node=header.node == desk.node.id,
        is_at_centre=entry.hub_seq is not None,
        marks=(*_marks(entry), *(() if is_known else ("unread",))),
        why_parked=entry.verdict.reason,
    )


def _marks(entry: HistoryEntry) -> tuple[str, ...]:
    return tuple(word for flag, word in MARKS if entry.verdict.flags & flag)


def _unreadable(desk: Desk, entry: HistoryEntry) -> Entry:
    """What does not parse is shown as that: it is kept, counted and passed on."""
    said = Said("An entry that cannot be read; it is kept as it came")
    nowhere = NodeId(bytes(16))
    source = Source(nowhere, node_name(desk, nowhere), NO_ACTOR, None, entry.reached_ms)
    return Entry(
        op_id=entry.op_id,
        kind="unreadable",
        kind_name="Unreadable",
        record=RecordId(bytes(16)),
        sentence=said.sentence,
        text=None,
        fields=(),
        happened_ms=entry.reached_ms,
        source=source,
        reached_ms=entry.reached_ms,
        is_own_node=False,
        is_at_centre=entry.hub_seq is not None,
        marks=(*_marks(entry), "unread"),
    )
