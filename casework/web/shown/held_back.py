"""Leaves that wait for a person's word, in words that say what each decision does."""

from collections.abc import Iterable

from casework.desk.held_back import NAMES_MAX, HeldBackView, WhoAndWhere
from casework.desk.restored import AwaitedView
from casework.web.scope_views import HeldBack, HeldBackPage
from casework.web.shown.holding import reference_of
from casework.web.shown.people import address_of
from casework.web.views import Banner, Link
from casework.web.words import age, counted, listed, short_moment

PAGE = "/held-back"


def held_back_page(
    offices: Iterable[tuple[HeldBackView, WhoAndWhere]], now_ms: int, *, may_decide: bool
) -> HeldBackPage:
    """Every office concerned, and what may be done."""
    shown = tuple(_office(*one, now_ms, may_decide=may_decide) for one in offices)
    return HeldBackPage(offices=shown, may_decide=may_decide)


def held_back_banner(offices: tuple[HeldBackView, ...], now_ms: int) -> tuple[Banner, ...]:
    """What every page of the centre says while anything waits."""
    if not offices:
        return ()
    lines = tuple(
        f"{title_of(one)}. Held back since {short_moment(one.since_ms, now_ms)}." for one in offices
    )
    advice = "Nobody has left yet. An administrator must confirm it or cancel it."
    link = Link("Look and decide", PAGE)
    return (Banner("More people than usual would leave", (*lines, advice), "grave", (link,)),)


def restored_banner(awaited: AwaitedView | None, now_ms: int) -> tuple[Banner, ...]:
    """What every page of the centre says while a restored centre awaits its offices."""
    if awaited is None:
        return ()
    offices = counted(len(awaited.offices), "office")
    lines = (
        f"Restored {short_moment(awaited.since_ms, now_ms)}. Awaited: {listed(awaited.offices)}.",
        "Until each has been heard, nobody leaves an office and nobody is let go of.",
        (
            "Phone whoever is out of contact. An office that will never come back is given up by "
            "two administrators: throughcare recovery give-up."
        ),
    )
    return (Banner(f"The centre was restored, and awaits {offices}", lines, "warn"),)


def title_of(office: HeldBackView) -> str:
    """How many of how many would leave which office."""
    count = counted(len(office.people), "person", "people")
    return f"{count} of {office.held:,} would leave {office.name}"


def where_words(where: WhoAndWhere) -> tuple[str, ...]:
    """Where those who would leave are held besides: what tells a transfer from a mistake."""
    lines = [f"{name}: {count:,}" for name, count in where.elsewhere]
    if where.nowhere:
        lines.append(f"No other office: {where.nowhere:,}")
    return tuple(lines)


def _office(office: HeldBackView, who: WhoAndWhere, now_ms: int, *, may_decide: bool) -> HeldBack:
    people = tuple(Link(name, address_of(person)) for person, name in who.named)
    if may_decide:
        first = sorted(office.people)[:NAMES_MAX]
        people = tuple(Link(reference_of(person), "") for person in first)
    left_out = len(office.people) - len(people)
    waited = age(now_ms - office.since_ms)
    return HeldBack(
        office=office.name,
        title=title_of(office),
        since=f"Held back since {short_moment(office.since_ms, now_ms)} ({waited}).",
        about=(
            (
                f"Up to {office.usual:,} may leave this office within an hour without being asked "
                "about. These are more, so nobody has left."
            ),
            (
                "A wing that moves or an office that closes looks like this; so does a list that "
                f"was emptied by mistake. Phone {office.name} and ask which it is."
            ),
        ),
        where=where_words(who),
        people=people,
        more=f"and {counted(left_out, 'person', 'people')} more" if left_out > 0 else "",
        actions=(
            Link("Confirm: they leave", f"{PAGE}/{office.code}/confirm", office.name),
            Link("Cancel: they stay", f"{PAGE}/{office.code}/cancel", office.name),
        )
        if may_decide
        else (),
    )
