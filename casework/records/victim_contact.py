"""A victim who is kept informed, in the victim file."""

from typing import Annotated, Final

from casework.records.shared_rules import closed, gathered
from casework.records.values import Line, OpenOrClosed, SignedText, StaffMember, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import AskAPerson, Highest, Rule, TrueOutranks
from sync_protocol.schema import Record

SAID: Final = gathered(
    ANYONE,
    why="What a victim asked for is kept as each member of staff heard it.",
    cls="P4",
    severity="S2",
)


class VictimContact(Record, kind="victim_contact", file="victim", anywhere=True):
    """A victim under the contact scheme: who they are, how to reach them, who does.

    It lives in the victim file, which only a place with a reason for it holds.
    """

    name: Annotated[Line, SAID]
    contact_details: Annotated[SignedText, SAID]
    wishes: Annotated[
        SignedText,
        Told(hint="What the victim wants to be told, and asks to be protected by."),
        SAID,
    ]
    has_opted_in: Annotated[
        bool,
        Rule(
            Highest(TrueOutranks()),
            writers=ANYONE,
            cls="P4",
            severity="S1",
            why="A victim who asked once to be told is told until somebody who saw it says "
            "otherwise.",
        ),
    ]
    liaison_officer: Annotated[
        StaffMember,
        Rule(
            AskAPerson(),
            writers=ANYONE,
            cls="P4",
            severity="S2",
            optional=True,
            why="A victim should have one officer to turn to: somebody says who.",
        ),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Contact ends only by somebody who saw all that the victim asked for.",
            cls="P4",
            severity="S1",
        ),
    ]
