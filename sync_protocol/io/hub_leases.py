"""The hub gives leases, and tells a revoked node nothing but to lock.

Implements PROTOCOL.md, Leases and Revocation.
"""

import msgspec

from sync_protocol.clock import pack_hlc
from sync_protocol.cursor import Cursor
from sync_protocol.ids import IncarnationId, NodeId
from sync_protocol.io.connection import Connection
from sync_protocol.io.hub_marks import marks_of
from sync_protocol.io.revoked import revoked_nodes
from sync_protocol.io.store_core import StoreCore
from sync_protocol.lease import LOCKED, UNENDING, Lease, Term, claim_of_lease, is_lease_due
from sync_protocol.messages import Hello, Reply, Request
from sync_protocol.seal import Signer


def is_revoked(core: StoreCore, connection: Connection, node: NodeId) -> bool:
    """Whether a node is revoked, as this reading has it: another program may have said so.

    A store that gives no leases asks what it remembers alone.
    """
    if core.parts.term_of is None and not core.revoked:
        return False
    return node in revoked_nodes(connection)


def locked_reply(
    connection: Connection, request: Request, node: NodeId, times: tuple[int, int]
) -> Reply:
    """What a revoked node is told: how far its own log is here, and no word of anybody (INV-05)."""
    hello = request.hello
    rows = connection.execute("SELECT value FROM meta WHERE name = 'incarnation'")
    incarnation = IncarnationId(rows[0][0])
    is_known = hello.cursor.incarnation == incarnation
    return Reply(
        count=hello.count,
        incarnation=incarnation,
        received_ms=times[0],
        sent_ms=times[1],
        clock=pack_hlc(times[1], 0),
        marks=marks_of(connection, node, request.runs),
        cursor=hello.cursor if is_known else Cursor(incarnation=incarnation),
    )


def with_lease(
    core: StoreCore, reply: Reply, hello: Hello, node: NodeId, *, is_barred: bool
) -> Reply:
    """The reply with a lease where one is due, or with the order to lock."""
    lease = _order_of(reply, hello) if is_barred else _lease_of(core, reply, hello, node)
    if lease is None:
        return reply
    signed = _signed(lease, reply.incarnation, node, core.parts.signer)
    return msgspec.structs.replace(reply, lease=signed)


def _order_of(reply: Reply, hello: Hello) -> Lease | None:
    return None if hello.is_locked else _lease(reply, hello, Term(LOCKED, 0))


def _lease_of(core: StoreCore, reply: Reply, hello: Hello, node: NodeId) -> Lease | None:
    term = core.parts.term_of(node) if core.parts.term_of is not None else None
    if term is None and hello.is_locked:
        # Nothing else takes back the order to lock.
        term = UNENDING
    if term is None or not is_lease_due(
        hello.lease_until_ms, term, reply.sent_ms, is_locked=hello.is_locked
    ):
        return None
    return _lease(reply, hello, term)


def _lease(reply: Reply, hello: Hello, term: Term) -> Lease:
    issued_ms = reply.sent_ms
    return Lease(hello.life, hello.count, issued_ms, issued_ms + term.length_ms, term.role)


def _signed(lease: Lease, incarnation: IncarnationId, node: NodeId, signer: Signer) -> Lease:
    signature = signer.sign(claim_of_lease(lease, incarnation, node))
    return msgspec.structs.replace(lease, signature=signature)
