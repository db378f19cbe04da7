"""Checks a store against itself: ids from bytes, chains, digests, projections and the audit.

What `throughcare verify` runs, and what the tests ask after every fault. It changes nothing.
"""

from contextlib import suppress
from typing import Final

import msgspec

from sync_protocol.digest import EMPTY
from sync_protocol.errors import ThroughcareError
from sync_protocol.ids import SubjectId
from sync_protocol.io.audit_copies import bad_copies
from sync_protocol.io.audit_trail import first_bad_line
from sync_protocol.io.bases import Way
from sync_protocol.io.connection import Connection, Row
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreCore
from sync_protocol.io.verify_log import FindKey, LogCheck
from sync_protocol.scope import Flag
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


def verify_store(store: OpStore, find_key: FindKey | None = None) -> Verified:
    """Check everything; the store is left as it was.

    Others' signatures are checked of those nodes whose public key `find_key` knows.
    """
    core = store.core
    with core.transaction():
        log = LogCheck(core, find_key)
        log.check_ops()
        log.check_segments()
        unequal = _check_digests(core)
        audit = audit_faults(core.connection)
        subjects = core.connection.execute("SELECT count(*) FROM subjects")[0][0]
    faults = [*log.faults]
    faults += audit
    # What does not stand by itself cannot be folded.
    projections_equal = not log.faults and _check_projections(store)
    if not projections_equal:
        faults.append("projections: rebuilding from the log gives other rows, or cannot be done")
    return Verified(
        ops=log.ops,
        segments=log.segments,
        subjects=subjects,
        faults=tuple((faults + unequal)[:FAULTS_LISTED_MAX]),
        projections_equal=projections_equal,
        digests_equal=not unequal,
    )


def audit_faults(connection: Connection) -> list[str]:
    """The first line that is wrong in this node's audit, and in each that it has of others."""
    bad = first_bad_line(connection)
    own = [] if bad is None else [f"audit: line {bad.line_no} {bad.words}"]
    return own + [
        f"audit of {node.hex()}: line {one.line_no} {one.words}"
        for node, one in bad_copies(connection)
    ]


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
    """Rebuild in a transaction that is taken back: what stands and what is shown come out alike."""
    before = (store.projection_digest(), _folded(store.core))
    after: list[tuple[bytes, list[Row]]] = []
    with suppress(_Undo, ThroughcareError), store.core.transaction():
        store.rebuild()
        store.core.folding.flush()
        after.append((store.projection_digest(), _folded(store.core)))
        _undo()
    return after == [before]


def _folded(core: StoreCore) -> list[Row]:
    """What stands and what is awaited, as the tables have it.

    Not of whom this node let go of: their headers still name what they replaced. A name whose op
    came by another way may stay listed as awaited, and does nothing.
    """
    gone = (
        "record_no IN (SELECT r.record_no FROM records r JOIN departures d"
        " ON d.subject_no IN (r.subject_no, r.other_no) WHERE d.state IN ('sealed', 'purged'))"
    )
    standing = f"SELECT * FROM standing WHERE NOT {gone} ORDER BY record_no, op_no"
    replaced = (
        f"SELECT * FROM replaced WHERE NOT {gone} AND NOT EXISTS (SELECT 1 FROM ops"
        " WHERE ops.op_id = replaced.op_id) ORDER BY record_no, field, op_id"
    )
    return core.connection.execute(standing) + core.connection.execute(replaced)


def _undo() -> None:
    raise _Undo
