"""What may go wrong in one run, and how often: drawn from the seed, each fault on or off.

There are two sorts of worlds. A storm is some hours in which much goes wrong at once; most faults
of the protocol show there. In a season a whole estate works for weeks: backups, purges, phones on
the road, lines down for months, and enough written to count years by.
"""

from random import Random
from typing import Any, Final

import msgspec

SHARES: Final = {
    "drop": (0.02, 0.4),
    "lose_reply": (0.02, 0.4),
    "repeat": (0.02, 0.3),
    "slow": (0.02, 0.4),
    "mangle": (0.01, 0.1),
    "replay": (0.01, 0.1),
    "astray": (0.01, 0.1),
    "crash": (0.01, 0.12),
    "full": (0.01, 0.08),
}
"""Faults by their share of messages or of store transactions: the least and the most."""
TIMES: Final = {
    "partitions": 4,
    "one_way": 3,
    "skews": 5,
    "edge_rollbacks": 3,
    "edge_restores": 2,
    "edges_lost": 2,
    "hub_rollbacks": 2,
    "hub_restores": 2,
    "clones": 1,
    "upgrades": 2,
}
"""Faults by the number of times that they strike: the most."""
JOBS: Final = {"jobs_doubled": (0.05, 0.5), "jobs_missed": (0.05, 0.6)}
"""The daily work that is done twice, or left out: its share."""
OTHERS: Final = (
    "newer",
    "hostile",
    "room_ops",
    "outbox_ops",
    "leaves",
    "breaker",
    "purges",
    "matches",
    "sectors",
)
FAULTS: Final = (*SHARES, *TIMES, *JOBS, *OTHERS)

ON: Final = 0.45
ON_SEASON: Final = 0.3
CAREERS: Final = 0.15
"""How many worlds keep every kind of record of the service, and not the toys alone."""
CALM: Final = 10
SEASON: Final = 5
"""Every fifth seed is a season."""
LARGE_SEEDS: Final = 60
"""The storms of whole days; those after it are of a morning each, so that there can be many."""
DAY_HOURS: Final = 24
YEAR_DAYS: Final = 365
NODE_YEAR_OPS: Final = 2_000
"""What a season writes for each year of each of its nodes, by plan."""
ROUNDS: Final = (12, 40, 160)
"""The most that one visit to an office writes in a season."""
MANY_SEEDS: Final = 1_000
MANY_YEAR_OPS: Final = 1_020
MANY_ROUNDS: Final = (40, 160, 160, 160)
"""The same of the seasons after so many seeds, of which a soak plays thousands: small rounds are
played by those before, and cost three times as much.
"""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One run's faults. Shares are of messages or of store transactions; the rest are counts."""

    edges: int = 3
    phones: int = 0
    hours: int = 6
    days: int = 0
    """How long a season lasts; nought is a storm of `hours`."""
    incidents: int = 40
    ops: int = 0
    """How many ops a season writes, by plan, instead of incidents."""
    round_max: int = 8
    """How many notes somebody makes on a round at most, and saves at once."""
    drop: float = 0.0
    lose_reply: float = 0.0
    repeat: float = 0.0
    slow: float = 0.0
    mangle: float = 0.0
    replay: float = 0.0
    astray: float = 0.0
    crash: float = 0.0
    full: float = 0.0
    partitions: int = 0
    one_way: int = 0
    skews: int = 0
    edge_rollbacks: int = 0
    edge_restores: int = 0
    edges_lost: int = 0
    hub_rollbacks: int = 0
    hub_restores: int = 0
    clones: int = 0
    upgrades: int = 0
    jobs_doubled: float = 0.0
    jobs_missed: float = 0.0
    leaves: int = 0
    breaker: int = 0
    purges: int = 0
    matches: int = 0
    sectors: int = 0
    """Whether disks lose, tear and reorder what was not synced when the power is cut."""
    newer: int = 0
    careers: int = 0
    """Whether every kind of record of the service is written besides the toys."""
    hostile: int = 0
    room_ops: int = 0
    outbox_ops: int = 0
    idle_s: int = 400
    """How long a depot with nothing to say is silent at most."""

    @property
    def span_hours(self) -> int:
        """How long people work and faults strike."""
        return self.days * DAY_HOURS or self.hours

    @property
    def node_years(self) -> float:
        """How many years all machines of a season live together; nought of a storm."""
        return (1 + self.edges + self.phones) * self.days / YEAR_DAYS


