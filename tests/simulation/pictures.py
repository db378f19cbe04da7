"""What is on a machine's disk in the end, read once and asked many times."""

from functools import cached_property
from typing import Any

from sync_protocol.errors import UnreadableOp
from sync_protocol.ids import NodeId, OpId, SubjectId
from sync_protocol.io.op_log import StoredOp
from sync_protocol.op import Op
from tests.simulation.disk import Medium
from tests.simulation.nodes import Machine

PARKED = 2
Place = tuple[str, tuple[SubjectId, ...], bytes, str]
"""Kind, subjects, record and field."""
_Read = dict[tuple[bytes, bytes | None], Op | None]


class Picture:
    """One machine: its ops, what stands by a naive fold, and its rows."""

    def __init__(self, machine: Machine, read: _Read | None = None) -> None:
        """Look at `machine`; `read` are ops that another picture has read already."""
        self.machine = machine
        self.name = machine.name
        self.node = machine.node
        self.registry = machine.registry
        self.disk = machine.disk
        self._read: _Read = {} if read is None else read
        self._rows: dict[str, dict[SubjectId, list[Any]]] = {}

    def of(self, machine: Machine) -> "Picture":
        """A picture of another machine, which mostly holds the same ops."""
        return Picture(machine, self._read)

    @cached_property
    def ops(self) -> list[tuple[StoredOp, Op | None]]:
        """Every op, with None for one that cannot be read."""
        stored = self.machine.store.core.log.select("1 ORDER BY op_no")
        return [(one, self._op_of(one)) for one in stored]

    def _op_of(self, stored: StoredOp) -> Op | None:
        bytes_of = (stored.raw.opening, stored.raw.body)
        if bytes_of not in self._read:
            try:
                self._read[bytes_of] = stored.read()
            except UnreadableOp:
                self._read[bytes_of] = None
        return self._read[bytes_of]

    @cached_property
    def standing(self) -> dict[Place, dict[OpId, Any]]:
        """What stands, by definition: applied ops that set a field, less what those replace."""
        applied = [op for stored, op in self.ops if op and not stored.verdict.flags & PARKED]
        replaced = {
            (op.header.kind, op.header.subjects, op.header.record, field, named)
            for op in applied
            for field, op_ids in op.header.replaces.items()
            for named in op_ids
        }
        found: dict[Place, dict[OpId, Any]] = {}
        for op in applied:
            for field, value in op.values.items():
                key = (op.header.kind, op.header.subjects, op.header.record, field)
                if (*key, op.id) not in replaced:
                    found.setdefault(key, {})[op.id] = value
        return found

    @cached_property
    def standing_ids(self) -> set[bytes]:
        """Every op that stands in anything."""
        return {op_id for sides in self.standing.values() for op_id in sides}

    @cached_property
    def judged(self) -> dict[SubjectId, set[tuple[Any, ...]]]:
        """Of each subject the ops that are not parked: their ids, flags and numbers."""
        found: dict[SubjectId, set[tuple[Any, ...]]] = {}
        sql = (
            "SELECT s.subject, o.op_id, o.flags, o.hub_seq FROM ops o JOIN subjects s"
            " ON s.subject_no IN (o.subject_no, o.other_no) WHERE o.flags & 2 = 0"
        )
        for subject, *one in self.disk.rows(sql):
            found.setdefault(SubjectId(subject), set()).add(tuple(one))
        return found

    @cached_property
    def based(self) -> set[SubjectId]:
        """The subjects of which a snapshot took the place of earlier ops."""
        sql = "SELECT subject FROM snapshots JOIN subjects USING(subject_no)"
        return {SubjectId(subject) for (subject,) in self.disk.rows(sql)}

    def rows_of(self, table: str, subject: SubjectId) -> list[tuple[Any, ...]]:
        """The rows of a projection that concern a subject, on either side."""
        if table not in self._rows:
            found: dict[SubjectId, list[Any]] = {}
            sql = f'SELECT subject, other_subject, * FROM "{table}"'
            for one, other, *row in self.disk.rows(sql):
                for side in {one, other} - {None, b""}:
                    found.setdefault(side, []).append(tuple(row))
            self._rows[table] = {one: sorted(rows, key=repr) for one, rows in found.items()}
        return self._rows[table].get(subject, [])


def grants_on(disk: Medium) -> set[tuple[NodeId, SubjectId]]:
    """Which nodes may hold which subjects, as a hub's disk has it."""
    rows = disk.rows("SELECT g.node, s.subject FROM grants g JOIN subjects s USING(subject_no)")
    return {(NodeId(node), SubjectId(subject)) for node, subject in rows}


def spans_on(disk: Medium) -> set[tuple[NodeId, SubjectId]]:
    """Which nodes held which subjects at any time, as a hub's disk has it."""
    rows = disk.rows("SELECT p.node, s.subject FROM spans p JOIN subjects s USING(subject_no)")
    return {(NodeId(node), SubjectId(subject)) for node, subject in rows}


def unsealed_on(disk: Medium) -> set[SubjectId]:
    """The subjects that a spoke is to let go of and has not let go of."""
    sql = (
        "SELECT s.subject FROM departures JOIN subjects s USING(subject_no)"
        " WHERE state NOT IN ('sealed', 'purged')"
        " UNION SELECT s.subject FROM held_before JOIN subjects s USING(subject_no)"
    )
    return {SubjectId(subject) for (subject,) in disk.rows(sql)}
