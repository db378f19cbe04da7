"""Verifies stores: each by itself, and each spoke against the hub in all that it may hold.

It looks at a copy, made in one consistent snapshot, so a running node is never held up and nothing
it says of itself is believed. That two nodes agree can be told only once nothing is on its way.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from sync_protocol.digest import EMPTY, Digest
from sync_protocol.ids import NodeId, OpId, SubjectId
from sync_protocol.io.backup import copy_store
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.file_check import file_faults
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.reading import Reading
from sync_protocol.io.verify import FAULTS_LISTED_MAX, verify_store
from sync_protocol.io.verify_log import FindKey
from sync_protocol.scope import Flag
from throughcare.estate import Estate, EstateNode, folder_of
from throughcare.stores import StorePaths, open_store, paths_of


class StoreReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one store holds, and every fault found in it."""

    name: str
    ops: int
    parked: int
    unsent: int
    conflicts: int
    lost: int = 0
    """Ops held here that the hub lacks, though they are not waiting to be sent."""
    digests_equal: bool
    projections_equal: bool
    faults: tuple[str, ...]


class EstateReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in every store of an estate, and between them."""

    nodes: tuple[StoreReport, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault, under the name of its node."""
        return tuple(f"{node.name}: {fault}" for node in self.nodes for fault in node.faults)


def verify_one(paths: StorePaths, node: EstateNode, find_key: FindKey | None = None) -> StoreReport:
    """Everything that can be checked of one store by itself; raises WrongKey for a wrong key."""
    faults = file_faults(paths.store, load_key(paths.store_key))
    with copy_of(paths, node) as store:
        return _with_faults(_report(store, node.code, find_key), faults)


def verify_estate(folder: Path, estate: Estate) -> EstateReport:
    """Every store by itself, and every spoke against the hub."""
    find_key = {node.node_id: node.key for node in estate.nodes}.get
    # First of all: who opens a store folds its write-ahead log back, and what was wrong is gone.
    faults = [_faults_of_file(folder, node) for node in estate.nodes]
    with ExitStack() as stack:
        hub = stack.enter_context(copy_of(paths_of(folder_of(folder, estate.hub)), estate.hub))
        reports = [_report(hub, estate.hub.code, find_key)]
        for node in estate.spokes:
            with copy_of(paths_of(folder_of(folder, node)), node) as spoke:
                report = _report(spoke, node.code, find_key)
                reports.append(_compared(report, spoke, node.node_id, hub))
    whole = zip(reports, faults, strict=True)
    return EstateReport(nodes=tuple(_with_faults(*one) for one in whole))


@contextmanager
def copy_of(paths: StorePaths, node: EstateNode) -> Iterator[OpStore]:
    """A consistent copy of a store, opened; it is gone when the block ends."""
    key = load_key(paths.store_key)
    with tempfile.TemporaryDirectory(prefix="throughcare-verify-") as temporary:
        copied = Path(temporary) / "store.db"
        source = open_encrypted(paths.store, key, must_exist=True)
        try:
            copy_store(source, key, copied)
        finally:
            source.close()
        store = open_store(StorePaths(copied, paths.store_key, paths.signing_key), node)
        try:
            yield store
        finally:
            store.close()


def _faults_of_file(folder: Path, node: EstateNode) -> list[str]:
    paths = paths_of(folder_of(folder, node))
    return file_faults(paths.store, load_key(paths.store_key))


def _with_faults(report: StoreReport, faults: Sequence[str]) -> StoreReport:
    """The report with what is wrong with the file itself, first of all."""
    listed = (*faults, *report.faults)[:FAULTS_LISTED_MAX]
    return msgspec.structs.replace(report, faults=listed)


def _report(store: OpStore, name: str, find_key: FindKey | None) -> StoreReport:
    verified = verify_store(store, find_key)
    with store.reading() as reading:
        counts = reading.counts()
    return StoreReport(
        name=name,
        ops=verified.ops,
        parked=counts["parked"],
        unsent=counts["unsent"],
        conflicts=counts["conflicts"],
        digests_equal=verified.digests_equal,
        projections_equal=verified.projections_equal,
        faults=verified.faults,
    )


