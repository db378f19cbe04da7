"""What must hold after every run, asked of the disks and of a naive fold that shares no code.

Each check returns its faults in words; none at all means that it holds.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.verify import verify_store
from sync_protocol.policy import ForwardMost, Gather, Highest, Latest, OpenClose, WholeVersion
from sync_protocol.schema import Kind
from tests.simulation.log_checkers import logs_are_whole
from tests.simulation.mark_checkers import marks_are_kept
from tests.simulation.pictures import Picture, grants_on, spans_on, unsealed_on
from tests.simulation.world import World


def check_all(world: World) -> list[str]:
    """Every fault found, after everything has come to rest."""
    hub = Picture(world.hub)
    spokes = [hub.of(edge) for edge in world.edges]
    faults = [*nothing_is_lost(world), *queues_are_empty(world)]
    for one in (hub, *spokes):
        faults += [f"{one.name}: {fault}" for fault in verify_store(one.machine.store).faults]
        faults += cautious_values_show(one)
    faults += conflicts_are_accounted_for(world, hub)
    granted = grants_on(world.hub.disk)
    held = spans_on(world.hub.disk) | world.once_held
    for spoke in spokes:
        faults += holds_what_the_hub_holds(spoke, hub, _of_node(granted, spoke.node))
        faults += holds_nothing_else(spoke, hub, _of_node(held, spoke.node))
        left = left_behind(spoke, _of_node(granted, spoke.node))
        world.tally["sealed"] = world.tally.get("sealed", 0) + len(left)
        faults += has_let_go_of_all_else(spoke, _of_node(granted, spoke.node), left)
    faults += [*marks_are_kept(world), *logs_are_whole(world)]
    return [*faults, *scope_follows_moves(world, hub)]


def _of_node(pairs: set[tuple[NodeId, SubjectId]], node: NodeId) -> set[SubjectId]:
    return {subject for named, subject in pairs if named == node}


def nothing_is_lost(world: World) -> Iterator[str]:
    """INV-01 and INV-11: an op is at the hub, or every disk that held it was rolled back."""
    hub = world.hub.disk.ids()
    for edge in world.edges:
        for op_id in sorted(edge.disk.ids() - hub):
            yield f"INV-01 {op_id.hex()} is on the disk of {edge.name} and not at the hub"
    missing = world.acknowledged.keys() - hub
    excused = {op_id for op_id in missing if world.copies.is_excused(op_id)}
    for op_id in sorted(missing - excused):
        yield f"INV-01 {op_id.hex()} was acknowledged by {world.acknowledged[op_id]} and is nowhere"
    world.tally["excused"] = len(excused)
    for machine in world.machines() if not world.is_damaged else []:
        for op_id in sorted(world.copies.vanished([machine.disk])):
            yield f"INV-01 {op_id.hex()} was on the disk of {machine.name} and is there no more"
    judged = world.hub.disk.ids("flags & 1") | world.hub.disk.ids("flags & 2")
    for op_id in sorted(hub - judged):
        yield f"INV-11 {op_id.hex()} is neither applied nor parked"
    both = world.hub.disk.ids("flags & 3 = 3")
    yield from (f"INV-11 {op_id.hex()} is both applied and parked" for op_id in sorted(both))
    for op_id in sorted(world.once_applied & _parked_with_a_grant(world) - _parked_unseen(world)):
        yield f"INV-07 {op_id.hex()} was applied before a restore, and is parked after it"
    world.tally["applied"] = len(world.hub.disk.ids("flags & 1"))
    world.tally["parked"] = len(world.hub.disk.ids("flags & 2"))


def _parked_with_a_grant(world: World) -> set[bytes]:
    """Ops parked though their node may hold a subject of theirs.

    Where it may hold none, what had let it was lost with the disks that were rolled back.
    """
    sql = (
        "SELECT o.op_id FROM ops o JOIN lives l USING(life_no) JOIN grants g ON g.node = l.node"
        " AND g.subject_no IN (o.subject_no, o.other_no) WHERE o.flags & 2"
    )
    return {row[0] for row in world.hub.disk.rows(sql)}


def _parked_unseen(world: World) -> set[bytes]:
    """Ops that the image of a restored hub had parked, and that nobody but their author was shown.

    What the hub has applied in the meantime is lost with it, unless another holds the manifest.
    """
    seen: set[bytes] = set()
    for edge in world.edges:
        sql = "SELECT o.op_id FROM ops o JOIN lives l USING(life_no) WHERE l.node <> ?"
        seen |= {row[0] for row in edge.disk.rows(sql, (edge.node,))}
    return world.once_parked - seen


def queues_are_empty(world: World) -> Iterator[str]:
    """INV-10: nothing waits, and each spoke was told that its digest is the hub's."""
    for edge in world.edges:
        with edge.store.core.transaction():
            waiting, _ = edge.store.spoke.waiting()
        if waiting:
            yield f"INV-10 {edge.name} has {waiting} ops waiting"
        if wants := edge.store.spoke.wants():
            yield f"INV-10 {edge.name} still wants {[one.place for one in wants]}"
        if not edge.is_agreed:
            yield f"INV-10 {edge.name} was not told that the digests agree"
        # Copies that were compared while one of them changed are found to be equal after all.
        last = edge.store.spoke.differences.last
        mended = (*last.missing_here, *last.missing_there, *last.judged_otherwise)
        if (mended or last.digests_mended) and not world.is_damaged:
            yield f"INV-04 {edge.name} had to mend what no disk had lost"


