"""What a spoke offers: its own sealed segments that the hub is not known to have.

The op log is the outbox; there is no second queue. Implements PROTOCOL.md, Exchange. Everything
here runs in the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from sync_protocol.ids import IncarnationId, LifeId
from sync_protocol.io.store_core import StoreCore
from sync_protocol.seal import Follows, Run, ScopeEpoch, Segment

OUTBOX_BYTES_AIM: Final = 8 * 1024 * 1024


class _Sealed(msgspec.Struct, frozen=True):
    """A segment of this node's own, as the table has it."""

    life_no: int
    first_seq: int
    last_seq: int
    chain_before: bytes
    chain_after: bytes
    epoch_incarnation: bytes
    epoch_number: int
    first_op_no: int
    signature: bytes

    @property
    def last_op_no(self) -> int:
        """The number of its last op in this node's log."""
        return self.first_op_no + self.last_seq - self.first_seq

    def leads_to(self, after: "_Sealed") -> bool:
        """Whether `after` is the next segment of the same life."""
        return self.life_no == after.life_no and self.chain_after == after.chain_before


def waiting(core: StoreCore) -> tuple[int, int]:
    """How many own ops the hub is not known to have, and when the oldest was written (ms)."""
    rows = core.connection.execute(
        "SELECT coalesce(sum(last_seq - first_seq + 1), 0), min(first_op_no) FROM segments"
        " WHERE is_received = 0 AND life_no < ?",
        (_present(core),),
    )
    count, first = rows[0]
    begun = _first_waiting(core)
    if begun is not None:
        count += core.place().seq - begun[0] + 1
        first = begun[1] if first is None else first
    if not count:
        return 0, 0
    at = core.connection.execute("SELECT reached_ms FROM ops WHERE op_no = ?", (first,))
    return count, at[0][0] if at else 0


def gather_outbox(core: StoreCore, ops_max: int) -> tuple[tuple[Run, ...], bool]:
    """Own runs that the hub is not known to have, oldest first, and whether there is more."""
    rows = core.connection.stream(
        "SELECT life_no, first_seq, last_seq, chain_before, chain_after,"
        " epoch_incarnation, epoch_number, first_op_no, signature FROM segments"
        " WHERE is_received = 0 ORDER BY life_no, first_seq LIMIT ?",
        (ops_max + 1,),
    )
    return _gather(core, (_Sealed(*row) for row in rows), ops_max)


def _present(core: StoreCore) -> int:
    """The number of the present life: higher than those of the lives before it."""
    number = core.log.life_no(core.parts.node, core.place().life)
    assert number is not None, "a node's own life is in its log"
    return number


def _first_waiting(core: StoreCore) -> tuple[int, int] | None:
    """Where waiting begins in the present life: a sequence number, and the number in this log.

    From there on all of it waits, since a mark covers whatever came before it; so to count what
    waits costs the same however much it is.
    """
    rows = core.connection.execute(
        "SELECT first_seq, first_op_no FROM segments WHERE is_received = 0 AND life_no = ?"
        " ORDER BY first_seq LIMIT 1",
        (_present(core),),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def _gather(core: StoreCore, rows: Iterable[_Sealed], ops_max: int) -> tuple[tuple[Run, ...], bool]:
    groups: list[list[tuple[_Sealed, Segment]]] = []
    ops, size, more = 0, 0, False
    for row, segment in _segments(core, list(rows)):
        ops += len(segment.ops)
        if groups and (ops > ops_max or size > OUTBOX_BYTES_AIM):
            more = True
            break
        size += sum([len(raw.opening) + len(raw.body or b"") for raw in segment.ops])
        if groups and groups[-1][-1][0].leads_to(row):
            groups[-1].append((row, segment))
        else:
            groups.append([(row, segment)])
    return tuple(_run(core, group) for group in groups), more


def _segments(core: StoreCore, rows: Sequence[_Sealed]) -> Iterator[tuple[_Sealed, Segment]]:
    """Each segment with its ops; those whose ops lie in one stretch of the log are read at once."""
    for stretch in _stretches(rows):
        raws = core.log.raws(stretch[0].first_op_no, stretch[-1].last_op_no)
        for row in stretch:
            epoch = ScopeEpoch(IncarnationId(row.epoch_incarnation), row.epoch_number)
            ops = tuple(islice(raws, row.last_seq - row.first_seq + 1))
            yield row, Segment(row.first_seq, epoch, ops)


def _stretches(rows: Iterable[_Sealed]) -> Iterator[list[_Sealed]]:
    stretch: list[_Sealed] = []
    for row in rows:
        if stretch and row.first_op_no != stretch[-1].last_op_no + 1:
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


def _run(core: StoreCore, group: Sequence[tuple[_Sealed, Segment]]) -> Run:
    first, last = group[0][0], group[-1][0]
    rows = core.connection.execute(
        "SELECT node, life, follows_life, follows_seq, follows_chain FROM lives WHERE life_no = ?",
        (first.life_no,),
    )
    node, life, follows_life, *point = rows[0]
    is_start = follows_life is not None and first.first_seq == 1
    return Run(
        node=node,
        life=life,
        chain_before=first.chain_before,
        follows=Follows(LifeId(follows_life), *point) if is_start else None,
        segments=tuple(segment for _, segment in group),
        signature=last.signature,
    )
