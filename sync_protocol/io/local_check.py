"""Sets a store right against its own ops: digests, what stands, projections. No other is asked.

Implements PROTOCOL.md, Repair, its first half. What the ops themselves lack the other node has, and
shows in the comparison that follows.
"""

from contextlib import suppress
from typing import Final

import msgspec

from sync_protocol.ids import RecordId
from sync_protocol.io.connection import Row
from sync_protocol.io.mending import mend_base, mend_digest, mend_digests, own_lost
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.projections import CONFLICT, UNREAD
from sync_protocol.io.store_core import StoreCore
from sync_protocol.merge import RecordKey

CHECKED_UP_TO: Final = "checked_up_to"
"""The subject that was checked last against the log."""


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What was found to disagree with the ops of a store, and set right unless it was a trial."""

    digests: int
    """Subjects whose digest was not that of their ops."""
    projections: bool
    """Whether what was shown was not what the log gives."""
    own_lost: int
    """Own ops that segments name and the log does not hold; the hub may have them."""

    @property
    def is_nothing(self) -> bool:
        """Whether the store agreed with its ops."""
        return not (self.digests or self.projections or self.own_lost)


class _Undo(Exception):
    """Takes back what a trial did."""


def mend_store(store: OpStore, *, is_trial: bool = False) -> Mended:
    """Check digests and projections against the log and set them right, in one transaction."""
    core = store.core
    found: list[Mended] = []
    with suppress(_Undo), core.transaction():
        digests = mend_digests(core)
        before = store.projection_digest()
        store.rebuild()
        is_other = store.projection_digest() != before
        found.append(Mended(digests=digests, projections=is_other, own_lost=own_lost(core)))
        if is_trial:
            _undo()
    return found[0]


def mend_sample(store: OpStore, subjects_max: int) -> int:
    """Check the next so many subjects against the log, in turn; how many had to be set right.

    Each is a transaction of its own: nobody waits for the whole. What was set right shows in
    the node's view, which is compared with the hub's.
    """
    mended = 0
    for _ in range(subjects_max):
        with store.core.transaction():
            number = _next_subject(store.core)
            if number is None:
                return mended
            mended += _mend_subject(store.core, number)
    return mended


def _next_subject(core: StoreCore) -> int | None:
    """The subject after the one that was checked last, the first after the last."""
    last = core.meta(CHECKED_UP_TO, 0)
    rows = core.connection.execute(
        "SELECT min(subject_no) FROM subjects WHERE subject_no > ?", (last,)
    )
    if rows[0][0] is None:
        rows = core.connection.execute("SELECT min(subject_no) FROM subjects")
    if rows[0][0] is not None:
        core.set_meta({CHECKED_UP_TO: rows[0][0]})
    return None if rows[0][0] is None else int(rows[0][0])


def _mend_subject(core: StoreCore, number: int) -> bool:
    """Whether its digest or a row of it was not that of its ops."""
    is_other = mend_base(core, number) or mend_digest(core, number)
    before = _rows_of(core, number)
    for key in _records_of(core, number):
        core.folding.refold(key)
    core.folding.flush()
    return _rows_of(core, number) != before or is_other


def _records_of(core: StoreCore, number: int) -> list[RecordKey]:
    rows = core.connection.execute(
        "SELECT kind, record, subject_no, other_no FROM records WHERE subject_no = :no"
        " UNION SELECT kind, record, subject_no, other_no FROM records WHERE other_no = :no",
        {"no": number},
    )
    return [
        RecordKey(kind, tuple(core.log.subject(no) for no in nos if no), RecordId(record))
        for kind, record, *nos in rows
    ]


def _rows_of(core: StoreCore, number: int) -> list[list[Row]]:
    """Everything that is shown of a subject."""
    subject = core.log.subject(number)
    tables = (*sorted(core.parts.registry.kinds), UNREAD, CONFLICT)
    where = "subject = :one OR other_subject = :one ORDER BY subject, other_subject, record"
    return [
        core.connection.execute(f'SELECT * FROM "{table}" WHERE {where}', {"one": subject})
        for table in tables
    ]


def _undo() -> None:
    raise _Undo
