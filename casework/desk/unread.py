"""Recording about somebody whose record cannot be read: named by a number, and nothing is shown."""

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.sight import sight_of
from sync_protocol.errors import NotFound
from sync_protocol.ids import SubjectId

NUMBERS_LOOKED_AT_MAX = 20


def person_numbered(desk: Desk, caller: Caller, number: str) -> SubjectId:
    """The one person here who has exactly this number; NotFound for none, or for several.

    It is told of nobody else, and of nothing but that: whoever records has the number in hand.
    """
    gate.allow(desk, caller, "write")
    asked = number.strip().casefold()
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        found = {
            row.key.subjects[0]
            for row in reading.search("identifier", asked, NUMBERS_LOOKED_AT_MAX)
            if str(row.values.get("value", "")).casefold() == asked
        }
        found = {one for one in found if sight.is_listed(one)}
    if len(found) != 1:
        raise NotFound("nobody here, or more than one, has this number")
    (person,) = found
    gate.witness(desk, caller, "record_unread", (person,))
    return person
