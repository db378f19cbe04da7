"""An accredited programme that a person is referred to, and how far it has come."""

from typing import Annotated, Final

from casework.records.action_plan import SessionCount
from casework.records.shared_rules import asked, gathered
from casework.records.values import Code, Line, Listed, SignedText, StaffMember, Told, Transition
from casework.records.writers import ANYONE
from casework.reference.reader import codes, rows
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

STATUSES: Final = "accredited_programme_referral_statuses"
HOLD: Final = "ON_HOLD"

CLOSED_STATES: Final = frozenset(
    status.code for status in codes(STATUSES).values() if status.says("closed")
)
PROGRESS: Final = (
    "REFERRAL_STARTED",
    "REFERRAL_SUBMITTED",
    "AWAITING_ASSESSMENT",
    "ASSESSMENT_STARTED",
    "SUITABLE_NOT_READY",
    "ASSESSED_SUITABLE",
    "ON_PROGRAMME",
)

# The order in which they are shown where two stand unseen by each other: a hold before progress,
# since it is the safer, and a closing one only where it saw every open one.
PROGRAMME_STATES: Final[tuple[str, ...]] = (
    *sorted(CLOSED_STATES),
    *PROGRESS,
    *(f"{HOLD}_{state}" for state in PROGRESS if f"{HOLD}_{state}" in codes(STATUSES)),
)
PROGRAMME_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, PROGRESS[0]),
    *((row["from_status"], row["to_status"]) for row in rows("accredited_programme_transitions")),
)

GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")


class Programme(Record, kind="programme"):
    """A referral to an accredited programme, by the published transitions between its statuses."""

    programme: Annotated[Code, Listed("accredited_programmes"), GIVEN]
    referred_by: Annotated[
        StaffMember, GIVEN, Told("The officer who refers; they are told when the person moves.")
    ]
    provider: Annotated[Line, GIVEN, Told("The programme team that delivers it.")]
    delivered_at: Annotated[
        Code,
        asked(ANYONE, why="The person was told one of the two places, and no machine knows which."),
        Told("The prison or probation unit where it is delivered.", "Delivered at"),
    ]
    sessions_planned: Annotated[
        SessionCount | None,
        asked(
            ANYONE, why="How long the programme is, its team knows and no machine.", severity="S3"
        ),
    ]
    status: Annotated[
        Transition,
        Rule(
            ForwardMost(PROGRAMME_STATES, PROGRAMME_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="A hold is safer than progress, and nothing open ends unseen.",
        ),
        Told("The status it leaves and the status it reaches."),
    ]
    remarks: Annotated[
        SignedText,
        gathered(
            ANYONE, why="Each reason for a hold or an end stays beside the others.", severity="S2"
        ),
        Told("Why it is on hold, or ended, or what the assessment found."),
    ]
