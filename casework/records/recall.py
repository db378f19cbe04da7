"""That a person released is to come back to prison: considered, decided, sent."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    RecordHex,
    SignedText,
    StaffId,
    Text,
    Told,
    Transition,
)
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import (
    ForwardMost,
    Highest,
    Levels,
    Rule,
    TrueOutranks,
)
from sync_protocol.schema import Record

WRITERS = PROBATION | CENTRE

Verdict = Literal["RECALL", "NO_RECALL"]
Grade = Literal["SPO", "ACO"]
RecallType = Literal[
    "FTR_14", "FTR_HDC_14", "FTR_28", "FTR_HDC_28", "FTR_56", "CUR_HDC", "IN_HDC", "LR"
]

RECALL_TYPES: Final = Levels(
    ("FTR_14", "FTR_HDC_14", "FTR_28", "FTR_HDC_28", "FTR_56", "CUR_HDC", "IN_HDC", "LR")
)
"""From the shortest fixed term to the standard recall, which ends on no day by itself."""

STAGES: Final = (
    "PO_START_RECALL",
    "SPO_CONSIDER_RECALL",
    "SPO_RECORDED_RATIONALE",
    "PO_RECALL_CONSULT_SPO",
    "SPO_SIGNATURE_REQUESTED",
    "SPO_SIGNED",
    "ACO_SIGNATURE_REQUESTED",
    "ACO_SIGNED",
    "NO_RECALL_DECIDED",
    "REC_CLOSED",
    "RECALL_DECIDED",
    "PP_DOCUMENT_CREATED",
    "SENT_TO_PPCS",
    "BOOKING_ON_STARTED",
    "BOOKED_TO_PPUD",
)
"""In order of progress, but that a recall outranks no recall, and one still open one closed."""

STEPS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "PO_START_RECALL"),
    (None, "SPO_CONSIDER_RECALL"),
    (None, "RECALL_DECIDED"),
    ("PO_START_RECALL", "SPO_CONSIDER_RECALL"),
    ("PO_START_RECALL", "PO_RECALL_CONSULT_SPO"),
    ("SPO_CONSIDER_RECALL", "SPO_RECORDED_RATIONALE"),
    ("SPO_RECORDED_RATIONALE", "PO_RECALL_CONSULT_SPO"),
    ("SPO_RECORDED_RATIONALE", "NO_RECALL_DECIDED"),
    ("PO_RECALL_CONSULT_SPO", "SPO_SIGNATURE_REQUESTED"),
    ("PO_RECALL_CONSULT_SPO", "NO_RECALL_DECIDED"),
    ("SPO_SIGNATURE_REQUESTED", "SPO_SIGNED"),
    ("SPO_SIGNED", "ACO_SIGNATURE_REQUESTED"),
    ("SPO_SIGNED", "NO_RECALL_DECIDED"),
    ("ACO_SIGNATURE_REQUESTED", "ACO_SIGNED"),
    ("ACO_SIGNED", "RECALL_DECIDED"),
    ("ACO_SIGNED", "NO_RECALL_DECIDED"),
    ("NO_RECALL_DECIDED", "REC_CLOSED"),
    ("RECALL_DECIDED", "PP_DOCUMENT_CREATED"),
    ("RECALL_DECIDED", "SENT_TO_PPCS"),
    ("PP_DOCUMENT_CREATED", "SENT_TO_PPCS"),
    ("SENT_TO_PPCS", "BOOKING_ON_STARTED"),
    ("SENT_TO_PPCS", "BOOKED_TO_PPUD"),
    ("BOOKING_ON_STARTED", "BOOKED_TO_PPUD"),
    ("BOOKED_TO_PPUD", "REC_CLOSED"),
)
"""From nothing straight to decided: an emergency recall, of which the papers come after."""

TEXTS = gathered(
    WRITERS, why="Each text is its author's, and who decides must read them all.", severity="S2"
)


class Decision(msgspec.Struct, frozen=True):
    """What was decided, when and why; it counts once it is signed."""

    verdict: Verdict
    decided_at: Annotated[Moment, Told("From then on the recall is in force.", "Decided at")]
    decided_by: Line
    reason: Text


class Signature(msgspec.Struct, frozen=True):
    """A senior officer (SPO) or an assistant chief officer (ACO) signs one decision."""

    verdict: Verdict
    grade: Annotated[Grade, Told("SPO: senior probation officer. ACO: assistant chief officer.")]
    staff_id: StaffId
    staff_name: Line
    signed_at: Moment


class Recall(Record, kind="recall", anywhere=True):
    """A recall from its first consideration on; it hangs on the release that it ends.

    Decisions and signatures are gathered, never exchanged: where one decision to recall and one
    against are both signed, the recall holds until a person settles it (`casework.rules.recalls`).
    A recall withdrawn or recorded by mistake is closed.
    """

    release: Annotated[
        RecordHex,
        gathered(
            WRITERS,
            why="Two releases named apart are two assertions, and neither may vanish.",
            cls="P1",
            severity="S2",
        ),
        Told("The release that it ends; left out where none is known here."),
    ]
    type: Annotated[
        RecallType,
        Rule(
            Highest(RECALL_TYPES),
            writers=WRITERS,
            cls="P1",
            severity="S1",
            optional=True,
            why="A standard recall has no automatic day of release: a wrong automatic release is "
            "worse than a short review.",
        ),
        Listed("recall_types"),
        Told("Standard, or for a fixed term.", "Type of recall"),
    ]
    grounds: Annotated[
        SignedText, TEXTS, Told("What happened: risk has risen, contact has stopped, or both.")
    ]
    alternatives: Annotated[SignedText, TEXTS, Told("What was tried or weighed instead of recall.")]
    decision: Annotated[
        Decision,
        gathered(
            WRITERS,
            why="A decision is a document: the one that is signed counts, and of two the recall.",
            severity="S1",
        ),
    ]
    signature: Annotated[
        Signature,
        gathered(WRITERS, why="A signature is the act of whoever gave it.", severity="S1"),
    ]
    is_emergency: Annotated[
        bool,
        Rule(
            Highest(TrueOutranks()),
            writers=WRITERS,
            cls="P1",
            severity="S2",
            optional=True,
            why="Nobody loses by hurrying, and somebody may by not hurrying.",
        ),
        Told("An ACO's signature alone brings it into force.", "Emergency recall"),
    ]
    stage: Annotated[
        Transition,
        Rule(
            ForwardMost(STAGES, STEPS),
            writers=WRITERS,
            cls="P1",
            severity="S2",
            why="The papers are where the furthest step took them; recall outranks no recall.",
        ),
        Told("How far the recommendation has come."),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            WRITERS,
            why="A recall withdrawn by somebody who had not seen all of it stays in force.",
            cls="P1",
            severity="S1",
        ),
    ]
