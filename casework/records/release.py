"""That a person was let go from custody, and on whose authority."""

from typing import Annotated

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Line,
    Listed,
    Moment,
    OpenOrClosed,
    RecordHex,
    SignedText,
    Text,
    Told,
)
from casework.records.writers import CENTRE, PRISON
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

WRITERS = PRISON | CENTRE
GIVEN = Rule(Fixed(), writers=WRITERS, cls="P1", severity="S1")


class Release(Record, kind="release", anywhere=True):
    """A release: of which sentence, on which licence, to where, authorised by whom.

    It says which recalls its author had seen, so that every node can tell a release in error from
    one that was meant (`casework.rules.custody`). One that the record does not allow is kept and
    counts for nothing until somebody has looked. One recorded by mistake is closed.
    """

    occurred_at: Annotated[Moment, GIVEN, Told("When the person left the prison.", "Released at")]
    from_place: Annotated[Code, GIVEN, Listed("establishments"), Told(label="Released from")]
    reason: Annotated[Code, GIVEN, Listed("movement_reasons", "REL"), Told(label="Reason")]
    authorised_by: Annotated[Line, GIVEN, Told("Who authorised the release, by name.")]
    sentence: Annotated[RecordHex | None, GIVEN, Told("The sentence it is from.")]
    licence: Annotated[
        RecordHex | None, GIVEN, Told("The licence it is on; none where there is no licence.")
    ]
    movement: Annotated[
        RecordHex | None, GIVEN, Told("The movement by which the person left, if recorded.")
    ]
    going_to: Annotated[
        Line | None, GIVEN, Told("The address or hostel the person is released to.", "Going to")
    ]
    recalls_seen: Annotated[
        tuple[RecordHex, ...] | None,
        GIVEN,
        Told("Filled in: the recalls in force that were shown when this was recorded."),
    ]
    despite_recall: Annotated[
        Text | None,
        GIVEN,
        Told("Only where a recall is in force: why the person is released all the same."),
    ]
    notes: Annotated[
        SignedText,
        gathered(WRITERS),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            WRITERS,
            why="A release struck out unseen would put somebody back on a roll who is not there.",
            cls="P1",
            severity="S1",
        ),
    ]
