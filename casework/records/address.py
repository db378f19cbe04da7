"""Where the person lives, stays or is to be found."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.shared_rules import closed, gathered, later_day
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    OpenOrClosed,
    SignedText,
    Source,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Highest, Levels, Rule
from sync_protocol.schema import Record

Visiting = Literal["not_assessed", "alone", "in_twos", "never"]

# Ranked by how much care a visit needs: a place that nobody looked at is not one that is safe, but
# what somebody found there counts for more than that nobody else looked.
VISITING: Final = Levels(("alone", "not_assessed", "in_twos", "never"))

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P1", severity="S3")


class Place(msgspec.Struct, frozen=True):
    """An address as it is written on an envelope; of no fixed abode, where to ask."""

    line_1: Annotated[Line, Told(label="Address line 1")]
    line_2: Annotated[Line | None, Told(label="Address line 2")] = None
    town: Line | None = None
    county: Line | None = None
    postcode: Line | None = None


class Address(Record, kind="address"):
    """An address of the person, from a day, perhaps to a day.

    What was written is never changed: another address is another record. Closed means that it
    never was the person's. Two that are current and of one type are shown, and asked about.
    """

    type: Annotated[Code, GIVEN, Listed("address_types")]
    place: Annotated[Place, GIVEN, Told("As it is written on an envelope.", "Address")]
    source: Annotated[Source, GIVEN]
    from_day: Annotated[Day, GIVEN, Told("The first day the person lives or lived there.", "From")]
    to_day: Annotated[
        Day | None,
        later_day(
            ANYONE,
            why="Ended too soon, an address is lost to whoever must find the person.",
            cls="P1",
            severity="S3",
        ),
        Told("The last day; leave it out while the person lives there.", "To"),
    ]
    visiting: Annotated[
        Visiting,
        Rule(
            Highest(VISITING),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            optional=True,
            why="Staff safety: the more careful finding counts until somebody has seen both.",
        ),
        Told("How staff may visit here.", "Safe to visit"),
    ]
    visiting_notes: Annotated[
        SignedText,
        gathered(
            ANYONE,
            why="Each note is its author's; the one warning that matters may be any of them.",
        ),
        Told("Who else lives there, dogs, which door, what happened before.", "Notes for visits"),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Somebody may have visited there without knowing that it was struck out.",
            cls="P1",
        ),
    ]
