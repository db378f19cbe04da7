"""A synthetic person in custody: received, placed, moved between prisons, to court, released."""

from typing import Final

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people import prison_days, responsibility
from throughcare.people.life import Life
from throughcare.people.offices import Member, Purpose, Site

LOCAL_WEEKS: Final = (1, 9)
MOVES_PER_YEAR: Final = 0.87
"""Between prisons of one purpose: 191 a day among 80,000 people."""

OPEN_FROM_DAYS: Final = 240
OPEN_SHARE: Final = 0.4
TRAVEL_HOURS: Final = (2, 8)

Stop = tuple[Site, int]
"""A prison, and when the person is to leave it."""


def receive(life: Life, at_ms: int, site: Site, reason: str, came_from: str | None = None) -> None:
    """The prison takes the person in, gives a cell and asks the first night's questions."""
    by = life.chance.choice(site.members)
    values = _movement(("ADM", reason, "IN"), (came_from, site.code), at_ms)
    life.pen.act(
        at_ms, by, life.pen.new("movement", at_ms, values), prison_days.new_cell(life, site)
    )
    prison_days.settle_in(life, at_ms, site)


def go_to_court(life: Life, at_ms: int, site: Site, reason: str, back_as: str) -> int:
    """A day at court and back; returns when the person is back."""
    by = life.chance.choice(site.members)
    left_ms = at_ms - at_ms % DAY_MS + 7 * HOUR_MS
    back_ms = left_ms + life.chance.randint(7, 12) * HOUR_MS
    out = _movement(("CRT", reason, "OUT"), (site.code, None), left_ms)
    life.pen.act(left_ms, by, life.pen.new("movement", left_ms, out))
    back = _movement(("ADM", back_as, "IN"), (None, site.code), back_ms)
    life.pen.act(back_ms, by, life.pen.new("movement", back_ms, back))
    return back_ms


def serve(life: Life, begins_ms: int, release_ms: int, local: Site, *, came_as: str = "I") -> Site:
    """From one prison to the next until the day of release; returns the last one.

    The person is already in `local`; `came_as` is told of whoever was recalled.
    """
    here, since_ms = local, begins_ms
    responsibility.take_on(life, begins_ms, here, is_recall=came_as == "L")
    for there, leaves_ms in _way(life, begins_ms, release_ms, local):
        stay(life, since_ms, leaves_ms, here)
        since_ms = transfer(life, leaves_ms, here, there)
        here = there
        responsibility.take_on(life, since_ms, here, is_recall=came_as == "L")
    stay(life, since_ms, release_ms, here)
    return here


def stay(life: Life, begins_ms: int, ends_ms: int, site: Site) -> None:
    """A time in one prison."""
    life.stay(begins_ms, ends_ms, site, "custody")
    prison_days.live(life, begins_ms, ends_ms, site)


def transfer(life: Life, at_ms: int, here: Site, there: Site) -> int:
    """One prison sends and another receives; returns when the person is there."""
    arrives_ms = at_ms + life.chance.randint(*TRAVEL_HOURS) * HOUR_MS
    out = _movement(("TRN", "NOTR", "OUT"), (here.code, there.code), at_ms)
    sender = life.chance.choice(here.members)
    prison_days.let_go(life, at_ms, sender)
    life.pen.act(at_ms, sender, life.pen.new("movement", at_ms, out))
    receive(life, arrives_ms, there, "INT", here.code)
    return arrives_ms


def release(life: Life, at_ms: int, site: Site, reason: str) -> Member:
    """The prison lets the person go; returns who did it."""
    by = life.chance.choice(site.members)
    prison_days.let_go(life, at_ms, by, is_release=True)
    values = _movement(("REL", reason, "OUT"), (site.code, None), at_ms)
    life.pen.act(at_ms, by, life.pen.new("movement", at_ms, values))
    return by


def _way(life: Life, begins_ms: int, release_ms: int, local: Site) -> list[Stop]:
    """The prisons that follow the local one, each with the moment of leaving the one before."""
    by_purpose, way = life.offices.by_purpose, list[Stop]()
    usual: Purpose = "women" if life.is_female else "training"
    moment = life.at_day(begins_ms + life.days(7 * LOCAL_WEEKS[0], 7 * LOCAL_WEEKS[1]))
    here = local
    while moment < release_ms - 7 * DAY_MS:
        is_last_part = release_ms - moment < OPEN_FROM_DAYS * DAY_MS
        is_open = is_last_part and not life.is_female and life.happens(OPEN_SHARE)
        choices = by_purpose["open" if is_open else usual]
        others = [site for site in choices if site.code != here.code]
        if others:
            here = life.chance.choice(others)
            way.append((here, moment))
        if is_open:
            break
        pause = max(21.0, life.chance.expovariate(MOVES_PER_YEAR / 365))
        moment = life.at_day(moment + int(pause) * DAY_MS)
    return way


def _movement(
    what: tuple[str, str, str], places: tuple[str | None, str | None], at_ms: int
) -> dict[str, str | int | None]:
    return {
        "type": what[0],
        "reason": what[1],
        "direction": what[2],
        "from_place": places[0],
        "to_place": places[1],
        "escort": "PECS" if what[0] in ("TRN", "CRT") or what[2] == "IN" else None,
        "occurred_at": at_ms,
    }
