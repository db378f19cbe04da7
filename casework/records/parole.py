"""A parole review: when it is heard, how far it has come, and what came of it."""

from typing import Annotated, Final, Literal

from casework.records.shared_rules import asked
from casework.records.values import Day, SignedText, Told, Transition
from casework.records.writers import ANYONE, CENTRE, PRISON
from sync_protocol.policy import ForwardMost, Gather, Rule
from sync_protocol.schema import Record

ParoleOutcome = Literal["release", "no_release_open", "no_release_closed", "no_decision"]

REVIEW_STATES: Final[tuple[str, ...]] = ("active", "adjourned", "heard", "concluded", "cancelled")
REVIEW_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "active"),
    ("active", "adjourned"),
    ("adjourned", "active"),
    ("active", "heard"),
    ("adjourned", "heard"),
    ("heard", "concluded"),
    ("active", "cancelled"),
    ("adjourned", "cancelled"),
)

DATED: Final = asked(ANYONE, why="The handover depends on it: no machine chooses between two days.")


class Parole(Record, kind="parole"):
    """One parole review of a person; the latest that was not cancelled counts."""

    review_status: Annotated[
        Transition,
        Rule(
            ForwardMost(REVIEW_STATES, REVIEW_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S2",
            why="A review goes on; who records it later may know an earlier state.",
        ),
        Told("From which state of the review to which."),
    ]
    target_hearing_on: Annotated[Day | None, DATED, Told("The target hearing date.")]
    custody_report_due_on: Annotated[
        Day | None, DATED, Told("When the prison's report is due at the Parole Board.")
    ]
    outcome: Annotated[
        ParoleOutcome | None,
        asked(
            PRISON | CENTRE,
            why="Release or not is for the Parole Board's letter to say, never for a clock.",
            severity="S1",
        ),
        Told("What the Parole Board decided, once the letter is here."),
    ]
    outcome_received_on: Annotated[Day | None, DATED, Told("The day the decision came.")]
    notes: Annotated[
        SignedText,
        Rule(Gather(), writers=ANYONE, cls="P2", optional=True, why="Every note is kept."),
    ]
