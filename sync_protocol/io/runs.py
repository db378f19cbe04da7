"""A node's runs as they come: each segment in its chain, and each op in its place.

Implements PROTOCOL.md, Segments and chain. Nothing is stored here and nothing is judged but what
can be seen of the bytes alone.
"""

from hashlib import sha256

import msgspec

from sync_protocol.errors import BrokenChain, TooLarge, UnreadableOp
from sync_protocol.ids import OpId
from sync_protocol.limits import CHANGE_SET_BYTES_MAX, SEGMENT_OPS_MAX
from sync_protocol.op import Op, OpBytes, op_id_of, read_op, whole_header
from sync_protocol.scope import APPLIED, MISPLACED, UNREADABLE, Verdict
from sync_protocol.seal import Run, ScopeEpoch, Segment, segment_chain


class Link(msgspec.Struct, frozen=True, gc=False):
    """A segment in its place in the chain, with its ops' whole headers and their hashes."""

    segment: Segment
    chain_before: bytes
    chain_after: bytes
    headers: tuple[bytes, ...]
    hashes: tuple[bytes, ...]


class Taken(msgspec.Struct, frozen=True, gc=False):
    """An op as a run has it; parked at once where it cannot be read or stands elsewhere."""

    op_id: OpId
    raw: OpBytes
    op: Op | None
    seq: int
    epoch: ScopeEpoch
    verdict: Verdict


def chain_of(run: Run) -> list[Link]:
    """Each segment with the chain before and after it; raises where they do not follow."""
    links: list[Link] = []
    chain, expected = run.chain_before, run.segments[0].first_seq
    for segment in run.segments:
        if segment.first_seq != expected or segment.first_seq < 1:
            raise BrokenChain(f"sequence {segment.first_seq} where {expected} follows")
        _check_size(segment)
        headers = tuple([whole_header(raw) for raw in segment.ops])
        hashes = tuple([sha256(header).digest() for header in headers])
        if segment.lost is None:
            after = segment_chain(chain, segment.epoch, segment.first_seq, hashes)
        else:
            # The node's signature vouches for it, as for all of its chain.
            after = segment.lost.chain_after
        links.append(Link(segment, chain, after, headers, hashes))
        chain, expected = after, segment.last_seq + 1
    return links


def _check_size(segment: Segment) -> None:
    """One op alone has a limit of its own, which is looked at when it is read."""
    count = segment.count
    if segment.lost is not None and segment.ops:
        raise BrokenChain("a segment that is lost, and ops of it")
    if count == 1:
        return
    size = sum([len(raw.opening) + len(raw.body or b"") for raw in segment.ops])
    if not 0 < count <= SEGMENT_OPS_MAX or size > CHANGE_SET_BYTES_MAX:
        raise TooLarge(f"a segment of {count} ops, {size} bytes")


def take_ops(link: Link, run: Run) -> list[Taken]:
    """The ops of a segment, each as it was met."""
    segment = link.segment
    came = zip(segment.ops, link.headers, link.hashes, strict=True)
    return [
        _take_op(run, (seq, segment.epoch), *one)
        for seq, one in enumerate(came, start=segment.first_seq)
    ]


def _take_op(
    run: Run, place: tuple[int, ScopeEpoch], raw: OpBytes, whole: bytes, header_hash: bytes
) -> Taken:
    seq, epoch = place
    op_id = op_id_of(header_hash)
    if raw.body is None:
        # INV-07: it would take away what it replaces and put nothing there.
        return Taken(op_id, raw, None, seq, epoch, UNREADABLE)
    try:
        op = read_op(raw, header_hash, whole)
    except UnreadableOp:
        return Taken(op_id, raw, None, seq, epoch, UNREADABLE)
    header = op.header
    if header.seq != seq or header.life != run.life or header.node != run.node:
        return Taken(op_id, raw, None, seq, epoch, MISPLACED)
    return Taken(op_id, raw, op, seq, epoch, APPLIED)
