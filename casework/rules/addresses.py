"""Where the person lives now, how staff may visit there, and what of it is in doubt.

Addresses are gathered, and those are current whose days include the day asked about. Two current
ones of a type are S3: somebody asks the person. What was found out about visiting counts for the
same place under another record too, the more careful finding first, since it is about staff safety.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from casework.records.address import VISITING
from casework.reference.reader import describe
from casework.rules.rows import Finding, Row, is_closed, read_day
from sync_protocol.ids import RecordId, SubjectId

UNASSESSED: Final = "not_assessed"


class CurrentAddress(msgspec.Struct, frozen=True):
    """A place where the person is to be found as of a day."""

    record: RecordId
    type: str
    words: str
    from_day: str
    visiting: str
    """How staff may visit: of all that is recorded of this place, the most careful."""


def current_addresses(rows: Iterable[Row], *, day: str) -> tuple[CurrentAddress, ...]:
    """The addresses as of a day, those begun last first."""
    held = [row for row in rows if not is_closed(row)]
    current = [row for row in held if is_current(row, day=day)]
    shown = [_current(row, held) for row in current]
    return tuple(sorted(shown, key=lambda one: (one.from_day, one.record), reverse=True))


def is_current(row: Row, *, day: str) -> bool:
    """Whether an address has begun and has not ended; a day that cannot be read ends nothing."""
    first = read_day(str(row.values.get("from_day", "")))
    last = read_day(str(row.values.get("to_day") or ""))
    today = read_day(day)
    if is_closed(row) or today is None:
        return False
    return (first is None or first <= today) and (last is None or last >= today)


def address_findings(rows: Iterable[Row], person: SubjectId, *, day: str) -> tuple[Finding, ...]:
    """Where two different places of one type are current."""
    places: dict[str, set[str]] = {}
    for one in current_addresses(rows, day=day):
        places.setdefault(one.type, set()).add(one.words)
    return tuple(
        Finding("addresses_current", "S3", _words(kind, sorted(said)), (person,))
        for kind, said in sorted(places.items())
        if len(said) > 1
    )


def place_words(place: Any) -> str:
    """An address on one line."""
    if not isinstance(place, Mapping):
        return str(place)
    parts = (place.get(one) for one in ("line_1", "line_2", "town", "county", "postcode"))
    return ", ".join(str(part) for part in parts if part)


def _current(row: Row, held: Iterable[Row]) -> CurrentAddress:
    same = [other for other in held if _place_key(other) == _place_key(row)]
    found = [str(one.values.get("visiting") or UNASSESSED) for one in same]
    return CurrentAddress(
        record=row.key.record,
        type=str(row.values.get("type", "")),
        words=place_words(row.values.get("place")),
        from_day=str(row.values.get("from_day", "")),
        visiting=max(found, key=VISITING.rank),
    )


def _place_key(row: Row) -> str:
    return "".join(place_words(row.values.get("place")).split()).casefold()


def _words(kind: str, said: list[str]) -> str:
    return (
        f"{len(said)} current addresses are recorded as {describe('address_types', kind)}: "
        f"{'; '.join(said)}. Ask the person which it is."
    )