def _compared(report: StoreReport, spoke: OpStore, node: NodeId, hub: OpStore) -> StoreReport:
    """The report with what differs from the hub, of everything that the node may hold."""
    with spoke.reading() as here, hub.reading() as there:
        held = _granted(there, node)
        ours, theirs = _counted(here.digests()), _counted(there.digests())
        differing = sorted(one for one in held if ours.get(one) != theirs.get(one))
        faults = [f"subject {one.hex()}: the hub has another digest" for one in differing]
        rows = list(_row_faults(here, there, held, tuple(spoke.core.parts.registry.kinds)))
        lost = max(0, _absent(here, there) - report.unsent)
    faults += [f"{lost} ops are neither at the hub nor waiting"] if lost else []
    return msgspec.structs.replace(
        report,
        lost=lost,
        digests_equal=report.digests_equal and not differing,
        projections_equal=report.projections_equal and not rows,
        faults=(*report.faults, *faults, *rows)[:FAULTS_LISTED_MAX],
    )


def _counted(digests: Mapping[SubjectId, Digest]) -> dict[SubjectId, Digest]:
    """Without subjects of which no op counts: knowing of one and holding none agree."""
    return {subject: digest for subject, digest in digests.items() if digest != EMPTY}


def _granted(hub: Reading, node: NodeId) -> frozenset[SubjectId]:
    sql = "SELECT s.subject FROM grants g JOIN subjects s USING(subject_no) WHERE g.node = ?"
    return frozenset(SubjectId(row[0]) for row in hub.select(sql, (node,)))


def _row_faults(
    here: Reading, there: Reading, held: frozenset[SubjectId], kinds: Sequence[str]
) -> Iterator[str]:
    for kind in sorted(kinds):
        ours, theirs = _rows_of(here, kind, held), _rows_of(there, kind, held)
        if ours != theirs:
            yield f"{kind}: {len(ours ^ theirs)} rows are not those of the hub"


def _rows_of(reading: Reading, kind: str, held: frozenset[SubjectId]) -> set[tuple[Any, ...]]:
    # The name is one of the registry's, never what somebody typed.
    rows = reading.select(f'SELECT * FROM "{kind}"')  # noqa: S608
    return {row for row in rows if row[0] in held or row[1] in held}


def _absent(here: Reading, there: Reading) -> int:
    sql = "SELECT op_id FROM ops"
    at_hub = {row[0] for row in there.select(sql)}
    return sum(row[0] not in at_hub for row in here.select(sql))


class OpCounts(msgspec.Struct, frozen=True):
    """Where every op is that any node of an estate ever wrote (INV-11)."""

    written: int
    applied: int
    parked: int
    lost: int


def count_ops(folder: Path, estate: Estate, receipts: Iterable[OpId]) -> OpCounts:
    """Counts ops over all stores; `receipts` are ops that staff were told are saved."""
    written = set(receipts)
    for node in estate.spokes:
        with copy_of(paths_of(folder_of(folder, node)), node) as store, store.reading() as here:
            written |= {OpId(row[0]) for row in here.select("SELECT op_id FROM ops")}
    hub_paths = paths_of(folder_of(folder, estate.hub))
    with copy_of(hub_paths, estate.hub) as hub, hub.reading() as here:
        rows = here.select("SELECT op_id, flags FROM ops")
    flags = {OpId(op_id): flags for op_id, flags in rows}
    return OpCounts(
        written=len(written | flags.keys()),
        applied=sum(bool(one & Flag.APPLIED) for one in flags.values()),
        parked=sum(bool(one & Flag.PARKED) for one in flags.values()),
        lost=len(written - flags.keys()),
    )


def lives_of(folder: Path, estate: Estate, node: EstateNode) -> int:
    """How many lives of a node the hub knows: one more for each restore."""
    hub_paths = paths_of(folder_of(folder, estate.hub))
    with copy_of(hub_paths, estate.hub) as hub, hub.reading() as here:
        sql = "SELECT count(*) FROM lives WHERE node = ?"
        return int(here.select(sql, (node.node_id,))[0][0])
