"""What staff who meet the person must know at once."""

from typing import Annotated

from casework.records.values import Code, Day, Line, OpenOrClosed, Text
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Gather, Highest, LaterDate, OpenClose, Rule
from sync_protocol.schema import Record

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S1")


class Alert(Record, kind="alert", anywhere=True):
    """A coded warning about the person, from a day, perhaps to a day.

    A close that missed something leaves it open. Two of one code are shown as one, with both
    texts, by `casework.rules.alerts`.
    """

    code: Annotated[Code, GIVEN]
    type: Annotated[Code, GIVEN]
    description: Annotated[Text, Rule(Gather(), writers=ANYONE, cls="P2", optional=True)]
    authorised_by: Annotated[Line | None, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    active_from: Annotated[Day, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    active_to: Annotated[
        Day | None, Rule(Highest(LaterDate()), writers=ANYONE, cls="P2", severity="S2")
    ]
    status: Annotated[OpenOrClosed, Rule(OpenClose(), writers=ANYONE, cls="P2", severity="S2")]
    closed_reason: Annotated[Text, Rule(Gather(), writers=ANYONE, cls="P2", optional=True)]
