"""The hub's copy of every node's audit: each chain apart, verified as it comes, never changed.

A node's lines come in runs, each bound to the line before it. What follows from what is here is
appended; what is here already is passed over; what does not follow is kept all the same, on a
branch of its own, and named: a gap (lines that never came), a fork (another line where one is), a
line that does not follow by its own chain, or one that differs from what was told ahead of it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from sync_protocol.ids import NodeId
from sync_protocol.io.audit_trail import (
    COLUMNS,
    START,
    AuditLine,
    BadLine,
    TrailPoint,
    chain_line,
    line_of,
)
from sync_protocol.io.connection import Connection, Row

POINTS_MAX: Final = 48
"""By how many places of what it has the hub lets a node find where both agree."""

TABLES: Final = (
    # A node's trail is one branch; a store that was put back, or rewritten, begins another.
    """CREATE TABLE audit_branches(
        branch_no INTEGER PRIMARY KEY, node BLOB NOT NULL, from_line INTEGER NOT NULL,
        from_chain BLOB NOT NULL, last_line INTEGER NOT NULL, last_chain BLOB NOT NULL,
        began_ms INTEGER NOT NULL, reached_ms INTEGER NOT NULL) STRICT""",
    """CREATE INDEX audit_branches_by_node ON audit_branches(node)""",
    """CREATE TABLE audit_copies(
        copy_no INTEGER PRIMARY KEY, branch_no INTEGER NOT NULL, line_no INTEGER NOT NULL,
        at_ms INTEGER NOT NULL, actor BLOB NOT NULL, act TEXT NOT NULL, subject BLOB,
        why TEXT NOT NULL, detail TEXT NOT NULL, role TEXT NOT NULL, terminal TEXT NOT NULL,
        session TEXT NOT NULL, chain BLOB NOT NULL, UNIQUE(branch_no, line_no)) STRICT""",
    """CREATE INDEX audit_copies_by_subject ON audit_copies(subject, at_ms)
        WHERE subject NOT NULL""",
    """CREATE INDEX audit_copies_by_actor ON audit_copies(actor, at_ms)""",
    """CREATE INDEX audit_copies_by_time ON audit_copies(at_ms)""",
    # What was told ahead of its turn; it stays until its turn has come.
    """CREATE TABLE audit_ahead(
        node BLOB NOT NULL, line_no INTEGER NOT NULL, at_ms INTEGER NOT NULL, actor BLOB NOT NULL,
        act TEXT NOT NULL, subject BLOB, why TEXT NOT NULL, detail TEXT NOT NULL,
        role TEXT NOT NULL, terminal TEXT NOT NULL, session TEXT NOT NULL,
        reached_ms INTEGER NOT NULL, PRIMARY KEY(node, line_no)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE audit_faults(
        fault_no INTEGER PRIMARY KEY, node BLOB NOT NULL, branch_no INTEGER NOT NULL,
        line_no INTEGER NOT NULL, code TEXT NOT NULL, at_ms INTEGER NOT NULL,
        UNIQUE(node, branch_no, line_no, code)) STRICT""",
    """CREATE TRIGGER audit_copies_are_kept_as_they_are BEFORE UPDATE ON audit_copies
        BEGIN SELECT RAISE(ABORT, 'audit lines are only added'); END""",
    """CREATE TRIGGER audit_copies_are_kept BEFORE DELETE ON audit_copies
        BEGIN SELECT RAISE(ABORT, 'audit lines are only added'); END""",
)

WORDS: Final = {
    "gap": "is missing: neither it nor what came up to the next has been sent",
    "fork": "is another than the one that was sent before",
    "bad_line": "does not follow from the one before",
    "other_line": "is another than was told ahead of it",
}
"""What is wrong with a line, for whoever reads it."""


class SentLine(msgspec.Struct, frozen=True):
    """A line as it came: when it was written, by that node's clock, and what it says."""

    at_ms: int
    line: AuditLine


class SentRun(msgspec.Struct, frozen=True):
    """Consecutive lines of a trail, from after `before`, and the chain after the last of them."""

    before: TrailPoint
    lines: tuple[SentLine, ...]
    chain_after: bytes


class TrailFault(msgspec.Struct, frozen=True):
    """What was found wrong with a node's trail when it came."""

    node: NodeId
    line_no: int
    code: str
    at_ms: int


class AuditCopies:
    """The hub's side of one node's trail, in the caller's transaction."""

    def __init__(self, connection: Connection, node: NodeId, now_ms: int) -> None:
        """Copies of what `node` sends, received at `now_ms`."""
        self._connection = connection
        self._node = node
        self._now_ms = now_ms

    def take(self, run: SentRun, begins_at: int) -> None:
        """Take in a run. One whose place is not known here is left, unless the node has nothing
        older to offer (its trail `begins_at` this line): then it begins a branch, and the gap or
        the fork is named.
        """
        if not run.lines:
            return
        chains = _chains(run)
        place = self._place_of(run, chains)
        if place is None:
            if run.before.line_no > begins_at:
                return
            place = self._begin(run.before, self._why_apart(run.before)), 0
        branch, known = place
        self._append(branch, run, chains, known)

    def take_ahead(self, line_no: int, sent: SentLine) -> None:
        """Keep a line that was told before its turn; of two under one number, the first."""
        if self._copy_of(line_no, sent.line):
            return
        values = (self._node, line_no, sent.at_ms, *_values(sent.line), self._now_ms)
        self._connection.insert(
            f"audit_ahead(node, line_no, at_ms, {COLUMNS}, reached_ms)",
            [values],
            "ON CONFLICT DO NOTHING",
        )

    def points(self) -> tuple[TrailPoint, ...]:
        """Where this node's trail ends here, and places before that, ever further apart."""
        found: list[TrailPoint] = []
        for branch_no, from_line, from_chain, last_line, last_chain in self._branches():
            found.append(TrailPoint(last_line, last_chain))
            step = 1
            while last_line - step > from_line and len(found) < POINTS_MAX - 1:
                found += self._point(branch_no, last_line - step)
                step *= 2
            found.append(TrailPoint(from_line, from_chain))
        return tuple(found[:POINTS_MAX])

    def _place_of(self, run: SentRun, chains: Sequence[bytes]) -> tuple[int, int] | None:
        """The branch that a run goes on, and how many of its lines are here already.

        Where the run leaves what is here at a line that is here, a new branch begins there.
        """
        point, known = run.before, 0
        while found := self._longest(point, chains[known:]):
            branch_no, last_line, same = found
            known += same
            if known == len(chains) or point.line_no + same == last_line:
                return branch_no, known
            if not same:
                return self._begin(point, "fork"), known
            point = TrailPoint(point.line_no + same, chains[known - 1])
        return None

    def _longest(self, point: TrailPoint, chains: Sequence[bytes]) -> tuple[int, int, int] | None:
        """The branch that has this point and most of the lines after it: its number, its last line,
        and how many they are; the newest of those that have as many.
        """
        best: tuple[int, int, int] | None = None
        for branch_no, from_line, from_chain, last_line, _last_chain in self._branches():
            is_from = point == TrailPoint(from_line, bytes(from_chain))
            if not is_from and point not in self._point(branch_no, point.line_no):
                continue
            same = self._known(branch_no, point.line_no, chains)
            is_its_end = not same and best is not None and point.line_no == last_line
            if best is None or same > best[2] or (is_its_end and not best[2]):
                best = branch_no, last_line, same
        return best

    def _known(self, branch_no: int, line_no: int, chains: Sequence[bytes]) -> int:
        """How many lines from this one on are the same there."""
        rows = self._connection.execute(
            "SELECT chain FROM audit_copies WHERE branch_no = ? AND line_no > ?"
            " ORDER BY line_no LIMIT ?",
            (branch_no, line_no, len(chains)),
        )
        same = 0
        for chain, (held,) in zip(chains, rows, strict=False):
            if chain != bytes(held):
                break
            same += 1
        return same

    def _append(self, branch_no: int, run: SentRun, chains: Sequence[bytes], known: int) -> None:
        rows = []
        for place, (sent, chain) in enumerate(zip(run.lines, chains, strict=True)):
            if place >= known:
                line_no = run.before.line_no + place + 1
                rows.append((branch_no, line_no, sent.at_ms, *_values(sent.line), chain))
                self._meet_ahead(branch_no, line_no, sent)
        if not rows:
            return
        self._connection.insert(f"audit_copies(branch_no, line_no, at_ms, {COLUMNS}, chain)", rows)
        if not _follows(run):
            # A node ends a run before a line of its own that does not follow, and sends it alone.
            self._name("bad_line", branch_no, run.before.line_no + 1)
        self._connection.execute(
            "UPDATE audit_branches SET last_line = ?, last_chain = ?, reached_ms = ?"
            " WHERE branch_no = ?",
            (rows[-1][1], chains[-1], self._now_ms, branch_no),
        )

    def _meet_ahead(self, branch_no: int, line_no: int, sent: SentLine) -> None:
        """The turn of a line has come; what was told ahead of it must have been the same."""
        where = "FROM audit_ahead WHERE node = ? AND line_no = ?"
        rows = self._connection.execute(f"SELECT at_ms, {COLUMNS} {where}", (self._node, line_no))
        if not rows:
            return
        if SentLine(rows[0][0], line_of(rows[0][1:])) == sent:
            self._connection.execute(f"DELETE {where}", (self._node, line_no))
        else:
            self._name("other_line", branch_no, line_no)

    def _begin(self, point: TrailPoint, code: str) -> int:
        rows = self._connection.execute(
            "INSERT INTO audit_branches(node, from_line, from_chain, last_line, last_chain,"
            " began_ms, reached_ms) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING branch_no",
            (self._node, *_pair(point), *_pair(point), self._now_ms, self._now_ms),
        )
        branch_no = int(rows[0][0])
        if code:
            ends = max((row[3] for row in self._branches() if row[0] != branch_no), default=0)
            line_no = point.line_no + 1 if code == "fork" else ends + 1
            self._name(code, branch_no, line_no)
        return branch_no

    def _why_apart(self, point: TrailPoint) -> str:
        """Why what begins here does not go on with what is here."""
        if point == START and not self._branches():
            return ""
        ends = max((row[3] for row in self._branches()), default=0)
        return "gap" if point.line_no > ends else "fork"

    def _name(self, code: str, branch_no: int, line_no: int) -> None:
        self._connection.insert(
            "audit_faults(node, branch_no, line_no, code, at_ms)",
            [(self._node, branch_no, line_no, code, self._now_ms)],
            "ON CONFLICT DO NOTHING",
        )

    def _branches(self) -> list[Row]:
        return self._connection.execute(
            "SELECT branch_no, from_line, from_chain, last_line, last_chain FROM audit_branches"
            " WHERE node = ? ORDER BY branch_no DESC",
            (self._node,),
        )

    def _point(self, branch_no: int, line_no: int) -> list[TrailPoint]:
        sql = "SELECT chain FROM audit_copies WHERE branch_no = ? AND line_no = ?"
        rows = self._connection.execute(sql, (branch_no, line_no))
        return [TrailPoint(line_no, bytes(chain)) for (chain,) in rows]

    def _copy_of(self, line_no: int, line: AuditLine) -> bool:
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM audit_copies JOIN audit_branches USING(branch_no)"
            " WHERE node = ? AND line_no = ?",
            (self._node, line_no),
        )
        return any(line_of(row) == line for row in rows)


