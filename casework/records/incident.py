"""Something that happened in a prison and must be reported."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    PersonHex,
    RecordHex,
    SignedText,
    StaffId,
    Text,
    Told,
    Transition,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

Proof = Literal["STATEMENT", "CCTV", "BODY_WORN_CAMERA", "PHOTOGRAPH", "ITEM", "TEXT"]

# In order of progress. Reopened comes after every close: new information is never filed away by
# somebody who had not read it.
INCIDENT_STATES: Final = (
    "DRAFT",
    "AWAITING_REVIEW",
    "NEEDS_UPDATING",
    "UPDATED",
    "ON_HOLD",
    "NOT_REPORTABLE",
    "DUPLICATE",
    "CLOSED",
    "WAS_CLOSED",
    "REOPENED",
)
INCIDENT_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "DRAFT"),
    (None, "AWAITING_REVIEW"),
    ("DRAFT", "AWAITING_REVIEW"),
    ("DRAFT", "DUPLICATE"),
    ("DRAFT", "NOT_REPORTABLE"),
    ("AWAITING_REVIEW", "ON_HOLD"),
    ("AWAITING_REVIEW", "NEEDS_UPDATING"),
    ("AWAITING_REVIEW", "CLOSED"),
    ("AWAITING_REVIEW", "DUPLICATE"),
    ("AWAITING_REVIEW", "NOT_REPORTABLE"),
    ("ON_HOLD", "NEEDS_UPDATING"),
    ("ON_HOLD", "CLOSED"),
    ("ON_HOLD", "DUPLICATE"),
    ("ON_HOLD", "NOT_REPORTABLE"),
    ("NEEDS_UPDATING", "UPDATED"),
    ("UPDATED", "ON_HOLD"),
    ("UPDATED", "NEEDS_UPDATING"),
    ("UPDATED", "CLOSED"),
    ("UPDATED", "DUPLICATE"),
    ("UPDATED", "NOT_REPORTABLE"),
    ("CLOSED", "REOPENED"),
    ("DUPLICATE", "REOPENED"),
    ("NOT_REPORTABLE", "REOPENED"),
    ("REOPENED", "AWAITING_REVIEW"),
    ("REOPENED", "WAS_CLOSED"),
    ("WAS_CLOSED", "CLOSED"),
    ("WAS_CLOSED", "NEEDS_UPDATING"),
)

GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2")
SEEN: Final = gathered(
    ANYONE,
    why="Evidence and those involved are added to, and nobody's account replaces another's.",
    severity="S2",
)


class PersonInvolved(msgspec.Struct, frozen=True):
    """Somebody in the prison's care who was involved, and what came of it for them."""

    person: PersonHex
    role: Annotated[Code, Listed("incident_reference", "prisoner_role")]
    outcome: Annotated[Code | None, Listed("incident_reference", "prisoner_outcome")] = None


class StaffInvolved(msgspec.Struct, frozen=True):
    """A member of staff who was involved."""

    staff_id: StaffId
    staff_name: Line
    role: Annotated[Code, Listed("incident_reference", "staff_role")]


class Evidence(msgspec.Struct, frozen=True):
    """What bears on the incident, in the words of the one who found it."""

    proof: Proof
    text: Text
    author: Line
    written_on: Moment
    document: RecordHex | None = None


class Incident(Record, kind="incident"):
    """An incident in which the person was involved, who else was, and the evidence.

    Its state is computed by `casework.rules.incidents`: closed at one place while something new
    was written at another is reopened.
    """

    family: Annotated[Code, Listed("incident_type_families"), Told(label="Type of incident"), GIVEN]
    occurred_at: Annotated[Moment, GIVEN]
    prison: Annotated[Code, Listed("establishments"), GIVEN]
    description: Annotated[SignedText, SEEN]
    people: Annotated[PersonInvolved, SEEN]
    staff: Annotated[StaffInvolved, SEEN]
    evidence: Annotated[Evidence, SEEN]
    progress: Annotated[
        Transition,
        Listed("incident_statuses"),
        Rule(
            ForwardMost(INCIDENT_STATES, INCIDENT_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="The furthest status that somebody reached, and reopened beats every close.",
        ),
    ]
    status: Annotated[
        OpenOrClosed,
        Told(hint="Follows from the progress."),
        closed(ANYONE, why="New information that the close had not seen reopens it."),
    ]
