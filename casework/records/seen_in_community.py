"""That somebody met the person, or was told of the person, outside prison."""

from typing import Annotated, Literal

from casework.records.shared_rules import closed, gathered
from casework.records.values import Line, Moment, OpenOrClosed, SignedText, Told
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

WRITERS = PROBATION | CENTRE
GIVEN = Rule(Fixed(), writers=WRITERS, cls="P1", severity="S2")

How = Literal["met", "spoken_to", "told"]


class SeenInCommunity(Record, kind="seen_in_community", anywhere=True):
    """What probation knows of where a person was; it moves nobody into or out of custody.

    Of somebody whom a prison holds it is a warning: an escape, a release that is not recorded, or
    another person (`casework.rules.sightings`). One that was mistaken is closed.
    """

    occurred_at: Annotated[Moment, GIVEN, Told("When the person was there.", "Seen at")]
    where: Annotated[Line, GIVEN, Told("The street, the office, the address.")]
    how: Annotated[How, GIVEN, Told("Met in person, spoken to, or told by somebody else.")]
    seen_by: Annotated[Line, GIVEN, Told("Who saw the person, by name.", "Seen by")]
    notes: Annotated[
        SignedText,
        gathered(WRITERS),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            WRITERS,
            why="A warning withdrawn by somebody who had not seen all of it stays.",
            cls="P1",
            severity="S1",
        ),
    ]
