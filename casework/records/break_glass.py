"""That somebody opened a record which is not of their caseload, and why."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from casework.records.shared_rules import gathered
from casework.records.values import Line, Moment, StaffId, StaffMember, Text, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

Ground = Literal["safety", "duty", "transfer", "court", "complaint", "other"]
GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2")
MINUTES_MAX: Final = 60


class Looked(msgspec.Struct, frozen=True):
    """What somebody else found on reading why the record was opened."""

    is_justified: bool
    text: Text
    staff_id: StaffId
    author: Line
    written_on: Moment


class BreakGlass(Record, kind="break_glass", anywhere=True, later=True):
    """One opening of one person's record with a reason, for at most an hour; never pruned.

    Somebody else reviews it: `casework.rules.oversight` says which still wait.
    """

    staff: Annotated[StaffMember, Told(label="Who opened it"), GIVEN]
    occurred_at: Annotated[Moment, GIVEN]
    reason: Annotated[Text, GIVEN]
    ground: Annotated[
        Ground,
        Told(label="On what ground"),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2", optional=True),
    ]
    minutes: Annotated[
        int,
        Meta(ge=1, le=MINUTES_MAX),
        Told(hint="For how long the record was open, at most 60."),
        GIVEN,
    ]
    reviews: Annotated[
        Looked,
        Told(hint="By somebody other than the one who opened it."),
        gathered(ANYONE, why="Every review of an opening is kept: it is the audit.", severity="S2"),
    ]
