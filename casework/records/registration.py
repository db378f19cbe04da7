"""A register on which the person is: MAPPA, child protection, domestic abuse and the others."""

from typing import Annotated, Final, Literal

from casework.records.review import Review
from casework.records.shared_rules import closed, gathered
from casework.records.values import Code, Day, Listed, OpenOrClosed, SignedText, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Highest, Levels, Rule
from sync_protocol.schema import Record

MappaLevel = Literal["0", "M1", "M2", "M3"]

MAPPA_LEVELS: Final = Levels(("0", "M1", "M2", "M3"))
"""From a level that nobody has set yet to the closest management."""

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2")


class Registration(Record, kind="registration", anywhere=True):
    """One entry on one register, its level and category where the register has them, its reviews.

    Two entries on one register count as one, at the higher level: `casework.rules.registrations`.
    The earliest review that nobody has held is the next; closed means taken off the register.
    """

    register: Annotated[Code, Listed("risk_registers"), GIVEN]
    registered_on: Annotated[Day, GIVEN]
    mappa_level: Annotated[
        MappaLevel,
        Listed("mappa", "level"),
        Told(hint="For MAPPA alone.", label="MAPPA level"),
        Rule(
            Highest(MAPPA_LEVELS),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            optional=True,
            why="Of two levels the closer management holds until somebody who saw both lowers it.",
        ),
    ]
    mappa_categories: Annotated[
        Code,
        Listed("mappa", "category"),
        Told(hint="For MAPPA alone.", label="MAPPA category"),
        gathered(
            ANYONE,
            why="A person may be in several categories; one is dropped only by correcting it.",
            severity="S2",
        ),
    ]
    reviews: Annotated[
        Review,
        Told(hint="When it was reviewed, and when it must be next."),
        gathered(
            ANYONE,
            why="Each day that was set stands until a review is held; the earliest is the next.",
            severity="S2",
        ),
    ]
    grounds: Annotated[
        SignedText,
        gathered(
            ANYONE, why="Why somebody was registered is each author's own word.", severity="S2"
        ),
    ]
    closed_reason: Annotated[
        SignedText,
        Told(label="Why it was closed"),
        gathered(
            ANYONE, why="Two who took the person off the register each say why.", severity="S2"
        ),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Taking a person off a register cancels only what its author had seen.",
            severity="S1",
        ),
    ]
