"""Breach proceedings for a sentence: what began them, and how the court or recall ended them."""

from typing import Annotated

import msgspec

from casework.records.shared_rules import closed, gathered
from casework.records.values import Code, Day, Listed, OpenOrClosed, RecordHex, SignedText, Told
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import AskAPerson, Fixed, Rule
from sync_protocol.schema import Record

OFFICERS = PROBATION | CENTRE

GIVEN = Rule(Fixed(), writers=OFFICERS, cls="P2", severity="S2")


class BreachEnd(msgspec.Struct, frozen=True):
    """How proceedings ended, by the code of the contact that says so."""

    code: Annotated[Code, Listed("contact_types")]
    ended_on: Day


class Breach(Record, kind="breach"):
    """One run of breach proceedings.

    It begins when breach or recall is initiated (AIBR), and ends with an outcome at court, with
    recall (ERCL) or with post-sentence supervision (CPSS). Closed means entered by mistake.
    """

    sentence: Annotated[RecordHex | None, Told(hint="The sentence that was breached."), GIVEN]
    begun_by: Annotated[
        Code, Listed("contact_types"), Told(hint="Left out, it is AIBR: breach initiated."), GIVEN
    ]
    begun_on: Annotated[Day, GIVEN]
    end: Annotated[
        BreachEnd,
        Rule(
            AskAPerson(effective="ended_on"),
            writers=OFFICERS,
            cls="P2",
            severity="S2",
            optional=True,
            why="Two different results of one breach are for the officer to settle with the court.",
        ),
    ]
    notes: Annotated[
        SignedText,
        gathered(OFFICERS, why="The legal trail keeps everything that was written."),
    ]
    status: Annotated[
        OpenOrClosed,
        Told(hint="Closed means entered by mistake."),
        closed(OFFICERS, why="Striking out a breach takes away only what was seen of it."),
    ]
