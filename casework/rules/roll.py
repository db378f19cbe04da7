"""The roll of a prison: everyone it must account for as of a moment, and what is wrong on top.

A roll is taken of what is known: it names the moment it is of and the latest record it rests on,
and does not change when more arrives; a new roll is taken then. A person in custody is never in
nobody's roll: one whom two prisons claim is in both, and one in transit in that of either end.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from casework.reference.in_use import short_place_name as place_words
from casework.rules.custody import CustodyState, custody_state
from casework.rules.rows import HOUR_MS, Finding, Row, by_gravity
from casework.rules.spoken import clock_words
from casework.rules.steps import steps_in_order
from sync_protocol.ids import SubjectId

RECEPTION_MS: Final = 4 * HOUR_MS
"""How long somebody may be in reception without a cell before that is a fault."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a roll reads of a person; `custody_rows` are movements, releases and recalls."""

    person: SubjectId
    custody_rows: Sequence[Row]
    cell: Row | None = None


class RollLine(msgspec.Struct, frozen=True):
    """One person on a roll."""

    person: SubjectId
    state: CustodyState
    cell: str | None


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """A prison's roll as of a moment, frozen.

    `latest_ms` is when the latest step that it rests on happened. `present` counts those within
    the walls; `claimed` are those whom another prison has received since, and this one has not let
    go: on this roll to be looked for, and not counted.
    """

    prison: str
    as_of_ms: int
    latest_ms: int | None
    in_cells: tuple[RollLine, ...]
    in_reception: tuple[RollLine, ...]
    no_cell: tuple[RollLine, ...]
    at_court: tuple[RollLine, ...]
    absent: tuple[RollLine, ...]
    expected: tuple[RollLine, ...]
    sent: tuple[RollLine, ...]
    claimed: tuple[RollLine, ...]
    findings: tuple[Finding, ...]

    @property
    def words(self) -> str:
        """What the roll is of, to stand over it and on its print-out.

        "Leeds: the roll as known at 10:00 on 22 November 2026, from events up to 09:40 on …".
        """
        told = f"{place_words(self.prison)}: the roll as known at {clock_words(self.as_of_ms)}"
        if self.latest_ms is None:
            return f"{told}. No movement is known here."
        return f"{told}, from events up to {clock_words(self.latest_ms)}."

    @property
    def present(self) -> int:
        """How many are within the walls."""
        return len(self.in_cells) + len(self.in_reception) + len(self.no_cell)

    @property
    def on_the_books(self) -> int:
        """How many this prison answers for, inside and out."""
        return self.present + len(self.at_court) + len(self.absent)


def take_roll(prison: str, people: Iterable[Held], *, as_of_ms: int) -> Roll:
    """The roll of a prison as of a moment, from the people whose record is held here."""
    known = [(one, custody_state(one.custody_rows, as_of_ms=as_of_ms)) for one in people]
    lines = [_line(prison, one, state) for one, state in known if _concerns(prison, state)]
    lines.sort(key=lambda line: (line.cell or "", line.person))
    return Roll(
        prison=prison,
        as_of_ms=as_of_ms,
        latest_ms=_latest(known, prison, as_of_ms),
        in_cells=_those(lines, lambda line: _is_here(prison, line) and line.cell is not None),
        in_reception=_those(lines, lambda line: _waits(prison, line) and _is_new(line, as_of_ms)),
        no_cell=_those(lines, lambda line: _waits(prison, line) and not _is_new(line, as_of_ms)),
        at_court=_those(lines, lambda line: _is_out(prison, line, "at_court")),
        absent=_those(
            lines, lambda line: _is_out(prison, line, "temporarily_absent", "in_hospital")
        ),
        expected=_those(lines, lambda line: line.state.transit_to == prison),
        sent=_those(lines, lambda line: line.state.transit_from == prison),
        claimed=_those(lines, lambda line: line.state.also_at == prison),
        findings=by_gravity([found for line in lines for found in line.state.findings]),
    )


def cell_here(prison: str, cell: Row | None) -> str | None:
    """The cell, where it is one of this prison; a cell of another prison counts as none."""
    location = cell.values.get("location") if cell is not None else None
    return str(location) if str(location or "").startswith(f"{prison}-") else None


def _concerns(prison: str, state: CustodyState) -> bool:
    return prison in {state.place, state.also_at, state.transit_to, state.transit_from}


def _line(prison: str, one: Held, state: CustodyState) -> RollLine:
    cell = cell_here(prison, one.cell) if state.place == prison else None
    return RollLine(one.person, state, cell)


def _those(lines: Iterable[RollLine], belongs: Callable[[RollLine], bool]) -> tuple[RollLine, ...]:
    return tuple(line for line in lines if belongs(line))


def _is_here(prison: str, line: RollLine) -> bool:
    return line.state.is_present and line.state.place == prison


def _waits(prison: str, line: RollLine) -> bool:
    return _is_here(prison, line) and line.cell is None


def _is_new(line: RollLine, as_of_ms: int) -> bool:
    return line.state.since_ms is not None and as_of_ms - line.state.since_ms <= RECEPTION_MS


def _is_out(prison: str, line: RollLine, *statuses: str) -> bool:
    return line.state.place == prison and line.state.status in statuses


def _latest(known: Iterable[tuple[Held, CustodyState]], prison: str, as_of_ms: int) -> int | None:
    """When the latest step happened of anybody who is, or was last, on this prison's books.

    One released an hour ago is why the roll is shorter: that release is what it rests on.
    """
    moments = [
        step.occurred_at
        for one, state in known
        if _concerns(prison, state) or state.former_place == prison
        for step in steps_in_order(one.custody_rows, as_of_ms=as_of_ms)
    ]
    return max(moments, default=None)
