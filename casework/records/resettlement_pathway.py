"""One of the seven pathways to resettlement, and whether support is needed on it."""

from typing import Annotated, Final, Literal

from casework.records.shared_rules import OWN_WORDS, gathered
from casework.records.values import Code, Listed, SignedText, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Highest, Levels, Rule
from sync_protocol.schema import Record

Need = Literal[
    "SUPPORT_NOT_REQUIRED",
    "DONE",
    "SUPPORT_DECLINED",
    "NOT_STARTED",
    "IN_PROGRESS",
    "SUPPORT_REQUIRED",
]

# From the least need to the most: a need that somebody still sees is shown before one that is done.
PATHWAY_LEVELS: Final = Levels(
    (
        "SUPPORT_NOT_REQUIRED",
        "DONE",
        "SUPPORT_DECLINED",
        "NOT_STARTED",
        "IN_PROGRESS",
        "SUPPORT_REQUIRED",
    )
)


class ResettlementPathway(Record, kind="resettlement_pathway"):
    """How it stands with one pathway; two records of one pathway are shown as one.

    `need` falls only by an act that saw every greater one.
    """

    pathway: Annotated[
        Code,
        Listed("resettlement_reference", "pathway"),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3"),
    ]
    need: Annotated[
        Need,
        Rule(
            Highest(PATHWAY_LEVELS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="A need must not vanish because somebody elsewhere had done what they knew of.",
        ),
    ]
    remarks: Annotated[
        SignedText,
        gathered(ANYONE, OWN_WORDS, severity="S2"),
        Told("What is needed, agreed or done."),
    ]
