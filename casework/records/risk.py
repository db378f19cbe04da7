"""How dangerous the person may be, and to whom."""

from typing import Annotated, Final, Literal

from casework.records.values import SignedText
from casework.records.writers import ANYONE, PRISON
from sync_protocol.policy import Gather, Highest, Levels, Rule
from sync_protocol.schema import Record

Level = Literal["low", "medium", "high", "very_high"]
CellSharing = Literal["standard", "high"]
SecurityCategory = Literal[
    "T", "J", "D", "S", "C", "R", "I", "Z", "U", "X", "B", "Q", "V", "P", "A", "H", "E"
]

LEVELS: Final = Levels(("low", "medium", "high", "very_high"))
CELL_SHARING: Final = Levels(("standard", "high"))

# From the open to the highest: open (women, young offenders, men), semi-open, C and closed, then
# those nobody has categorised yet, who are held as category B until somebody has, then B,
# restricted status, and the category A family.
SECURITY_CATEGORIES: Final = Levels(
    ("T", "J", "D", "S", "C", "R", "I", "Z", "U", "X", "B", "Q", "V", "P", "A", "H", "E")
)

HARM = Rule(Highest(LEVELS), writers=ANYONE, cls="P2", severity="S1", optional=True)


class Risk(Record, kind="risk", singleton=True, anywhere=True):
    """Risk of serious harm to five groups in two settings, and what the prison must know.

    Each value shown is the highest that stands: it falls only by an act that saw every higher one.
    """

    children_custody: Annotated[Level, HARM]
    children_community: Annotated[Level, HARM]
    public_custody: Annotated[Level, HARM]
    public_community: Annotated[Level, HARM]
    known_adult_custody: Annotated[Level, HARM]
    known_adult_community: Annotated[Level, HARM]
    staff_custody: Annotated[Level, HARM]
    staff_community: Annotated[Level, HARM]
    prisoners_custody: Annotated[Level, HARM]
    prisoners_community: Annotated[Level, HARM]
    self_harm: Annotated[Level, HARM]
    csra: Annotated[
        CellSharing,
        Rule(Highest(CELL_SHARING), writers=PRISON, cls="P2", severity="S1", optional=True),
    ]
    security_category: Annotated[
        SecurityCategory,
        Rule(Highest(SECURITY_CATEGORIES), writers=PRISON, cls="P2", severity="S1", optional=True),
    ]
    grounds: Annotated[SignedText, Rule(Gather(), writers=ANYONE, cls="P2", optional=True)]
