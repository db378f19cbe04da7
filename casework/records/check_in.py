"""An online check-in: what the person was asked, whether they answered, and who looked at it."""

from typing import Annotated, Final, Literal

from casework.records.shared_rules import gathered
from casework.records.values import Day, Listed, Moment, SignedText, StaffMember, Told, Transition
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import (
    Fixed,
    ForwardMost,
    Highest,
    Levels,
    Rule,
    TrueOutranks,
)
from sync_protocol.schema import Record

OFFICERS = PROBATION | CENTRE

FaceMatch = Literal["match", "not_checked", "no_match"]
FACE_MATCHES: Final = Levels(("match", "not_checked", "no_match"))

# An answer outranks the end of the time for it, and a look at the answer outranks all.
CHECK_IN_STATES: Final = ("CREATED", "CANCELLED", "EXPIRED", "SUBMITTED", "REVIEWED")
CHECK_IN_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "CREATED"),
    ("CREATED", "SUBMITTED"),
    ("CREATED", "CANCELLED"),
    ("CREATED", "EXPIRED"),
    ("SUBMITTED", "REVIEWED"),
    ("SUBMITTED", "CANCELLED"),
)

GIVEN = Rule(Fixed(), writers=OFFICERS, cls="P2", severity="S3")
SAID = gathered(
    OFFICERS, why="What the person and the officers wrote is kept, each in their own words."
)


class CheckIn(Record, kind="check_in", later=True):
    """One online check-in of the person with their officer.

    One that was not answered in time has expired, which is itself something to look at.
    """

    due_on: Annotated[Day, GIVEN]
    officer: Annotated[StaffMember | None, Told(label="With whom"), GIVEN]
    submitted_at: Annotated[
        Moment | None,
        Rule(Fixed(), writers=OFFICERS, cls="P2", severity="S3", optional=True),
    ]
    answers: Annotated[SignedText, SAID]
    asks_for_contact: Annotated[
        bool,
        Rule(
            Highest(TrueOutranks()),
            writers=OFFICERS,
            cls="P2",
            severity="S2",
            optional=True,
            why="A call for help counts until somebody who saw it has answered it.",
        ),
    ]
    face_match: Annotated[
        FaceMatch,
        Rule(
            Highest(FACE_MATCHES),
            writers=OFFICERS,
            cls="P2",
            severity="S2",
            optional=True,
            why="A face that did not match counts until somebody who saw it says otherwise.",
        ),
    ]
    review: Annotated[SignedText, SAID]
    status: Annotated[
        Transition,
        Listed("checkin_statuses"),
        Rule(
            ForwardMost(CHECK_IN_STATES, CHECK_IN_PAIRS),
            writers=OFFICERS,
            cls="P2",
            severity="S2",
            why="An answer counts, though elsewhere the time for it was held to be over.",
        ),
    ]
