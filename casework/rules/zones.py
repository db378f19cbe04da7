"""Where a person must not go, and whether everybody who must know it is told.

A zone lives in the victim file; its area, without the victim, in the open one. An area is kept out
of until the later of two ends, and where two areas were drawn, both.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from casework.records.files import area_record
from casework.rules.rows import Finding, Row, gathered_structs, is_closed
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
    starts, ends = row.values.get("starts_on"), row.values.get("ends_on")
    # An end that came with a close which missed something ends nothing.
    is_over = ends is not None and "status" not in row.asks and str(ends) < day
    return str(starts or "") <= day and not is_over


def zone_findings(zones: Iterable[Row], areas: Iterable[Row], day: str) -> tuple[Finding, ...]:
    """Zones of whose area nobody outside the victim file is told; for who may see that file."""
    told = {row.key.record for row in areas if is_in_force(row, day)}
    untold = [row for row in zones if is_in_force(row, day) and _area(row) not in told]
    if not untold:
        return ()
    words = (
        "An exclusion zone is in force whose area is not in the open record. Record the area, so "
        "that the prison and staff on the road know where the person must not go."
    )
    return (Finding("zone_without_area", "S1", words),)


def _area(zone: Row) -> RecordId:
    return area_record(zone.key.record)
