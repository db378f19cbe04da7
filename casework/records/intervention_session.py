"""One session of an intervention: when and where it is planned, and what came of it."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

REFERENCE: Final = "intervention_session_reference"
Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]

GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")
ASSERTED: Final = gathered(
    ANYONE,
    why="Two who were there may say different things, and neither is dropped.",
    severity="S2",
)


class Attendance(msgspec.Struct, frozen=True):
    """Whether the person came, whether the session took place, and if not why not."""

    attended: Annotated[Code, Listed(REFERENCE, "attended")]
    took_place: bool
    no_session_reason: Annotated[Code, Listed(REFERENCE, "no_session_reason")] | None
    author: Line
    written_on: Moment


class InterventionSession(Record, kind="intervention_session", later=True):
    """A session at one time and place. A new time is a new session, said to be instead of this.

    Attendance is what each who was there says: where two differ it is disputed, and counts as
    neither held nor missed until a person settles it (`casework.rules.sessions`).
    """

    intervention: Annotated[
        RecordHex, GIVEN, Told("The referral or the programme under which it is held.")
    ]
    appointment_type: Annotated[Code, Listed(REFERENCE, "appointment_type"), GIVEN]
    session_type: Annotated[Code, Listed(REFERENCE, "session_type"), GIVEN]
    delivery: Annotated[Code, Listed(REFERENCE, "delivery"), GIVEN]
    delivered_at: Annotated[
        Code, GIVEN, Told("The prison or probation unit where it is held.", "Held at")
    ]
    planned_at: Annotated[Moment, GIVEN]
    minutes: Annotated[Minutes, GIVEN]
    instead_of: Annotated[
        RecordHex | None, GIVEN, Told("The session whose place it takes, where it is rescheduled.")
    ]
    attendance: Annotated[Attendance, ASSERTED]
    behaviour: Annotated[SignedText, ASSERTED, Told("How the person took part.")]
    concerns: Annotated[
        SignedText, ASSERTED, Told("What the offender manager must know; they are told at once.")
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Whoever cancels a session cancels what they saw of it, and no attendance unseen.",
        ),
        Told("Closed once it is cancelled."),
    ]
