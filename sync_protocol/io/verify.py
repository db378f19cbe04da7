"""Checks a store against itself: ids from bytes, chains, digests, projections and the audit.

What `throughcare verify` runs, and what the tests ask after every fault. It changes nothing.
"""

from contextlib import suppress
from typing import Final

import msgspec

from sync_protocol.digest import EMPTY
from sync_protocol.ids import SubjectId
from sync_protocol.io.audit_trail import is_unbroken
from sync_protocol.io.bases import Way
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreCore
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.scope import Flag
from sync_protocol.seal import ScopeEpoch, segment_chain
from sync_protocol.snapshot import term_of

FAULTS_LISTED_MAX: Final = 50


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked, and every fault found (none: the store agrees with itself)."""

    ops: int
    segments: int
    subjects: int
    faults: tuple[str, ...]
    projections_equal: bool
    digests_equal: bool


class _Undo(Exception):
    """Takes back the trial rebuild."""


def verify_store(store: OpStore) -> Verified:
    """Check everything; the store is left as it was."""
    core = store.core
    with core.transaction():
        ops, faults = _check_ops(core)
        segments, broken = _check_segments(core)
        unequal = _check_digests(core)
        if not is_unbroken(core.connection):
            faults.append("audit: a line is missing, or does not follow from the one before")
        subjects = core.connection.execute("SELECT count(*) FROM subjects")[0][0]
    projections_equal = _check_projections(store)
    if not projections_equal:
        faults.append("projections: rebuilding from the log gives other rows")
    return Verified(
        ops=ops,
        segments=segments,
        subjects=subjects,
        faults=tuple((faults + broken + unequal)[:FAULTS_LISTED_MAX]),
        projections_equal=projections_equal,
        digests_equal=not unequal,
    )


def _check_ops(core: StoreCore) -> tuple[int, list[str]]:
    count, faults = 0, []
    for stored in core.log.select("1 ORDER BY op_no"):
        count += 1
        if op_id_of(hash_raw(stored.raw)) != stored.op_id:
            faults.append(f"op {stored.op_no}: its bytes have another id")
    return count, faults


def _check_segments(core: StoreCore) -> tuple[int, list[str]]:
    """Own segments know where their ops are; of others the chain was checked when they came."""
    rows = core.connection.execute(
        "SELECT chain_after, chain_before, epoch_incarnation, epoch_number, first_seq, last_seq,"
        " first_op_no FROM segments"
    )
    faults = []
    for after, before, incarnation, number, first_seq, last_seq, first_op_no in rows:
        if first_op_no is None:
            continue
        last_op_no = first_op_no + last_seq - first_seq
        ops = core.log.select("op_no BETWEEN ? AND ? ORDER BY op_no", (first_op_no, last_op_no))
        hashes = [hash_raw(one.raw) for one in ops]
        if segment_chain(before, ScopeEpoch(incarnation, number), first_seq, hashes) != after:
            faults.append(f"segment {first_seq} to {last_seq}: its ops give another chain")
    return len(rows), faults


def _check_digests(core: StoreCore) -> list[str]:
    bases = core.folding.bases
    totals = {number: base.digest for number, base in bases.rows().items() if base.way == Way.BASED}
    for op_id, hub_seq, flags, *numbers in core.connection.stream(
        "SELECT op_id, hub_seq, flags, subject_no, other_no FROM ops"
        " WHERE flags & ? AND hub_seq NOT NULL",
        (Flag.APPLIED,),
    ):
        for number in filter(None, numbers):
            if not bases.covers(number, hub_seq):
                term = term_of(op_id, flags)
                totals[number] = totals.get(number, EMPTY).plus(term)
    faults = []
    for number, subject in core.connection.execute("SELECT subject_no, subject FROM subjects"):
        if core.log.digest(number) != totals.get(number, EMPTY):
            faults.append(f"subject {SubjectId(subject).hex()}: its ops give another digest")
    return faults


def _check_projections(store: OpStore) -> bool:
    """Rebuild in a transaction that is taken back."""
    before = store.projection_digest()
    after: list[bytes] = []
    with suppress(_Undo), store.core.transaction():
        store.rebuild()
        after.append(store.projection_digest())
        _undo()
    return after == [before]


def _undo() -> None:
    raise _Undo
