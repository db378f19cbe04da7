"""Steps that many tests of the desk begin with. All people are synthetic."""

from typing import Any

from casework.access.caller import Caller
from casework.desk.people import NewIdentifier, NewPerson, create
from casework.desk.records import Addition, add
from casework.desk.writing import Saved
from sync_protocol.ids import SubjectId
from tests.desks import Office

NOMS = NewIdentifier("NOMS", "A1234BC")
ROBIN = NewPerson("Robin", "Example", date_of_birth="1990-01-02", identifiers=(NOMS,))


def someone(office: Office, caller: Caller, new: NewPerson = ROBIN) -> SubjectId:
    """A person recorded at the office."""
    return create(office.desk, caller, new).person


def receive(office: Office, caller: Caller, person: SubjectId, prison: str = "LEI") -> Saved:
    """A reception now."""
    values = {"type": "ADM", "reason": "24", "direction": "IN", "to_place": prison}
    return add(office.desk, caller, person, Addition("movement", values))


def put_in_cell(office: Office, caller: Caller, person: SubjectId, location: str) -> Saved:
    """A cell."""
    return add(office.desk, caller, person, Addition("cell", {"location": location}))


def assignment(staff: str, team: str, since: str = "2026-11-01") -> dict[str, object]:
    """An assignment as the record holds it."""
    return {
        "staff_id": staff.encode().ljust(16, b".").hex(),
        "staff_name": staff.title(),
        "team": team,
        "side": "prison" if team == "LEI" else "community",
        "effective_from": since,
    }


def restrict(
    office: Office, caller: Caller, person: SubjectId, listed: Caller, **more: str
) -> None:
    """Shut one officer out of a person's record from the first of November."""
    values: dict[str, Any] = {
        "mode": "excluded",
        "people": {"staff_id": listed.staff.hex()},
        "start": "2026-11-01",
        "end": None,
        **more,
    }
    add(office.desk, caller, person, Addition("restriction", values))
