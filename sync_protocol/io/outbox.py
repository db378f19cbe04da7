"""What a spoke offers: its own sealed segments that the hub is not known to have.

The op log is the outbox; there is no second queue. Implements PROTOCOL.md, Exchange. Everything
here runs in the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final

import msgspec

from sync_protocol.ids import IncarnationId, LifeId, OpId
from sync_protocol.io.op_log import WAITING_LIVES
from sync_protocol.io.store_core import StoreCore
from sync_protocol.op import OpBytes
from sync_protocol.seal import Follows, Lost, Run, ScopeEpoch, Segment

OUTBOX_BYTES_AIM: Final = 1024 * 1024
"""Little enough that whoever was away for long hears what is grave between two requests."""
_SEALED: Final = (
    "life_no, first_seq, last_seq, chain_before, chain_after, epoch_incarnation, epoch_number,"
    " first_op_no, signature"
)
NOTHING: Final[Mapping[LifeId, int]] = MappingProxyType({})


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
    def count(self) -> int:
        """How many ops were written in it."""
        return self.last_seq - self.first_seq + 1

    @property
    def last_op_no(self) -> int:
        """The number of its last op in this node's log."""
        return self.first_op_no + self.count - 1

    def leads_to(self, after: "_Sealed") -> bool:
        """Whether `after` is the next segment of the same life."""
        return self.life_no == after.life_no and self.chain_after == after.chain_before


class _Waiting(msgspec.Struct, frozen=True):
    """A life of this node's own that goes on beyond what the hub is known to have."""

    life_no: int
    received_seq: int
    last_seq: int


def gather_outbox(
    core: StoreCore, ops_max: int, offered: Mapping[LifeId, int] = NOTHING
) -> tuple[tuple[Run, ...], bool]:
    """Own runs that the hub is not known to have, oldest first, and whether there is more.

    `offered` is how far each life is on its way already, in another request of the same journey.
    """
    rows: list[_Sealed] = []
    for life in _waiting_lives(core, offered):
        sealed = core.connection.execute(
            f"SELECT {_SEALED} FROM segments WHERE life_no = ?"
            " AND last_seq > ? ORDER BY last_seq LIMIT ?",
            (life.life_no, life.received_seq, ops_max + 1 - len(rows)),
        )
        rows += [_Sealed(*row) for row in sealed]
    return _gather(core, rows, ops_max)


def gather_named(core: StoreCore, op_ids: Sequence[OpId], ops_max: int) -> tuple[Run, ...]:
    """The own segments that these ops are in, as runs; some of them where all are too many.

    A segment of which an op is lost here proves nothing any more, and is left out.
    """
    found: dict[int, _Sealed] = {}
    for stored in core.log.find(op_ids).values():
        rows = core.connection.execute(
            f"SELECT {_SEALED} FROM segments WHERE life_no = ? AND first_op_no NOT NULL"
            " AND last_seq >= ? AND first_seq <= ? AND (SELECT count(*) FROM ops WHERE op_no"
            " BETWEEN first_op_no AND first_op_no + last_seq - first_seq) ="
            " last_seq - first_seq + 1 ORDER BY last_seq LIMIT 1",
            (stored.life_no, stored.seq, stored.seq),
        )
        found |= {row[7]: _Sealed(*row) for row in rows}
    return _gather(core, [found[place] for place in sorted(found)], ops_max)[0]


def _waiting_lives(core: StoreCore, offered: Mapping[LifeId, int]) -> list[_Waiting]:
    """The node's lives of which the hub is not known to have all, oldest first."""
    rows = core.connection.execute(f"{WAITING_LIVES} ORDER BY life_no")
    sent = {core.log.life_no(core.parts.node, life): seq for life, seq in offered.items()}
    return [_Waiting(no, max(received, sent.get(no, 0)), last) for no, received, last in rows]


def _gather(core: StoreCore, rows: Sequence[_Sealed], ops_max: int) -> tuple[tuple[Run, ...], bool]:
    groups: list[list[tuple[_Sealed, Segment]]] = []
    ops, size, more = 0, 0, False
    for row, segment in _segments(core, rows):
        ops += len(segment.ops)
        if groups and (ops > ops_max or size > OUTBOX_BYTES_AIM):
            more = True
            break
        size += sum([len(raw.opening) + len(raw.body or b"") for raw in segment.ops])
        if any(raw.body is None for raw in segment.ops):
            # What lies in escrow goes beside it.
            size += core.log.body_bytes(range(row.first_op_no, row.last_op_no + 1))
        if groups and groups[-1][-1][0].leads_to(row):
            groups[-1].append((row, segment))
        else:
            groups.append([(row, segment)])
    return tuple(_run(core, group) for group in groups), more


def _segments(core: StoreCore, rows: Sequence[_Sealed]) -> Iterator[tuple[_Sealed, Segment]]:
    """Each segment with its ops; those whose ops lie in one stretch of the log are read at once."""
    for stretch in _stretches(rows):
        for row, ops in _ops_of(core, stretch):
            epoch = ScopeEpoch(IncarnationId(row.epoch_incarnation), row.epoch_number)
            # INV-10: of what the log lost the hub is told that it is lost, or it would refuse all
            # that was written since. An act stands whole or not at all, so no part of it is sent.
            lost = None if len(ops) == row.count else Lost(row.count, row.chain_after)
            yield row, Segment(row.first_seq, epoch, ops if lost is None else (), lost)


def _ops_of(
    core: StoreCore, stretch: Sequence[_Sealed]
) -> Iterator[tuple[_Sealed, tuple[OpBytes, ...]]]:
    first, last = stretch[0].first_op_no, stretch[-1].last_op_no
    held = core.connection.execute(
        "SELECT count(*) FROM ops WHERE op_no BETWEEN ? AND ?", (first, last)
    )
    if held[0][0] == last - first + 1:
        raws = core.log.raws(first, last)
        yield from ((row, tuple(islice(raws, row.count))) for row in stretch)
    else:
        yield from ((row, tuple(core.log.raws(row.first_op_no, row.last_op_no))) for row in stretch)


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
