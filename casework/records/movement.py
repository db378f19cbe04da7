"""A person going into or out of a place of custody."""

from typing import Annotated, Literal

from casework.records.values import Code, Moment, OpenOrClosed, Text
from casework.records.writers import CENTRE, PRISON
from sync_protocol.policy import Fixed, Gather, OpenClose, Rule
from sync_protocol.schema import Record

Direction = Literal["IN", "OUT"]

GIVEN = Rule(Fixed(), writers=PRISON | CENTRE, cls="P1", severity="S1")


class Movement(Record, kind="movement", anywhere=True):
    """One movement, as the prison that saw it recorded it.

    A transfer is two: OUT from the sender, IN at the receiver. Where the person is, is computed
    from all of them by `casework.rules.custody` and never stored. One recorded by mistake is
    closed, which leaves it in the history and out of the computation.
    """

    type: Annotated[Code, GIVEN]
    reason: Annotated[Code, GIVEN]
    direction: Annotated[Direction, GIVEN]
    from_place: Annotated[Code | None, GIVEN]
    to_place: Annotated[Code | None, GIVEN]
    escort: Annotated[Code | None, GIVEN]
    occurred_at: Annotated[Moment, GIVEN]
    note: Annotated[Text, Rule(Gather(), writers=PRISON | CENTRE, cls="P2", optional=True)]
    status: Annotated[
        OpenOrClosed,
        Rule(OpenClose(), writers=PRISON | CENTRE, cls="P1", severity="S1", optional=True),
    ]
