"""Days that a sentence's dates are moved by."""

from typing import Annotated

from msgspec import Meta

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Day,
    Listed,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Told,
)
from casework.records.writers import CENTRE, PRISON
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

WRITERS = PRISON | CENTRE
GIVEN = Rule(Fixed(), writers=WRITERS, cls="P1", severity="S1")

DayCount = Annotated[int, Meta(ge=1, le=20_000)]


class SentenceAdjustment(Record, kind="sentence_adjustment"):
    """Time on remand, days awarded or restored, time at large: what the calculation adds or takes.

    Two of one type whose days overlap are one stretch of time written twice, until somebody has
    looked: the second is not counted (`casework.rules.adjustments`).
    """

    type: Annotated[Code, GIVEN, Listed("sentence_adjustment_types")]
    sentence: Annotated[RecordHex | None, GIVEN, Told("Left out where it applies to all.")]
    from_day: Annotated[Day | None, GIVEN, Told("The first day of the time it stands for.", "From")]
    to_day: Annotated[Day | None, GIVEN, Told("The last day of the time it stands for.", "To")]
    days: Annotated[DayCount, GIVEN, Told("How many days; never a minus: its type says which way.")]
    notes: Annotated[
        SignedText,
        gathered(WRITERS),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            WRITERS,
            why="Days lost or counted twice release somebody late or early.",
            cls="P1",
            severity="S1",
        ),
    ]
