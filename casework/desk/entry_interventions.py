"""What is checked and completed when a referral, its plan, a session or a programme is entered.

What came by sync is never refused: `casework.rules.interventions` holds and shows it. Here the one
who writes learns at once what is missing, and a conclusion names the sessions its author was shown.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from casework.desk.desk import Desk
from casework.records.referral import CONCLUDED
from casework.reference import in_use, reader
from casework.rules.conclusions import conclusion_faults
from casework.rules.interventions import Referral, evidence, referrals
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.reading import Shown

Values = dict[str, Any]

READ: Final = ("referral", "action_plan", "intervention_session", "end_of_service")
NEW: Final[Mapping[str, Values]] = {
    "referral": {"reference": None, "conclusion": None},
    "intervention_session": {"instead_of": None},
    "programme": {"sessions_planned": None},
}
"""What a new record leaves blank, by kind; told from a change by what is fixed at the start."""


def check_referral(_desk: Desk, values: Values) -> Values:
    """Categories are of the contract, outcomes and complexity of the category."""
    _check_place(values)
    contract = values.get("contract_type")
    for service in values.get("services", ()):
        _check_service(contract, service)
    step, conclusion = values.get("status"), values.get("conclusion")
    is_end = isinstance(step, Mapping) and step.get("to") == CONCLUDED
    if is_end and conclusion is None:
        raise InvalidValue("referral: say how and why it ended (conclusion)")
    if conclusion is not None and step is not None and not is_end:
        raise InvalidValue("referral: only a concluded referral has a conclusion")
    return _completed("referral", "contract_type", values)


def complete_plan(_desk: Desk, values: Values) -> Values:
    """A draft waits for approval; an approval ends the wait of what its author saw."""
    version = values.get("version")
    if not isinstance(version, Mapping):
        return values
    return {**values, "pending": "closed" if version["approved"] else "open"}


def check_session(_desk: Desk, values: Values) -> Values:
    """A session that did not take place says why, and one that did names no such reason."""
    _check_place(values)
    told = values.get("attendance")
    if isinstance(told, Mapping):
        if told["took_place"] == (told.get("no_session_reason") is not None):
            raise InvalidValue(
                "intervention_session: give no_session_reason where it did not take place, "
                "and only there"
            )
        if told["took_place"] and told["attended"] == "NO":
            raise InvalidValue(
                "intervention_session: nobody attended, so it did not take place (took_place)"
            )
    return _completed("intervention_session", "intervention", values)


def complete_report(desk: Desk, values: Values) -> Values:
    """A report is submitted now unless it says when."""
    return {"occurred_at": desk.now_ms(), **values} if "reached" in values else values


def check_programme(_desk: Desk, values: Values) -> Values:
    """It is delivered at a prison or a probation unit."""
    _check_place(values)
    return _completed("programme", "programme", values)


def with_interventions_known(
    desk: Desk, person: SubjectId, record: RecordId | None, kind: str, values: Values
) -> Values:
    """The values as they are to be stored, by what this node shows of the person's interventions.

    `record` is the one that changes; None for a new one. InvalidValue where a step or an ending
    does not fit what is shown, or where no such referral is.
    """
    if kind == "referral" and record is not None:
        return _of_referral(desk, person, record, values)
    named = {"intervention_session": "intervention"}.get(kind, "referral")
    if kind in {"intervention_session", "action_plan", "end_of_service"} and named in values:
        _check_named(desk, person, kind, str(values[named]))
    return values


def _of_referral(desk: Desk, person: SubjectId, record: RecordId, values: Values) -> Values:
    step, conclusion = values.get("status"), values.get("conclusion")
    if step is None and conclusion is None:
        return values
    known = _known(desk, person, record)
    if known is None:
        return values
    shown = known.row.values.get("status")
    if isinstance(step, Mapping) and not known.row.asks and step.get("from") != shown:
        raise InvalidValue(f"referral: it is at {shown}, so the next step is from there")
    if not isinstance(conclusion, Mapping):
        return values
    faults = conclusion_faults(conclusion, evidence(known))
    if faults:
        raise InvalidValue(f"referral: {' '.join(faults)}")
    seen = sorted(session.hex for session in known.sessions)
    return {**values, "conclusion": {**conclusion, "sessions_seen": seen}}


def _known(desk: Desk, person: SubjectId, record: RecordId) -> Referral | None:
    with desk.store.reading() as reading:
        rows = {kind: reading.records(kind, person) for kind in READ}
    return next((one for one in referrals(rows) if one.row.key.record == record), None)


def _check_named(desk: Desk, person: SubjectId, kind: str, named: str) -> None:
    kinds = ("referral", "programme") if kind == "intervention_session" else ("referral",)
    with desk.store.reading() as reading:
        known: Iterable[Shown] = [row for one in kinds for row in reading.records(one, person)]
    if named not in {row.key.record.hex() for row in known}:
        raise InvalidValue(f"{kind}: this person has no {' or '.join(kinds)} {named}")


def _check_service(contract: Any, service: Mapping[str, Any]) -> None:
    category = str(service["service_category"])
    if contract is not None:
        _check_in("service category", category, in_use.service_categories(str(contract)))
    level = str(service["complexity_level"])
    _check_in(f"complexity of {category}", level, in_use.complexity_levels(category))
    for outcome in service["desired_outcomes"]:
        _check_in(f"desired outcome of {category}", outcome, in_use.desired_outcomes(category))


def _check_in(what: str, given: str, offered: tuple[str, ...]) -> None:
    # A category of which no list tells anything, as those of Greater Manchester, takes any.
    if offered and given not in offered:
        raise InvalidValue(f"referral: {what}: {given!r} is none of {', '.join(offered)}")


def _check_place(values: Values) -> None:
    place = values.get("delivered_at")
    if place is not None and place not in in_use.delivery_units():
        reader.check_among("establishments", str(place), in_use.prisons())


def _completed(kind: str, first: str, values: Values) -> Values:
    return {**NEW[kind], **values} if first in values else values
