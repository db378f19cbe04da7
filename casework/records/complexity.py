"""How complex a person's needs are, which decides how much work with them is planned."""

from typing import Annotated, Final, Literal

from casework.records.values import SignedText, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Gather, Highest, Levels, Rule
from sync_protocol.schema import Record

ComplexityLevel = Literal["LOW", "MEDIUM", "HIGH"]
"""As `keyworker_reference` lists them."""

COMPLEXITIES: Final = Levels(("LOW", "MEDIUM", "HIGH"))


class Complexity(Record, kind="complexity", singleton=True):
    """Complexity of need; no level is set without a reason."""

    level: Annotated[
        ComplexityLevel,
        Rule(
            Highest(COMPLEXITIES),
            writers=ANYONE,
            cls="P2",
            severity="S3",
            why="Too much support harms less than too little.",
        ),
        Told("How complex the person's needs are.", "Complexity of need"),
    ]
    reasons: Annotated[
        SignedText,
        Rule(Gather(), writers=ANYONE, cls="P2", why="Each change keeps its own reason."),
        Told("Wanted at every change of the level.", "Why"),
    ]
