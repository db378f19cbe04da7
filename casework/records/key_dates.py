"""The dates of a sentence, as they were calculated."""

from typing import Annotated

import msgspec
from msgspec import Meta

from casework.records.shared_rules import gathered
from casework.records.values import Code, Day, Line, Listed, SignedText, Told
from casework.records.writers import CENTRE, PRISON
from sync_protocol.policy import Rule, WholeVersion
from sync_protocol.schema import Record

WRITERS = PRISON | CENTRE

VersionNo = Annotated[int, Meta(ge=1, le=10_000)]


class Calculation(msgspec.Struct, frozen=True):
    """One calculation of the dates of all that the person serves, and why it was made.

    A date that does not apply is left out. `checked_by` is somebody else than `calculated_by`.
    """

    calculation_version: Annotated[VersionNo, Told("One more than the calculation before.")]
    reason: Annotated[Code, Listed("release_date_calculation_reasons")]
    calculated_on: Annotated[Day, Told(label="Calculated on")]
    calculated_by: Line
    checked_by: Annotated[Line | None, Told("Somebody else, once it is approved.")] = None
    is_indeterminate: Annotated[bool, Told(label="Life or indeterminate")] = False
    sentence_start: Annotated[Day | None, Told(label="Sentence start (SSD)")] = None
    hdc_eligibility: Annotated[Day | None, Told(label="Curfew eligibility (HDCED)")] = None
    hdc_approved: Annotated[Day | None, Told(label="Curfew approved (HDCAD)")] = None
    parole_eligibility: Annotated[Day | None, Told(label="Parole eligibility (PED)")] = None
    parole_approved: Annotated[Day | None, Told(label="Parole approved (APD)")] = None
    conditional_release: Annotated[Day | None, Told(label="Conditional release (CRD)")] = None
    automatic_release: Annotated[Day | None, Told(label="Automatic release (ARD)")] = None
    non_parole: Annotated[Day | None, Told(label="Non-parole (NPD)")] = None
    tariff_expiry: Annotated[Day | None, Told(label="Tariff expiry (TED)")] = None
    target_hearing: Annotated[Day | None, Told(label="Target hearing (THD)")] = None
    early_transfer: Annotated[Day | None, Told(label="Early transfer (ETD)")] = None
    mid_transfer: Annotated[Day | None, Told(label="Mid transfer (MTD)")] = None
    late_transfer: Annotated[Day | None, Told(label="Late transfer (LTD)")] = None
    post_recall_release: Annotated[Day | None, Told(label="Post-recall release (PRRD)")] = None
    licence_expiry: Annotated[Day | None, Told(label="Licence expiry (LED)")] = None
    sentence_expiry: Annotated[Day | None, Told(label="Sentence expiry (SED)")] = None
    supervision_end: Annotated[Day | None, Told(label="Top-up supervision end (TUSED)")] = None


class CalculationVersion(msgspec.Struct, frozen=True):
    """A calculation; approved once its authorised checker has signed it."""

    approved: bool
    content: Calculation


class KeyDates(Record, kind="key_dates", singleton=True):
    """When the person may, and when the person must, be released, and when the sentence ends.

    Calculations are whole and never merged date by date. While two stand, both are shown: the
    later date plans the release, the earlier plans handover and licence
    (`casework.rules.key_dates`).
    """

    version: Annotated[
        CalculationVersion,
        Rule(
            WholeVersion(),
            writers=WRITERS,
            cls="P1",
            severity="S2",
            why="A calculation is one piece of work of two people: dates mixed from two would be "
            "nobody's.",
        ),
        Told("All dates of one calculation.", "Calculation"),
    ]
    notes: Annotated[
        SignedText,
        gathered(WRITERS),
    ]
