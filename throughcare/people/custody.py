"""A synthetic person in custody: received, placed, moved between prisons, to court, released."""

from typing import Final

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people import absences, interventions, prison_days, responsibility
from throughcare.people.interventions import Begun
from throughcare.people.life import Life
from throughcare.people.offices import Member, Purpose, Site, purpose_of
from throughcare.people.pen import WrittenDraft

LOCAL_WEEKS: Final = (1, 9)
MOVES_PER_YEAR: Final = 0.87
"""Between prisons of one purpose: 191 a day among 80,000 people."""

OPEN_FROM_DAYS: Final = 240
OPEN_SHARE: Final = 0.4
TRAVEL_HOURS: Final = (2, 8)

PROGRAMME_SHARE: Final = 0.45
PROGRAMME_DAYS: Final = 80
PROGRAMME_PREPARED_DAYS: Final = 40
RESUMED_SHARE: Final = 0.85
"""Of what was begun elsewhere; the rest stays interrupted."""

Movement = tuple[str, str, str]
"""Type, reason and direction."""

Stop = tuple[Site, int]
"""A prison, and when the person is to leave it."""


def receive(life: Life, at_ms: int, site: Site, reason: str, came_from: str | None = None) -> None:
    """The prison takes the person in, gives a cell and asks the first night's questions."""
    by = life.chance.choice(site.members)
    move = _movement(life, at_ms, ("ADM", reason, "IN"), (came_from, site.code))
    life.pen.act(at_ms, by, move, prison_days.new_cell(life, site))
    prison_days.settle_in(life, at_ms, site)


def pass_gate(
    life: Life, at_ms: int, by: Member, what: Movement, places: tuple[str | None, str | None]
) -> None:
    """A movement by itself."""
    life.pen.act(at_ms, by, _movement(life, at_ms, what, places))


def go_to_court(life: Life, at_ms: int, site: Site, reason: str, back_as: str) -> int:
    """A day at court and back; returns when the person is back."""
    by = life.chance.choice(site.members)
    left_ms = at_ms - at_ms % DAY_MS + 7 * HOUR_MS
    back_ms = left_ms + life.chance.randint(7, 12) * HOUR_MS
    pass_gate(life, left_ms, by, ("CRT", reason, "OUT"), (site.code, None))
    pass_gate(life, back_ms, by, ("ADM", back_as, "IN"), (None, site.code))
    return back_ms


def serve(life: Life, begins_ms: int, release_ms: int, local: Site, *, came_as: str = "I") -> Site:
    """From one prison to the next until the day of release; returns the last one.

    The person is already in `local`; `came_as` is told of whoever was recalled.
    """
    here, since_ms = local, begins_ms
    begun: Begun | None = None
    stops = [*_way(life, begins_ms, release_ms, local), (None, release_ms)]
    for there, leaves_ms in stops:
        responsibility.take_on(life, since_ms, here, is_recall=came_as == "L")
        stay(life, since_ms, leaves_ms, here)
        begun = _work(life, since_ms, leaves_ms, here, begun)
        if there is not None:
            since_ms = transfer(life, leaves_ms, here, there)
            here = there
    return here


def stay(life: Life, begins_ms: int, ends_ms: int, site: Site) -> None:
    """A time in one prison."""
    life.stay(begins_ms, ends_ms, site, "custody")
    prison_days.live(life, begins_ms, ends_ms, site)


def _work(
    life: Life, begins_ms: int, ends_ms: int, site: Site, begun: Begun | None
) -> Begun | None:
    """A programme begun or gone on with, and days out of an open prison."""
    by = life.chance.choice(site.members)
    has_time = ends_ms - begins_ms > PROGRAMME_DAYS * DAY_MS
    if begun is None and has_time and life.happens(PROGRAMME_SHARE):
        begun = interventions.start_programme(life, life.at_day(begins_ms + 20 * DAY_MS), by)
        begins_ms += PROGRAMME_PREPARED_DAYS * DAY_MS
    if begun is not None and life.happens(RESUMED_SHARE):
        begun = interventions.attend_programme(life, begun, begins_ms, ends_ms, by)
    if purpose_of(site.code) == "open":
        absences.go_out(life, begins_ms, ends_ms, site)
    return begun


def transfer(life: Life, at_ms: int, here: Site, there: Site) -> int:
    """One prison sends and another receives; returns when the person is there."""
    arrives_ms = at_ms + life.chance.randint(*TRAVEL_HOURS) * HOUR_MS
    sender = life.chance.choice(here.members)
    prison_days.let_go(life, at_ms, sender)
    pass_gate(life, at_ms, sender, ("TRN", "NOTR", "OUT"), (here.code, there.code))
    receive(life, arrives_ms, there, "INT", here.code)
    return arrives_ms


def release(life: Life, at_ms: int, site: Site, reason: str) -> Member:
    """The prison lets the person go; returns who did it."""
    by = life.chance.choice(site.members)
    prison_days.let_go(life, at_ms, by, is_release=True)
    pass_gate(life, at_ms, by, ("REL", reason, "OUT"), (site.code, None))
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
    life: Life, at_ms: int, what: Movement, places: tuple[str | None, str | None]
) -> WrittenDraft:
    values = {
        "type": what[0],
        "reason": what[1],
        "direction": what[2],
        "from_place": places[0],
        "to_place": places[1],
        "escort": "PECS" if what[0] in ("TRN", "CRT", "ADM") else None,
        "occurred_at": at_ms,
    }
    return life.pen.new("movement", at_ms, values)