def cautious_values_show(machine: Picture) -> Iterator[str]:
    """INV-07: Highest never shows less than a standing side; open while an opening stands."""
    registry = machine.registry
    with machine.machine.store.reading() as reading:
        shown = {
            (name, *one.key.subjects, one.key.record): one
            for name in registry.kinds
            for one in reading.records_of_all(name)
        }
    based = _based_records(machine)
    for key, sides in machine.standing.items():
        name, subjects, record, field = key
        if (name, subjects, record) in based:
            # What was replaced before a snapshot is not here to be told from what stands; whether
            # such a record shows what the hub shows is asked below.
            continue
        spec = registry.kinds[name].fields.get(field) if name in registry.kinds else None
        if spec is None:
            continue
        row = shown.get((name, *subjects, record))
        if row is None:
            yield f"INV-04 {machine.name} shows no {name}, though {len(sides)} ops of it stand"
            continue
        policy = spec.rule.policy
        if isinstance(policy, Highest):
            highest = max(policy.scale.rank(value) for value in sides.values())
            if policy.scale.rank(row.values.get(field)) < highest:
                yield f"INV-07 {machine.name} shows less than what stands in {name}.{field}"
        is_closed = isinstance(policy, OpenClose) and row.values[field] == "closed"
        if is_closed and any(value != "closed" for value in sides.values()):
            yield f"INV-07 {machine.name} shows {name} closed while an opening stands"


def conflicts_are_accounted_for(world: World, hub: Picture) -> Iterator[str]:
    """INV-06: a field with several standing values is settled by its policy or listed; no more."""
    listed = {
        (row[3], (row[0], row[1]) if row[1] else (row[0],), row[2], row[4])
        for row in hub.disk.rows("SELECT subject, other_subject, record, kind, field FROM conflict")
    }
    expected = set()
    for (name, subjects, record, field), sides in hub.standing.items():
        kind = hub.registry.kinds.get(name)
        if kind is not None and field in kind.fields and _asks(kind, field, list(sides.values())):
            expected.add((name, subjects, record, field))
    yield from (f"INV-06 not listed: {one[0]}.{one[3]}" for one in sorted(expected - listed))
    yield from (f"INV-06 listed for nothing: {one[0]}.{one[3]}" for one in listed - expected)
    world.tally["conflicts"] = len(expected)


def holds_what_the_hub_holds(spoke: Picture, hub: Picture, held: set[SubjectId]) -> Iterator[str]:
    """INV-04: of every subject in its scope, the same ops, verdicts, numbers and rows."""
    for subject in sorted(held):
        here = spoke.judged.get(subject, set())
        there = hub.judged.get(subject, set())
        # Of what stands in nothing any more, a spoke lacks what came before its snapshot.
        is_based = subject in spoke.based
        lacks = {one for one in there - here if not is_based or one[0] in hub.standing_ids}
        if here - there or lacks:
            yield (
                f"INV-04 {spoke.name} differs about {subject.hex()}: lacks"
                f" {[_brief(one) for one in sorted(lacks)][:4]}, has besides"
                f" {[_brief(one) for one in sorted(here - there)][:4]}"
            )
        if spoke.registry is hub.registry:
            for name in (*spoke.registry.kinds, "unread_record", "conflict"):
                if spoke.rows_of(name, subject) != hub.rows_of(name, subject):
                    yield f"INV-04 {spoke.name} shows {name} of {subject.hex()} otherwise"


