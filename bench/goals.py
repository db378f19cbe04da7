"""What is asked of every measure: the one table, and the one rule that judges a value by it.

A ratio is taken within one round on one machine, so that a slow machine changes both sides alike.
`must` is the least that may be released; `goal` is what is aimed at.
"""

from typing import Final, Literal

import msgspec

from bench.measures import measure_of

Better = Literal["higher", "lower"]
Holds = Literal["goal", "must", "no"]

YARDSTICKS: Final = frozenset({"gzip_json", "msgpack", "line"})
"""What is no contender: the same ops written otherwise, weighed in the round that sent them."""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: our figure, what it is divided by, and what is asked of the result.

    `against` is the contender or the yardstick whose figure `theirs` divides ours; None: our figure
    as it is.
    """

    name: str
    figure: str
    unit: str
    better: Better
    must: float | None = None
    goal: float | None = None
    against: str | None = None
    theirs: str | None = None
    says: str

    @property
    def measure(self) -> str:
        """The name under which it is measured."""
        return measure_of(self.name)

    @property
    def their_figure(self) -> str:
        """The other's figure: of the same name unless said otherwise."""
        return self.theirs or self.figure


GOALS: Final = (
    Goal(
        name="w1.push",
        figure="ops_s",
        unit="x PouchDB",
        better="higher",
        must=4,
        goal=8,
        against="pouchdb",
        says="A caseload pushed: verified, merged, projected, digested, encrypted, durable",
    ),
    Goal(
        name="w2.p50",
        figure="p50_ms",
        unit="x PouchDB",
        better="lower",
        must=0.5,
        against="pouchdb",
        says="One note from one office to another, median",
    ),
    Goal(
        name="w2.p99",
        figure="p99_ms",
        unit="x PouchDB",
        better="lower",
        must=0.5,
        against="pouchdb",
        says="One note, the slowest in a hundred",
    ),
    Goal(
        name="w2.p50_yjs",
        figure="p50_ms",
        unit="x Yjs",
        better="lower",
        goal=2,
        against="yjs",
        says="One note, median, against the fastest peer",
    ),
    Goal(
        name="w2.p99_p50",
        figure="p99_ms",
        unit="x PouchDB's median",
        better="lower",
        goal=1,
        against="pouchdb",
        theirs="p50_ms",
        says="One note: our slowest in a hundred against PouchDB's median",
    ),
    Goal(
        name="w3.time",
        figure="ms",
        unit="x PouchDB",
        better="lower",
        must=0.25,
        goal=0.08,
        against="pouchdb",
        says="500 changes queued at one spoke, then the line comes back",
    ),
    Goal(
        name="w4.time",
        figure="ms",
        unit="x PouchDB",
        better="lower",
        must=0.5,
        goal=0.15,
        against="pouchdb",
        says="Two spokes changed the same records apart, then meet",
    ),
    Goal(
        name="w4.listed",
        figure="listed",
        unit="of the conflicts listed",
        better="higher",
        must=1,
        goal=1,
        says="Every record that two changed is listed as a conflict with both sides",
    ),
    Goal(
        name="w4.lost",
        figure="lost",
        unit="values lost",
        better="lower",
        must=0,
        goal=0,
        says="No side of a conflict is lost",
    ),
    Goal(
        name="w5a.safety",
        figure="safety_s",
        unit="x PouchDB",
        better="lower",
        must=1 / 20,
        against="pouchdb",
        theirs="seconds",
        says="A new office: what warns, and where everybody is",
    ),
    Goal(
        name="w5a.file",
        figure="safety_s",
        unit="x a file fetched",
        better="lower",
        goal=1.0,
        against="file",
        theirs="seconds",
        says="The same against all of it fetched as one packed SQLite file",
    ),
    Goal(
        name="w5b.current",
        figure="current_s",
        unit="x PouchDB",
        better="lower",
        must=1 / 10,
        against="pouchdb",
        theirs="seconds",
        says="A new office: everything that stands but gathered notes",
    ),
    Goal(
        name="w5b.file",
        figure="current_s",
        unit="x a file fetched",
        better="lower",
        goal=1.7,
        against="file",
        theirs="seconds",
        says="The same against a file fetched",
    ),
    Goal(
        name="w5c.history",
        figure="history_s",
        unit="x PouchDB",
        better="lower",
        must=1 / 5,
        against="pouchdb",
        theirs="seconds",
        says="A new office: everything, the whole past included",
    ),
    Goal(
        name="w5c.file",
        figure="history_s",
        unit="x a file fetched",
        better="lower",
        goal=4.0,
        against="file",
        theirs="seconds",
        says="The same against a file fetched",
    ),
    Goal(
        name="wire.bytes",
        figure="bytes_op",
        unit="x gzip'd JSON",
        better="lower",
        must=0.92,
        goal=0.75,
        against="gzip_json",
        theirs="gzip_json_op",
        says="Bytes an op on the wire, 500 a batch, proofs and framing included",
    ),
    Goal(
        name="idle.bytes",
        figure="bytes",
        unit="bytes",
        better="lower",
        must=1_000,
        goal=600,
        says="An exchange in which nothing changed, both ways, HTTP included",
    ),
    Goal(
        name="idle.round_trips",
        figure="round_trips",
        unit="round trips",
        better="lower",
        must=1,
        goal=1,
        says="How often it goes back and forth for that",
    ),
    Goal(
        name="memory.edge_300",
        figure="edge_300_mb",
        unit="MB",
        better="lower",
        must=100,
        says="An edge that holds 300 people and does nothing",
    ),
    Goal(
        name="memory.edge_1000",
        figure="edge_1000_mb",
        unit="MB",
        better="lower",
        must=150,
        goal=100,
        says="An edge that holds 1,000 people and does nothing",
    ),
    Goal(
        name="memory.hub_growth",
        figure="hub_growth",
        unit="x of 100 people",
        better="lower",
        must=1.5,
        goal=1.1,
        says="The hub's memory with 1,000 people against 100",
    ),
    Goal(
        name="disk.bytes",
        figure="bytes_op",
        unit="x its msgpack",
        better="lower",
        must=3,
        goal=2,
        against="msgpack",
        theirs="msgpack_op",
        says="Bytes an op on the hub's disk, all indexes and projections included",
    ),
    Goal(
        name="repair.rounds",
        figure="rounds",
        unit="round trips",
        better="lower",
        must=5,
        goal=4,
        says="Ten ops lost among 200 x people, 100 a file: to find them and have them back",
    ),
    Goal(
        name="repair.bytes",
        figure="bytes",
        unit="bytes",
        better="lower",
        must=40_000,
        goal=25_000,
        says="The same: bytes both ways, the ops, two comparisons of views and HTTP included",
    ),
    Goal(
        name="arrival.safety",
        figure="safety_s",
        unit="s",
        better="lower",
        goal=2,
        says="Somebody with ten years of record over 2 Mbit/s: what warns",
    ),
    Goal(
        name="arrival.line",
        figure="history_s",
        unit="x the line's own time",
        better="lower",
        goal=1.25,
        against="line",
        theirs="line_s",
        says="The same: all of it, against what its bytes take on such a line",
    ),
    Goal(
        name="w8.person",
        figure="p99_ms",
        unit="ms",
        better="lower",
        must=50,
        goal=15,
        says="The first screen of somebody with ten years of record, the slowest in a hundred",
    ),
    Goal(
        name="w8.due",
        figure="due_raw",
        unit="x the raw rows",
        better="lower",
        must=10,
        goal=5,
        says="What is due of everybody at an edge, against reading the rows of its tables",
    ),
    Goal(
        name="w8.due_first",
        figure="due_first_raw",
        unit="x the raw rows",
        better="lower",
        goal=10,
        says="The same when nothing is kept of it yet: the first time after a start",
    ),
    Goal(
        name="startup.estate",
        figure="seconds",
        unit="s",
        better="lower",
        must=15,
        says="An estate of a hub and two edges, from the command to the last one's answer",
    ),
)


def holds(goal: Goal, value: float) -> Holds:
    """What the value reaches: the goal, only what it must, or neither.

    A line without a must is never failed; one without a goal cannot reach more than its must.
    """
    if goal.goal is not None and _reaches(value, goal.goal, goal.better):
        return "goal"
    if goal.must is None or _reaches(value, goal.must, goal.better):
        return "must"
    return "no"


def _reaches(value: float, asked: float, better: Better) -> bool:
    return value >= asked if better == "higher" else value <= asked
