"""The one officer who is responsible for a person, in custody and out, and who works alongside."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.values import Code, Day, Line, StaffId, StaffMember, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import AskAPerson, Rule
from sync_protocol.schema import Record

OfficerSide = Literal["prison", "community"]

AllocationReason = Literal[
    "first_allocation",
    "moved",
    "handover",
    "recalled",
    "released",
    "continuity",
    "suitability",
    "no_staff",
    "officer_left",
    "settled",
    "other",
]
"""Why this officer: `suitability`, `continuity` and `no_staff` are those of the allocation service,
where an officer of the other grade than recommended is named; the others say what brought it about.
"""

ALONGSIDE: Final = Rule(
    AskAPerson(effective="effective_from"),
    writers=ANYONE,
    cls="P1",
    severity="S3",
    optional=True,
    why="Two named to work alongside do not take a duty from each other: the later one is shown, "
    "and the responsible officer says which it is.",
)


class Supporting(msgspec.Struct, frozen=True):
    """The officer who works alongside the responsible one, as an assignment names them."""

    staff_id: StaffId
    staff_name: Line


class Alongside(StaffMember, frozen=True):
    """An officer who is not the responsible one, for which side, and from when."""

    side: OfficerSide
    effective_from: Day


class Assignment(msgspec.Struct, frozen=True):
    """Who is responsible, in which team, for which side, and from which day.

    `team` is the code of a prison or of a probation delivery unit. `supporting` is what releases
    before the field of that name wrote; where that field is given, it counts.
    """

    staff_id: StaffId
    staff_name: Line
    team: Code
    side: OfficerSide
    effective_from: Day
    supporting: Supporting | None = None
    reason: AllocationReason | None = None


class OffenderManager(Record, kind="offender_manager", singleton=True):
    """The one responsible officer for the whole sentence, and who works alongside.

    Where two offices name different officers unseen by each other, both stay responsible until a
    person settles it: a gap is worse than an overlap. Nobody is both responsible and co-working.
    """

    assignment: Annotated[
        Assignment,
        Rule(
            AskAPerson(effective="effective_from"),
            writers=ANYONE,
            cls="P1",
            severity="S2",
            why="A gap is worse than an overlap: both stay responsible and see the tasks until "
            "somebody settles it.",
        ),
        Told("Who is responsible, for which side, and from which day.", "Responsible officer"),
    ]
    supporting: Annotated[
        Alongside | None,
        ALONGSIDE,
        Told("The officer of the other side: in prison while the community is responsible."),
    ]
    co_working: Annotated[
        Alongside | None,
        ALONGSIDE,
        Told("A second officer of the same side; never the responsible one.", "Co-working officer"),
    ]
