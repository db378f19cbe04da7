"""Two people who must be kept apart."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.values import Code, OpenOrClosed, PersonHex, Text
from casework.records.writers import ANYONE
from sync_protocol.policy import Gather, Highest, Levels, OpenClose, Rule
from sync_protocol.schema import Record

Apart = Literal["CELL", "LANDING", "WING"]

APART: Final = Levels(("CELL", "LANDING", "WING"))


class Role(msgspec.Struct, frozen=True):
    """The part one of the two plays; `person` is an id in hex."""

    person: PersonHex
    role: Code


class NonAssociation(Record, kind="non_association", pair=True, anywhere=True):
    """That two people must not share a cell, a landing or a wing, and why.

    The record of a pair is `files.pair_record`, so what two prisons write apart meets. Open
    outlives a close that had not seen it, and the wider of two restrictions counts.
    """

    reason: Annotated[Code, Rule(Gather(), writers=ANYONE, cls="P2")]
    restriction: Annotated[Apart, Rule(Highest(APART), writers=ANYONE, cls="P2", severity="S1")]
    roles: Annotated[Role, Rule(Gather(), writers=ANYONE, cls="P2", optional=True)]
    status: Annotated[OpenOrClosed, Rule(OpenClose(), writers=ANYONE, cls="P2", severity="S1")]
    comment: Annotated[Text, Rule(Gather(), writers=ANYONE, cls="P2", optional=True)]
