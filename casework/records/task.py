"""Something that is to be done about the person, by somebody, by a day."""

from typing import Annotated

import msgspec
from msgspec import Meta

from casework.records.shared_rules import closed, gathered
from casework.records.values import (
    Day,
    Line,
    OpenOrClosed,
    RecordHex,
    SignedText,
    StaffId,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import AskAPerson, Fixed, Rule
from sync_protocol.schema import Record

GIVEN = Rule(Fixed(), writers=ANYONE, cls="P2", severity="S3")

Cause = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^\S+$")]


class Assignee(msgspec.Struct, frozen=True):
    """Who is to do it, since which day."""

    staff_id: StaffId
    staff_name: Line
    from_day: Day


class Task(Record, kind="task"):
    """A task, and who does it. What follows from the record is computed and is no task.

    Two with one cause are one, wherever they were written (`casework.rules.tasks`); the record of
    a cause is `files.cause_record`, so that most meet in one. Closed means done or not needed;
    something added unseen keeps it open.
    """

    title: Annotated[Line, GIVEN, Told("What is to be done, in a few words.")]
    due_on: Annotated[
        Day, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2"), Told(label="Due on")
    ]
    cause: Annotated[
        Cause, GIVEN, Told("What it is for, without spaces: two tasks with one cause are one.")
    ]
    of_record: Annotated[RecordHex | None, GIVEN, Told("The record it is about.", "Record")]
    assignee: Annotated[
        Assignee | None,
        Rule(
            AskAPerson(effective="from_day"),
            writers=ANYONE,
            cls="P1",
            severity="S2",
            why="Of two who were each asked, both must know before either leaves it.",
        ),
        Told("Who is to do it.", "Assigned to"),
    ]
    notes: Annotated[
        SignedText,
        gathered(ANYONE),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(ANYONE, why="Something was added that whoever finished it had not seen."),
    ]
