"""Where a person stands at this office, in words that say what to do about it."""

from collections.abc import Iterable, Mapping
from typing import Final

from casework.desk.board import BoardPerson
from casework.desk.standing import HeldElsewhere, Left, LeftLine, Standing
from casework.web.scope_views import DeparturesPage, LeftRow
from casework.web.shown.people import found_on_board
from casework.web.views import Banner, LeavingLine, Link
from casework.web.words import MINUTE_MS, age, clock, counted, day, listed, moment, short_moment

USUAL_MS: Final = 30 * MINUTE_MS
"""An office that is in contact lets go within this time: the centre backs up every 15 minutes."""
LEFT_HERE: Final = Link("Receipts of those who left here", "/departures#left")
NOBODY_LEAVES: Final = (
    "Nobody is leaving this office. When somebody moves to another office, they are listed here "
    "until everything that was written here has reached the centre."
)


def standing_banner(standing: Standing, record: Link | None, now_ms: int) -> Banner | None:
    """What must be said on top of a person's page; nothing where they are here and all is known.

    `record` leads to the form by which a reception is recorded, where this office has one.
    """
    if standing.state == "leaving":
        return _leaving(standing, now_ms)
    if standing.state == "arriving":
        return Banner(
            "Arriving: not received here yet",
            (
                "Another prison has recorded them as on the way here.",
                _lacking(standing) or "Their record is here already.",
                "When they are in front of you, record the reception.",
            ),
            "calm",
            (record,) if record is not None else (),
        )
    lacking = _lacking(standing)
    if not lacking:
        return None
    return Banner("More of this record is on its way", (lacking,), "warn")


def elsewhere_banner(
    others: Iterable[HeldElsewhere], now_ms: int, *, is_up: bool = True
) -> Banner | None:
    """Who has not let go yet, and may hold entries that have not arrived.

    Where this office's own line is down, what was said of the others may be out of date.
    """
    found = tuple(others)
    if not found:
        return None
    own = () if is_up else ("This office's own line is down: this is what the centre said last.",)
    silent = [one for one in found if one.silent_ms]
    if silent:
        lines = [
            f"{one.name} has been out of contact since {_since(one.silent_ms, now_ms)} and may "
            "hold entries that have not arrived here."
            for one in silent
        ]
        advice = "Phone them before you rely on something not being in this record."
        title = f"Entries may be missing: {listed([one.name for one in silent])} is out of contact"
        return Banner(title, (*lines, advice, *own), "warn")
    moved_ms = min(one.since_ms for one in found)
    is_late = now_ms - moved_ms > USUAL_MS
    usual = (
        "This takes longer than usual. Tell the centre if it lasts."
        if is_late
        else "This usually ends within half an hour."
    )
    line = (
        f"They moved {_since(moved_ms, now_ms)}. What is still being written there arrives here "
        f"by itself. {usual}"
    )
    title = f"This record is being handed over by {listed([one.name for one in found])}"
    return Banner(title, (line, *own), "plain")


def leaving_line(person: BoardPerson, now_ms: int) -> LeavingLine:
    """Somebody in the list of those who leave."""
    since_ms = person.standing.since_ms
    return LeavingLine(
        person=found_on_board(person),
        since=short_moment(since_ms, now_ms) if since_ms is not None else "Not known here",
        age=age(now_ms - since_ms) if since_ms is not None else "",
        to_send=counted(person.standing.waiting, "entry", "entries")
        if person.standing.waiting
        else "Nothing: all is at the centre",
    )


def departures_page(
    leaving: tuple[BoardPerson, ...], left: Left, now_ms: int, *, is_first: bool
) -> DeparturesPage:
    """Those who leave by name, and those who left by the receipt alone."""
    return DeparturesPage(
        as_known=f"As known here at {clock(now_ms)} on {day(now_ms)}.",
        leaving=tuple(leaving_line(one, now_ms) for one in leaving) if is_first else (),
        left=tuple(left_row(one, now_ms) for one in left.lines),
        older=Link("Older receipts", f"/departures?after={left.after}#left")
        if left.after
        else None,
        is_first=is_first,
    )


def left_row(line: LeftLine, now_ms: int) -> LeftRow:
    """A receipt: its number, when, and what became of what was locked."""
    if line.purged_ms is not None:
        rest = f"Destroyed here {short_moment(line.purged_ms, now_ms)}"
    else:
        rest = "Locked here for 35 days; only the centre can open it"
    return LeftRow(
        number=line.number,
        left=moment(line.at_ms, now_ms),
        centre="The centre has the receipt" if line.is_told else "On its way to the centre",
        rest=rest,
    )


def reasons_in_words(reasons: Iterable[str], here: str) -> str:
    """Why an office holds somebody, in one line; `here` is "here" or "there"."""
    known = [REASONS[one] for one in REASONS if one in set(reasons)]
    other = [one.replace("_", " ") for one in sorted(set(reasons) - REASONS.keys())]
    return "; ".join(words.format(here=here) for words in [*known, *other])


REASONS: Final[Mapping[str, str]] = {
    "in_custody": "in custody {here}",
    "supervised": "responsible officer works {here}",
    "expected": "on the way {here}",
    "in_transit": "sent from {here}, not yet received elsewhere",
    "released": "released from {here} in the last 90 days",
    "provider": "on a course delivered {here}, not yet resumed elsewhere",
    "linked": "holds a linked record",
    "granted": "allowed {here} for a time",
    "created": "first recorded {here}",
}


def _leaving(standing: Standing, now_ms: int) -> Banner:
    since_ms = standing.since_ms if standing.since_ms is not None else now_ms
    if standing.waiting:
        to_send = counted(standing.waiting, "entry", "entries")
        title = f"Leaving: {to_send} to send"
        goes = "It goes by itself" if standing.waiting == 1 else "They go by themselves"
        rest = (
            f"{to_send} written here must still reach the centre. {goes} when the line is up. "
            "Until then, and until the centre's next backup, the record stays open here."
        )
    else:
        title = "Leaving: everything is at the centre"
        rest = (
            "Nothing written here is missing at the centre. The record closes here by itself once "
            "the centre has backed it up, usually within half an hour."
        )
    lead = (
        f"Since {_since(since_ms, now_ms)} this person is no longer this office's. What others "
        "have written about them since then does not come here."
    )
    writing = (
        "You can still read, and write what you have to: it counts, and reaches the office that "
        "has them now, marked as late."
    )
    return Banner(title, (lead, writing, rest), "warn", (LEFT_HERE,))


def _since(at_ms: int, now_ms: int) -> str:
    return f"{short_moment(at_ms, now_ms)} ({age(now_ms - at_ms)} ago)"


def _lacking(standing: Standing) -> str:
    if standing.lacks == "safety":
        return (
            "Not all alerts, risks and people to keep apart have arrived yet. Treat what is not "
            "shown as not known, and look again in a minute."
        )
    if standing.lacks == "rest":
        return (
            "Alerts, risks and people to keep apart are here. Notes and older entries are still "
            "arriving; look again in a minute."
        )
    return ""
