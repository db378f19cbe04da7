"""What was done about a failure to comply: a warning, a letter, a request for breach or recall."""

from typing import Annotated

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Code,
    Day,
    Listed,
    OpenOrClosed,
    RecordHex,
    SignedText,
    StaffMember,
    Told,
)
from casework.records.writers import CENTRE, PROBATION
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record

OFFICERS = PROBATION | CENTRE

GIVEN = Rule(Fixed(), writers=OFFICERS, cls="P2", severity="S2")
SAID = gathered(OFFICERS, why="The legal trail keeps everything that was written.")


class Enforcement(Record, kind="enforcement", later=True):
    """One action for one failure to comply, and the day by which the person may answer.

    Two offices may each take one: both stay, and the later step is shown first by
    `casework.rules.compliance`. Closed means withdrawn, which withdraws only what was seen.
    """

    appointment: Annotated[
        RecordHex | None, Told(hint="The appointment at which the person did not comply."), GIVEN
    ]
    sentence: Annotated[RecordHex | None, Told(hint="The sentence that it enforces."), GIVEN]
    action: Annotated[Code, Listed("enforcement_actions"), GIVEN]
    taken_on: Annotated[Day, GIVEN]
    respond_by: Annotated[
        Day | None,
        Told(hint="Left out, it is the usual number of days of the action after it was taken."),
        GIVEN,
    ]
    officer: Annotated[StaffMember | None, Told(label="Taken by"), GIVEN]
    response: Annotated[SignedText, Told(hint="What the person answered."), SAID]
    notes: Annotated[SignedText, SAID]
    status: Annotated[
        OpenOrClosed,
        Told(hint="Closed means withdrawn."),
        closed(OFFICERS, why="A withdrawal cancels only what it saw."),
    ]
