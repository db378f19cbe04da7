"""The harness: which contenders there are, rounds in turn, and the rows that are made of them.

`main` is what `throughcare bench` calls; `python -m bench` also writes the report.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.contenders import Floor, Limit, NodePeer
from bench.file_fetch import FileFetch
from bench.goals import GOALS
from bench.measure import Contender, Row, Say, Taken, as_json, rows_of, take_rounds
from bench.measures import NAMES, check_names, measure_of
from bench.ours import Throughcare
from bench.peers_install import install_peers

PEOPLE: int = 1_000
ROUNDS: int = 3


class Run(msgspec.Struct, frozen=True):
    """Everything that one call measured, and what was made of it."""

    people: int
    rounds: int
    taken: tuple[Taken, ...]
    rows: tuple[Row, ...]


def main(
    names: Sequence[str] = NAMES, people: int = PEOPLE, rounds: int = ROUNDS
) -> list[dict[str, Any]]:
    """Measures and judges; raises NotBuilt, UnknownMeasure or BenchFailed instead of guessing."""
    return as_json(run(names, people=people, rounds=rounds, say=lambda _: None).rows)


def run(names: Sequence[str], *, people: int, rounds: int, say: Say) -> Run:
    """One call of the bench: every name, every contender in turn, `rounds` times."""
    check_names(tuple(names))
    measures = tuple(dict.fromkeys(measure_of(name) for name in names))
    if people < 1 or rounds < 1:
        raise ValueError(f"{people} people and {rounds} rounds: both are at least 1")
    with tempfile.TemporaryDirectory(prefix="throughcare-bench-") as temporary:
        folder = Path(temporary)
        able = contenders(measures, folder)
        taken = take_rounds(measures, able, people=people, rounds=rounds, folder=folder, say=say)
    asked = [goal for goal in GOALS if goal.name.partition(".")[0] in names]
    return Run(people, rounds, tuple(taken), tuple(rows_of(taken, asked)))


def contenders(names: Sequence[str], folder: Path) -> tuple[Contender, ...]:
    """Whoever can be measured under one of the names, ours first; installs peers if need be."""
    peers = (NodePeer("pouchdb", "http", frozenset({"w5"})), NodePeer("yjs", "ws"))
    if any(peer.measures.intersection(names) for peer in peers):
        install_peers()
    everybody = (
        Throughcare(folder),
        *peers,
        Floor(),
        FileFetch(),
        Limit("sqlite"),
        Limit("sqlcipher"),
    )
    return tuple(one for one in everybody if one.measures.intersection(names))
