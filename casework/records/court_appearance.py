"""A day at court, and what came of it."""

from typing import Annotated

import msgspec

from casework.records.shared_rules import closed, gathered
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
from sync_protocol.policy import Fixed, Rule
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
        gathered(
            ANYONE,
            why=(
                "Each is what somebody read on a warrant; neither may be lost before a person has "
                "seen the paper."
            ),
            cls="P1",
            severity="S1",
        ),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE, why="A hearing wrongly struck out is one the person is not taken to.", cls="P1"
        ),
    ]
