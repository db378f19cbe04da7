"""Who shares a cell, a landing or a wing, and must not.

A cell's key names its prison, wing, landing and place: `LEI-A-1-003`. Two people with an open
non-association must not share what its level names: CELL, LANDING (and so a cell) or WING (and so
either). Somebody of high cell-sharing risk shares a cell with nobody. Either is S1.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from casework.rules.rows import Finding, Row, is_closed
from sync_protocol.ids import SubjectId

PARTS: Final[Mapping[str, int]] = {"CELL": 4, "LANDING": 3, "WING": 2}
"""How many parts of two keys must agree for two people to share it."""

WORDS: Final[Mapping[str, str]] = {"CELL": "a cell", "LANDING": "a landing", "WING": "a wing"}


def shares(level: str, one: str, other: str) -> bool:
    """Whether two keys share a cell, landing or wing; an unknown level counts as a wing."""
    parts = PARTS.get(level, PARTS["WING"])
    return one.split("-")[:parts] == other.split("-")[:parts]


def broken_non_associations(
    rows: Iterable[Row], cells: Mapping[SubjectId, str]
) -> tuple[Finding, ...]:
    """A finding for each pair that must be kept apart and is not; `cells` are those held now."""
    found = []
    for row in rows:
        one, other = row.key.subjects[0], row.key.subjects[-1]
        if is_closed(row) or one not in cells or other not in cells:
            continue
        level = str(row.values.get("restriction", "WING"))
        if shares(level, cells[one], cells[other]):
            words = (
                f"Two people who must be kept apart share {WORDS.get(level, WORDS['WING'])}: "
                f"{cells[one]} and {cells[other]}."
            )
            found.append(Finding("not_kept_apart", "S1", words, (one, other)))
    return tuple(found)


def shared_by_high_risk(
    high_risk: Iterable[SubjectId], cells: Mapping[SubjectId, str]
) -> tuple[Finding, ...]:
    """A finding for each cell in which somebody of high cell-sharing risk is not alone."""
    held = sorted(person for person in high_risk if person in cells)
    found = []
    for cell in sorted({cells[person] for person in held}):
        sharing = _people_in(cell, cells)
        if len(sharing) > 1:
            words = f"Somebody assessed as a high risk to a cell mate shares cell {cell}."
            found.append(Finding("high_risk_shares", "S1", words, tuple(sharing)))
    return tuple(found)


def _people_in(cell: str, cells: Mapping[SubjectId, str]) -> Sequence[SubjectId]:
    return sorted(person for person, held in cells.items() if held == cell)