def is_season(seed: int) -> bool:
    """Whether a seed plays weeks of a whole estate, and no storm."""
    return seed % SEASON == 0


def options_of(seed: int) -> Options:
    """The faults of a seed: storms and seasons, and every tenth of either without a fault."""
    # Drawn apart: what a seed did before there were careers it does still.
    has_careers = Random(f"careers {seed}").random() < CAREERS
    return msgspec.structs.replace(_faults_of(seed), careers=int(has_careers))


def _faults_of(seed: int) -> Options:
    chance = Random(f"options {seed}")
    if is_season(seed):
        is_calm = seed % (SEASON * CALM) == 0
        if seed <= MANY_SEEDS:
            return _season(chance, NODE_YEAR_OPS, ROUNDS, is_calm=is_calm)
        return _season(chance, MANY_YEAR_OPS, MANY_ROUNDS, is_calm=is_calm)
    if seed % CALM == 1:
        size = (
            {"incidents": 100, "hours": 6} if seed <= LARGE_SEEDS else {"incidents": 50, "hours": 3}
        )
        return Options(edges=4, leaves=seed // CALM % 2, **size)
    drawn = _drawn(chance, ON)
    drawn["incidents"] = chance.randint(20, 60)
    drawn["idle_s"] = chance.choice((400, 900))
    drawn["room_ops"] = chance.choice((0, 0, 2, 5, 9))
    drawn["outbox_ops"] = chance.choice((0, 0, 1, 6))
    drawn["phones"] = chance.choice((0, 0, 1))
    drawn["sectors"] = int(drawn["crash"] > 0 and chance.random() < 0.5)
    if seed > LARGE_SEEDS:
        drawn |= {"hours": 3, "incidents": drawn["incidents"] // 2}
    return msgspec.convert(drawn, Options)


def _season(chance: Random, year_ops: int, rounds: tuple[int, ...], *, is_calm: bool) -> Options:
    """Weeks of a whole estate."""
    drawn = {} if is_calm else _drawn(chance, ON_SEASON)
    drawn["edges"] = chance.choice((2, 2, 3, 3, 4, 5, 8))
    drawn["phones"] = chance.randint(1, 6)
    drawn["days"] = chance.randint(30, 80)
    drawn["round_max"] = chance.choice(rounds)
    drawn["leaves"] = int(is_calm or chance.random() < 0.7)
    drawn["purges"] = drawn["leaves"]
    drawn["matches"] = int(chance.random() < 0.6)
    drawn["idle_s"] = chance.choice((96, 192, 336)) * 3_600
    drawn["room_ops"] = chance.choice((0, 0, 0, 200))
    drawn["outbox_ops"] = chance.choice((0, 0, 0, 60))
    season = msgspec.convert(drawn, Options)
    return msgspec.structs.replace(season, ops=round(season.node_years * year_ops))


def _drawn(chance: Random, share_on: float) -> dict[str, Any]:
    """Each fault on or off, and its rate."""
    drawn: dict[str, Any] = {}
    for name, (low, high) in (SHARES | JOBS).items():
        drawn[name] = round(chance.uniform(low, high), 3) if chance.random() < share_on else 0.0
    for name, most in TIMES.items():
        drawn[name] = chance.randint(1, most) if chance.random() < share_on else 0
    drawn["newer"] = int(chance.random() < share_on)
    drawn["hostile"] = chance.randint(1, 4) if chance.random() < share_on else 0
    drawn["leaves"] = int(chance.random() < share_on)
    drawn["matches"] = int(chance.random() < share_on)
    for name in ("breaker", "purges"):
        drawn[name] = int(chance.random() < share_on) * drawn["leaves"]
    return drawn


def without(options: Options, names: list[str]) -> Options:
    """The same run with these faults off: how a failing seed is made smaller."""
    strangers = [name for name in names if name not in FAULTS]
    assert not strangers, f"no such faults: {strangers}; there are {FAULTS}"
    return msgspec.structs.replace(options, **dict.fromkeys(names, 0))


def only(options: Options, names: list[str]) -> Options:
    """The same run with these faults alone."""
    return without(options, [name for name in FAULTS if name not in names])
