"""Boards: the roll and cells of a prison, the caseload of a probation unit."""

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Place
from casework.desk.people import Flag, Responsible
from sync_protocol.ids import SubjectId


class BoardPerson(msgspec.Struct, frozen=True):
    """One person on a board."""

    id: SubjectId
    name: str
    date_of_birth: str | None
    number: str | None
    """The NOMS number or CRN, whichever this place goes by."""
    cell: str | None
    flags: tuple[Flag, ...]
    responsible: tuple[Responsible, ...]
    rosh: str | None
    conflicts: int
    since_ms: int | None
    is_two_places: bool
    """Two prisons say that they hold this person."""


class Roll(msgspec.Struct, frozen=True):
    """The figures of the roll as known at `as_of_ms`."""

    in_custody: int
    in_today: int
    out_today: int
    no_cell: int
    two_places: int


class Cell(msgspec.Struct, frozen=True):
    """A cell and who is in it."""

    location: str
    people: tuple[BoardPerson, ...]


class WingBoard(msgspec.Struct, frozen=True):
    """The board of a prison, or of one wing of it."""

    place: Place
    wing: str | None
    wings: tuple[str, ...]
    as_of_ms: int
    roll: Roll
    cells: tuple[Cell, ...]
    no_cell: tuple[BoardPerson, ...]
    contradictions: tuple[BoardPerson, ...]


class CaseloadOfficer(msgspec.Struct, frozen=True):
    """The people of one officer."""

    staff_id: str
    staff_name: str
    people: tuple[BoardPerson, ...]


class Caseload(msgspec.Struct, frozen=True):
    """The caseload of a probation unit."""

    place: Place
    as_of_ms: int
    officers: tuple[CaseloadOfficer, ...]
    unassigned: tuple[BoardPerson, ...]
    people: int


def wing_board(desk: Desk, caller: Caller, *, wing: str | None = None) -> WingBoard:
    """Who is in this prison, by cell; contradictions first."""
    raise NotImplementedError


def caseload(desk: Desk, caller: Caller) -> Caseload:
    """Whom this unit's officers are responsible for."""
    raise NotImplementedError
