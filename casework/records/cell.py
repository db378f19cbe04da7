"""The cell a person is in."""

from typing import Annotated

from casework.records.values import Line
from casework.records.writers import PRISON
from sync_protocol.policy import Latest, Rule
from sync_protocol.schema import Record


class Cell(Record, kind="cell", singleton=True):
    """The cell within the prison that holds the person, as its key: `LEI-A-1-003`; None: none.

    A cell of another prison than the one that holds the person counts as none.
    """

    location: Annotated[
        Line | None,
        Rule(
            Latest(),
            writers=PRISON,
            cls="P1",
            severity="S2",
            why="Only the prison that holds the person gives a cell, and the count of people on "
            "each landing, several times a day, finds one that is wrong.",
        ),
    ]
