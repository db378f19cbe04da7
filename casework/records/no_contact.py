"""Somebody whom the person must not contact, in the victim file."""

from typing import Annotated, Final, Literal

from casework.records.shared_rules import PROTECTION_LASTS, closed, gathered, later_day
from casework.records.values import Day, Line, OpenOrClosed, RecordHex, SignedText, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

Way = Literal["ANY", "LETTER", "TELEPHONE", "VISIT", "ONLINE", "THROUGH_OTHERS"]

SAID: Final = gathered(
    ANYONE,
    why="Each protection that somebody asked for adds to the others.",
    cls="P4",
    severity="S1",
)


class NoContact(Record, kind="no_contact", file="victim", anywhere=True):
    """That the person must not contact somebody, in which ways, and for how long."""

    protected: Annotated[
        Line, Told(hint="Who must not be contacted."), Rule(Fixed(), writers=ANYONE, cls="P4")
    ]
    victim_contact: Annotated[
        RecordHex | None,
        Told(hint="The victim whom it protects, if they are under the contact scheme."),
        Rule(Fixed(), writers=ANYONE, cls="P4", severity="S3"),
    ]
    starts_on: Annotated[Day, Rule(Fixed(), writers=ANYONE, cls="P4", severity="S2")]
    ends_on: Annotated[
        Day | None,
        later_day(ANYONE, PROTECTION_LASTS, cls="P4", severity="S1"),
    ]
    ways: Annotated[Way, SAID]
    reason: Annotated[SignedText, SAID]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Protection that somebody added stands though another closed it unseen.",
            cls="P4",
            severity="S1",
        ),
    ]
