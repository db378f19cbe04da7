"""What came of a referral, outcome by outcome, when the service ends."""

from typing import Annotated, Final

import msgspec

from casework.records.shared_rules import OWN_WORDS, gathered
from casework.records.values import Code, Line, Listed, Moment, RecordHex, SignedText, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

GIVEN: Final = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")


class OutcomeReached(msgspec.Struct, frozen=True):
    """How far one desired outcome was reached."""

    desired_outcome: Line
    achievement: Annotated[Code, Listed("intervention_session_reference", "achievement")]


class EndOfService(Record, kind="end_of_service"):
    """The end-of-service report. A referral has one: the first; a second unseen by its author is
    shown as an addendum to it by `casework.rules.interventions`, with all that it says.
    """

    referral: Annotated[RecordHex, GIVEN]
    occurred_at: Annotated[Moment, GIVEN, Told("When it was submitted.", "Submitted at")]
    reached: Annotated[
        tuple[OutcomeReached, ...], GIVEN, Told("Each desired outcome, and how far it was reached.")
    ]
    remarks: Annotated[
        SignedText,
        gathered(ANYONE, OWN_WORDS, severity="S2"),
        Told("What helped, what did not, and what should come next."),
    ]
