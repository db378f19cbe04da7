"""A charge under the prison rules, its hearings and what was awarded."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from casework.records.shared_rules import gathered
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    Moment,
    RecordHex,
    SignedText,
    Text,
    Told,
    Transition,
)
from casework.records.writers import PRISON
from sync_protocol.policy import Fixed, ForwardMost, Rule
from sync_protocol.schema import Record

Finding = Literal["PROVED", "DISMISSED", "NOT_PROCEED_WITH"]
Days = Annotated[int, Meta(ge=0, le=1_000)]

# In order of progress; quashed comes last, since it ends a finding. Where two places reached
# different findings neither counts: `casework.rules.adjudications`.
ADJUDICATION_STATES: Final = (
    "RETURNED",
    "AWAITING_REVIEW",
    "UNSCHEDULED",
    "SCHEDULED",
    "ADJOURNED",
    "REFER_POLICE",
    "REFER_INAD",
    "REFER_GOV",
    "REJECTED",
    "PROSECUTION",
    "NOT_PROCEED",
    "DISMISSED",
    "CHARGE_PROVED",
    "QUASHED",
)
ADJUDICATION_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "AWAITING_REVIEW"),
    ("AWAITING_REVIEW", "UNSCHEDULED"),
    ("AWAITING_REVIEW", "REJECTED"),
    ("AWAITING_REVIEW", "RETURNED"),
    ("RETURNED", "AWAITING_REVIEW"),
    ("RETURNED", "UNSCHEDULED"),
    ("RETURNED", "REJECTED"),
    ("UNSCHEDULED", "SCHEDULED"),
    ("UNSCHEDULED", "REFER_POLICE"),
    ("UNSCHEDULED", "NOT_PROCEED"),
    ("SCHEDULED", "UNSCHEDULED"),
    ("SCHEDULED", "REFER_POLICE"),
    ("SCHEDULED", "REFER_INAD"),
    ("SCHEDULED", "REFER_GOV"),
    ("SCHEDULED", "DISMISSED"),
    ("SCHEDULED", "NOT_PROCEED"),
    ("SCHEDULED", "CHARGE_PROVED"),
    ("SCHEDULED", "ADJOURNED"),
    ("REFER_POLICE", "PROSECUTION"),
    ("REFER_POLICE", "NOT_PROCEED"),
    ("REFER_POLICE", "SCHEDULED"),
    ("REFER_INAD", "NOT_PROCEED"),
    ("REFER_INAD", "SCHEDULED"),
    ("REFER_INAD", "REFER_GOV"),
    ("REFER_GOV", "NOT_PROCEED"),
    ("REFER_GOV", "SCHEDULED"),
    ("ADJOURNED", "SCHEDULED"),
    ("CHARGE_PROVED", "QUASHED"),
)

GIVEN: Final = Rule(Fixed(), writers=PRISON, cls="P2", severity="S2")
KEPT: Final = gathered(
    PRISON, why="Every hearing, award and statement is part of the proceedings.", severity="S1"
)


class Hearing(msgspec.Struct, frozen=True):
    """One hearing and its outcome; `finding` where it was completed."""

    held_at: Moment
    adjudicator: Line
    outcome: Annotated[Code, Listed("adjudication_reference", "hearing_outcome")]
    plea: Annotated[Code | None, Listed("adjudication_reference", "plea")] = None
    finding: Finding | None = None
    adjourned_for: Annotated[
        Code | None,
        Listed("adjudication_reference", "adjourn_reason"),
        Told(hint="Why it was adjourned, if it was."),
    ] = None
    text: Text | None = None


class Award(msgspec.Struct, frozen=True):
    """One punishment; in force from a day to a day, or suspended until one."""

    punishment: Annotated[Code, Listed("adjudication_reference", "punishment")]
    days: Days | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    suspended_until: Day | None = None


class Adjudication(Record, kind="adjudication"):
    """One charge against the person, from the report to the finding and the awards."""

    charge: Annotated[Code, Listed("prison_rule_charges"), GIVEN]
    occurred_at: Annotated[Moment, Told(label="When it is said to have happened"), GIVEN]
    prison: Annotated[Code, Listed("establishments"), GIVEN]
    incident: Annotated[
        RecordHex | None, Told(hint="The incident that led to it, if one is recorded."), GIVEN
    ]
    statements: Annotated[SignedText, KEPT]
    hearings: Annotated[Hearing, KEPT]
    awards: Annotated[Award, KEPT]
    progress: Annotated[
        Transition,
        Listed("adjudication_reference", "status"),
        Rule(
            ForwardMost(ADJUDICATION_STATES, ADJUDICATION_PAIRS),
            writers=PRISON,
            cls="P2",
            severity="S1",
            why="Two findings made apart are both shown, and days are added by neither until "
            "somebody settles which holds.",
        ),
    ]
