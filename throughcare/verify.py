"""Verifies stores from what they hold: every hash, chain and digest, and the projections refolded.

Nothing that a store says of itself is believed: ids are computed from bytes, digests from ops, and
the projections are folded anew in memory and compared byte by byte. Reads only, so a node may run
meanwhile. Between a spoke and the hub it compares what both must hold alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag

from sync_protocol.digest import EMPTY, Digest, digest_term
from sync_protocol.errors import UnreadableOp
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io import audit_trail, projections
from sync_protocol.io.connection import (
    Connection,
    SqlConnection,
    open_encrypted,
    open_in_memory,
    transaction,
)
from sync_protocol.io.folding import Folding
from sync_protocol.io.op_log import Arrival, OpLog, StoredOp
from sync_protocol.io.reading import Reading
from sync_protocol.io.system_clock import system_chance
from sync_protocol.io.tables import migrate
from sync_protocol.op import hash_raw, op_id_of, read_op
from sync_protocol.schema import Registry
from sync_protocol.scope import Flag
from sync_protocol.seal import ScopeEpoch, segment_chain

FAULTS_LISTED_MAX: Final = 20


class StoreReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one store holds, and every fault found in it."""

    name: str
    ops: int
    applied: int
    parked: int
    unsent: int
    conflicts: int
    digests_equal: bool
    projections_equal: bool
    faults: tuple[str, ...]


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a spoke and the hub agree on everything that the spoke may hold."""

    name: str
    subjects: int
    digests_equal: bool
    projections_equal: bool
    faults: tuple[str, ...]


class OpenStore:
    """A store opened to be looked at: one connection, one snapshot."""

    def __init__(self, name: str, path: Path, key: bytes, registry: Registry) -> None:
        """Raises WrongKey where the file does not open with the key."""
        self.name = name
        self.registry = registry
        self.connection: SqlConnection = open_encrypted(path, key, must_exist=True)
        self.connection.begin(is_write=False)
        self.log = OpLog(self.connection)
        self.reading = Reading(self.connection, registry)

    def close(self) -> None:
        """Lets the snapshot and the file go."""
        self.connection.rollback()
        self.connection.close()


def verify_store(store: OpenStore) -> StoreReport:
    """Everything that can be checked of one store by itself."""
    ops: list[StoredOp] = []
    faults = [*_file_faults(store.connection), *_op_faults(store, ops)]
    faults += _chain_faults(store, ops)
    if not audit_trail.is_unbroken(store.connection):
        faults.append("the audit trail is broken")
    digests_equal = _counted(ops, store) == _known(store.reading.digests())
    projections_equal = _refolded(ops, store) == projections.projection_digest(
        store.connection, store.registry
    )
    faults += [] if digests_equal else ["a digest is not that of the ops"]
    faults += [] if projections_equal else ["a projection is not the fold of the ops"]
    counts = store.reading.counts()
    return StoreReport(
        name=store.name,
        ops=len(ops),
        applied=sum(bool(one.verdict.flags & Flag.APPLIED) for one in ops),
        parked=sum(one.verdict.is_parked for one in ops),
        unsent=counts["unsent"],
        conflicts=counts["conflicts"],
        digests_equal=digests_equal,
        projections_equal=projections_equal,
        faults=tuple(faults[:FAULTS_LISTED_MAX]),
    )


def compare(spoke: OpenStore, node: NodeId, hub: OpenStore) -> PeerReport:
    """Whether the spoke shows, of the subjects that it may hold, what the hub shows."""
    held = _granted(hub, node)
    faults = []
    ours, theirs = _known(spoke.reading.digests()), _known(hub.reading.digests())
    differing = [one for one in held if ours.get(one, EMPTY) != theirs.get(one, EMPTY)]
    faults += [f"subject {one.hex()}: its digest differs" for one in sorted(differing)]
    rows_differ = False
    for kind in sorted(spoke.registry.kinds):
        here, there = _rows_of(spoke, kind, held), _rows_of(hub, kind, held)
        if here != there:
            rows_differ = True
            faults.append(f"{kind}: {len(set(here) ^ set(there))} rows differ")
    return PeerReport(
        name=spoke.name,
        subjects=len(held),
        digests_equal=not differing,
        projections_equal=not rows_differ,
        faults=tuple(faults[:FAULTS_LISTED_MAX]),
    )


def missing_ops(spoke: OpenStore, hub: OpenStore) -> int:
    """How many ops the spoke holds that the hub does not: lost, once everything was exchanged."""
    sql = "SELECT op_id FROM ops"
    held = {row[0] for row in hub.connection.execute(sql)}
    return sum(row[0] not in held for row in spoke.connection.execute(sql))


def _file_faults(connection: Connection) -> Iterator[str]:
    for pragma, says_well in (("cipher_integrity_check", ()), ("quick_check", ("ok",))):
        said = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}")]
        yield from (f"{pragma}: {line}" for line in said if line not in says_well)


def _op_faults(store: OpenStore, ops: list[StoredOp]) -> Iterator[str]:
    rows = store.log.select("1 ORDER BY op_no")
    while True:
        try:
            stored = next(rows)
        except StopIteration:
            return
        except InvalidTag:
            yield "a body does not open with its subject's key"
            return
        ops.append(stored)
        if op_id_of(hash_raw(stored.raw)) != stored.op_id:
            yield f"op {stored.op_id.hex()} is not what its id says"


def _chain_faults(store: OpenStore, ops: Sequence[StoredOp]) -> Iterator[str]:
    hashes: dict[tuple[int, int], list[bytes]] = {}
    for one in ops:
        hashes.setdefault((one.life_no, one.seq), []).append(hash_raw(one.raw))
    sql = (
        "SELECT chain_before, chain_after, epoch_incarnation, epoch_number, life_no, first_seq,"
        " last_seq FROM segments ORDER BY life_no, first_seq"
    )
    for before, after, incarnation, number, life_no, first, last in store.connection.execute(sql):
        held = [hashes.get((life_no, seq), []) for seq in range(first, last + 1)]
        place = f"the segment {first} to {last} of life {life_no}"
        if not all(held):
            yield f"{place} lacks {held.count([])} ops"
        # Of a life that was copied both branches are held: which op is whose, the chain alone says.
        elif all(len(one) == 1 for one in held):
            epoch = ScopeEpoch(incarnation, number)
            if segment_chain(before, epoch, first, (one[0] for one in held)) != after:
                yield f"{place} breaks the chain"


def _counted(ops: Sequence[StoredOp], store: OpenStore) -> dict[SubjectId, Digest]:
    """The digests as the ops themselves give them."""
    digests: dict[SubjectId, Digest] = {}
    for one in ops:
        if not one.verdict.flags & Flag.APPLIED or one.hub_seq is None:
            continue
        flags = one.verdict.flags
        term = digest_term(
            one.op_id,
            suspect=bool(flags & Flag.SUSPECT),
            late=bool(flags & Flag.LATE),
            redacted=bool(flags & Flag.REDACTED),
        )
        for number in filter(None, (one.subject_no, one.other_no)):
            subject = store.log.subject(number)
            digests[subject] = digests.get(subject, EMPTY).plus(term)
    return digests


def _known(digests: Mapping[SubjectId, Digest]) -> dict[SubjectId, Digest]:
    """Without subjects of which no op counts."""
    return {subject: digest for subject, digest in digests.items() if digest.count}


def _refolded(ops: Sequence[StoredOp], store: OpenStore) -> bytes:
    """The digest of the projections, folded anew from nothing but the ops and their verdicts."""
    connection = open_in_memory()
    try:
        migrate(connection)
        projections.make_tables(connection, store.registry)
        folding = Folding(connection, store.registry, OpLog(connection), system_chance)
        with transaction(connection):
            folding.append([_arrival(one) for one in ops], 0)
            folding.flush()
        return projections.projection_digest(connection, store.registry)
    finally:
        connection.close()


def _arrival(stored: StoredOp) -> Arrival:
    try:
        op = read_op(stored.raw)
    except UnreadableOp:
        op = None
    return Arrival(
        op_id=stored.op_id,
        op=op,
        raw=stored.raw,
        life_no=stored.life_no,
        seq=stored.seq,
        hub_seq=stored.hub_seq,
        verdict=stored.verdict,
        is_safety=stored.is_safety,
    )


def _granted(hub: OpenStore, node: NodeId) -> frozenset[SubjectId]:
    sql = "SELECT s.subject FROM grants g JOIN subjects s USING(subject_no) WHERE g.node = ?"
    return frozenset(SubjectId(row[0]) for row in hub.connection.execute(sql, (node,)))


def _rows_of(store: OpenStore, kind: str, held: frozenset[SubjectId]) -> list[tuple[Any, ...]]:
    # The name is one of the registry's, never what somebody typed.
    sql = f'SELECT * FROM "{kind}" ORDER BY subject, other_subject, record'  # noqa: S608
    return [row for row in store.connection.execute(sql) if row[0] in held or row[1] in held]
