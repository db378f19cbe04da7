"""The one officer who is responsible for a person, in custody and out."""

from typing import Annotated, Literal

import msgspec

from casework.records.values import Code, Day, Line, StaffId
from casework.records.writers import ANYONE
from sync_protocol.policy import AskAPerson, Rule
from sync_protocol.schema import Record


class Supporting(msgspec.Struct, frozen=True):
    """The officer who works alongside the responsible one."""

    staff_id: StaffId
    staff_name: Line


class Assignment(msgspec.Struct, frozen=True):
    """Who is responsible, in which team, for which side, and from which day.

    `team` is the code of a prison or of a probation delivery unit.
    """

    staff_id: StaffId
    staff_name: Line
    team: Code
    side: Literal["prison", "community"]
    effective_from: Day
    supporting: Supporting | None = None


class OffenderManager(Record, kind="offender_manager", singleton=True):
    """The one responsible officer for the whole sentence.

    Where two offices name different officers unseen by each other, both stay responsible until a
    person settles it: a gap is worse than an overlap.
    """

    assignment: Annotated[
        Assignment,
        Rule(AskAPerson(effective="effective_from"), writers=ANYONE, cls="P1", severity="S2"),
    ]
