"""The lists that today's pages and rules read, by their name in the field.

Each function gives the codes that may be entered; `reader.describe` shows any other as it came.
"""

import functools
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from casework.reference.reader import Code, active, check_among, codes, rows


def prisons() -> Mapping[str, Code]:
    """The establishments in use, by code: `LEI` is Leeds."""
    return active(codes("establishments").values())


@functools.cache
def removal_centres() -> frozenset[str]:
    """The codes of immigration removal centres: whoever is sent to one stays in custody."""
    places = codes("establishments").values()
    return frozenset(one.code for one in places if "IRC" in one.columns.get("type", "").split("|"))


def delivery_units() -> Mapping[str, Code]:
    """The probation delivery units, by code; each belongs to a region."""
    return codes("probation_delivery_units")


def regions() -> Mapping[str, Code]:
    """The probation regions."""
    return codes("probation_regions")


def place_name(code: str) -> str:
    """The name of a prison or delivery unit; the code itself where neither list knows it."""
    place = codes("establishments").get(code) or codes("probation_delivery_units").get(code)
    return place.description if place is not None else code


def short_place_name(code: str) -> str:
    """The place as staff say it: `Leeds` is the prison, `Leeds probation` the delivery unit.

    Two prisons of one name keep what tells them apart.
    """
    name = place_name(code)
    short = name.partition(" (")[0]
    if code in delivery_units():
        return f"{short} probation"
    return name if _prisons_called()[short] > 1 else short


def alert_types() -> Mapping[str, Code]:
    """The sixteen types of alert."""
    return active(codes("alert_types").values())


def alert_codes(alert_type: str | None = None) -> Mapping[str, Code]:
    """The alert codes in use, of one type or of all."""
    offered = active(codes("alert_codes").values())
    if alert_type is None:
        return offered
    return _belonging(offered, alert_type)


def case_note_types() -> Mapping[str, Code]:
    """The types of case note under which there is something to choose."""
    used = {code.belongs_to for code in case_note_subtypes().values()}
    return MappingProxyType({k: v for k, v in codes("case_note_types").items() if k in used})


def case_note_subtypes(note_type: str | None = None) -> Mapping[str, Code]:
    """The subtypes staff may choose, keyed `TYPE/SUBTYPE`: those in use and selectable."""
    offered = (
        code for code in codes("case_note_subtypes").values() if code.says("user_selectable")
    )
    chosen = active(offered)
    return chosen if note_type is None else _belonging(chosen, note_type)


def check_case_note_subtype(note_type: str, subtype: str) -> Code:
    """The subtype, for somebody who enters it now; UnknownCode where staff may not choose it."""
    return check_among("case_note_subtypes", f"{note_type}/{subtype}", case_note_subtypes())


def movement_types() -> Mapping[str, Code]:
    """The types of movement in use."""
    return active(codes("movement_types").values())


def movement_reasons(movement_type: str | None = None) -> Mapping[str, Code]:
    """The reasons in use, keyed `TYPE/REASON`."""
    offered = active(codes("movement_reasons").values())
    return offered if movement_type is None else _belonging(offered, movement_type)


def escort_types() -> Mapping[str, Code]:
    """Who brings a person from place to place."""
    return active(codes("escort_types").values())


def identifier_types() -> Mapping[str, Code]:
    """The outside identifiers that may be entered."""
    return active(codes("person_identifiers").values())


def assertion_sources() -> Mapping[str, Code]:
    """Who may be the source of a name or a date of birth, strongest first."""
    return active(codes("assertion_sources").values())


def non_association_codes(domain: str) -> Mapping[str, Code]:
    """The codes of one domain of non-associations: `reason`, `role` or `restriction`."""
    return _by_code(_belonging(codes("non_association_reference"), domain))


def service_categories(contract_type: str) -> tuple[str, ...]:
    """The categories of service that an intervention's contract covers."""
    return _column("intervention_service_categories", "contract_type", contract_type)


def complexity_levels(service_category: str) -> tuple[str, ...]:
    """The levels of complexity that a category of service knows."""
    return _column("intervention_complexity_levels", "service_category", service_category)


def desired_outcomes(service_category: str) -> tuple[str, ...]:
    """What may be wanted of a category of service, as it is published."""
    return _column("intervention_desired_outcomes", "service_category", service_category)


def offered(list_name: str, group: str = "") -> Mapping[str, Code]:
    """The codes of a list that may be entered; of one group, by code, where it holds several."""
    chosen = active(codes(list_name).values())
    return _by_code(_belonging(chosen, group)) if group else chosen


@functools.cache
def _prisons_called() -> Counter[str]:
    return Counter(prison.description.partition(" (")[0] for prison in prisons().values())


def _column(list_name: str, named: str, value: str) -> tuple[str, ...]:
    """What a list that relates two things gives for one of them; both are its first columns."""
    told = [tuple(row.values())[1] for row in rows(list_name) if row[named] == value]
    return tuple(dict.fromkeys(told))


def _belonging(offered: Mapping[str, Code], group: str) -> Mapping[str, Code]:
    return MappingProxyType({key: one for key, one in offered.items() if one.belongs_to == group})


def _by_code(offered: Mapping[str, Code]) -> Mapping[str, Code]:
    return MappingProxyType({one.code: one for one in offered.values()})
