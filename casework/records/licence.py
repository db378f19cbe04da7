"""A release licence or a variation of one: its conditions as whole versions, and its status."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from casework.records.shared_rules import gathered
from casework.records.values import Day, Line, Listed, RecordHex, SignedText, Told, Transition
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, ForwardMost, Rule, WholeVersion
from sync_protocol.schema import Record

LicenceKind = Literal["CRD", "HDC", "PRRD", "HARD_STOP", "TIME_SERVED", "VARIATION"]
LicenceType = Literal["AP", "PSS", "AP_PSS"]
PolicyVersion = Literal["1.0", "2.0", "2.1", "3.0", "4.0"]
EndedFor = Literal[
    "RECALLED", "FIXED_TERM", "STANDARD_RECALL", "RESENTENCED", "REPLACED", "EXPIRED"
]
ConditionCode = Annotated[str, Meta(min_length=1, max_length=40)]
ConditionText = Annotated[str, Meta(min_length=1, max_length=4_000)]

# In order of progress. Where an approver says no and another yes, yes comes later: the conditions
# that may bind are shown, and `casework.rules.licences` says that they are disputed.
LICENCE_STATES: Final = (
    "NOT_STARTED",
    "IN_PROGRESS",
    "VARIATION_IN_PROGRESS",
    "SUBMITTED",
    "VARIATION_SUBMITTED",
    "TIMED_OUT",
    "REJECTED",
    "VARIATION_REJECTED",
    "APPROVED",
    "VARIATION_APPROVED",
    "ACTIVE",
    "INACTIVE",
    "RECALLED",
)
LICENCE_PAIRS: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "NOT_STARTED"),
    (None, "IN_PROGRESS"),
    ("NOT_STARTED", "IN_PROGRESS"),
    ("NOT_STARTED", "TIMED_OUT"),
    ("IN_PROGRESS", "SUBMITTED"),
    ("IN_PROGRESS", "TIMED_OUT"),
    ("IN_PROGRESS", "INACTIVE"),
    ("SUBMITTED", "IN_PROGRESS"),
    ("SUBMITTED", "APPROVED"),
    ("SUBMITTED", "REJECTED"),
    ("SUBMITTED", "TIMED_OUT"),
    ("SUBMITTED", "INACTIVE"),
    ("REJECTED", "IN_PROGRESS"),
    ("REJECTED", "INACTIVE"),
    ("TIMED_OUT", "INACTIVE"),
    ("APPROVED", "IN_PROGRESS"),
    ("APPROVED", "SUBMITTED"),
    ("APPROVED", "ACTIVE"),
    ("APPROVED", "INACTIVE"),
    (None, "VARIATION_IN_PROGRESS"),
    ("VARIATION_IN_PROGRESS", "VARIATION_SUBMITTED"),
    ("VARIATION_IN_PROGRESS", "INACTIVE"),
    ("VARIATION_SUBMITTED", "VARIATION_IN_PROGRESS"),
    ("VARIATION_SUBMITTED", "VARIATION_APPROVED"),
    ("VARIATION_SUBMITTED", "VARIATION_REJECTED"),
    ("VARIATION_SUBMITTED", "INACTIVE"),
    ("VARIATION_REJECTED", "VARIATION_IN_PROGRESS"),
    ("VARIATION_REJECTED", "INACTIVE"),
    ("VARIATION_APPROVED", "ACTIVE"),
    ("VARIATION_APPROVED", "INACTIVE"),
    ("VARIATION_APPROVED", "RECALLED"),
    ("ACTIVE", "INACTIVE"),
    ("ACTIVE", "RECALLED"),
)

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2")


class AdditionalCondition(msgspec.Struct, frozen=True):
    """A condition of the licence policy, with what was filled into its form."""

    code: Annotated[ConditionCode, Listed("licence_condition_types"), Told(label="Condition")]
    text: ConditionText


class LicenceContent(msgspec.Struct, frozen=True):
    """All that a licence says: no part of it is ever merged with a part of another."""

    number: Annotated[
        int, Meta(ge=1, le=999), Told(label="Version", hint="1, and one more at every edit.")
    ]
    policy_version: PolicyVersion
    starts_on: Annotated[Day, Told(hint="The day of release, or of the variation.")]
    ends_on: Annotated[Day | None, Told(hint="The day on which it expires.")]
    standard: tuple[Annotated[ConditionCode, Listed("licence_standard_conditions")], ...]
    additional: tuple[AdditionalCondition, ...] = ()
    bespoke: tuple[ConditionText, ...] = ()
    varies_number: Annotated[
        Annotated[int, Meta(ge=1, le=999)] | None,
        Told(label="Varies version", hint="Of a variation: the version that was varied."),
    ] = None


class LicenceVersion(msgspec.Struct, frozen=True):
    """One version, and whether it is approved."""

    approved: bool
    content: LicenceContent


class Licence(Record, kind="licence"):
    """A licence, or a variation of one that is in force.

    The conditions that bind are computed from all of a person's licences by
    `casework.rules.licences`: the active one stays in force until another is approved, and
    whatever may be in force is shown. A licence keeps the policy version it was made under.
    """

    licence_kind: Annotated[LicenceKind, Told(label="Kind"), GIVEN]
    licence_type: Annotated[
        LicenceType,
        Told(label="Type", hint="AP: all-purpose. PSS: post-sentence supervision."),
        GIVEN,
    ]
    licence: Annotated[
        RecordHex | None,
        Told(label="Varies", hint="The licence that this one varies, if it varies one."),
        GIVEN,
    ]
    sentence: Annotated[RecordHex | None, GIVEN]
    version: Annotated[
        LicenceVersion,
        Rule(
            WholeVersion(),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            why="A document that can be enforced must be exact: versions are never mixed, and an "
            "approval is of the version that it saw.",
        ),
    ]
    status: Annotated[
        Transition,
        Listed("licence_statuses"),
        Rule(
            ForwardMost(LICENCE_STATES, LICENCE_PAIRS),
            writers=ANYONE,
            cls="P2",
            severity="S1",
            why="An approval stands though an edit had not seen it; while two disagree, the "
            "conditions of both are shown.",
        ),
    ]
    approved_by: Annotated[
        Line,
        gathered(ANYONE, why="Everybody who approved a version is named."),
    ]
    ended_for: Annotated[
        EndedFor,
        Told(label="Ended because of"),
        Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2", optional=True),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE, why="Reasons for a condition are kept, each in its author's words."),
    ]
