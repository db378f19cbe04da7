"""That somebody read a record to advise on it, and why."""

from typing import Annotated, Final

from casework.records.shared_rules import gathered
from casework.records.values import Line, Moment, StaffMember, Text, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")


class Consultation(Record, kind="consultation", anywhere=True, later=True):
    """One reading of a person's record for a reason: who, when, why, and what was read."""

    staff: Annotated[StaffMember, Told(label="Who read it"), GIVEN]
    occurred_at: Annotated[Moment, GIVEN]
    reason: Annotated[Text, GIVEN]
    read: Annotated[
        Line,
        Told(hint="What was read, such as alerts or the licence."),
        gathered(ANYONE, why="Everything that was read is told: it is the audit."),
    ]