def bad_copies(connection: Connection) -> Iterator[tuple[NodeId, BadLine]]:
    """Of every branch of every node, the first line that is not as it was taken in.

    What was wrong with a trail when it came is no fault of this store: `trail_faults` names it.
    """
    for branch_no, node, from_line, from_chain, last_line, last_chain in connection.execute(
        "SELECT branch_no, node, from_line, from_chain, last_line, last_chain FROM audit_branches"
        " ORDER BY branch_no"
    ):
        begin = TrailPoint(from_line, bytes(from_chain))
        end = TrailPoint(last_line, bytes(last_chain))
        bad = _first_bad_copy(connection, branch_no, begin, end)
        if bad is not None:
            yield NodeId(node), bad


def trail_faults(connection: Connection) -> list[TrailFault]:
    """What was found wrong with any node's trail when it came, oldest first."""
    sql = "SELECT node, line_no, code, at_ms FROM audit_faults ORDER BY fault_no"
    return [
        TrailFault(NodeId(node), line_no, code, at_ms)
        for node, line_no, code, at_ms in connection.execute(sql)
    ]


def _first_bad_copy(
    connection: Connection, branch_no: int, begin: TrailPoint, end: TrailPoint
) -> BadLine | None:
    named = "SELECT line_no FROM audit_faults WHERE branch_no = ? AND code = 'bad_line'"
    known = {line_no for (line_no,) in connection.execute(named, (branch_no,))}
    point = begin
    sql = (
        f"SELECT line_no, chain, at_ms, {COLUMNS} FROM audit_copies WHERE branch_no = ?"
        " ORDER BY line_no"
    )
    for line_no, chain, at_ms, *values in connection.stream(sql, (branch_no,)):
        if line_no != point.line_no + 1:
            return BadLine(point.line_no + 1, "was received, and is missing")
        follows = bytes(chain) == chain_line(point.chain, at_ms, line_of(values))
        if not follows and line_no not in known:
            return BadLine(line_no, "is not as it was received")
        point = TrailPoint(line_no, bytes(chain))
    return None if point == end else BadLine(point.line_no + 1, "was received, and is missing")


def _chains(run: SentRun) -> list[bytes]:
    """The chain after each line; after the last, what its node says it is."""
    chain, chains = run.before.chain, []
    for sent in run.lines:
        chain = chain_line(chain, sent.at_ms, sent.line)
        chains.append(chain)
    return [*chains[:-1], run.chain_after]


def _follows(run: SentRun) -> bool:
    chain = run.before.chain
    for sent in run.lines:
        chain = chain_line(chain, sent.at_ms, sent.line)
    return chain == run.chain_after


def _values(line: AuditLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in COLUMNS.split(", "))


def _pair(point: TrailPoint) -> tuple[int, bytes]:
    return point.line_no, point.chain
