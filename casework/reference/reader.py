"""The one reader of the code lists; each is read once, kept, and never changed.

Reading forgives and entry does not: a code that no list knows is shown as it came, since another
office may run a later release, while `check_code` refuses it from somebody who is typing it now.
"""

import csv
import functools
from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

import msgspec

from sync_protocol.errors import NotFound, Refused

LISTS: Final = "lists"

# A code of these lists is unique only within its group, so its key is `GROUP/CODE`.
GROUPS: Final[Mapping[str, str]] = {
    "adjudication_reference": "domain",
    "case_note_subtypes": "type_code",
    "incident_reference": "domain",
    "intervention_end_reasons": "kind",
    "intervention_session_reference": "domain",
    "keyworker_reference": "domain",
    "mappa": "kind",
    "move_reference": "domain",
    "movement_reasons": "movement_type",
    "nomis_condition_codes": "domain",
    "non_association_reference": "domain",
    "resettlement_reference": "domain",
    "sentence_types": "act_year",
    "temporary_absence_reference": "domain",
    "tiers": "scheme",
}
# A code of these lists is unique, and also belongs to a group.
BELONGS: Final[Mapping[str, str]] = {
    "alert_codes": "type_code",
    "contact_types": "group",
    "imprisonment_statuses": "band",
    "police_and_crime_areas": "probation_region",
    "probation_delivery_units": "region_code",
    "probation_subareas_historic": "area_code",
}
KEYS: Final = ("code", "id", "identifier")
DESCRIPTIONS: Final = ("description", "name", "short_title", "meaning")


class UnknownCode(Refused):
    """A code is not one that may be entered."""

    code = "unknown_code"
    hint = "Choose one from the list."


class Code(msgspec.Struct, frozen=True):
    """One code of a list: what it means, whether it may still be entered, and its other columns.

    `key` is the code, or `GROUP/CODE` where a code is unique only within its group.
    """

    key: str
    code: str
    description: str
    is_active: bool
    belongs_to: str
    columns: Mapping[str, str]

    def says(self, column: str) -> bool:
        """Whether a yes-or-no column says yes."""
        return _is_yes(self.columns.get(column, ""))


@functools.cache
def list_names() -> frozenset[str]:
    """The names of all lists."""
    folder = resources.files(__package__).joinpath(LISTS)
    names = (entry.name for entry in folder.iterdir())
    return frozenset(name.removesuffix(".csv") for name in names if name.endswith(".csv"))


@functools.cache
def rows(list_name: str) -> tuple[Mapping[str, str], ...]:
    """A list as it was published, row by row; NotFound where there is no such list."""
    if list_name not in list_names():
        raise NotFound(f"list {list_name}")
    entry = resources.files(__package__).joinpath(LISTS, f"{list_name}.csv")
    with entry.open(encoding="utf-8") as lines:
        return tuple(MappingProxyType(row) for row in csv.DictReader(lines))


@functools.cache
def codes(list_name: str) -> Mapping[str, Code]:
    """A list by key, in its own order; of two rows with one key the first counts.

    NotFound where there is no such list, or where it relates codes instead of defining them.
    """
    read: dict[str, Code] = {}
    for row in rows(list_name):
        code = _read_code(list_name, row)
        read.setdefault(code.key, code)
    return MappingProxyType(read)


def describe(list_name: str, key: str) -> str:
    """What a code means; the code itself where the list does not know it."""
    code = codes(list_name).get(key)
    return code.description if code is not None else key


def check_code(list_name: str, key: str) -> Code:
    """The code, for somebody who enters it now; UnknownCode where it is none or is retired."""
    return check_among(list_name, key, active(codes(list_name).values()))


def check_among(list_name: str, key: str, choices: Mapping[str, Code]) -> Code:
    """The code, where it is one of the choices offered; UnknownCode where it is not."""
    if key not in choices:
        state = "retired or not for entry" if key in codes(list_name) else "unknown"
        raise UnknownCode(f"{list_name}: {key[:32]!r} is {state}.")
    return choices[key]


def active(offered: Iterable[Code]) -> Mapping[str, Code]:
    """Those that may still be entered."""
    return MappingProxyType({code.key: code for code in offered if code.is_active})


def _read_code(list_name: str, row: Mapping[str, str]) -> Code:
    column = next((name for name in KEYS if name in row), None)
    if column is None:
        raise NotFound(f"list {list_name} defines no codes; read its rows")
    code = row[column]
    group = row[GROUPS[list_name]] if GROUPS.get(list_name) else ""
    described = next((row[name] for name in DESCRIPTIONS if row.get(name)), code)
    return Code(
        key=f"{group}/{code}" if group else code,
        code=code,
        description=described,
        is_active=_is_yes(row.get("active", "Y")) and not _is_yes(row.get("withdrawn", "")),
        belongs_to=group or row.get(BELONGS.get(list_name, ""), ""),
        columns=row,
    )


def _is_yes(text: str) -> bool:
    return text.strip().lower() in {"y", "yes", "true"}
