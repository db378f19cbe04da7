"""What is done so that the community can take over a person's case from the prison."""

from typing import Annotated, Final, Literal

from casework.records.shared_rules import asked, closed
from casework.records.values import Day, OpenOrClosed, SignedText, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Gather, Highest, Levels, OpenClose, Rule
from sync_protocol.schema import Record

Resourcing = Literal["standard", "enhanced"]
RESOURCING: Final = Levels(("standard", "enhanced"))

TICK: Final = Rule(
    OpenClose(),
    writers=ANYONE,
    cls="P1",
    severity="S3",
    optional=True,
    why="What was done stays done: taking a tick off removes only the ticks its author had seen.",
)
TICKED: Final = "Open is ticked, closed is not."


class Handover(Record, kind="handover", singleton=True):
    """The checklist of a handover, its meeting and its notes; ticks are `open` once done.

    Which ticks are wanted depends on how the case is resourced; each tick merges by itself.
    """

    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="A handover goes on until somebody who saw everything closes it.",
            cls="P1",
            severity="S3",
        ),
    ]
    resourcing: Annotated[
        Resourcing,
        Rule(
            Highest(RESOURCING),
            writers=ANYONE,
            cls="P1",
            severity="S3",
            optional=True,
            why="The fuller checklist is the safer one.",
        ),
        Told("Enhanced cases need a review of OASys and a meeting."),
    ]
    reviewed_oasys: Annotated[OpenOrClosed, TICK, Told(TICKED, "Reviewed OASys")]
    contacted_com: Annotated[
        OpenOrClosed, TICK, Told(TICKED, "Contacted the community offender manager")
    ]
    sent_handover_report: Annotated[OpenOrClosed, TICK, Told(TICKED, "Sent the handover report")]
    attended_handover_meeting: Annotated[
        OpenOrClosed, TICK, Told(TICKED, "Attended the handover meeting")
    ]
    meeting_on: Annotated[
        Day | None,
        asked(
            ANYONE,
            why="Two days for one meeting: only those who meet know which.",
            cls="P1",
            severity="S3",
        ),
        Told("The day of the handover meeting, once it is arranged.", "Handover meeting"),
    ]
    handed_over_on: Annotated[
        Day | None,
        asked(
            ANYONE,
            why="Who was responsible on a day depends on it, so no machine chooses.",
            cls="P1",
        ),
        Told("The day on which the community officer took over, once they have."),
    ]
    notes: Annotated[
        SignedText,
        Rule(Gather(), writers=ANYONE, cls="P1", optional=True, why="Every note is kept."),
        Told("What was agreed, and what the next officer must know."),
    ]
