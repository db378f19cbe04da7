"""What was seen, said or done, in its author's words."""

from typing import Annotated

import msgspec

from casework.records.values import Code, Line, Moment, OpenOrClosed, Text
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Gather, Highest, OpenClose, Rule, TrueOutranks
from sync_protocol.schema import Record

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")


class NoteText(msgspec.Struct, frozen=True):
    """The note, or a later amendment of it; nobody's words are ever replaced by another's."""

    text: Text
    author: Line
    written_on: Moment
    amends: bool = False


class CaseNote(Record, kind="case_note", later=True):
    """A note about the person, and its amendments in order.

    Closed means retracted, which hides only what the one who retracted it had seen: an amendment
    unseen brings the note back to be looked at.
    """

    type: Annotated[Code, GIVEN]
    subtype: Annotated[Code, GIVEN]
    occurred_at: Annotated[Moment, GIVEN]
    text: Annotated[NoteText, Rule(Gather(), writers=ANYONE, cls="P2", severity="S3")]
    sensitive: Annotated[
        bool,
        Rule(Highest(TrueOutranks()), writers=ANYONE, cls="P2", severity="S2", optional=True),
    ]
    status: Annotated[OpenOrClosed, Rule(OpenClose(), writers=ANYONE, cls="P2", severity="S2")]
