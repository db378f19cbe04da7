"""One goal of a sentence plan."""

from typing import Annotated, Final

from casework.records.shared_rules import asked, gathered
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    RecordHex,
    SignedText,
    Told,
    Transition,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

# Achieved comes last: what a person has done is not taken from them by a removal that had not
# seen it.
GOAL_STATES: Final = ("FUTURE", "ACTIVE", "REMOVED", "ACHIEVED")
GOAL_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "FUTURE"),
    (None, "ACTIVE"),
    ("FUTURE", "ACTIVE"),
    ("FUTURE", "REMOVED"),
    ("FUTURE", "ACHIEVED"),
    ("ACTIVE", "FUTURE"),
    ("ACTIVE", "REMOVED"),
    ("ACTIVE", "ACHIEVED"),
    ("REMOVED", "ACTIVE"),
    ("REMOVED", "FUTURE"),
    ("ACHIEVED", "ACTIVE"),
)

WORDING: Final = asked(
    ANYONE,
    why="It is the person's own plan: two wordings are asked about, and both are kept.",
    severity="S3",
)


class PlanGoal(Record, kind="plan_goal"):
    """What the person is to achieve, for which need, and by when."""

    sentence_plan: Annotated[RecordHex, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    title: Annotated[Line, WORDING]
    area_of_need: Annotated[Code, Listed("criminogenic_needs"), WORDING]
    target_on: Annotated[Day | None, Told(hint="None for a goal that is for the future."), WORDING]
    status: Annotated[
        Transition,
        Rule(
            ForwardMost(GOAL_STATES, GOAL_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="Achieved here and removed there is achieved, and somebody is asked.",
        ),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE, why="Progress is told by everybody who sees it."),
    ]