def holds_nothing_else(spoke: Picture, hub: Picture, held: set[SubjectId]) -> Iterator[str]:
    """INV-05: no op of a subject that it was never let hold, on neither side, but its own."""
    own = {
        row[0]
        for row in hub.disk.rows(
            "SELECT op_id FROM ops LEFT JOIN lives USING(life_no) WHERE node = ? OR node IS NULL",
            (spoke.node,),
        )
    }
    for stored, op in spoke.ops:
        if op is None or stored.op_id in own or set(op.header.subjects) & held:
            continue
        yield f"INV-05 {spoke.name} holds {stored.op_id.hex()} of {op.header.kind} out of scope"


def left_behind(spoke: Picture, held: set[SubjectId]) -> set[SubjectId]:
    """The subjects that a spoke held once and has let go of."""
    sealed = "SELECT subject FROM departures JOIN subjects USING(subject_no)"
    return {SubjectId(row[0]) for row in spoke.disk.rows(sealed)} - held


def has_let_go_of_all_else(
    spoke: Picture, held: set[SubjectId], left: set[SubjectId]
) -> Iterator[str]:
    """INV-05: what can be read is of whoever is held, or was written here of somebody never held.

    Of whoever left the log is there, and nothing of it can be opened.
    """
    for subject in sorted(unsealed_on(spoke.disk)):
        yield f"INV-05 {spoke.name} has not let go of {subject.hex()}"
    # What was parked came to its author alone; a hostile one writes under others' names.
    sql = "SELECT op_id FROM ops LEFT JOIN lives USING(life_no) WHERE node = ? OR flags & 2"
    own = {row[0] for row in spoke.disk.rows(sql, (spoke.node,))}
    for stored, op in spoke.ops:
        about = set(op.header.subjects) if op is not None else set()
        if op is None or about & held or not stored.raw.body:
            continue
        # Of two people who are both not held one may never have been: it is as if of him alone.
        if about <= left or stored.op_id not in own:
            yield f"INV-05 {spoke.name} can read {stored.op_id.hex()} of whom it does not hold"


def scope_is_what_the_moves_say(world: World) -> Iterator[str]:
    """Whoever holds a subject that was ever moved is whom the last move names, and nobody else."""
    hub = world.hub
    granted = grants_on(hub.disk)
    with hub.store.reading() as reading:
        moved = {one.key.subjects[0] for one in reading.records_of_all("move")}
        for subject in sorted(moved):
            named = set(hub.holders()(reading, subject)[subject])
            holding = {node for node, one in granted if one == subject}
            if named != holding:
                yield f"scope: {subject.hex()} is held by {len(holding)}, named are {len(named)}"


def scope_follows_moves(world: World, hub: Picture) -> Iterator[str]:
    """Every depot that a subject was brought to may hold it; the last alone where they leave."""
    if world.options.leaves:
        yield from scope_is_what_the_moves_say(world)
        return
    granted = grants_on(world.hub.disk)
    for key, sides in hub.standing.items():
        if key[0] != "move":
            continue
        for depot in sides.values():
            if (world.spokes[depot].node, key[1][0]) not in granted:
                yield f"scope: {depot} may not hold {key[1][0].hex()}, which was brought to it"


def _asks(kind: Kind, field: str, values: list[Any]) -> bool:
    """Whether a person must look, said again in the plainest words."""
    policy = kind.fields[field].rule.policy
    if isinstance(policy, Gather | Latest):
        return False
    if isinstance(policy, OpenClose):
        return "closed" in values and any(value != "closed" for value in values)
    if isinstance(policy, WholeVersion):
        values = [value for value in values if value["approved"]]
    if isinstance(policy, ForwardMost):
        illegal = any((value["from"], value["to"]) not in policy.pairs for value in values)
        return illegal or len({value["to"] for value in values}) > 1
    return len({msgspec.json.encode(value, order="deterministic") for value in values}) > 1


def _based_records(machine: Picture) -> set[tuple[str, tuple[SubjectId, ...], bytes]]:
    """The records of which a snapshot took the place of earlier ops."""
    rows = machine.disk.rows(
        "SELECT DISTINCT r.kind, s.subject, o.subject, r.record FROM records r JOIN subjects s"
        " USING(subject_no) LEFT JOIN subjects o ON o.subject_no = r.other_no WHERE EXISTS"
        " (SELECT 1 FROM snapshots a WHERE a.subject_no IN (r.subject_no, r.other_no))"
    )
    return {
        (kind, (subject, other) if other else (subject,), record)
        for kind, subject, other, record in rows
    }


def _brief(one: tuple[Any, ...]) -> tuple[Any, ...]:
    return (one[0].hex()[:8], *one[1:])
