"""Where a person must not go, and whether everybody who must know it is told.

A zone lives in the victim file; its area, without the victim, in the open one. An area is kept out
of until the later of two ends, and where two areas were drawn, both.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from casework.records.files import area_record
from casework.rules.rows import Finding, Row, gathered_structs, is_closed, read_day
from sync_protocol.ids import RecordId


def areas_in_force(areas: Iterable[Row], day: str) -> tuple[Mapping[str, Any], ...]:
    """Every area that the person must keep out of on a day; its last day counts."""
    return tuple(
        area
        for row in sorted(areas, key=lambda row: row.key.record)
        if is_in_force(row, day)
        for area in gathered_structs(row, "area")
    )


def is_in_force(row: Row, day: str) -> bool:
    """Whether a zone, an area or a no-contact record stands on a day."""
    if is_closed(row):
        return False
    today, starts = date.fromisoformat(day), read_day(str(row.values.get("starts_on") or ""))
    ends = read_day(str(row.values.get("ends_on") or ""))
    # A day that cannot be read has come, where it begins one, and never where it ends one; nor
    # does an end that came with a close which missed something.
    is_over = ends is not None and "status" not in row.asks and ends < today
    return (starts is None or starts <= today) and not is_over


def zone_findings(zones: Iterable[Row], areas: Iterable[Row], day: str) -> tuple[Finding, ...]:
    """Zones of whose area nobody outside the victim file is told, for who may see that file; and
    zones and areas that count as in force because a day of theirs cannot be read.
    """
    zones = [row for row in zones if is_in_force(row, day)]
    areas = [row for row in areas if is_in_force(row, day)]
    return (*_untold(zones, areas), *_unread([*zones, *areas]))


def _untold(zones: Iterable[Row], areas: Iterable[Row]) -> Iterator[Finding]:
    told = {row.key.record for row in areas}
    if any(_area(row) not in told for row in zones):
        words = (
            "An exclusion zone is in force whose area is not in the open record. Record the area, "
            "so that the prison and staff on the road know where the person must not go."
        )
        yield Finding("zone_without_area", "S1", words)


def _unread(rows: Iterable[Row]) -> Iterator[Finding]:
    days = (row.values.get(name) for row in rows for name in ("starts_on", "ends_on"))
    unread = sorted({str(day) for day in days if day and read_day(str(day)) is None})
    if unread:
        words = (
            f"A day of an exclusion zone cannot be read: {', '.join(unread)}. The zone counts as "
            "in force. Find out the day and record it."
        )
        yield Finding("zone_day_unread", "S2", words)


def _area(zone: Row) -> RecordId:
    return area_record(zone.key.record)
