"""Whether the community takes a case over early, fifteen months before release."""

from typing import Annotated, Final, Literal

from casework.records.shared_rules import closed
from casework.records.values import Code, Day, OpenOrClosed, SignedText, Text, Told
from casework.records.writers import ANYONE, PRISON, PROBATION
from sync_protocol.policy import Fixed, Gather, Highest, Levels, Rule
from sync_protocol.schema import Record

AutomaticReason = Literal[
    "convicted_under_terrorism_act_2000",
    "high_profile",
    "serious_crime_prevention_order",
    "mappa_level_3",
    "cppc_case",
]
DiscretionaryReason = Literal[
    "extremism_separation",
    "due_for_release_in_less_than_24_months",
    "high_risk_of_serious_harm",
    "mappa_level_2",
    "pathfinder_process",
    "other_reason",
]
Eligibility = Literal["ineligible", "eligible"]
ELIGIBILITY: Final = Levels(("ineligible", "eligible"))

GIVEN: Final = Rule(Fixed(), writers=PRISON, cls="P2", severity="S2")


class EarlyAllocation(Record, kind="early_allocation"):
    """One assessment for early allocation, and what the community decided of it.

    Any automatic reason is enough; a discretionary one needs the community's decision. It counts
    only where it was made within eighteen months of release: see `casework.rules.handover`.
    """

    assessed_on: Annotated[Day, GIVEN, Told("The day of the assessment.")]
    prison: Annotated[Code, GIVEN, Told("The code of the prison that made it.")]
    automatic_reasons: Annotated[
        tuple[AutomaticReason, ...],
        GIVEN,
        Told("Any one of these is enough by itself."),
    ]
    discretionary_reasons: Annotated[
        tuple[DiscretionaryReason, ...],
        GIVEN,
        Told("With any of these the community decides."),
    ]
    explanation: Annotated[
        Text | None, GIVEN, Told("Wanted where there are discretionary reasons alone.")
    ]
    community_decision: Annotated[
        Eligibility,
        Rule(
            Highest(ELIGIBILITY),
            writers=PROBATION,
            cls="P2",
            severity="S2",
            optional=True,
            why="The earlier handover is the safer one while two decisions differ.",
        ),
        Told("What the community decided, once it has."),
    ]
    decided_on: Annotated[
        Day | None,
        Rule(Fixed(), writers=PROBATION, cls="P2", severity="S3"),
        Told("The day of the community's decision."),
    ]
    grounds: Annotated[
        SignedText,
        Rule(Gather(), writers=PROBATION, cls="P2", optional=True, why="Each decision's own text."),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="An assessment is withdrawn only by somebody who saw the decision on it.",
            severity="S3",
        ),
    ]
