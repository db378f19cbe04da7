"""One step towards a goal of a sentence plan."""

from typing import Annotated, Final, Literal

from casework.records.plan_goal import WORDING
from casework.records.shared_rules import gathered
from casework.records.values import RecordHex, SignedText, Text, Transition
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

Doer = Literal[
    "PERSON_ON_PROBATION",
    "PROBATION_PRACTITIONER",
    "PRISON_OFFENDER_MANAGER",
    "PROGRAMME_STAFF",
    "PARTNERSHIP_AGENCY",
    "COMMISSIONED_PROVIDER",
    "SOMEONE_ELSE",
]

STEP_STATES: Final = (
    "NOT_STARTED",
    "CANNOT_BE_DONE_YET",
    "IN_PROGRESS",
    "NO_LONGER_NEEDED",
    "COMPLETED",
)
STEP_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    *((None, state) for state in STEP_STATES),
    *((left, to) for left in STEP_STATES for to in STEP_STATES if left != to),
)
"""Any status may follow any other: a step that was completed may have to be taken up again."""


class PlanStep(Record, kind="plan_step"):
    """Who does what for a goal, and how far it is."""

    plan_goal: Annotated[RecordHex, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    description: Annotated[Text, WORDING]
    doer: Annotated[Doer, WORDING]
    status: Annotated[
        Transition,
        Rule(
            ForwardMost(STEP_STATES, STEP_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="Completed here and no longer needed there is completed, and somebody is asked.",
        ),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE, why="Progress is told by everybody who sees it."),
    ]
