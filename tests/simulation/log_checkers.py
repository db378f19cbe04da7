"""What the logs hold and how it was judged: bodies, change sets, entitlement, scope, the audit.

Each check returns its faults in words; none at all means that it holds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from sync_protocol.errors import UnreadableOp
from sync_protocol.ids import ID_BYTES
from sync_protocol.messages import LISTED_BYTES
from sync_protocol.op import Op
from sync_protocol.scope import Verdict, leaves_max
from tests.simulation.mark_checkers import own_ops
from tests.simulation.nodes import Edge, Machine
from tests.simulation.world import World

HOUR_MS = 3_600_000
REFUSED = "refused_"
"""How the world counts writes that a machine did not take, by their code."""


def logs_are_whole(world: World) -> Iterator[str]:
    """Every check of this module."""
    yield from bodies_are_held(world)
    yield from nobody_is_turned_away(world)
    for machine in world.machines():
        yield from writes_are_in_the_audit(machine)
    for edge in world.edges:
        yield from what_came_is_kept(world, edge)
    judged = list(_judged(world))
    yield from change_sets_are_judged_whole(judged)
    yield from nobody_replaces_what_he_did_not_see(world, judged)
    if not world.tally.keys() & {"hub_rollbacks", "hub_restores"}:
        yield from nobody_is_parked_who_might_write(world)
        yield from nothing_comes_after_a_leave(world)
        yield from too_many_leaves_are_held(world)


def bodies_are_held(world: World) -> Iterator[str]:
    """INV-01: of what was acknowledged the hub holds more than that it was written."""
    for op_id in sorted(world.hub.disk.ids("body IS NULL") & world.acknowledged.keys()):
        yield f"INV-01 {op_id.hex()} was acknowledged, and nobody has what it says"


def nobody_is_turned_away(world: World) -> Iterator[str]:
    """INV-10: people write what can be written, so no machine may refuse it, whatever its clock."""
    for name, count in sorted(world.tally.items()):
        if name.startswith(REFUSED):
            yield f"INV-10 {count} writes were refused as {name.removeprefix(REFUSED)}"


def writes_are_in_the_audit(machine: Machine) -> Iterator[str]:
    """INV-02: each op that was written here and is here has its line of audit."""
    sql = "SELECT subject, detail FROM audit WHERE act = 'write'"
    lines = Counter((subject, detail) for subject, detail in machine.disk.rows(sql))
    written: Counter[tuple[bytes, str]] = Counter()
    for _, op in own_ops(machine):
        written[(op.header.subjects[0], f"{op.header.kind} {op.header.record.hex()}")] += 1
    told: Counter[tuple[bytes, str]] = Counter()
    for (subject, detail), count in lines.items():
        told[(subject, detail.rpartition(" ")[0])] += count
    for (subject, what), count in sorted((written - told).items()):
        yield f"INV-02 {machine.name} wrote {count} {what} of {subject.hex()} without an audit line"


def what_came_is_kept(world: World, edge: Edge) -> Iterator[str]:
    """INV-01: what came under a manifest is in the log beside it: nothing is taken out."""
    if world.is_damaged:
        return
    held = edge.disk.ids()
    for (listing,) in edge.disk.rows("SELECT listing FROM manifests ORDER BY manifest_no"):
        for at in range(0, len(listing), LISTED_BYTES):
            op_id = listing[at : at + ID_BYTES]
            if op_id not in held:
                yield f"INV-01 {edge.name} holds {op_id.hex()} no more, which it was sent"


def _judged(world: World) -> Iterator[tuple[Op, Verdict]]:
    for stored in list(world.hub.store.core.log.select("1 ORDER BY op_no")):
        try:
            yield stored.read(), stored.verdict
        except UnreadableOp:
            continue


def change_sets_are_judged_whole(judged: list[tuple[Op, Verdict]]) -> Iterator[str]:
    """INV-07: what was done at once about the same people counts at once or not at all."""
    parked: defaultdict[tuple[bytes, tuple[bytes, ...]], set[bool]] = defaultdict(set)
    for op, verdict in judged:
        if op.header.change_set is not None and verdict.reason != "misplaced":
            parked[(op.header.change_set.id, op.header.subjects)].add(verdict.is_parked)
    for (set_id, _), found in sorted(parked.items()):
        if len(found) > 1:
            yield f"INV-07 of the change set {set_id.hex()} a part counts"


def nobody_replaces_what_he_did_not_see(
    world: World, judged: list[tuple[Op, Verdict]]
) -> Iterator[str]:
    """INV-06: who was shown nothing replaces nothing, and nobody what is only gathered."""
    kinds = world.hub.registry.kinds
    for op, _ in judged:
        if op.header.kind not in kinds:
            continue
        fields = kinds[op.header.kind].fields
        for field, named in op.header.replaces.items():
            if field in fields and fields[field].is_gathered:
                yield f"INV-06 {op.id.hex()} replaces entries of {op.header.kind}.{field}"
            if op.id in world.written_blind and set(named) - world.written_blind[op.id]:
                yield f"INV-06 {op.id.hex()} replaces in {field} what its author had not seen"


def nobody_is_parked_who_might_write(world: World) -> Iterator[str]:
    """INV-11: an op is parked as not entitled only where no span covers what its node was told.

    What a creation or a reception lets stand of before is left out, and so is what two copies of an
    office wrote at one place of its log: a row does not say which of the two segments it is in.
    """
    sql = (
        "WITH parked AS (SELECT o.op_id, o.subject_no, o.other_no, o.hub_seq, l.node, max("
        "s.epoch_number, coalesce((SELECT max(c.epoch) FROM confirmed c WHERE c.life_no = o.life_no"
        " AND c.seq < o.seq), 0)) AS told FROM ops o JOIN lives l USING(life_no) JOIN segments s ON"
        " s.life_no = o.life_no AND o.seq BETWEEN s.first_seq AND s.last_seq AND"
        " s.epoch_incarnation = ? WHERE o.reason = 'not_entitled' AND (SELECT count(*) FROM"
        " segments t WHERE t.life_no = o.life_no AND o.seq BETWEEN t.first_seq AND t.last_seq) = 1)"
        " SELECT DISTINCT d.op_id FROM parked d JOIN spans p ON p.node = d.node AND p.subject_no"
        " IN (d.subject_no, d.other_no) JOIN ledger e ON e.node = p.node AND e.number = p.number"
        " WHERE p.number <= d.told AND e.at_seq < d.hub_seq"
        " AND (p.to_number IS NULL OR d.told < p.to_number)"
    )
    for (op_id,) in world.hub.disk.rows(sql, (world.hub.store.incarnation,)):
        yield f"INV-11 {op_id.hex()} is parked, and its node might write it"


def nothing_comes_after_a_leave(world: World) -> Iterator[str]:
    """INV-05: who left a node is not written about there by what came to the hub afterwards."""
    sql = (
        "SELECT p.node, s.subject, max(e.at_seq) FROM spans p JOIN subjects s USING(subject_no)"
        " JOIN ledger e ON e.node = p.node AND e.number = p.to_number WHERE NOT EXISTS (SELECT 1"
        " FROM grants g WHERE g.node = p.node AND g.subject_no = p.subject_no) GROUP BY 1, 2"
    )
    left = {(node, subject): at_seq for node, subject, at_seq in world.hub.disk.rows(sql)}
    sql = (
        "SELECT s.subject, o.op_id, o.hub_seq FROM ops o JOIN subjects s USING(subject_no) JOIN"
        " lives l USING(life_no) WHERE o.other_no = 0 AND l.node <> ? AND o.hub_seq NOT NULL"
    )
    for edge in world.edges:
        for subject, op_id, hub_seq in edge.disk.rows(sql, (edge.node,)):
            if hub_seq > left.get((edge.node, subject), hub_seq):
                yield f"INV-05 {edge.name} was sent {op_id.hex()} after its subject had left"


def too_many_leaves_are_held(world: World) -> Iterator[str]:
    """Without anybody's word no more than a few leave a node within an hour."""
    if world.tally.get("leaves_confirmed"):
        return
    sql = "SELECT node, at_ms FROM ledger WHERE act = 'leave' ORDER BY node, number"
    before: defaultdict[bytes, list[int]] = defaultdict(list)
    for node, at_ms in world.hub.disk.rows(sql):
        left = sum(other_ms > at_ms - HOUR_MS for other_ms in before[node])
        if left >= leaves_max(len(world.subjects), world.hub.leaves_floor):
            yield f"breaker: {left + 1} left {node.hex()} within an hour, and nobody was asked"
        before[node].append(at_ms)
