"""The list of what is due, of which most is kept, is always the one that is worked out anew.

Whole careers are written at an office act by act, at their own times, and the list is asked for in
between: right after a change, at the moments about which the records speak, and days later.
"""

import random
from pathlib import Path

import msgspec
import pytest

from casework.desk.attention import office_due
from casework.desk.kept_due import KeptDue
from casework.records import REGISTRY
from casework.rules.rows import DAY_MS, HOUR_MS
from sync_protocol.ids import SubjectId
from sync_protocol.io.projections import Gone, take_away_subject
from tests.desks import HandClock, Office
from throughcare.people.cohort import Plan, make_cohort
from throughcare.people.offices import draw_offices, sites_of

PEOPLE = 4
STEPS = 40
APART_MS = (-1, 0, 1, 14 * DAY_MS, 14 * DAY_MS + 1, 5 * 60_000, HOUR_MS)
"""How long after a moment that a record names a rule might turn, and a hair beside it."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_is_what_would_be_worked_out(seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"kept due {seed}")
    plan = Plan(PEOPLE, 1, seed, "2026-11-01")
    acts = make_cohort(plan, sites_of(draw_offices(PEOPLE)), range(PEOPLE)).acts
    office = Office(tmp_path, clock=HandClock(acts[0].at_ms))
    ash = office.hire()
    at, lines = 0, 0
    for _ in range(STEPS):
        after = min(at + chance.randrange(2 * len(acts) // STEPS), len(acts))
        for act in acts[at:after]:
            office.clock.now = max(office.clock.now, act.at_ms)
            office.store.write(act.act())
        at = after
        office.clock.now = _some_moment(chance, office.clock.now, acts[max(at - 1, 0)].at_ms)
        if chance.random() < 0.05:
            _let_go(office, acts[chance.randrange(len(acts))].drafts[0].subjects[0])
        kept = office_due(office.desk, ash)
        assert kept == office_due(msgspec.structs.replace(office.desk, kept_due=KeptDue()), ash)
        lines += len(kept.lines)
    office.store.close()
    assert lines > STEPS, "careers in which nothing is due prove nothing"


def _some_moment(chance: random.Random, now_ms: int, written_ms: int) -> int:
    """Now, a moment that some record is about, or some time within the next day and a half."""
    if chance.random() < 0.3:
        return now_ms
    if chance.random() < 0.5:
        return written_ms + chance.choice(APART_MS)
    return now_ms + chance.randrange(36 * HOUR_MS)


def _let_go(office: Office, person: SubjectId) -> None:
    with office.store.changing() as connection:
        take_away_subject(connection, REGISTRY, Gone(person, ()))
