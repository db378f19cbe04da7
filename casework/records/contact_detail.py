"""How the person can be reached."""

from typing import Annotated, Literal

from casework.records.shared_rules import closed, gathered, later_day
from casework.records.values import Day, Line, OpenOrClosed, SignedText, Source, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
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
        later_day(
            ANYONE,
            why="Ended too soon, a way to reach the person is lost.",
            cls="P1",
            severity="S3",
        ),
        Told("The last day; leave it out while it works.", "To"),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE, cls="P1"),
        Told("Such as when to ring, or that others read it."),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Somebody may have used it without knowing that it was struck out.",
            cls="P1",
            severity="S3",
        ),
    ]
