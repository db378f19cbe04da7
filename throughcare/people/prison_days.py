"""What happens to a synthetic person in a prison from day to day, and who writes it down."""

from typing import Final

from casework.rules.rows import DAY_MS
from throughcare.people import homes, incidents, notes, oversight, safety
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Site
from throughcare.people.pen import WrittenDraft

NOTES_PER_DAY: Final = 0.12
"""A third of what prisons write: 20,000 to 40,000 a day of 87,000 people."""

CELL_MOVES_PER_DAY: Final = 1 / 70
TASKS_PER_DAY: Final = 1 / 150
COMPLEXITY_SHARE: Final = 0.3
CELLS_PER_LANDING: Final = 24
LANDINGS: Final = 4
WINGS: Final = "ABCDEF"


def settle_in(life: Life, at_ms: int, site: Site) -> None:
    """The first days: risk and cell sharing, what must be known, complexity and a key worker."""
    by = life.chance.choice(site.members)
    safety.assess(life, at_ms + DAY_MS // 24, by, prison=site.code)
    if life.happens(0.5):
        safety.raise_alert(life, at_ms + DAY_MS // 12, by)
    if life.happens(COMPLEXITY_SHARE):
        safety.set_complexity(life, life.at_day(at_ms + 2 * DAY_MS), by)
    _give_key_worker(life, life.at_day(at_ms + life.days(2, 6)), site)


def live(life: Life, begins_ms: int, ends_ms: int, site: Site) -> None:
    """A time in one prison, from day to day."""
    notes.write_notes(life, begins_ms, ends_ms, site, "prison", per_day=NOTES_PER_DAY)
    safety.watch(life, begins_ms, ends_ms, site, prison=site.code)
    incidents.go_wrong(life, begins_ms, ends_ms, site)
    oversight.read_out_of_turn(life, begins_ms, ends_ms, site)
    for at_ms in life.moments(begins_ms, ends_ms, TASKS_PER_DAY):
        by, other = life.chance.sample(site.members, 2)
        homes.give_task(life, at_ms, by, other)
    for at_ms in life.moments(begins_ms, ends_ms, CELL_MOVES_PER_DAY):
        life.pen.act(at_ms, life.chance.choice(site.members), new_cell(life, site))


def new_cell(life: Life, site: Site) -> WrittenDraft:
    """A cell in this prison."""
    chance = life.chance
    landing, number = chance.randint(1, LANDINGS), chance.randint(1, CELLS_PER_LANDING)
    location = f"{site.code}-{chance.choice(WINGS)}-{landing}-{number:03d}"
    return life.pen.single("cell", {"location": location})


def let_go(life: Life, at_ms: int, by: Member, *, is_release: bool = False) -> None:
    """The prison's own work with the person ends."""
    worker = life.key_worker
    if worker is None:
        return
    ended = {
        **worker,
        "ended_on": day_of(at_ms),
        "deallocation_reason": "RELEASED" if is_release else "TRANSFER",
    }
    life.pen.act(at_ms, by, life.pen.single("key_worker", {"allocation": ended}))
    life.key_worker = None


def _give_key_worker(life: Life, at_ms: int, site: Site) -> None:
    worker = life.chance.choice(site.members)
    allocation: dict[str, str | None] = {
        "staff_id": worker.staff_hex,
        "staff_name": worker.name,
        "prison": site.code,
        "effective_from": day_of(at_ms),
        "allocation_reason": "AUTO" if life.happens(0.7) else "MANUAL",
        "ended_on": None,
        "deallocation_reason": None,
    }
    if life.pen.act(at_ms, worker, life.pen.single("key_worker", {"allocation": allocation})):
        life.key_worker = allocation
