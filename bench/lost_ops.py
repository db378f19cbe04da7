"""What it takes to find and bring back ten ops that an office lost, among all that it holds.

The hub and the office hold the same log; ten ops of ten people are gone from the office's. A real
hub is asked over HTTP, as an office that finds its view differs asks it. A few people's ops are as
staff wrote them, and the lost ones are of those; the others have ids, numbers and verdicts and no
content, since only those are compared: so they are made in seconds rather than in minutes.
"""

import asyncio
import random
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from bench.estates import BenchEstate, make_bench_estate
from bench.line import CountingLine, counting_line
from bench.measure import BenchFailed, Figures
from bench.spoke import Spoke
from bench.workloads import PRISON, caseload
from sync_protocol.digest import Digest
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.mending import mend_digest
from sync_protocol.io.op_store import OpStore
from sync_protocol.scope import Flag
from sync_protocol.snapshot import term_of

REAL_PEOPLE: Final = 20
OPS_PER_SUBJECT: Final = 100
OPS_PER_PERSON: Final = 200
"""So that a caseload of 1,000 is made in under a minute; one of 5,000 is a million ops."""
LOST: Final = 10
SEED: Final = 20
PART: Final = 20_000
EXCHANGES_MAX: Final = 100


class _Made(msgspec.Struct, frozen=True):
    """A subject made up, and its ops: ids and numbers."""

    subject: SubjectId
    ops: tuple[tuple[OpId, int], ...]

    @property
    def digest(self) -> Digest:
        """What both nodes have summed up of it."""
        return Digest().plus(*(term_of(op_id, Flag.APPLIED) for op_id, _ in self.ops))


def make_full_log(folder: Path, people: int) -> BenchEstate:
    """An estate whose hub and prison hold the same log of `people` times 200 ops."""
    estate = make_bench_estate(folder)
    changes = caseload(REAL_PEOPLE)
    with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
        spoke.fill(changes)
        with estate.hub():
            spoke.exchange_until(estate.hub_url, len(changes))
        first = len(changes) + 1
        made = _made_up(first, max(1, people * OPS_PER_PERSON - len(changes)))
        with closing(estate.open_hub_store()) as hub:
            grants = {one.subject: frozenset({"in_custody"}) for one in made}
            with hub.core.transaction():
                hub.ingest_side.scope.bring(spoke.node.node_id, grants)
                hub.core.name_commit()
        with estate.hub():
            spoke.exchange_until(estate.hub_url, len(changes))
        with closing(estate.open_hub_store()) as hub:
            _fill(hub, made)
        _fill(spoke.store, made)
        _move_on(spoke.store, first + sum(len(one.ops) for one in made) - 1)
    return estate


def measure_lost_ops(estate: BenchEstate, number: int) -> Figures:
    """One round: ten other ops lost, found and brought back; the log is whole again afterwards."""
    with (
        closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke,
        estate.hub() as hub,
        counting_line(hub.port) as line,
    ):
        lost = _lose(spoke.store, random.Random(SEED + number))
        exchanges = asyncio.run(_exchange(spoke, line))
        found = spoke.store.spoke.differences.last
        if set(found.missing_here) != set(lost) or found.missing_there:
            raise BenchFailed(f"{len(found.missing_here)} of {len(lost)} lost ops were found")
        return {
            "rounds": float(found.rounds),
            "round_trips": float(exchanges),
            "bytes": float(line.bytes_both),
        }


async def _exchange(spoke: Spoke, line: CountingLine) -> int:
    """Exchange until both views are equal; how many exchanges that took."""
    differences = spoke.store.spoke.differences
    for count in range(1, EXCHANGES_MAX):
        await asyncio.to_thread(spoke.exchange_once, f"http://127.0.0.1:{line.port}")
        if differences.is_equal and not differences.is_under_way:
            return count
    raise BenchFailed(f"the views differ still after {EXCHANGES_MAX} exchanges")


def _made_up(first: int, count: int) -> list[_Made]:
    drawn = random.Random(SEED)
    numbers = list(range(first, first + count))
    return [
        _Made(
            SubjectId(drawn.randbytes(16)),
            tuple((OpId(drawn.randbytes(16)), hub_seq) for hub_seq in part),
        )
        for part in (numbers[at : at + OPS_PER_SUBJECT] for at in range(0, count, OPS_PER_SUBJECT))
    ]


def _fill(store: OpStore, made: list[_Made]) -> None:
    """Put the ops into the log as if they had been taken in long ago."""
    core = store.core
    for start in range(0, len(made), PART // OPS_PER_SUBJECT):
        with core.transaction():
            for one in made[start : start + PART // OPS_PER_SUBJECT]:
                number = core.log.subject_no(one.subject)
                if number is None:
                    raise BenchFailed("a subject made up is not in the scope")
                core.connection.executemany(
                    "INSERT INTO ops(op_id, subject_no, other_no, life_no, seq, opening, hub_seq,"
                    " flags, is_safety, reached_ms) VALUES (?, ?, 0, 0, 0, x'', ?, 1, 0, 0)",
                    [(op_id, number, hub_seq) for op_id, hub_seq in one.ops],
                )
                digest = one.digest
                core.connection.execute(
                    "UPDATE subjects SET digest = ?, digest_count = ? WHERE subject_no = ?",
                    (digest.to_bytes(), digest.count, number),
                )


def _move_on(store: OpStore, hub_seq: int) -> None:
    """The spoke has received what was put into its log."""
    core = store.core
    with core.transaction():
        cursor = msgspec.structs.replace(core.cursor(), hub_seq=hub_seq)
        core.set_meta({"cursor": msgspec.msgpack.encode(cursor)})


def _lose(store: OpStore, drawn: random.Random) -> list[OpId]:
    """Take ten ops of ten people out of a log; what was summed up of them follows."""
    core = store.core
    with core.transaction():
        sql = "SELECT DISTINCT subject_no FROM ops WHERE record_no NOT NULL AND hub_seq NOT NULL"
        numbers = sorted(no for (no,) in core.connection.execute(sql))
        lost = []
        for number in drawn.sample(numbers, LOST):
            sql = "SELECT op_id FROM ops WHERE subject_no = ? ORDER BY op_no"
            ids = [OpId(one) for (one,) in core.connection.execute(sql, (number,))]
            lost.append(drawn.choice(ids))
            core.connection.execute("DELETE FROM ops WHERE op_id = ?", (lost[-1],))
            mend_digest(core, number)
        store.rebuild()
    return lost
