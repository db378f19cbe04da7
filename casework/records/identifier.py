"""A number by which somebody else knows the person."""

from typing import Annotated, Literal

from casework.records.values import Code, Day, Line, OpenOrClosed
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, OpenClose, Rule
from sync_protocol.schema import Record

Check = Literal["valid", "invalid", "unchecked"]

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P1")


class Identifier(Record, kind="identifier", anywhere=True, searchable=("value",)):
    """One outside identifier (NOMS number, CRN, PNC, CRO…), kept as it was given.

    A person may have none, or several of a type. One with a wrong check letter is kept and
    flagged, never rejected; one that belongs to somebody else is closed, with the act saying why.
    """

    type: Annotated[Code, GIVEN]
    value: Annotated[Line, GIVEN]
    check: Annotated[Check, GIVEN]
    source: Annotated[Code, GIVEN]
    first_seen: Annotated[Day, GIVEN]
    status: Annotated[
        OpenOrClosed, Rule(OpenClose(), writers=ANYONE, cls="P1", severity="S2", optional=True)
    ]
