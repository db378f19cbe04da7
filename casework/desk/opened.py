"""Breaking glass: one person's record opened with a reason, for an hour, and reviewed by another.

It works without the line: the record of it is written here and sent ahead of other work. It opens
somebody outside the caseload, never somebody whom a restriction refuses, and never what concerns a
victim. Whoever reviews is somebody else, of another unit, and is shown the reference, who, when and
why: nothing of the person.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final, get_args

import msgspec

from casework.access.caller import Caller
from casework.access.openings import OPEN_AT_ONCE_MAX, OPEN_MS
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.people import place_of
from casework.desk.sight import Sight, reach_of, sight_of
from casework.desk.writing import Saved, write
from casework.records.break_glass import MINUTES_MAX, Ground
from casework.reference.in_use import place_name
from casework.rules.oversight import by_others, opened_by, review_due_on
from casework.rules.rows import MINUTE_MS, day_of
from sync_protocol.author import Draft
from sync_protocol.errors import InvalidValue, NotFound, Refused
from sync_protocol.ids import RecordId, SubjectId, uuid7
from sync_protocol.io.reading import Reading, Shown

KIND: Final = "break_glass"
GROUNDS: Final[tuple[Ground, ...]] = get_args(Ground)
REASON_CHARACTERS_MAX: Final = 2_000
WITNESSED_MAX: Final = 500
REFERENCE_DIGITS: Final = 8


class NoReason(Refused):
    """A record is opened from outside the caseload with a reason, and reviewed with one."""

    code = "no_reason"
    hint = "Choose the ground, and write why: somebody else reads it within three working days."


class OpenAlready(Refused):
    """This record is of your caseload: it is open to you without a reason."""

    code = "open_already"
    hint = "Go to the person's page."


class TooManyOpen(Refused):
    """You have opened as many records with a reason as may be open at once."""

    code = "too_many_open"
    hint = "End those you are done with: each ends by itself after an hour."


class NotYoursToReview(Refused):
    """Whoever opened a record does not review it, nor does anybody of their own unit."""

    code = "not_yours_to_review"
    hint = "Leave it to an auditor, or to a senior of another unit or the centre."


class OpeningLine(msgspec.Struct, frozen=True, kw_only=True):
    """One opening, as whoever reviews it is shown it: who, when, where and why, never of whom."""

    record: RecordId
    reference: str
    staff_id: str
    staff_name: str
    unit: str
    opened_ms: int
    ground: str
    reason: str
    due_on: str
    is_reviewed: bool
    is_overdue: bool
    may_review: bool


class OfficerCount(msgspec.Struct, frozen=True):
    """How many records one officer has opened with a reason, and how many wait for a review."""

    staff_id: str
    staff_name: str
    unit: str
    count: int
    waiting: int
    unjustified: int


class OpeningList(msgspec.Struct, frozen=True):
    """Every opening known here, those that wait first and the longest of them, and by officer."""

    day: str
    lines: tuple[OpeningLine, ...]
    by_officer: tuple[OfficerCount, ...]


def where_is(desk: Desk, caller: Caller, person: SubjectId) -> str:
    """The place of somebody outside the caseload, before their record is opened; all there is."""
    gate.allow(desk, caller, "break_glass")
    with desk.store.reading() as reading:
        _check_outside(desk, caller, reading, person)
        found = place_of(desk, reading, person)
    gate.witness(desk, caller, "search", (person,), detail="where")
    return found


def break_glass(
    desk: Desk, caller: Caller, person: SubjectId, *, ground: str, reason: str
) -> Saved:
    """Open a person's record for an hour; the reason is kept, sent ahead, and in the audit.

    NoReason without one; Restricted, OpenAlready or TooManyOpen where it may not be or need not.
    """
    gate.allow(desk, caller, "break_glass")
    words = _reason(reason)
    if not ground:
        raise NoReason
    if ground not in GROUNDS:
        raise InvalidValue(f"the ground is one of {', '.join(GROUNDS)}")
    now_ms = desk.now_ms()
    if len(desk.openings.of(caller.staff, now_ms)) >= OPEN_AT_ONCE_MAX:
        raise TooManyOpen
    with desk.store.reading() as reading:
        _check_outside(desk, caller, reading, person)
    named = {"staff_id": caller.staff.hex(), "staff_name": caller.display_name}
    draft = Draft(
        kind=KIND,
        subjects=(person,),
        record=RecordId(uuid7(now_ms, desk.chance(10))),
        values={
            "staff": {**named, "team": desk.place.code},
            "occurred_at": now_ms,
            "reason": words,
            "ground": ground,
            "minutes": OPEN_MS // MINUTE_MS,
        },
        happened_at=now_ms,
        seen=frozenset(),
    )
    saved = write(desk, caller, (draft,), check=_check_unrestricted)
    why, detail = words[:WITNESSED_MAX], f"{ground} {saved.record.hex()}"
    gate.witness(desk, caller, KIND, (person,), why=why, detail=detail)
    # Last of all: nothing is open that is not recorded.
    desk.openings.begin(caller.staff, person, saved.record, now_ms)
    return saved


def minutes_left(desk: Desk, caller: Caller, person: SubjectId) -> int | None:
    """For how many minutes a record stays open to the caller; None where it was not opened."""
    opening = desk.openings.find(caller.staff, person, desk.now_ms())
    if opening is None:
        return None
    return -(-desk.openings.left_ms(opening, desk.now_ms()) // MINUTE_MS)


def end_opening(desk: Desk, caller: Caller, person: SubjectId) -> None:
    """Close what one has opened; closing what is not open changes nothing."""
    gate.allow(desk, caller, "break_glass")
    if desk.openings.end(caller.staff, person) is not None:
        gate.witness(desk, caller, "break_glass_ended", (person,))


def openings(desk: Desk, caller: Caller) -> OpeningList:
    """The openings known here, for whoever reviews them, and how many each officer has made."""
    gate.allow(desk, caller, "review_openings")
    day = day_of(desk.now_ms())
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        rows = [row for row in reading.records_of_all(KIND) if _is_told(caller, sight, row)]
    people = dict.fromkeys(row.key.subjects[0] for row in rows)
    gate.witness(desk, caller, "review", people, detail=f"openings, {len(rows)} shown")
    lines = [_line(desk, caller, row, day) for row in rows]
    ordered = sorted(lines, key=lambda one: (one.is_reviewed, one.due_on, -one.opened_ms))
    return OpeningList(day, tuple(ordered), _by_officer(rows, lines))


def read_opening(desk: Desk, caller: Caller, record: RecordId) -> OpeningLine:
    """One opening, or NotFound."""
    gate.allow(desk, caller, "review_openings")
    with desk.store.reading() as reading:
        row = _found(desk, caller, reading, record)
    gate.witness(desk, caller, "review", row.key.subjects, detail=f"opening {record.hex()}")
    return _line(desk, caller, row, day_of(desk.now_ms()))


def review(desk: Desk, caller: Caller, record: RecordId, *, is_justified: bool, text: str) -> Saved:
    """Say whether there was a good reason; NotYoursToReview of one's own, or of one's own unit."""
    gate.allow(desk, caller, "review_openings")
    words = _reason(text)
    with desk.store.reading() as reading:
        row = _found(desk, caller, reading, record)
    if not _may_review(desk, caller, row):
        gate.witness(desk, caller, "refused", row.key.subjects, detail=NotYoursToReview.code)
        raise NotYoursToReview(f"opening {record.hex()}")
    looked = {
        "is_justified": is_justified,
        "text": words,
        "staff_id": caller.staff.hex(),
        "author": caller.display_name,
        "written_on": desk.now_ms(),
    }
    draft = Draft(
        kind=KIND,
        subjects=row.key.subjects,
        record=record,
        values={"reviews": looked},
        happened_at=desk.now_ms(),
    )
    return write(desk, caller, (draft,), check=_check_nothing)


def _reason(text: str) -> str:
    words = text.strip()
    if not words:
        raise NoReason
    if len(words) > REASON_CHARACTERS_MAX:
        raise InvalidValue(f"a reason has at most {REASON_CHARACTERS_MAX:,} characters")
    return words


def _check_outside(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> None:
    gate.check_unrestricted(desk, caller, reading, person)
    if reach_of(desk, caller, reading, person) == "own":
        raise OpenAlready(f"person {person.hex()}")


def _check_unrestricted(desk: Desk, caller: Caller, subjects: Iterable[SubjectId]) -> None:
    """Restrictions hold against breaking glass, also one that came a moment ago."""
    with desk.store.reading_own() as reading:
        for one in subjects:
            gate.check_unrestricted(desk, caller, reading, one)


def _check_nothing(_desk: Desk, _caller: Caller, _subjects: Iterable[SubjectId]) -> None:
    """Whoever reviews need not have the person open, and is shown nothing of them."""


def _found(desk: Desk, caller: Caller, reading: Reading, record: RecordId) -> Shown:
    named = reading.select("SELECT subject FROM break_glass WHERE record = ?", (record,))
    for (subject,) in named:
        row = reading.record(KIND, (SubjectId(subject),), record)
        if row is not None and _is_told(caller, sight_of(desk, caller, reading), row):
            return row
    raise NotFound(f"opening {record.hex()}")


def _is_told(caller: Caller, sight: Sight, row: Shown) -> bool:
    """A senior whom a restriction refuses is not told either; an auditor is told of nobody."""
    return caller.role == "auditor" or not sight.is_closed(row.key.subjects[0])


def _may_review(desk: Desk, caller: Caller, row: Shown) -> bool:
    by = opened_by(row)
    is_own = by.get("staff_id") in (None, caller.staff.hex())
    return not is_own and by.get("team") != desk.place.code


def _line(desk: Desk, caller: Caller, row: Shown, day: str) -> OpeningLine:
    by, due_on = opened_by(row), review_due_on(row)
    is_reviewed = bool(by_others(row))
    opened_ms = row.values.get("occurred_at")
    return OpeningLine(
        record=row.key.record,
        reference=row.key.record[-REFERENCE_DIGITS // 2 :].hex().upper(),
        staff_id=str(by.get("staff_id", "")),
        staff_name=str(by.get("staff_name", "")),
        unit=place_name(str(by.get("team", ""))),
        opened_ms=opened_ms if isinstance(opened_ms, int) else 0,
        ground=str(row.values.get("ground") or "other"),
        reason=str(row.values.get("reason", "")),
        due_on=due_on,
        is_reviewed=is_reviewed,
        is_overdue=not is_reviewed and due_on < day,
        may_review=_may_review(desk, caller, row),
    )


def _by_officer(rows: Iterable[Shown], lines: Iterable[OpeningLine]) -> tuple[OfficerCount, ...]:
    """The most first, then by name."""
    told = {one.staff_id: one for one in lines}
    counts = Counter(one.staff_id for one in lines)
    waiting = Counter(one.staff_id for one in lines if not one.is_reviewed)
    unjustified = Counter(
        str(opened_by(row).get("staff_id", ""))
        for row in rows
        if any(one.get("is_justified") is False for one in by_others(row))
    )
    found = [
        OfficerCount(
            staff, one.staff_name, one.unit, counts[staff], waiting[staff], unjustified[staff]
        )
        for staff, one in told.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.staff_name, one.staff_id)))


assert OPEN_MS == MINUTES_MAX * MINUTE_MS, "a record says for how long it was open"
