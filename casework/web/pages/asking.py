"""Questions that several forms ask alike: when it happened, which place, which member of staff."""

import re
from collections.abc import Mapping
from typing import Final

from casework.access.actions import OFFICERS
from casework.desk.entry import AHEAD_MS_MAX
from casework.reference import in_use
from casework.reference.reader import Code
from casework.web.flow import Ids
from casework.web.forms import Choice, Field
from casework.web.visit import Visit, person_id
from casework.web.words import clock, in_london, london_ms
from sync_protocol.ids import SubjectId

CELL: Final = re.compile(r"[A-Z0-9]{1,8}(-[A-Z0-9]{1,8}){0,1}-(?=[A-Z]*[0-9])[A-Z0-9]{1,8}")
"""Wing, perhaps landing, and the cell, which has a number: "B wing" is no cell."""

CELL_WANTED: Final = "Enter wing, landing and cell with a dash between, like A-1-003"
CELL_FIGURES: Final = 3
"""How many figures the number of a cell has: two spellings of one cell would be two cells."""


def person_of(ids: Ids) -> SubjectId:
    """The person an address names."""
    return person_id(ids["person"])


def page_of(ids: Ids) -> str:
    """The address of the person's page."""
    return f"/people/{ids['person']}"


def choices_of(
    codes: Mapping[str, Code], groups: Mapping[str, Code] | None = None
) -> tuple[Choice, ...]:
    """Codes as choices, in order of their words; grouped where their groups are given."""
    found = (
        Choice(key, one.description, group=_group_of(one, groups)) for key, one in codes.items()
    )
    return tuple(sorted(found, key=lambda one: (one.group, one.words)))


def when_fields(what: str) -> tuple[Field, ...]:
    """Day and time of something that has happened."""
    return (
        Field(
            name="day",
            label=f"Day {what}",
            kind="date",
            hint="For example, 22 11 2026",
            is_past=True,
            when_missing=f"Enter the day {what}",
        ),
        Field(
            name="time",
            label=f"Time {what}",
            kind="time",
            hint="On the 24-hour clock, like 09:30",
            when_missing=f"Enter the time {what}",
        ),
    )


def now_values(visit: Visit) -> dict[str, str]:
    """Today and this minute, as the usual answer to `when_fields`."""
    now_ms = visit.now_ms
    return {"day": in_london(now_ms).date().isoformat(), "time": clock(now_ms)}


def moment_typed(values: Mapping[str, str]) -> int:
    """The moment that was typed into `when_fields`."""
    return london_ms(values["day"], values["time"])


def future_fault(visit: Visit, values: Mapping[str, str]) -> dict[str, str]:
    """A fault where the moment typed is still to come."""
    if moment_typed(values) <= visit.now_ms + AHEAD_MS_MAX:
        return {}
    return {"time": f"Time must be in the past: this office's clock says {clock(visit.now_ms)}"}


def other_prison_field(visit: Visit, name: str, label: str, *, is_required: bool) -> Field:
    """One of the prisons in use, other than this one."""
    here = visit.desk.place.code
    others = {code: one for code, one in in_use.prisons().items() if code != here}
    return Field(
        name=name,
        label=label,
        kind="select",
        choices=choices_of(others),
        is_required=is_required,
        when_missing="Choose the prison",
    )


def staff_choices(visit: Visit) -> tuple[Choice, ...]:
    """The staff of this office to whom somebody may be given, by their accounts."""
    accounts = (
        one for one in visit.house.accounts.accounts() if one.is_open and one.role in OFFICERS
    )
    found = (Choice(one.staff.hex(), one.display_name) for one in accounts)
    return tuple(sorted(found, key=lambda one: one.words))


def _group_of(code: Code, groups: Mapping[str, Code] | None) -> str:
    if groups is None:
        return ""
    group = groups.get(code.belongs_to)
    return group.description if group is not None else code.belongs_to


def cell_key(prison: str, typed: str) -> str:
    """The key of a cell out of its name as somebody types it; empty where it names none.

    "a 1 3" is LEI-A-1-003 at Leeds, whether or not the prison was typed in front.
    """
    named = "-".join(part for part in re.split(r"[\s/-]+", typed.upper()) if part)
    cell = named.removeprefix(f"{prison}-")
    if not CELL.fullmatch(cell):
        return ""
    before, _, last = cell.rpartition("-")
    number = last.zfill(CELL_FIGURES) if last.isdecimal() else last
    return f"{prison}-{before}-{number}"
