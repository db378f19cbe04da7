"""Repairs a node that stands still: against its own log first, then against the centre.

A node that runs does the second by itself as soon as its view differs; this is for the first, and
for whoever wants to know what differs. A trial works on a copy and changes nothing anywhere.
"""

from typing import Final

import msgspec

from sync_protocol.errors import Unavailable
from sync_protocol.ids import NO_ACTOR
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.http_peer import Line
from sync_protocol.io.local_check import mend_store
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.repair import Differences, SpokeRepair
from sync_protocol.io.sync_driver import SyncDriver
from throughcare.estate import EstateNode

EXCHANGES_MAX: Final = 2_000


class NotCompared(Unavailable):
    """The node was checked against its own log, and could not be compared with the centre."""

    code = "not_compared"
    hint = "Mend the line and give the command again; what was set right stays so."


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What a node was found to lack or to have otherwise. Set right, unless `is_trial`.

    `agrees` is the centre's last word on whether the views are equal; None where nothing was asked,
    which is so of the centre itself. Of ops only counts are told.
    """

    node: str
    is_trial: bool
    digests: int
    projections: bool
    own_lost: int
    agrees: bool | None = None
    subjects: int = 0
    missing_here: int = 0
    missing_there: int = 0
    judged_otherwise: int = 0
    rounds: int = 0

    @property
    def differed(self) -> bool:
        """Whether anything was not as it should be."""
        found = self.missing_here or self.missing_there or self.judged_otherwise or self.subjects
        own = self.digests or self.projections or self.own_lost
        return bool(found or own or self.agrees is False)


def repair_alone(store: OpStore, name: str, *, is_trial: bool) -> Repaired:
    """Checks a store against its own log: all there is to do at the centre."""
    own = mend_store(store, is_trial=is_trial)
    _witness(store, is_trial=is_trial)
    return Repaired(
        node=name,
        is_trial=is_trial,
        digests=own.digests,
        projections=own.projections,
        own_lost=own.own_lost,
    )


async def repair_spoke(
    store: OpStore, name: str, line: Line, hub: EstateNode, *, is_trial: bool
) -> Repaired:
    """Checks a spoke against its own log, then against the centre.

    Raises NotCompared where the line fails.
    """
    # A trial's store is a copy, whose own digests may be set right: the centre is shown them.
    alone = repair_alone(store, name, is_trial=False)
    differences = store.spoke.differences
    differences.is_trial = is_trial
    store.spoke.wait_ms = 0
    driver = SyncDriver(store, line, hub.node_id, hub.key)
    last = Differences()
    try:
        for _ in range(EXCHANGES_MAX):
            await driver.exchange()
            fault = driver.status().fault
            if fault is not None:
                raise NotCompared(f"{hub.url}: {fault}.")
            last = max(last, differences.last, key=lambda one: one.size)
            if _is_through(differences):
                break
    finally:
        await line.close()
    return msgspec.structs.replace(
        alone,
        is_trial=is_trial,
        agrees=differences.is_equal,
        subjects=len(last.subjects),
        missing_here=len(last.missing_here),
        missing_there=len(last.missing_there),
        judged_otherwise=len(last.judged_otherwise),
        rounds=last.rounds,
    )


def _is_through(differences: SpokeRepair) -> bool:
    """Equal, or compared as often as it is worth while."""
    if differences.is_under_way or differences.is_equal is None:
        return False
    return differences.is_equal or differences.is_resting


def _witness(store: OpStore, *, is_trial: bool) -> None:
    """Done on the node's own computer: the audit names nobody of its staff."""
    if not is_trial:
        store.witness([AuditLine(actor=NO_ACTOR, act="repair", detail="from the command line")])
