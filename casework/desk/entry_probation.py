"""What is checked and filled in when probation work is entered at a desk.

Each check says what to do. What came by sync is never refused: `casework.rules` shows it, and what
of it counts. Codes that follow from another value are filled in, so that nobody types them twice.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from casework.desk.desk import Desk
from casework.reference.reader import codes
from casework.rules.appointments import needs_place
from casework.rules.compliance import BREACH_ENDS, BREACH_START
from casework.rules.outcomes import flags_of, is_permissible_absence
from casework.rules.rows import day_of
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import RecordId, SubjectId

Values = dict[str, Any]

BINDING: Final = frozenset({"APPROVED", "VARIATION_APPROVED", "ACTIVE"})
"""States that are reached with the version they bind, so that no other takes its place unseen."""

DRAFTING: Final = frozenset(
    {"IN_PROGRESS", "SUBMITTED"} | {"VARIATION_IN_PROGRESS", "VARIATION_SUBMITTED"}
)
APPROVERS: Final[Mapping[str, frozenset[str]]] = {
    "APPROVED": frozenset({"prison", "centre"}),
    "VARIATION_APPROVED": frozenset({"probation", "centre"}),
}
"""The prison approves a first licence, and a senior probation officer a variation."""

VARIATION: Final = "VARIATION"


def complete_appointment(_desk: Desk, values: Values) -> Values:
    """It ends after it begins, and says where it is, if its type has a place."""
    slot = values.get("slot")
    if isinstance(slot, Mapping) and slot["ends_at"] <= slot["starts_at"]:
        raise InvalidValue("appointment: it ends after it begins; change ends_at in slot")
    if "type" in values and needs_place(str(values["type"])) and not values.get("place"):
        raise InvalidValue("appointment: say where an appointment of this type is (place)")
    return values


def complete_outcome(_desk: Desk, values: Values) -> Values:
    """An outcome says with its code what it means, as the list has it now."""
    said = values.get("assertion")
    if not isinstance(said, Mapping):
        return values
    flags = flags_of(str(said.get("code", "")))
    is_credited = flags["attended"] is True and flags["complied"] is True
    if said.get("minutes_credited") and not is_credited:
        raise InvalidValue(
            "outcome: minutes are credited only where the person attended and complied; "
            "leave minutes_credited empty"
        )
    return {**values, "assertion": {**said, **flags}}


def check_outcome_of(desk: Desk, person: SubjectId, kind: str, values: Values) -> None:
    """On a day to come only a permitted absence can be known; an appointment that is not held
    here may have been.
    """
    said, appointment = values.get("assertion"), values.get("appointment")
    if kind != "outcome" or not isinstance(said, Mapping) or appointment is None:
        return
    with desk.store.reading() as reading:
        shown = reading.record("appointment", (person,), RecordId(bytes.fromhex(appointment)))
    slot = shown.values.get("slot") if shown is not None else None
    starts_at = slot.get("starts_at") if isinstance(slot, Mapping) else None
    is_to_come = isinstance(starts_at, int) and day_of(desk.now_ms()) < day_of(starts_at)
    if is_to_come and not is_permissible_absence(str(said.get("code", ""))):
        raise InvalidValue(
            "outcome: the appointment is on a day to come; only an acceptable absence can be "
            "recorded before it"
        )


def complete_enforcement(desk: Desk, values: Values) -> Values:
    """The answer is due after the action's usual days, unless another day is given."""
    if "action" not in values:
        return values
    taken_on = str(values.setdefault("taken_on", day_of(desk.now_ms())))
    listed = codes("enforcement_actions")[str(values["action"])].columns
    if listed["default_response_days"] and values.get("respond_by") is None:
        days = timedelta(days=int(listed["default_response_days"]))
        values["respond_by"] = (date.fromisoformat(taken_on) + days).isoformat()
    if values.get("respond_by") is not None and values["respond_by"] < taken_on:
        raise InvalidValue("enforcement: respond_by is before the action was taken")
    return values


def complete_breach(_desk: Desk, values: Values) -> Values:
    """Proceedings begin and end by the codes of their contacts."""
    if "begun_on" in values:
        values.setdefault("begun_by", BREACH_START)
    if values.get("begun_by", BREACH_START) != BREACH_START:
        raise InvalidValue(f"breach: proceedings begin by {BREACH_START}")
    end = values.get("end")
    if isinstance(end, Mapping) and end["code"] not in BREACH_ENDS:
        raise InvalidValue(f"breach: proceedings end by one of {', '.join(sorted(BREACH_ENDS))}")
    return values


def complete_licence(desk: Desk, values: Values) -> Values:
    """A version and the state it brings the licence to are written together, by who may.

    Else a draft would stand beside an approval and nobody would be asked, and a licence could
    become active with a version that whoever released the person never saw.
    """
    step, version = values.get("status"), values.get("version")
    reached = str(step["to"]) if isinstance(step, Mapping) else ""
    if isinstance(version, Mapping):
        _check_content(values, version["content"])
        wanted = BINDING if version["approved"] else DRAFTING
        if reached not in wanted:
            sort = "an approved version" if version["approved"] else "a draft"
            ways = ", ".join(_said(one) for one in sorted(wanted))
            raise InvalidValue(f"licence: {sort} comes with a status that is one of {ways}")
    elif reached in BINDING:
        words = _said(reached)
        raise InvalidValue(f"licence: {words} comes with the approved version that it is of")
    if reached in APPROVERS and desk.place.kind not in APPROVERS[reached]:
        places = " or ".join(sorted(APPROVERS[reached]))
        words = _said(reached)
        raise InvalidValue(f"licence: {words} is for the {places} to say")
    return values


def _said(status: str) -> str:
    """A status as the form calls it."""
    return status.replace("_", " ").lower()


def _check_content(values: Values, content: Mapping[str, Any]) -> None:
    """What a version says can be true: of its days, its policy, and what it varies."""
    if content.get("ends_on") is not None and content["ends_on"] < content["starts_on"]:
        raise InvalidValue("licence: ends_on is before starts_on")
    is_variation = values.get("licence_kind") == VARIATION
    if is_variation and (values.get("licence") is None or content.get("varies_number") is None):
        raise InvalidValue(
            "licence: a variation names the licence that it varies and the version of it "
            "(licence, varies_number)"
        )
    _check_policy(str(content["policy_version"]), content.get("additional") or ())


def _check_policy(policy: str, additional: Sequence[Mapping[str, Any]]) -> None:
    """A licence keeps the policy that it was made under, and takes no condition of another."""
    listed = codes("licence_condition_types")
    for one in additional:
        known = listed.get(str(one["code"]))
        if known is not None and policy not in known.columns["policy_versions"].split("|"):
            raise InvalidValue(f"licence: condition {one['code']} is not of policy {policy}")
