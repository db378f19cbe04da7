"""Care for somebody in prison who may harm themselves (ACCT)."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.review import Review
from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    SignedText,
    StaffMember,
    Text,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import AskAPerson, Fixed, Highest, Levels, Rule
from sync_protocol.schema import Record

Contact = Literal["OBSERVATION", "CONVERSATION", "ASSESSMENT", "CASE_REVIEW"]
Frequency = Literal[
    "DAILY", "TWICE_A_DAY", "EVERY_2_HOURS", "HOURLY", "EVERY_30_MINUTES", "EVERY_15_MINUTES",
    "CONSTANT",
]  # fmt: skip

FREQUENCIES: Final = Levels(
    (
        "DAILY",
        "TWICE_A_DAY",
        "EVERY_2_HOURS",
        "HOURLY",
        "EVERY_30_MINUTES",
        "EVERY_15_MINUTES",
        "CONSTANT",
    )
)

TOLD: Final = gathered(
    ANYONE,
    why="A life may depend on what one member of staff saw: nothing is replaced.",
    severity="S1",
)


class Observation(msgspec.Struct, frozen=True):
    """What somebody saw or heard of the person, at a moment."""

    contact: Contact
    seen_at: Annotated[Moment, Told(hint="When the person was seen, not when it was written.")]
    text: Text
    author: Line
    written_on: Moment


class SelfHarmMonitoring(Record, kind="self_harm_monitoring", anywhere=True):
    """One period of care, from the concern that opened it to its close.

    When somebody must look next is computed by `casework.rules.monitoring`. An observation that
    the close had not seen keeps the person in care until somebody looks.
    """

    occurred_at: Annotated[
        Moment,
        Told(hint="When the concern was raised.", label="Opened at"),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2"),
    ]
    prison: Annotated[
        Code,
        Listed("establishments"),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3"),
    ]
    concern: Annotated[SignedText, TOLD]
    triggers: Annotated[
        SignedText, Told(hint="What may bring the person to harm themselves."), TOLD
    ]
    frequency: Annotated[
        Frequency,
        Told(hint="How often the person is looked after."),
        Rule(
            Highest(FREQUENCIES),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            optional=True,
            why="Of two agreed apart the more frequent holds until somebody who saw both lowers "
            "it.",
        ),
    ]
    observations: Annotated[Observation, TOLD]
    support_actions: Annotated[
        SignedText, Told(hint="What is being done so that the person is safer."), TOLD
    ]
    reviews: Annotated[
        Review,
        Told(hint="When the case was reviewed, and when it must be next, after its close too."),
        gathered(
            ANYONE,
            why="Each day that was set stands until a review is held; the earliest is the next.",
            severity="S1",
        ),
    ]
    case_lead: Annotated[
        StaffMember,
        Told(label="Case manager"),
        Rule(
            AskAPerson(),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            optional=True,
            why="Two may each believe that the other leads: somebody says who does.",
        ),
    ]
    closed_reason: Annotated[SignedText, TOLD]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="Care ends only by somebody who saw everything that was observed.",
            severity="S1",
        ),
    ]
