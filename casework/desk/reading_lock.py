"""Whether anything may be read at this node: for as long as the centre lets it, by its lease.

What is locked is reading. Recording goes on, about people who are named by a number, so that what
happens in an office that nobody hears is not lost for that.
"""

from collections.abc import Mapping
from typing import Final

from casework.access.actions import Action
from casework.access.caller import PlaceKind
from casework.desk.desk import Desk
from sync_protocol.errors import Refused
from sync_protocol.lease import Tenure, Term, Why

DAY_MS: Final = 24 * 60 * 60_000
TERMS: Final[Mapping[PlaceKind, Term]] = {
    "prison": Term("prison", 90 * DAY_MS),
    "probation": Term("office", 30 * DAY_MS),
}
"""What the centre grants the node of each sort of place, at a time."""
PHONE_TERM: Final = Term("phone", 14 * DAY_MS)

READING: Final[frozenset[Action]] = frozenset(
    {
        *("search", "read", "see_boards", "see_due", "settle", "export"),
        *("break_glass", "review_openings"),
    }
)


class ReadingLocked(Refused):
    """Nothing can be read at this office now."""

    code = "reading_locked"
    hint = (
        "You can still record, by a person's number. Everything can be read again as soon as "
        "this office's computer has spoken with the centre."
    )

    def __init__(self, why: Why) -> None:
        """Keep why: its time is over, or the centre has ordered it."""
        super().__init__(why)
        self.why = why


def tenure(desk: Desk) -> Tenure:
    """How this node stands with its lease; the centre has none."""
    return Tenure() if desk.store.core.parts.is_hub else desk.store.spoke.lease.tenure()


def is_locked(desk: Desk) -> bool:
    """Whether nothing may be read here."""
    return bool(tenure(desk).why_locked)


def check_open(desk: Desk, action: Action) -> None:
    """Raise ReadingLocked where the action shows anything of anybody and nothing may be read."""
    if action in READING:
        why = tenure(desk).why_locked
        if why:
            raise ReadingLocked(why)
