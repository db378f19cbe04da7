"""The report of interrupted interventions in words."""

import msgspec

from casework.desk.interrupted import Interrupted, InterruptedCount, InterruptedLine
from casework.reference.in_use import short_place_name
from casework.web.shown.people import address_of
from casework.web.views import Link
from casework.web.words import clock, counted, day

PAGE = "/interrupted"
LINK = Link("Interrupted interventions", PAGE)


class InterruptedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list."""

    name: str
    number: str
    address: str
    """The person's page."""
    record: str
    """The page of the referral or the programme."""
    title: str
    moved: str
    rests: str
    left: str
    officer: str


class CountRow(msgspec.Struct, frozen=True):
    """How many at one place or of one provider."""

    name: str
    count: str
    longest: str


class InterruptedPage(msgspec.Struct, frozen=True):
    """The list, and how many by place and by provider."""

    as_known: str
    lines: tuple[InterruptedRow, ...]
    by_place: tuple[CountRow, ...]
    by_provider: tuple[CountRow, ...]


def interrupted_page(found: Interrupted) -> InterruptedPage:
    """The report as a page."""
    now_ms = found.as_of_ms
    return InterruptedPage(
        as_known=f"As known here at {clock(now_ms)} on {day(now_ms)}.",
        lines=tuple(_row(one) for one in found.lines),
        by_place=tuple(map(_count, found.by_place)),
        by_provider=tuple(map(_count, found.by_provider)),
    )


def _row(line: InterruptedLine) -> InterruptedRow:
    person = address_of(line.person)
    left = f"{line.sessions_left} of {counted(line.sessions_planned, 'session', 'sessions')}"
    return InterruptedRow(
        name=line.name,
        number=line.number or "No number known here",
        address=person,
        record=f"{person}/records/{line.kind}",
        title=line.title if line.provider in line.title else f"{line.title}, {line.provider}",
        moved=f"{short_place_name(line.from_place)} to {line.to_name}, {day(line.moved_ms)}",
        rests=counted(line.days, "day", "days"),
        left=left if line.sessions_planned else "None planned yet",
        officer=line.officer or "Nobody named here",
    )


def _count(one: InterruptedCount) -> CountRow:
    return CountRow(one.name, str(one.count), counted(one.days_max, "day", "days"))
