"""Risk of serious harm, from the grid of five groups in two settings.

The overall level is the highest of the grid, in custody and in the community each and together, as
OASys has it. A cell that nobody filled in is missing and never counts as low; one on which two
offices disagree counts as its higher value and is said to be disputed. One that cannot be read
here never stands in place of a level that can: the highest of the others is the least that it is.
"""

from typing import Final

import msgspec

from casework.records.risk import LEVELS
from casework.rules.rows import Finding, Row
from casework.rules.spoken import listed_words

GROUPS: Final = {
    "children": "children",
    "public": "the public",
    "known_adult": "a known adult",
    "staff": "staff",
    "prisoners": "prisoners",
}
SETTINGS: Final = {"custody": "in custody", "community": "in the community"}


class Overall(msgspec.Struct, frozen=True):
    """The highest level of some cells of the grid, and how far it can be relied on."""

    level: str | None
    """None where no cell is filled in with a level that is known here."""
    missing: tuple[str, ...]
    disputed: tuple[str, ...]
    unread: tuple[str, ...] = ()
    """Cells with a level that this release does not know, or none at all: they may be higher."""

    @property
    def is_provisional(self) -> bool:
        """Whether a cell is missing, disputed or not to be read: the level may still change."""
        return bool(self.missing or self.disputed or self.unread)


class Rosh(msgspec.Struct, frozen=True):
    """Risk of serious harm in each setting, and in both together."""

    overall: Overall
    custody: Overall
    community: Overall


def rosh(risk: Row | None) -> Rosh:
    """The levels of a person, from their record of risk; None of one who has none."""
    custody, community = (_cells(setting) for setting in SETTINGS)
    return Rosh(
        overall=_highest(risk, (*custody, *community)),
        custody=_highest(risk, custody),
        community=_highest(risk, community),
    )


def rosh_findings(risk: Row | None) -> tuple[Finding, ...]:
    """Which cells cannot be read, on which two offices disagree, and which nobody filled in once
    some are.
    """
    known = rosh(risk).overall
    found = []
    if known.unread:
        cells = listed_words([cell_words(cell) for cell in known.unread])
        words = (
            f"The level of risk to {cells} cannot be read here: it may be higher than any other. "
            "Take it as very high until it is read where it was written, or recorded again."
        )
        found.append(Finding("rosh_unread", "S1", words))
    if known.disputed:
        cells = listed_words([cell_words(cell) for cell in known.disputed])
        words = (
            f"The level of risk to {cells} is disputed. The higher level counts until somebody "
            "who has seen both settles it."
        )
        found.append(Finding("rosh_disputed", "S1", words))
    if known.level is not None and known.missing:
        cells = listed_words([cell_words(cell) for cell in known.missing])
        words = f"Nobody has recorded the level of risk to {cells}. It is not known to be low."
        found.append(Finding("rosh_missing", "S3", words))
    return tuple(found)


def overall_words(overall: Overall) -> str:
    """An overall level in words, with what is doubtful about it."""
    if overall.level is None:
        return "cannot be read" if overall.unread else "not recorded"
    level = f"{'at least ' if overall.unread else ''}{overall.level.replace('_', ' ')}"
    doubts = [f"{len(overall.unread)} cannot be read"] if overall.unread else []
    doubts += [f"{len(overall.disputed)} disputed"] if overall.disputed else []
    doubts += [f"{len(overall.missing)} not recorded"] if overall.missing else []
    return f"{level} ({', '.join(doubts)})" if doubts else level


def cell_words(cell: str) -> str:
    """One cell of the grid: `the public in custody`."""
    group, _, setting = cell.rpartition("_")
    return f"{GROUPS.get(group, group)} {SETTINGS.get(setting, setting)}"


def _cells(setting: str) -> tuple[str, ...]:
    return tuple(f"{group}_{setting}" for group in GROUPS)


def _highest(risk: Row | None, cells: tuple[str, ...]) -> Overall:
    values = risk.values if risk is not None else {}
    asks = risk.asks if risk is not None else {}
    levels = [values[cell] for cell in cells if values.get(cell) in LEVELS.names]
    filled = [cell for cell in cells if values.get(cell) is not None]
    return Overall(
        level=str(max(levels, key=LEVELS.rank)) if levels else None,
        missing=tuple(cell for cell in cells if values.get(cell) is None),
        disputed=tuple(cell for cell in cells if cell in asks),
        unread=tuple(cell for cell in filled if values[cell] not in LEVELS.names),
    )
