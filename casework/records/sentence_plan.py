"""The plan for a sentence: whether the person agreed to it, and who countersigned it."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Day,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Text,
    Told,
    Transition,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import AskAPerson, Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

Agreed = Literal["DRAFT", "AGREED", "DO_NOT_AGREE", "COULD_NOT_ANSWER"]

# Rejected comes last: where one senior rejects and another countersigns, nobody relies on it.
SIGNING_STATES: Final = (
    "UNSIGNED",
    "SELF_SIGNED",
    "AWAITING_COUNTERSIGN",
    "AWAITING_DOUBLE_COUNTERSIGN",
    "COUNTERSIGNED",
    "DOUBLE_COUNTERSIGNED",
    "REJECTED",
)
SIGNING_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "UNSIGNED"),
    ("UNSIGNED", "SELF_SIGNED"),
    ("UNSIGNED", "AWAITING_COUNTERSIGN"),
    ("AWAITING_COUNTERSIGN", "COUNTERSIGNED"),
    ("AWAITING_COUNTERSIGN", "AWAITING_DOUBLE_COUNTERSIGN"),
    ("AWAITING_COUNTERSIGN", "REJECTED"),
    ("AWAITING_DOUBLE_COUNTERSIGN", "DOUBLE_COUNTERSIGNED"),
    ("AWAITING_DOUBLE_COUNTERSIGN", "REJECTED"),
    ("REJECTED", "UNSIGNED"),
    ("SELF_SIGNED", "UNSIGNED"),
    ("COUNTERSIGNED", "UNSIGNED"),
    ("DOUBLE_COUNTERSIGNED", "UNSIGNED"),
)


class Agreement(msgspec.Struct, frozen=True):
    """What the person said of the plan on a day, and why where they did not agree."""

    answer: Agreed
    asked_on: Annotated[Day, Told(hint="The day on which the person was asked.")]
    reason: Text | None = None


class SentencePlan(Record, kind="sentence_plan"):
    """One plan, whose goals and steps are records of their own and outlive every move.

    Progress is computed by `casework.rules.plans`.
    """

    sentence: Annotated[
        RecordHex | None,
        Told(hint="The sentence that it is for, where one is recorded."),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3"),
    ]
    begun_on: Annotated[Day, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    agreement: Annotated[
        Agreement,
        Rule(
            AskAPerson(effective="asked_on"),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            optional=True,
            why="Whether the person agreed is theirs to say, and two answers are asked about.",
        ),
    ]
    countersigning: Annotated[
        Transition,
        Rule(
            ForwardMost(SIGNING_STATES, SIGNING_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            optional=True,
            why="A later signature is of what it saw; a rejection is never passed over.",
        ),
    ]
    notes: Annotated[
        SignedText,
        gathered(
            ANYONE,
            why="Everybody who works to the plan may write, and nobody's words are replaced.",
        ),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(ANYONE, why="A plan that somebody still changes has not ended."),
    ]
