"""The plan of what is done under a referral, approved by the community offender manager."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from casework.records.values import Day, Line, OpenOrClosed, RecordHex, Text, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, OpenClose, Rule, WholeVersion
from sync_protocol.schema import Record

SessionCount = Annotated[int, Meta(ge=1, le=200)]


class Activity(msgspec.Struct, frozen=True):
    """What is done towards one desired outcome."""

    desired_outcome: Line
    description: Text


class PlanContent(msgspec.Struct, frozen=True):
    """What the plan says, whole."""

    activities: tuple[Activity, ...]
    sessions_planned: SessionCount
    submitted_on: Day | None = None


class PlanVersion(msgspec.Struct, frozen=True):
    """One version; an approval binds the content that the approver saw."""

    approved: bool
    content: PlanContent


PENDING: Final = Rule(
    OpenClose(),
    writers=ANYONE,
    cls="P2",
    severity="S2",
    optional=True,
    why="An approval ends the wait of the changes it saw, and of no other.",
)


class ActionPlan(Record, kind="action_plan"):
    """A version is never put together from two; the approved one counts until another is approved.

    `pending` is open while a change waits for approval: it is written with each version, so a
    change that the approval had not seen goes on waiting.
    """

    referral: Annotated[RecordHex, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    version: Annotated[
        PlanVersion,
        Rule(
            WholeVersion(),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="The person agreed to one whole plan, and an approval is of what was read.",
        ),
        Told("The whole plan. A change is a new draft until it is approved."),
    ]
    pending: Annotated[
        OpenOrClosed, PENDING, Told("Whether a change waits for approval; filled in by itself.")
    ]
