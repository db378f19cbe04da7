"""A person referred to an intervention: for what, to whom, where it is delivered, how far it is."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.shared_rules import OWN_WORDS, asked, gathered
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    RecordHex,
    SignedText,
    StaffId,
    StaffMember,
    Told,
    Transition,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

Complexity = Literal["LOW", "MEDIUM", "HIGH"]
ConclusionKind = Literal["CANCELLED", "PREMATURELY_ENDED", "COMPLETED"]

CONCLUDED: Final = "concluded"
OPEN_STATES: Final = (
    "sent",
    "assigned",
    "assessed",
    "plan_submitted",
    "plan_approved",
    "sessions",
    "end_of_service",
)

# The order in which they are shown where two stand: a conclusion that had not seen another step is
# shown behind it, since work that somebody still does must not vanish.
REFERRAL_STATES: Final[tuple[str, ...]] = (CONCLUDED, *OPEN_STATES)
REFERRAL_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "sent"),
    ("sent", "assigned"),
    ("assigned", "assessed"),
    ("assessed", "plan_submitted"),
    ("plan_submitted", "assessed"),
    ("plan_submitted", "plan_approved"),
    ("plan_approved", "sessions"),
    ("sessions", "end_of_service"),
    *((state, CONCLUDED) for state in OPEN_STATES),
    ("end_of_service", "sessions"),
    (CONCLUDED, "sessions"),
)

GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")
AGREED: Final = asked(ANYONE, why="The person was told one of the two, and no machine knows which.")
SAID: Final = gathered(ANYONE, OWN_WORDS, severity="S2")


class Service(msgspec.Struct, frozen=True):
    """One category of service: how complex the need is, and what is to come of it."""

    service_category: Line
    complexity_level: Complexity
    desired_outcomes: tuple[Line, ...]


class Caseworker(msgspec.Struct, frozen=True):
    """Who at the provider works with the person, and from which day."""

    staff_id: StaffId
    staff_name: Line
    assigned_on: Day


class Conclusion(msgspec.Struct, frozen=True):
    """How it ended, why, and what whoever ended it had seen of it.

    `reason` is one of the lists of cancellation and withdrawal reasons as `withdrawal/MOV`; None
    for what was completed. `sessions_seen` are filled in at entry: those of which it was known then
    what came of them, since one that is still planned has to be cancelled first.
    """

    kind: ConclusionKind
    reason: Annotated[Code, Listed("intervention_end_reasons")] | None
    concluded_on: Day
    sessions_seen: tuple[RecordHex, ...] = ()


class Referral(Record, kind="referral"):
    """A commissioned rehabilitative service that follows the person wherever they are moved.

    How far it is, whether it may be concluded, and what is left of it, is computed by
    `casework.rules.interventions` from the plan and the sessions too.
    """

    contract_type: Annotated[
        Code,
        Listed("intervention_contract_types"),
        GIVEN,
        Told("What kind of service this person is referred to."),
    ]
    services: Annotated[
        tuple[Service, ...],
        AGREED,
        Told("Each category of the contract with its complexity and the outcomes wanted."),
    ]
    provider: Annotated[Line, GIVEN, Told("The organisation that delivers it.")]
    reference: Annotated[Line | None, GIVEN, Told("The reference number, once it is sent.")]
    referred_by: Annotated[
        StaffMember, GIVEN, Told("The officer who refers; they are told when the person moves.")
    ]
    delivered_at: Annotated[
        Code, AGREED, Told("The prison or probation unit where it is delivered.", "Delivered at")
    ]
    needs: Annotated[SignedText, SAID, Told("What the person needs, in your words.")]
    caseworkers: Annotated[
        Caseworker,
        gathered(
            ANYONE,
            why="The one assigned last counts; those before are superseded, and stay to be asked.",
            severity="S2",
        ),
        Told("Who at the provider works with the person; the one assigned last counts."),
    ]
    status: Annotated[
        Transition,
        Rule(
            ForwardMost(REFERRAL_STATES, REFERRAL_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="The furthest open step is shown; a conclusion only where it saw every other.",
        ),
        Told("The step it leaves and the step it reaches."),
    ]
    conclusion: Annotated[
        Conclusion | None,
        AGREED,
        Told("How and why it ended; needed for the step to concluded."),
    ]
