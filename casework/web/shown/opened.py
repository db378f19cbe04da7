"""Records opened with a reason, in words: for whoever has one open, and for whoever reviews it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from casework.desk.opened import GROUNDS, OfficerCount, OpeningLine, OpeningList
from casework.web.views import Link, Mark, Row
from casework.web.words import clock, counted, day, iso_day

GROUND_WORDS: Final[Mapping[str, str]] = {
    "safety": "Somebody's safety is at stake now",
    "duty": "I stand in for this person's officer",
    "transfer": "They are on their way here, or have just left",
    "court": "A court or the Parole Board asks",
    "complaint": "A complaint or an inquiry",
    "other": "Another ground, which I write below",
}
assert tuple(GROUND_WORDS) == GROUNDS, "every ground has its words"


class OfficerRow(msgspec.Struct, frozen=True):
    """How often one officer has opened a record."""

    name: str
    unit: str
    count: str
    waiting: str
    unjustified: str


class OpeningsPage(msgspec.Struct, frozen=True):
    """What waits for a review, what is reviewed, and how often each officer opened a record."""

    waiting: tuple[Row, ...]
    reviewed: tuple[Row, ...]
    by_officer: tuple[OfficerRow, ...]


def openings_page(found: OpeningList, now_ms: int) -> OpeningsPage:
    """The list as a page."""
    rows = [(one.is_reviewed, _row(one, now_ms)) for one in found.lines]
    return OpeningsPage(
        waiting=tuple(row for is_reviewed, row in rows if not is_reviewed),
        reviewed=tuple(row for is_reviewed, row in rows if is_reviewed),
        by_officer=tuple(map(_officer, found.by_officer)),
    )


def opening_words(line: OpeningLine, _now_ms: int) -> tuple[str, ...]:
    """Who opened a record, when, where and why; nothing of whose it is."""
    ground = GROUND_WORDS.get(line.ground, line.ground)
    when = f"{day(line.opened_ms)} at {clock(line.opened_ms)}"
    return (
        f"{line.staff_name} ({line.unit}) opened a record on {when}.",
        f"Ground: {ground}.",
        f"Reason given: {line.reason}",
    )


def _row(line: OpeningLine, now_ms: int) -> Row:
    overdue = Mark("Review overdue", "grave")
    due = f"To be reviewed by the end of {iso_day(line.due_on)}."
    address = f"/openings/{line.record.hex()}/review"
    links = (Link("Review", address, f"opening {line.reference}"),) if line.may_review else ()
    whose = "" if line.may_review or line.is_reviewed else "Somebody of another unit reviews this."
    lines = (*opening_words(line, now_ms), "" if line.is_reviewed else due, whose)
    return Row(
        title=f"Opening {line.reference}",
        lines=tuple(one for one in lines if one),
        marks=(overdue,) if line.is_overdue else (),
        links=() if line.is_reviewed else links,
    )


def _officer(count: OfficerCount) -> OfficerRow:
    return OfficerRow(
        name=count.staff_name,
        unit=count.unit,
        count=counted(count.count, "record"),
        waiting=str(count.waiting),
        unjustified=str(count.unjustified),
    )
