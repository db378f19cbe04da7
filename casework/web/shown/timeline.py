"""The timeline: prison and probation in one line of time, with where each fact came from and its
lag.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from casework.desk.notes import NoteView
from casework.desk.timeline import Entry as DeskEntry
from casework.web.shown.estate import PARKED_BECAUSE
from casework.web.shown.people import within_sentence
from casework.web.views import Banner, Entry, Link, Mark, TimelineDay
from casework.web.words import MINUTE_MS, age, day, in_london, moment, short_moment
from sync_protocol.ids import RecordId

LAG_SHOWN_MS: Final = 5 * MINUTE_MS
NOT_AT_CENTRE: Final = Mark("Not yet at the centre", "warn", is_unsent=True)
MARKS: Final[Mapping[str, Mark]] = {
    "suspect": Mark("Clock doubtful", "warn", "the clock of the computer it was written on"),
    "late": Mark("Arrived late", "calm", "written before somebody moved, received after"),
    "parked": Mark("Parked: does not count", "grave"),
    "redacted": Mark("Content removed by law", "plain"),
    "unread": Mark("Written by a newer release", "plain", "part of it cannot be shown here"),
}


def days_of(
    entries: tuple[DeskEntry, ...],
    notes: Mapping[RecordId, NoteView],
    person: str,
    now_ms: int,
) -> tuple[TimelineDay, ...]:
    """Entries grouped by the day they happened, newest first."""
    ordered = sorted(entries, key=_latest_first)
    return tuple(
        TimelineDay(
            _day_name(first, now_ms), tuple(_entry(one, notes, person, now_ms) for one in all_)
        )
        for first, all_ in (
            (found[0].happened_ms, found)
            for found in (
                list(group) for _, group in groupby(ordered, key=lambda one: day(one.happened_ms))
            )
        )
    )


def unconfirmed_banner(entries: tuple[DeskEntry, ...], now_ms: int) -> Banner | None:
    """Warnings that were raised and do not count: who wrote each, where, and why that is so."""
    if not entries:
        return None
    lines = tuple(_unconfirmed_line(one, now_ms) for one in entries)
    advice = "It may be true. Act with care, and ask where it was written."
    return Banner("Unconfirmed: kept, and not part of the record", (*lines, advice), "grave")


def _unconfirmed_line(entry: DeskEntry, now_ms: int) -> str:
    who = entry.source.staff_name or "staff there"
    written = short_moment(entry.source.written_ms, now_ms)
    why = PARKED_BECAUSE.get(entry.why_parked, entry.why_parked.replace("_", " "))
    text = f" “{entry.text}”" if entry.text else ""
    where = f"Written {written} at {entry.source.place_name} by {who}."
    return f"{entry.sentence}.{text} {where} {why}."


def _latest_first(entry: DeskEntry) -> tuple[int, int]:
    """Staff give times to the minute: of one minute, what was written last comes first."""
    return (-(entry.happened_ms // MINUTE_MS), -entry.source.written_ms)


def lag_words(entry: DeskEntry, now_ms: int) -> str:
    """When it was written there and reached here, where the two are worth telling apart."""
    written = entry.source.written_ms
    if entry.is_own_node:
        late = written - entry.happened_ms
        return f"Recorded {short_moment(written, now_ms)}." if late >= LAG_SHOWN_MS else ""
    place = within_sentence(entry.source.place_name)
    recorded = f"Recorded {short_moment(written, now_ms)} at {place}"
    if entry.came_along:
        return f"{recorded}."
    return f"{recorded}, reached here {short_moment(entry.reached_ms, now_ms)}{_delay(entry)}."


def _delay(entry: DeskEntry) -> str:
    late = entry.reached_ms - entry.source.written_ms
    return f" ({age(late)} later)" if late >= LAG_SHOWN_MS else ""


def _day_name(at_ms: int, now_ms: int) -> str:
    name = f"{in_london(at_ms):%A} {day(at_ms)}"
    return f"Today, {name}" if day(at_ms) == day(now_ms) else name


def _entry(entry: DeskEntry, notes: Mapping[RecordId, NoteView], person: str, now_ms: int) -> Entry:
    note = notes.get(entry.record) if entry.kind == "case_note" else None
    is_withdrawn = note is not None and note.is_retracted
    return Entry(
        anchor=f"op-{entry.op_id.hex()}",
        title=entry.sentence,
        when=moment(entry.happened_ms, now_ms),
        machine_when=in_london(entry.happened_ms).isoformat(timespec="minutes"),
        text=(entry.text,) if entry.text else (),
        author=entry.source.staff_name or "",
        source=entry.source.place_name,
        lag=lag_words(entry, now_ms),
        marks=_marks(entry, is_withdrawn=is_withdrawn),
        links=_links(entry, note, person),
        is_withdrawn=is_withdrawn,
    )


def _marks(entry: DeskEntry, *, is_withdrawn: bool) -> tuple[Mark, ...]:
    own = () if entry.is_at_centre else (NOT_AT_CENTRE,)
    withdrawn = (Mark("Withdrawn by its author", "plain"),) if is_withdrawn else ()
    told = tuple(MARKS.get(mark, Mark(mark)) for mark in entry.marks)
    return (*own, *withdrawn, *told)


def _links(entry: DeskEntry, note: NoteView | None, person: str) -> tuple[Link, ...]:
    if note is None or not note.is_own or note.is_retracted or "text" not in entry.fields:
        return ()
    about = f"of {note.subtype_name}"
    at = f"/people/{person}/notes/{note.record.hex()}"
    return (
        Link("Add to this note", f"{at}/amend", about),
        Link("Withdraw this note", f"{at}/retract", about),
    )
