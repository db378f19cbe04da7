"""A signed assessment of needs and risk, in sections as OASys has them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from casework.records.shared_rules import gathered
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    RecordHex,
    SignedText,
    StaffMember,
    Text,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule, WholeVersion
from sync_protocol.schema import Record

Tool = Literal["OASYS_LAYER_1", "OASYS_LAYER_3", "RISK_OF_RECIDIVISM", "BASIC_CUSTODY_SCREENING"]
Score = Annotated[int, Meta(ge=0, le=9)]


class Answer(msgspec.Struct, frozen=True):
    """The score given to one question of a section; the higher, the greater the need or risk."""

    question: Code
    score: Score


class Section(msgspec.Struct, frozen=True):
    """What was found of one need, and whether it is linked with offending and with harm."""

    area: Annotated[Code, Listed("criminogenic_needs"), Told(label="Need")]
    answers: tuple[Answer, ...] = ()
    is_linked_to_offending: bool = False
    is_linked_to_harm: bool = False
    evidence: Text | None = None


class AssessmentContent(msgspec.Struct, frozen=True):
    """The whole document; signed as it stands, and never merged with another's parts."""

    completed_on: Annotated[Day, Told(hint="The day on which it was completed or last drafted.")]
    assessor: StaffMember
    sections: tuple[Section, ...]
    reviewed: Annotated[
        tuple[RecordHex, ...],
        Told(hint="The assessments that its author had before them.", label="Reviews"),
    ] = ()
    analysis: Text | None = None


class AssessmentVersion(msgspec.Struct, frozen=True):
    """A draft, or once approved the completed and signed document."""

    approved: Annotated[bool, Told(label="Completed and signed")]
    content: AssessmentContent


class Assessment(Record, kind="assessment"):
    """One assessment: drafts, and the completed document once somebody has signed it.

    Which of a person's assessments counts, and what is shown where two were completed apart, is
    computed by `casework.rules.assessments`.
    """

    tool: Annotated[Tool, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")]
    version: Annotated[
        AssessmentVersion,
        Rule(
            WholeVersion(),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            why="A signed document stands whole until another version of it is signed.",
        ),
    ]
    countersigned_by: Annotated[
        Line,
        gathered(ANYONE, why="Everybody who countersigned is named."),
    ]
    comments: Annotated[
        SignedText,
        gathered(
            ANYONE,
            why="What is said of a signed document stands beside it, each in its author's words.",
            severity="S2",
        ),
    ]
