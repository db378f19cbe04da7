"""How the person can be reached."""

from typing import Annotated, Literal

from casework.records.values import Day, Line, OpenOrClosed, SignedText, Source, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Gather, Highest, LaterDate, OpenClose, Rule
from sync_protocol.schema import Record

Channel = Literal["mobile", "home_phone", "work_phone", "email", "through_somebody"]

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P1", severity="S3")


class ContactDetail(Record, kind="contact_detail"):
    """A telephone number or address of mail, from a day, perhaps to a day.

    Another number is another record; closed means that it never was the person's.
    """

    channel: Annotated[Channel, GIVEN, Told("How this reaches the person.")]
    value: Annotated[Line, GIVEN, Told("The number or address as it is used.", "Number or address")]
    source: Annotated[Source, GIVEN]
    from_day: Annotated[Day, GIVEN, Told("Since when it reaches the person.", "From")]
    to_day: Annotated[
        Day | None,
        Rule(
            Highest(LaterDate()),
            writers=ANYONE,
            cls="P1",
            severity="S3",
            why="Ended too soon, a way to reach the person is lost.",
        ),
        Told("The last day; leave it out while it works.", "To"),
    ]
    notes: Annotated[
        SignedText,
        Rule(
            Gather(),
            writers=ANYONE,
            cls="P1",
            severity="S3",
            optional=True,
            why="Each note is its author's.",
        ),
        Told("Such as when to ring, or that others read it."),
    ]
    status: Annotated[
        OpenOrClosed,
        Rule(
            OpenClose(),
            writers=ANYONE,
            cls="P1",
            severity="S3",
            why="Somebody may have used it without knowing that it was struck out.",
        ),
    ]
