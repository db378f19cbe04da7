"""A day at court, and what came of it."""

from typing import Annotated

import msgspec

from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    SignedText,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Gather, OpenClose, Rule
from sync_protocol.schema import Record

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P1", severity="S2")


class CourtResult(msgspec.Struct, frozen=True):
    """What the court decided on one matter, as somebody read it, and what is to follow."""

    outcome: Annotated[Code, Listed("court_outcome_codes")]
    author: Line
    written_on: Moment
    matter: Annotated[Line | None, Told("The charge, where there are several.")] = None
    next_hearing_on: Annotated[Day | None, Told(label="Next hearing")] = None


class CourtAppearance(Record, kind="court_appearance"):
    """An appearance before a court, to come or past.

    A new day is a new appearance. Results are gathered: two that differ are both shown, and
    nobody is moved on the word of either alone. Closed means struck out.
    """

    court: Annotated[Line, GIVEN]
    court_type: Annotated[Code, GIVEN, Listed("court_types")]
    hearing_on: Annotated[Day, GIVEN, Told(label="Day of the hearing")]
    case_reference: Annotated[Line | None, GIVEN, Told("The court's number for the case.")]
    result: Annotated[
        CourtResult,
        Rule(
            Gather(),
            writers=ANYONE,
            cls="P1",
            severity="S1",
            optional=True,
            why="Each is what somebody read on a warrant; neither may be lost before a person has "
            "seen the paper.",
        ),
    ]
    notes: Annotated[
        SignedText,
        Rule(
            Gather(),
            writers=ANYONE,
            cls="P2",
            severity="S3",
            optional=True,
            why="Each note is its author's.",
        ),
    ]
    status: Annotated[
        OpenOrClosed,
        Rule(
            OpenClose(),
            writers=ANYONE,
            cls="P1",
            severity="S2",
            why="A hearing wrongly struck out is one the person is not taken to.",
        ),
    ]
