"""What a court requires of the person in the community."""

from typing import Annotated

from msgspec import Meta

from casework.records.shared_rules import closed, gathered, later_day
from casework.records.values import (
    Code,
    Day,
    Listed,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Told,
)
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

WRITERS = PROBATION | CENTRE
GIVEN = Rule(Fixed(), writers=WRITERS, cls="P1", severity="S2")

Length = Annotated[int, Meta(ge=1, le=1_200)]


class Requirement(Record, kind="requirement"):
    """One requirement of a sentence: days of activity, unpaid work, a programme, a treatment.

    What was done of it is computed from the appointments that name it. Closed means completed,
    revoked or run out; work recorded unseen by the one who closed it keeps it open.
    """

    sentence: Annotated[RecordHex, GIVEN, Told("The sentence it is part of.")]
    type: Annotated[Code, GIVEN, Listed("requirement_types")]
    length: Annotated[
        Length | None,
        GIVEN,
        Told("In the unit of its type: days of activity, hours of work, months of treatment."),
    ]
    from_day: Annotated[Day, GIVEN, Told(label="From")]
    to_day: Annotated[
        Day | None,
        later_day(
            WRITERS,
            why="Ended too soon, work that the court ordered is not done.",
            cls="P1",
            severity="S2",
        ),
        Told("The last day, where the order names one.", "To"),
    ]
    detail: Annotated[
        SignedText,
        gathered(WRITERS, why="Each text is its author's."),
        Told("What exactly is required, in the words of the order."),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(WRITERS, why="Work recorded meanwhile shows that it was not over.", cls="P1"),
    ]
