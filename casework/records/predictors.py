"""What the reoffending predictors came to when they were last calculated."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from casework.records.shared_rules import closed
from casework.records.values import Day, OpenOrClosed, Told
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

Hundredths = Annotated[
    int, Meta(ge=0, le=10_000), Told("In hundredths of a per cent: 6.9 % is 690.")
]
Basis = Literal["static", "dynamic"]
PredictorBand = Literal["low", "medium", "high", "very_high"]

GIVEN: Final = Rule(
    Fixed(),
    writers=PROBATION | CENTRE,
    cls="P2",
    severity="S2",
    why="A calculation is made once; another is another record.",
)


class Scores(msgspec.Struct, frozen=True):
    """The scores of one calculation; `static` is made of the record alone, with no assessment."""

    all_reoffending: Annotated[Hundredths, Told(label="ARP")]
    all_reoffending_basis: Basis
    serious_reoffending: Annotated[Hundredths, Told(label="CSRP")]
    serious_reoffending_basis: Basis
    contact_sexual: Annotated[Hundredths | None, Told(label="DC-SRP")] = None
    contact_sexual_band: PredictorBand | None = None


class Predictors(Record, kind="predictors"):
    """One calculation of the predictors; the latest that is not struck out counts for the tier.

    Of two calculated apart on one day the higher of each score counts (`casework.rules.tier`).
    """

    calculated_on: Annotated[Day, GIVEN, Told("The day of the calculation.")]
    scores: Annotated[Scores, GIVEN, Told("As the calculation gave them.")]
    ever_sexual_offence: Annotated[
        bool, GIVEN, Told("Whether the person ever committed a sexual offence.")
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            PROBATION | CENTRE,
            why="A calculation is struck out only by somebody who saw all of it.",
        ),
    ]
