"""What may go wrong in one run, and how often: drawn from the seed, each fault on or off."""

from random import Random
from typing import Final

import msgspec

SHARES: Final = {
    "drop": (0.02, 0.4),
    "lose_reply": (0.02, 0.4),
    "repeat": (0.02, 0.3),
    "slow": (0.02, 0.4),
    "mangle": (0.01, 0.1),
    "crash": (0.01, 0.12),
}
TIMES: Final = {
    "partitions": 4,
    "skews": 5,
    "edge_rollbacks": 3,
    "edge_restores": 2,
    "hub_rollbacks": 2,
    "hub_restores": 2,
    "clones": 1,
}
ON: Final = 0.45
CALM: Final = 10
LARGE_SEEDS: Final = 60
"""The seeds of whole days; those after it are of a morning each, so that there can be many."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One run's faults. Shares are of messages or of store transactions; the rest are counts."""

    edges: int = 3
    hours: int = 6
    incidents: int = 40
    drop: float = 0.0
    lose_reply: float = 0.0
    repeat: float = 0.0
    slow: float = 0.0
    mangle: float = 0.0
    crash: float = 0.0
    partitions: int = 0
    skews: int = 0
    edge_rollbacks: int = 0
    edge_restores: int = 0
    hub_rollbacks: int = 0
    hub_restores: int = 0
    clones: int = 0
    leaves: int = 0
    breaker: int = 0
    purges: int = 0
    newer: int = 0
    hostile: int = 0
    room_ops: int = 0
    outbox_ops: int = 0
    idle_s: int = 400
    """How long a depot with nothing to say is silent at most."""


FAULTS: Final = (
    *SHARES,
    *TIMES,
    "leaves",
    "breaker",
    "purges",
    "newer",
    "hostile",
    "room_ops",
    "outbox_ops",
)


def options_of(seed: int) -> Options:
    """The faults of a seed; every tenth is calm and large, and of the others the first are long."""
    chance = Random(f"options {seed}")
    if seed % CALM == 0:
        size = (
            {"incidents": 100, "hours": 6} if seed <= LARGE_SEEDS else {"incidents": 50, "hours": 3}
        )
        return Options(edges=4, leaves=seed // CALM % 2, **size)
    drawn: dict[str, float] = {}
    for name, (low, high) in SHARES.items():
        drawn[name] = round(chance.uniform(low, high), 3) if chance.random() < ON else 0.0
    for name, most in TIMES.items():
        drawn[name] = chance.randint(1, most) if chance.random() < ON else 0
    drawn["newer"] = int(chance.random() < ON)
    drawn["hostile"] = chance.randint(1, 4) if chance.random() < ON else 0
    drawn["room_ops"] = chance.choice((0, 0, 2, 5, 9))
    drawn["outbox_ops"] = chance.choice((0, 0, 1, 6))
    drawn["incidents"] = chance.randint(20, 60)
    drawn["leaves"] = int(chance.random() < ON)
    for name in ("breaker", "purges"):
        drawn[name] = int(chance.random() < ON) * drawn["leaves"]
    drawn["idle_s"] = chance.choice((400, 900))
    if seed > LARGE_SEEDS:
        drawn |= {"hours": 3, "incidents": drawn["incidents"] // 2}
    return msgspec.convert(drawn, Options)


def without(options: Options, names: list[str]) -> Options:
    """The same run with these faults off: how a failing seed is made smaller."""
    strangers = [name for name in names if name not in FAULTS]
    assert not strangers, f"no such faults: {strangers}; there are {FAULTS}"
    return msgspec.structs.replace(options, **dict.fromkeys(names, 0))


def only(options: Options, names: list[str]) -> Options:
    """The same run with these faults alone."""
    return without(options, [name for name in FAULTS if name not in names])
