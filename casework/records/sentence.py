"""What a court ordered."""

from typing import Annotated

import msgspec
from msgspec import Meta

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Day,
    Line,
    Listed,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Rule, WholeVersion
from sync_protocol.schema import Record

Count = Annotated[int, Meta(ge=0, le=1_200)]


class Term(msgspec.Struct, frozen=True):
    """One length within a sentence: the custodial term, the licence, the hours of work."""

    type: Annotated[Code, Listed("sentence_term_types")]
    years: Count = 0
    months: Count = 0
    weeks: Count = 0
    days: Count = 0
    hours: Count = 0


class SentenceTerms(msgspec.Struct, frozen=True):
    """A sentence as the court passed it, and as sentence administration read the warrant.

    `type` is `ACT/CODE`, such as `2020/ADIMP`; a life or indeterminate sentence has a tariff in
    its terms, or none. `served_after` names the sentence to which this one is consecutive.
    """

    court: Annotated[Line, Told(label="Court")]
    court_type: Annotated[Code, Listed("court_types")]
    sentenced_on: Annotated[Day, Told("The day the court passed it.", "Date of sentence")]
    type: Annotated[Code, Listed("sentence_types"), Told(label="Sentence type")]
    offence: Annotated[Line, Told("In the words of the warrant.", "Offence")]
    terms: Annotated[tuple[Term, ...], Told("Each length the court gave.", "Terms")] = ()
    offence_code: Annotated[Code | None, Told(label="Offence code")] = None
    offence_on: Annotated[Day | None, Told(label="Date of offence")] = None
    case_reference: Annotated[Line | None, Told("The court's number.", "Case reference")] = None
    imprisonment_status: Annotated[Code | None, Listed("imprisonment_statuses")] = None
    served_after: Annotated[RecordHex | None, Told(label="Consecutive to")] = None
    is_suspended: Annotated[bool, Told(label="Suspended")] = False


class SentenceVersion(msgspec.Struct, frozen=True):
    """A version of the sentence; approved once a second person has read it against the warrant."""

    approved: bool
    content: SentenceTerms


class Sentence(Record, kind="sentence"):
    """One sentence or order of a court, in whole versions that are never merged field by field.

    A sentence varied on appeal is a new version of this record. Closed means served or quashed;
    an end that somebody did not see leaves it running.
    """

    version: Annotated[
        SentenceVersion,
        Rule(
            WholeVersion(),
            writers=ANYONE,
            cls="P1",
            severity="S1",
            why="An order of a court counts as it was passed: two readings of it are both kept, "
            "and never mixed.",
        ),
        Told("As on the warrant or order.", "Sentence"),
    ]
    ended_reason: Annotated[
        SignedText,
        gathered(ANYONE, why="Each reason is its author's.", cls="P1"),
        Told("Served, quashed, revoked: what ended it and on whose authority."),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="A sentence that is wrongly thought over sets somebody free, or at fault.",
            cls="P1",
            severity="S1",
        ),
    ]
