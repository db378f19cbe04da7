"""What is checked and completed when a value is entered at a desk, beyond what its field declares.

Reading forgives and entry does not: an unknown code that came by sync is shown as it came, while
one typed here is refused. Nobody writes in another's name: an author's name and the moment of
writing are the caller's and the clock's, whatever was sent.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, get_type_hints

from casework.access.caller import Caller
from casework.desk import (
    entry_custody,
    entry_interventions,
    entry_officer,
    entry_probation,
    entry_safety,
    entry_spine,
)
from casework.desk.desk import Desk, usual_source
from casework.records.declared import coded_in, struct_of
from casework.reference import in_use, reader
from casework.rules.identifiers import identify
from casework.rules.rows import (
    MINUTE_MS,
    MOMENT_MS_LEAST,
    MOMENT_MS_MOST,
    YEAR_LEAST,
    YEAR_MOST,
    day_of,
    read_day,
)
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.policy import ForwardMost
from sync_protocol.schema import FieldSpec, Kind

AHEAD_MS_MAX: Final = 5 * 60_000
"""How far a clock on the wall may be ahead of the node's before a time counts as the future."""

ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
HAPPENED: Final = "occurred_at"
"""The field of every kind that tells of something that has happened."""


class NotYetHappened(Refused):
    """What is recorded as having happened is dated in the future."""

    code = "not_yet_happened"
    hint = (
        "Record it once it has happened, with the time at which it did. If that time is right, "
        "this node's clock is wrong: tell its technician."
    )


def checked_values(
    desk: Desk, caller: Caller, kind: Kind, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values as they are to be stored; InvalidValue, UnknownCode or NotYetHappened where they
    may not be.
    """
    strangers = sorted(name for name in values if name not in kind.fields)
    if strangers:
        raise InvalidValue(f"not fields of {kind.name}: {', '.join(strangers)}")
    blank = sorted(name for name, value in values.items() if _is_blank(value))
    if blank:
        raise InvalidValue(f"{kind.name}: nothing is written in {', '.join(blank)}")
    _check_years(kind, values)
    for name, value in values.items():
        for listed, code in coded_in(kind.fields[name].type, value):
            reader.check_among(listed.list, code, in_use.offered(listed.list, listed.group))
        _check_step(kind, name, value)
    signed = {
        name: _signed(desk, caller, kind.fields[name], value) for name, value in values.items()
    }
    check_happened(desk, kind, signed.get(HAPPENED))
    complete = COMPLETIONS.get(kind.name)
    return signed if complete is None else complete(desk, signed)


def check_happened(desk: Desk, kind: Kind, moment_ms: Any) -> None:
    """Raise NotYetHappened for a moment to come of a kind that tells of what has happened."""
    if HAPPENED not in kind.fields or not isinstance(moment_ms, int):
        return
    ahead_ms = moment_ms - desk.now_ms()
    if ahead_ms > AHEAD_MS_MAX:
        minutes = -(-ahead_ms // MINUTE_MS)
        raise NotYetHappened(f"{kind.name}: {minutes} minutes ahead of this node's clock")


def _check_years(kind: Kind, values: Mapping[str, Any]) -> None:
    """Refuse a day or a moment of a year that no rule counts from: a slip of the finger."""
    for name, value in values.items():
        if any(_is_of_no_year(one) for one in _leaves(value)):
            span = f"{YEAR_LEAST} and {YEAR_MOST}"
            raise InvalidValue(f"{kind.name}, {name}: enter a year between {span}")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _is_of_no_year(value: Any) -> bool:
    if isinstance(value, str):
        return ISO_DAY.fullmatch(value) is not None and read_day(value) is None
    # Nothing else that is counted in a record comes near to a moment's milliseconds.
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and not MOMENT_MS_LEAST <= value < MOMENT_MS_MOST


def _is_blank(value: Any) -> bool:
    """Whether a text, or a text within a value, holds spaces alone: nobody could see that it is."""
    if isinstance(value, Mapping):
        return any(_is_blank(one) for one in value.values())
    return isinstance(value, str) and bool(value) and not value.strip()


def _signed(desk: Desk, caller: Caller, spec: FieldSpec, value: Any) -> Any:
    """A signed text says who wrote it and when: by this node's word, not the sender's."""
    signed = struct_of(spec.type)
    if signed is None or "author" not in get_type_hints(signed) or not isinstance(value, dict):
        return value
    return {**value, "author": caller.display_name, "written_on": desk.now_ms()}


def _check_step(kind: Kind, field: str, value: Any) -> None:
    """Refuse a step that the field's status machine does not know; one that came by sync is held
    and asks.
    """
    policy = kind.fields[field].rule.policy
    if not isinstance(policy, ForwardMost) or not isinstance(value, Mapping):
        return
    left, reached = value.get("from"), value.get("to")
    if (left, reached) in policy.pairs:
        return
    ways = ", ".join(to for from_, to in policy.pairs if from_ == left) or "nothing"
    raise InvalidValue(f"{kind.name}: after {left or 'no status'} comes {ways}, not {reached}")


def _complete_identifier(desk: Desk, values: dict[str, Any]) -> dict[str, Any]:
    if "type" not in values or "value" not in values:
        return values
    reader.check_among("person_identifiers", str(values["type"]), in_use.identifier_types())
    this_year = int(day_of(desk.now_ms())[:4])
    identified = identify(str(values["type"]), str(values["value"]), this_year=this_year)
    usual = {"source": usual_source(desk.place), "first_seen": day_of(desk.now_ms())}
    return {**usual, **values, "value": identified.value, "check": identified.check}


def _check_movement(desk: Desk, values: dict[str, Any]) -> dict[str, Any]:
    if "type" in values and "reason" in values:
        key = f"{values['type']}/{values['reason']}"
        reader.check_among("movement_reasons", key, in_use.movement_reasons())
    for field in ("from_place", "to_place"):
        if values.get(field) is not None:
            reader.check_among("establishments", str(values[field]), in_use.prisons())
    if values.get("from_place") is not None and values["from_place"] == values.get("to_place"):
        raise InvalidValue("movement: from_place and to_place name the same prison")
    values.setdefault("occurred_at", desk.now_ms())
    if "type" in values:
        for field in ("from_place", "to_place", "escort"):
            values.setdefault(field, None)
    return values


COMPLETIONS: Final[Mapping[str, Callable[[Desk, dict[str, Any]], dict[str, Any]]]] = {
    **entry_safety.CHECKS,
    **entry_spine.CHECKS,
    "action_plan": entry_interventions.complete_plan,
    "appointment": entry_probation.complete_appointment,
    "breach": entry_probation.complete_breach,
    "complexity": entry_officer.check_complexity,
    "early_allocation": entry_officer.check_early_allocation,
    "end_of_service": entry_interventions.complete_report,
    "enforcement": entry_probation.complete_enforcement,
    "identifier": _complete_identifier,
    "intervention_session": entry_interventions.check_session,
    "key_worker": entry_officer.check_key_work,
    "licence": entry_probation.complete_licence,
    "movement": _check_movement,
    "offender_manager": entry_officer.check_officers,
    "outcome": entry_probation.complete_outcome,
    "parole": entry_officer.check_parole,
    "programme": entry_interventions.check_programme,
    "referral": entry_interventions.check_referral,
    "responsibility_override": entry_officer.check_override,
    "temporary_absence": entry_custody.check_absence,
}
