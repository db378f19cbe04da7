"""Probation work as it is typed: what is refused, and what is filled in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.people import NewPerson, create
from casework.desk.records import Addition, Change, RecordView, add, change, read_all
from casework.reference.reader import UnknownCode, codes
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import SubjectId
from tests.casefile import HOUR_MS
from tests.contacts import OFFICER, content
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import someone

POLICY_3_ALONE = next(
    code.code
    for code in codes("licence_condition_types").values()
    if "4.0" not in code.columns["policy_versions"]
)


def entered(office: Office, ash: Caller, kind: str, values: dict[str, Any]) -> RecordView:
    """A new record of a new person, as it was stored."""
    new = NewPerson("Robin", "Example")
    person = create(office.desk, ash, new, confirmed=True).person
    add(office.desk, ash, person, Addition(kind, values))
    return read_all(office.desk, ash, person, kind)[0]


def appointment(hours: float = 24, **values: Any) -> dict[str, Any]:
    starts_at = NOON_MS + round(hours * HOUR_MS)
    slot = {"starts_at": starts_at, "ends_at": starts_at + HOUR_MS}
    usual = {"type": "COAP", "slot": slot, "place": "Leeds office", "officer": OFFICER}
    return usual | values


def licence(status: str, *, approved: bool, **values: Any) -> dict[str, Any]:
    usual = {
        "licence_kind": "CRD",
        "licence_type": "AP",
        "version": {"approved": approved, "content": content()},
        "status": {"from": None, "to": status},
    }
    return usual | values


def test_an_appointment_ends_after_it_begins_and_has_its_place(office: Office, ash: Caller) -> None:
    assert entered(office, ash, "appointment", appointment()).values["status"] == "open"
    back = {"starts_at": NOON_MS, "ends_at": NOON_MS}
    with pytest.raises(InvalidValue, match="ends after it begins"):
        entered(office, ash, "appointment", appointment(slot=back))
    with pytest.raises(InvalidValue, match="say where"):
        entered(office, ash, "appointment", appointment(place=None))
    call = appointment(type="COPT", place=None)
    assert entered(office, ash, "appointment", call).values.get("place") is None


def test_an_outcome_says_what_its_code_means_and_who_wrote_it(office: Office, ash: Caller) -> None:
    said = {"code": "AFTC", "author": "somebody else", "written_on": 0}
    values = {"appointment": "0" * 32, "assertion": said}
    (stored,) = entered(office, ash, "outcome", values).values["assertion"]
    flags = (stored["attended"], stored["complied"], stored["enforceable"])
    assert flags == (True, False, True)
    assert (stored["author"], stored["written_on"]) == ("Ash", NOON_MS)


def test_no_minutes_are_credited_for_what_was_not_complied_with(
    office: Office, ash: Caller
) -> None:
    said = {"code": "AFTC", "author": "Ash", "written_on": 0, "minutes_credited": 60}
    with pytest.raises(InvalidValue, match="minutes_credited"):
        entered(office, ash, "outcome", {"appointment": "0" * 32, "assertion": said})
    unknown = {**said, "code": "NEWX"}
    with pytest.raises(UnknownCode):
        entered(office, ash, "outcome", {"appointment": "0" * 32, "assertion": unknown})


def test_of_a_day_to_come_only_a_permitted_absence_is_known(office: Office, ash: Caller) -> None:
    person = someone(office, ash)

    def outcome(of: bytes, code: str) -> None:
        said = {"code": code, "author": "Ash", "written_on": 0}
        values = {"appointment": of.hex(), "assertion": said}
        add(office.desk, ash, person, Addition("outcome", values))

    coming = add(office.desk, ash, person, Addition("appointment", appointment(24))).record
    today = add(office.desk, ash, person, Addition("appointment", appointment(4))).record
    with pytest.raises(InvalidValue, match="on a day to come"):
        outcome(coming, "ATTC")
    outcome(coming, "AAHO")
    outcome(today, "ATTC")
    assert len(read_all(office.desk, ash, person, "outcome")) == 2


@pytest.fixture
def leeds_office(tmp_path: Path) -> Iterator[Office]:
    """The delivery unit at Leeds."""
    opened = Office(tmp_path, "N55LEE")
    yield opened
    opened.store.close()


def test_an_answer_is_due_after_the_usual_days(leeds_office: Office) -> None:
    birch = leeds_office.hire("birch")
    warned = entered(leeds_office, birch, "enforcement", {"action": "EA02"})
    assert (warned.values["taken_on"], warned.values["respond_by"]) == ("2026-11-22", "2026-11-29")
    given = {"action": "EA02", "taken_on": "2026-11-20", "respond_by": "2026-11-24"}
    assert entered(leeds_office, birch, "enforcement", given).values["respond_by"] == "2026-11-24"
    begun = entered(leeds_office, birch, "enforcement", {"action": "IBR"})
    assert begun.values.get("respond_by") is None, "nothing is to be answered"
    late = {"action": "EA02", "taken_on": "2026-11-20", "respond_by": "2026-11-19"}
    with pytest.raises(InvalidValue, match="before the action"):
        entered(leeds_office, birch, "enforcement", late)


def test_a_breach_begins_and_ends_by_its_codes(leeds_office: Office) -> None:
    birch = leeds_office.hire("birch")
    begun = {"begun_on": "2026-11-20"}
    assert entered(leeds_office, birch, "breach", begun).values["begun_by"] == "AIBR"
    with pytest.raises(InvalidValue, match="begin by AIBR"):
        entered(leeds_office, birch, "breach", begun | {"begun_by": "ABPC"})
    ended = {"end": {"code": "AIBR", "ended_on": "2026-11-21"}}
    with pytest.raises(InvalidValue, match="end by one of"):
        entered(leeds_office, birch, "breach", begun | ended)


def test_a_version_and_the_state_that_it_brings_are_written_together(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    add(office.desk, ash, person, Addition("licence", licence("IN_PROGRESS", approved=False)))

    def step(**values: Any) -> None:
        view = read_all(office.desk, ash, person, "licence")[0]
        change(office.desk, ash, person, Change("licence", view.record, values, view.seen))

    draft = {"approved": False, "content": content("curfew", number=2)}
    with pytest.raises(InvalidValue, match="a draft comes with a status"):
        step(version=draft)
    step(version=draft, status={"from": "IN_PROGRESS", "to": "SUBMITTED"})
    with pytest.raises(InvalidValue, match="comes with the approved version"):
        step(status={"from": "SUBMITTED", "to": "APPROVED"})
    with pytest.raises(InvalidValue, match="an approved version comes with a status"):
        step(version={**draft, "approved": True}, status={"from": "SUBMITTED", "to": "IN_PROGRESS"})
    step(version={**draft, "approved": True}, status={"from": "SUBMITTED", "to": "APPROVED"})


def test_a_step_that_the_machine_does_not_know_is_refused(office: Office, ash: Caller) -> None:
    with pytest.raises(InvalidValue, match="after no status comes"):
        entered(office, ash, "licence", licence("SUBMITTED", approved=False))


def submitted(office: Office, caller: Caller, kind: str) -> tuple[SubjectId, RecordView, str]:
    """A licence or a variation that waits for its approval."""
    person = someone(office, caller)
    prefix = "VARIATION_" if kind == "VARIATION" else ""
    varied = {"licence": "0" * 32} if prefix else {}
    parts: dict[str, Any] = {"varies_number": 1} if prefix else {}
    version = {"approved": False, "content": content(**parts)}
    values = licence(
        f"{prefix}IN_PROGRESS", approved=False, licence_kind=kind, version=version, **varied
    )
    add(office.desk, caller, person, Addition("licence", values))
    view = read_all(office.desk, caller, person, "licence")[0]
    step = {"status": {"from": f"{prefix}IN_PROGRESS", "to": f"{prefix}SUBMITTED"}}
    change(office.desk, caller, person, Change("licence", view.record, step, view.seen))
    return person, read_all(office.desk, caller, person, "licence")[0], prefix


@pytest.mark.parametrize(
    ("place", "kind", "may"),
    [
        ("LEI", "CRD", True),
        ("N55LEE", "CRD", False),
        ("LEI", "VARIATION", False),
        ("N55LEE", "VARIATION", True),
    ],
)
def test_a_prison_approves_a_licence_and_probation_a_variation(
    tmp_path: Path, place: str, kind: str, may: bool
) -> None:
    office = Office(tmp_path, place)
    birch = office.hire("birch")
    person, view, prefix = submitted(office, birch, kind)
    parts: dict[str, Any] = {"varies_number": 1} if prefix else {}
    approval = {
        "version": {"approved": True, "content": content(**parts)},
        "status": {"from": f"{prefix}SUBMITTED", "to": f"{prefix}APPROVED"},
    }
    wanted = Change("licence", view.record, approval, view.seen)
    if may:
        change(office.desk, birch, person, wanted)
        assert read_all(office.desk, birch, person, "licence")[0].values["status"] == (
            f"{prefix}APPROVED"
        )
    else:
        with pytest.raises(InvalidValue, match="to say"):
            change(office.desk, birch, person, wanted)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"ends_on": "2026-10-01"}, "ends_on is before starts_on"),
        ({"additional": [{"code": POLICY_3_ALONE, "text": "x"}]}, "not of policy 4.0"),
    ],
)
def test_what_a_version_cannot_say_is_refused(
    office: Office, ash: Caller, parts: dict[str, Any], told: str
) -> None:
    version = {"approved": False, "content": content(**parts)}
    values = licence("IN_PROGRESS", approved=False, version=version)
    with pytest.raises(InvalidValue, match=told):
        entered(office, ash, "licence", values)


def test_a_variation_names_what_it_varies(office: Office, ash: Caller) -> None:
    values = licence("VARIATION_IN_PROGRESS", approved=False, licence_kind="VARIATION")
    with pytest.raises(InvalidValue, match="names the licence that it varies"):
        entered(office, ash, "licence", values)
