"""What must be looked at and what is due, as rows of a page."""

from typing import Final

from casework.desk.attention import Attention, DueList, owner_name
from casework.desk.desk import Desk
from casework.rules.due import UNKNOWN_MS_MAX, Due
from casework.rules.licences import category_of, condition_words
from casework.rules.rows import day_of
from casework.web.own_pages import OWN_PAGES
from casework.web.shown.conflicts import finding_mark
from casework.web.views import Card, DuePage, Known, Link, Mark, Row
from casework.web.words import counted, iso_day, moment

DUE_SHOWN: Final = 8


def due_row(desk: Desk, due: Due, owner: str | None, person: str, name: str = "") -> Row:
    """One thing that is due: what, by when, whose work it is, and where to do it."""
    whose = f"For {owner}" if owner else "For this office" if not due.owner_staff_id else ""
    today, now_ms = _today(desk), desk.now_ms()
    is_overdue = due.is_overdue(today, now_ms)
    is_today = due.due_on == today and not is_overdue
    when = _when(due, now_ms, is_overdue=is_overdue)
    return Row(
        title=name or due.words,
        address=f"/people/{person}" if name else "",
        lines=tuple(line for line in (due.words if name else "", when, whose) if line),
        marks=(
            *((Mark("Overdue", "grave"),) if is_overdue else ()),
            *((Mark("Today", "warn"),) if is_today else ()),
            *((finding_mark(due.severity),) if due.severity == "S1" else ()),
        ),
        links=_links(due, person, name),
    )


def _when(due: Due, now_ms: int, *, is_overdue: bool) -> str:
    if due.due_ms is None:
        return f"{'Overdue since' if is_overdue else 'Due'} {iso_day(due.due_on)}"
    if due.due_ms <= UNKNOWN_MS_MAX:
        return "Due at once"
    by = moment(due.due_ms, now_ms)
    return f"Missed since: {by}" if is_overdue else f"Due: {by}"


def due_card(desk: Desk, attention: Attention, person: str, known: Known) -> Card:
    """What is due of one person."""
    rows = tuple(due_row(desk, one, owner_name(desk, one), person) for one in attention.due)
    first = max(DUE_SHOWN, sum(one.severity == "S1" for one in attention.due))
    more = rows[first:]
    return Card(
        name="due",
        title="What is due",
        known=known,
        rows=rows[:first],
        empty="Nothing is due, from what has reached this office.",
        closed=more,
        closed_title=f"{len(more)} more",
    )


def conditions_card(attention: Attention, known: Known) -> Card:
    """The licence conditions that bind the person, those that might marked as disputed."""
    rows = tuple(
        Row(
            title=condition_words(one),
            lines=(category_of(one.code),) if one.sort == "additional" else (),
            marks=(Mark("Disputed", "warn"),) if one.is_disputed else (),
        )
        for one in attention.conditions
    )
    return Card(name="conditions", title="Licence conditions in force", known=known, rows=rows)


def due_page(desk: Desk, found: DueList, *, is_mine: bool) -> DuePage:
    """The list of an office, or of one of its officers."""
    rows = [
        (
            one.is_overdue,
            due_row(desk, one.due, one.owner_name, one.person.hex(), one.person_name),
        )
        for one in found.lines
    ]
    return DuePage(
        day=iso_day(found.day),
        choices=(
            Link("Mine", "/due?mine=yes", is_current=is_mine),
            Link("Everybody's", "/due", is_current=not is_mine),
        ),
        overdue=tuple(row for is_overdue, row in rows if is_overdue),
        later=tuple(row for is_overdue, row in rows if not is_overdue),
        empty="Nothing is due, from what has reached this office.",
        cut=f"The first {counted(len(rows), 'line')} of more." if found.is_cut else "",
    )


def _links(due: Due, person: str, name: str) -> tuple[Link, ...]:
    if not due.kind:
        return ()
    own = OWN_PAGES.get(due.kind)
    path = f"#{own.shown}" if own is not None else f"/records/{due.kind}"
    return (Link("Open", f"/people/{person}{path}", f"{due.words} {name}".strip()),)


def _today(desk: Desk) -> str:
    return day_of(desk.now_ms())
