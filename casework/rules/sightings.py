"""Somebody in custody whom probation saw outside: escape, missed release, or another person.

Only a prison says who is in custody, so a sighting moves nobody; it is S1 until the sighting is
withdrawn or the movements that it contradicts are put right.
"""

from collections.abc import Iterable
from typing import Final

from casework.reference.in_use import short_place_name as place_words
from casework.rules.custody import custody_state
from casework.rules.rows import Finding, Row, is_closed
from casework.rules.spoken import clock_words
from casework.rules.steps import told_ms

HELD_FAST: Final = frozenset({"in_custody", "in_hospital", "in_transit"})
"""Where nobody can be met in the street; from court or a temporary absence somebody may be."""


def sighting_findings(
    sightings: Iterable[Row], custody: Iterable[Row], *, as_of_ms: int
) -> tuple[Finding, ...]:
    """A finding for each sighting of somebody who was in custody at that moment."""
    rows = list(custody)
    found = []
    seen = [row for row in sightings if not is_closed(row)]
    for row in sorted(seen, key=lambda one: (told_ms(one) or 0, one.key.record)):
        moment = told_ms(row)
        if moment is None or moment > as_of_ms:
            continue
        state = custody_state(rows, as_of_ms=moment)
        if state.status in HELD_FAST:
            found.append(_finding(row, moment, state.place or state.transit_from or ""))
    return tuple(found)


def _finding(row: Row, moment: int, place: str) -> Finding:
    seen_by = str(row.values.get("seen_by") or "Probation")
    where = str(row.values.get("where") or "in the community")
    words = (
        f"{seen_by} recorded the person as seen at {clock_words(moment)} ({where}), while "
        f"{place_words(place)} held them in custody. Custody stays as recorded. Find out whether "
        "it is an escape, a release that is not recorded, or another person."
    )
    return Finding("seen_while_in_custody", "S1", words, row.key.subjects)
