"""Cells that hold more people than they may.

A cell is certified for a number of people. Where nobody has said for how many, we take two: most
are built for one, and two are put into them where a prison is crowded.
"""

from collections.abc import Mapping
from typing import Final

from casework.rules.rows import Finding
from sync_protocol.ids import SubjectId

PEOPLE_MAX: Final = 2


def over_capacity(
    cells: Mapping[SubjectId, str], capacity: Mapping[str, int] | None = None
) -> tuple[Finding, ...]:
    """A finding for each cell with more people than it may hold.

    `cells` are those held now, by person; `capacity` is that of the cells of which it is known.
    """
    in_cell: dict[str, list[SubjectId]] = {}
    for person in sorted(cells):
        in_cell.setdefault(cells[person], []).append(person)
    found = []
    for cell, people in sorted(in_cell.items()):
        most = (capacity or {}).get(cell, PEOPLE_MAX)
        if len(people) > most:
            words = f"Cell {cell} is for {most} and {len(people)} people are recorded in it."
            found.append(Finding("cell_over_capacity", "S2", words, tuple(people)))
    return tuple(found)
