"""How one line of what is due is said: a moment as a moment, and a day as a day."""

from typing import cast

import pytest

from casework.desk.desk import Desk
from casework.rules.due import Due
from casework.web.shown.attention import due_row
from tests.casefile import at


class ClockAlone:
    """As much of a desk as a line that is nobody's asks for."""

    def now_ms(self) -> int:
        """In the afternoon."""
        return at(8)


@pytest.mark.parametrize(
    ("due_on", "due_ms", "said", "marks"),
    [
        ("2026-11-22", at(3.25), "Missed since: Today at 10:15", ["Overdue"]),
        ("2026-11-21", at(-9), "Missed since: Yesterday at 22:00", ["Overdue"]),
        ("2026-11-22", at(8.25), "Due: Today at 15:15", ["Today"]),
        ("1970-01-02", 86_400_000, "Due at once", ["Overdue"]),
        ("2026-11-21", None, "Overdue since 21 November 2026", ["Overdue"]),
        ("2026-11-22", None, "Due 22 November 2026", ["Today"]),
    ],
)
def test_a_line_says_since_when(
    due_on: str, due_ms: int | None, said: str, marks: list[str]
) -> None:
    due = Due("a", "Words.", due_on, None, "S2", due_ms=due_ms)
    row = due_row(cast(Desk, ClockAlone()), due, None, "00")
    assert (row.lines[0], [one.words for one in row.marks]) == (said, marks)
