"""Where a person is as of a moment: what `casework.rules.custody` folds and others read."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from casework.rules.movement_reasons import Sort
from casework.rules.rows import HOUR_MS, Finding
from casework.rules.steps import CalledBack, LetGo

Status = Literal[
    "unknown",
    "in_custody",
    "at_court",
    "temporarily_absent",
    "in_hospital",
    "in_transit",
    "in_community",
    "unlawfully_at_large",
    "dead",
]

OVERDUE_AFTER_MS: Final = 12 * HOUR_MS
"""Out for a transfer or to court and received nowhere: longer than any day's escort takes."""

TRAVEL_MS: Final = 2 * HOUR_MS
"""Received at two prisons within this time, with no departure between: one of them is wrong."""

ON_THE_BOOKS: Final[frozenset[Status]] = frozenset(
    {"in_custody", "at_court", "temporarily_absent", "in_hospital"}
)
LEAVING: Final[frozenset[Sort]] = frozenset({"transfer", "release", "at_large", "death"})
OUT_STATUS: Final[Mapping[Sort, Status]] = {
    "court": "at_court",
    "absence": "temporarily_absent",
    "hospital": "in_hospital",
    "transfer": "in_transit",
    "release": "in_community",
    "at_large": "unlawfully_at_large",
    "death": "dead",
}


class CustodyState(msgspec.Struct, frozen=True):
    """Where a person is as of a moment, on whose books, since when, and what is wrong with that.

    `place` is the prison whose books the person is on, also while at court or in hospital;
    `also_at` another prison whose book still says that it holds them, since `also_since_ms`, and
    `is_contradicted` that both cannot be true; `code` probation's custody status where it can be
    told; `former_place` the prison that last let them go.

    `last_release` is how they were last let go, and `licensed` the same where it is on licence and
    no recall has ended it. `recall` is the recall in force that no prison has yet received the
    person on: whoever it is about must not be released. `recall_ends` is the release that it ended,
    None where it is a recall of a release to come; `is_in_error` says that the last release had not
    seen it.
    """

    status: Status = "unknown"
    code: str | None = None
    place: str | None = None
    since_ms: int | None = None
    transit_from: str | None = None
    transit_to: str | None = None
    also_at: str | None = None
    also_since_ms: int | None = None
    is_contradicted: bool = False
    former_place: str | None = None
    last_release: LetGo | None = None
    licensed: LetGo | None = None
    recall: CalledBack | None = None
    recall_ends: LetGo | None = None
    is_in_error: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def is_in_custody(self) -> bool:
        """Whether somebody has to hold the person: on a prison's books, or between two."""
        return self.status in ON_THE_BOOKS or self.status == "in_transit"

    @property
    def is_present(self) -> bool:
        """Whether the person is inside the walls of `place`."""
        return self.status == "in_custody"
