"""Whether two person records are of one person."""

from typing import Annotated, Literal

from casework.records.values import OpenOrClosed, Text
from casework.records.writers import CENTRE
from sync_protocol.policy import AskAPerson, Gather, OpenClose, Rule
from sync_protocol.schema import Record

Claim = Literal["same_as", "not_same"]


class PersonLink(Record, kind="person_link", pair=True):
    """A claim that two records are of the same person, or that they are not.

    Nothing moves: who is one with whom is computed from the standing links, and closing a link
    undoes it. The record of a pair is `files.pair_record`. Only the centre, which holds both, may
    say so, since a wrong merge is the worst error there is.
    """

    claim: Annotated[Claim, Rule(AskAPerson(), writers=CENTRE, cls="P1", severity="S1")]
    reason: Annotated[Text, Rule(Gather(), writers=CENTRE, cls="P2", optional=True)]
    status: Annotated[OpenOrClosed, Rule(OpenClose(), writers=CENTRE, cls="P1", severity="S1")]
