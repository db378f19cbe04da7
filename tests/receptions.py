"""People whom Leeds has just received, each as the acts that a prison's first day writes."""

from random import Random
from typing import Final

from casework.rules.rows import DAY_MS
from sync_protocol.author import Act
from throughcare.people import custody, identity
from throughcare.people.cohort import meet
from throughcare.people.offices import draw_offices, sites_of

RECEIVED_MS: Final = 1_790_000_000_000


def received(count: int) -> list[Act]:
    """Acts by which so many people come in: who they are, movement, cell and risk."""
    offices = sites_of(draw_offices(0))
    (leeds,) = offices.by_purpose["local"]
    acts: list[Act] = []
    for number in range(count):
        until_ms = RECEIVED_MS + DAY_MS
        chance = Random(number)
        life = meet(chance, offices, number, begins_ms=RECEIVED_MS, until_ms=until_ms)
        identity.first_met(life, RECEIVED_MS, leeds.members[0], "PRISON")
        custody.receive(life, RECEIVED_MS, leeds, "N")
        acts += [one.act() for one in life.pen.acts]
    return acts
