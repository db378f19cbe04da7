"""The picture of who leads and who was responsible: bars along one line of time.

It is drawn of whole numbers in a box of fixed width. Everything it shows is in the table below it
too, so that nobody needs to see it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from casework.desk.officer_record import OfficerRecord, Served
from casework.rules.responsibility import Phase, phases
from casework.web.officer_views import Bar, Ground, Picture
from casework.web.words import iso_day

WIDTH: Final = 1000
LANE: Final = 40
GAP: Final = 12
FOOT: Final = 30
"""Where "Today" is written."""

LABEL_MIN: Final = 130
"""A bar narrower than this has no room for its words."""

GROUNDS: Final[dict[str, Ground]] = {
    "CustodyOnly": "prison",
    "CustodyWithCom": "shared",
    "Community": "community",
}
PHASE_WORDS: Final = {
    "CustodyOnly": "Prison",
    "CustodyWithCom": "Prison, community supports",
    "Community": "Community",
}


def officer_picture(record: OfficerRecord, today: date) -> Picture | None:
    """The picture, from sentence to its end; None where no day is known to begin with."""
    begins = [one.since for one in record.served]
    begins += [record.case.sentenced_on] if record.case.sentenced_on is not None else []
    if not begins:
        return None
    first = min(begins)
    ends = [one for one in (record.case.ends_on, record.case.ruling.handover_on) if one is not None]
    last = max([today, first, *ends])
    if first == last:
        return None
    span = _Span(first, last)
    rules = [_phase_bar(span, one) for one in phases(record.case.ruling, first, last)]
    lanes = _lanes(record.served, last)
    served = [
        _served_bar(span, one, LANE + GAP + at * (LANE + GAP))
        for at, lane in enumerate(lanes)
        for one in lane
    ]
    gaps = [
        Bar(*span.place(one.since, one.until), LANE + GAP, "gap", "Nobody named")
        for one in record.gaps
    ]
    return Picture(
        words=_words(rules, [*served, *gaps]),
        width=WIDTH,
        height=LANE + (len(lanes) or 1) * (LANE + GAP) + FOOT,
        bars=(*rules, *gaps, *served),
        today=span.at(today),
        first=iso_day(first.isoformat()),
        last=iso_day(last.isoformat()),
    )


class _Span:
    """Where days are on the line."""

    def __init__(self, first: date, last: date) -> None:
        self._first, self._last = first, last

    def at(self, day: date) -> int:
        """How far along a day is."""
        inside = min(max(day, self._first), self._last)
        return (inside - self._first).days * WIDTH // (self._last - self._first).days

    def place(self, since: date, until: date | None) -> tuple[int, int]:
        """Left and width of some days; never so narrow that nothing is seen."""
        left = min(self.at(since), WIDTH - 2)
        return left, max(2, self.at(until or self._last) - left)


def _phase_bar(span: _Span, phase: Phase) -> Bar:
    left, width = span.place(phase.since, phase.until)
    words = f"{PHASE_WORDS[phase.leads]} from {iso_day(phase.since.isoformat())}"
    label = PHASE_WORDS[phase.leads].partition(",")[0] if width >= LABEL_MIN else ""
    return Bar(left, width, 0, GROUNDS[phase.leads], words, label)


def _served_bar(span: _Span, served: Served, top: int) -> Bar:
    left, width = span.place(served.since, served.until)
    ground: Ground = "prison" if served.officer.side == "prison" else "community"
    name = served.officer.staff_name
    until = f" to {iso_day(served.until.isoformat())}" if served.until is not None else ""
    words = f"{name} from {iso_day(served.since.isoformat())}{until}"
    # About nine parts of the width go to a letter.
    label = name if width >= max(LABEL_MIN, 10 * len(name)) else ""
    return Bar(left, width, top, ground, words, label)


def _lanes(served: Sequence[Served], last: date) -> list[list[Served]]:
    """Those who were responsible at once under one another, each in the first lane with room."""
    lanes: list[list[Served]] = []
    for one in served:
        free = (lane for lane in lanes if (lane[-1].until or last) <= one.since)
        lane = next(free, None)
        if lane is None:
            lanes.append([one])
        else:
            lane.append(one)
    return lanes


def _words(rules: Sequence[Bar], served: Sequence[Bar]) -> str:
    led = "; ".join(one.words for one in rules) or "not known"
    named = "; ".join(one.words for one in served) or "nobody"
    return f"Who leads by the rules: {led}. Who was responsible: {named}."
