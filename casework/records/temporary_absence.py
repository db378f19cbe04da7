"""That a person in prison may be out for a time and must come back."""

from typing import Annotated, Final

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
    Text,
    Told,
    Transition,
)
from casework.records.writers import CENTRE, PRISON
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

WRITERS = PRISON | CENTRE
GIVEN = Rule(Fixed(), writers=WRITERS, cls="P1", severity="S2")
REFERENCE: Final = "temporary_absence_reference"

STATES: Final = ("PENDING", "APPROVED", "PAUSED", "EXPIRED", "DENIED", "CANCELLED")
"""From least to most cautious: a pause outlives an approval that had not seen it, a cancellation
everything."""

STEPS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "PENDING"),
    (None, "APPROVED"),
    ("PENDING", "APPROVED"),
    ("PENDING", "DENIED"),
    ("PENDING", "CANCELLED"),
    ("PENDING", "EXPIRED"),
    ("APPROVED", "PAUSED"),
    ("APPROVED", "CANCELLED"),
    ("APPROVED", "EXPIRED"),
    ("PAUSED", "APPROVED"),
    ("PAUSED", "CANCELLED"),
    ("PAUSED", "EXPIRED"),
)

GATHERED = gathered(
    WRITERS,
    why="Each outing and each cancellation is an assertion of its own; none replaces another.",
    cls="P1",
    severity="S2",
)


class Occurrence(msgspec.Struct, frozen=True):
    """One outing under the authorisation; when the person was out is told by movements."""

    number: Annotated[Code, Told("A number within this authorisation, such as 1.")]
    out_at: Annotated[Moment, Told("When the person may leave.", "May leave at")]
    back_at: Annotated[Moment, Told("When the person must be back.", "Back by")]
    going_to: Line | None = None


class Cancellation(msgspec.Struct, frozen=True):
    """That one outing is not to take place, and why."""

    number: Annotated[Code, Told("The number of the outing.")]
    reason: Text
    cancelled_by: Line
    cancelled_at: Moment


class TemporaryAbsence(Record, kind="temporary_absence"):
    """An authorisation of absence over some days, and the outings under it.

    A cancellation outranks an approval that had not seen it; where the person is out already, they
    are to be called back (`casework.rules.absences`).
    """

    prison: Annotated[Code, GIVEN, Listed("establishments")]
    type: Annotated[Code, GIVEN, Listed(REFERENCE, "absence_type"), Told(label="Type")]
    sub_type: Annotated[Code | None, GIVEN, Listed(REFERENCE, "absence_sub_type")]
    reason_category: Annotated[Code | None, GIVEN, Listed(REFERENCE, "absence_reason_category")]
    reason: Annotated[Code, GIVEN, Listed(REFERENCE, "absence_reason")]
    valid_from: Annotated[Day, GIVEN]
    valid_to: Annotated[Day, GIVEN]
    going_to: Annotated[Line | None, GIVEN, Told(label="Going to")]
    accompanied_by: Annotated[Code | None, GIVEN, Listed(REFERENCE, "accompanied_by")]
    transport: Annotated[Code | None, GIVEN, Listed(REFERENCE, "transport")]
    approval: Annotated[
        Transition,
        Rule(
            ForwardMost(STATES, STEPS),
            writers=WRITERS,
            cls="P1",
            severity="S1",
            why="Whoever may not be out must not leave because one office had not heard it.",
        ),
        Told("Where the authorisation stands."),
    ]
    occurrence: Annotated[Occurrence, GATHERED, Told(label="Outing")]
    cancellation: Annotated[Cancellation, GATHERED, Told(label="Outing cancelled")]
    notes: Annotated[
        SignedText,
        gathered(WRITERS),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            WRITERS,
            why="An absence struck out unseen would leave nobody looking for who is out.",
            cls="P1",
            severity="S1",
        ),
    ]
