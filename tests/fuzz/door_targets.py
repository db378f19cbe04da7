"""The two ends of the line as targets: whatever a node of the estate signs, nothing else happens.

Each attempt begins from the same stores. What is refused must have changed nothing; what is taken
must leave a node that goes on: it answers, asks, and agrees with itself.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Final

import msgspec

from sync_protocol.codec import Address, seal_message
from sync_protocol.departure import claim_of_permit
from sync_protocol.errors import DOES_NOT_DECODE, PeerFault, Refused
from sync_protocol.io.connection import SqlConnection, open_in_memory
from sync_protocol.io.courier import take_requests
from sync_protocol.io.courier_file import pack
from sync_protocol.io.hub_door import HubVisit
from sync_protocol.messages import Fault, Reply, Request, manifest_listing
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.scope import claim_of
from sync_protocol.seal import manifest_claim
from sync_protocol.snapshot import snapshot_claim
from tests.contract.world import Node, World
from tests.fuzz import samples
from tests.fuzz.target import Target

NOT_KEPT: Final = ("dead_letters", "sqlite_sequence", "sqlite_stat1")
"""What is refused may leave a dead letter, and nothing else."""


class Pristine:
    """A node's store as it was, to which it is put back before every attempt."""

    def __init__(self, node: Node) -> None:
        """Keep what the node's store holds now."""
        self._node = node
        self._kept = open_in_memory().raw
        self._raw.backup(self._kept)
        self.digest = self.now()

    def put_back(self) -> None:
        """The store is what it was, in memory too."""
        self._kept.backup(self._raw)
        core = self._node.store.core
        core.folding.forget()
        core.log.forget()
        core._place = None
        spoke = self._node.store.spoke
        spoke._gathered, spoke._count = None, 0
        spoke.differences.abandon()

    def now(self) -> bytes:
        """A digest of all that is kept."""
        connection = self._node.store.core.connection
        seen = sha256()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (name,) in sorted(tables):
            if name not in NOT_KEPT:
                for row in connection.execute(f'SELECT * FROM "{name}"'):
                    seen.update(repr(row).encode("utf-8", "surrogatepass"))
        return seen.digest()

    @property
    def _raw(self) -> Any:
        connection = self._node.store.core.connection
        assert isinstance(connection, SqlConnection)
        return connection.raw


@cache
def _hub() -> Pristine:
    return Pristine(samples.lived().hub)


@cache
def _spoke() -> Pristine:
    return Pristine(samples.leeds())


def knock(payload: bytes) -> bool:
    """The hub's door: a request of a node that is enrolled, under its true seal."""
    world, leeds, kept = samples.lived(), samples.leeds(), _hub()
    kept.put_back()
    request = _request_in(payload)
    if request is None:
        return False
    sealed = World.sealed(world, leeds, request)
    try:
        visit = world.door.receive(sealed)
    except PeerFault:
        assert kept.now() == kept.digest, "something was kept of what was refused"
        return False
    if isinstance(visit, HubVisit):
        try:
            assert visit.answer(is_last=True) is not None
        except PeerFault:
            return False
    return True


def bring(payload: bytes) -> bool:
    """The hub's other door: the same request in a courier file."""
    world, leeds, kept = samples.lived(), samples.leeds(), _hub()
    kept.put_back()
    request = _request_in(payload)
    if request is None:
        return False
    sealed = World.sealed(world, leeds, request)
    whole = pack(leeds.store, world.hub.id, [sealed])
    try:
        take_requests(world.hub.store, world._find_key, world.hub.signer.public_key, whole)
    except (PeerFault, Refused):
        return False
    return True


def hear(payload: bytes) -> bool:
    """A spoke that is answered by a hub which signs anything."""
    world, leeds, kept = samples.lived(), samples.leeds(), _spoke()
    kept.put_back()
    try:
        reply = msgspec.msgpack.decode(payload[1:], type=Reply)
    except DOES_NOT_DECODE:
        return False
    session, request = world.request_of(leeds)
    asked = kept.now()
    cursor = msgspec.structs.replace(reply.cursor, incarnation=request.hello.cursor.incarnation)
    reply = msgspec.structs.replace(
        reply, count=request.hello.count, incarnation=cursor.incarnation, cursor=cursor
    )
    try:
        for effect in session.receive(_signed(reply, leeds)):
            world.do(leeds, session, request, effect)
    except PeerFault:
        assert kept.now() == asked, "something was kept of what was refused"
        return False
    again = world.request_of(leeds)[1]
    world_sealed = Address(leeds.id, world.hub.id, again.hello.cursor.incarnation)
    assert seal_message(again, world_sealed, leeds.signer)
    return True


def _request_in(payload: bytes) -> Request | None:
    """The request, as if it were asked of the hub as it is now; None where it is none."""
    try:
        request = msgspec.msgpack.decode(payload[1:], type=Request)
    except DOES_NOT_DECODE:
        return None
    hub = samples.lived().hub.store
    cursor = request.hello.cursor
    if any(cursor.incarnation):
        end = min(cursor.hub_seq, hub.last_hub_seq())
        cursor = msgspec.structs.replace(
            cursor, incarnation=hub.incarnation, hub_seq=end, commit=b""
        )
    count = hub.last_count(samples.leeds().id) + 1
    hello = msgspec.structs.replace(request.hello, cursor=cursor, count=count, wait_ms=0)
    return msgspec.structs.replace(request, hello=hello)


def _signed(reply: Reply, leeds: Node) -> Reply:
    """The reply as a hub would seal it that has gone mad: every signature in it is good."""
    signer, node, incarnation = samples.lived().hub.signer, leeds.id, reply.incarnation
    came = (*reply.notices, *reply.entries)
    listing = manifest_listing(
        [(op_id_of(hash_raw(one.raw)), one.hub_seq, one.flags) for one in came]
    )
    sign = signer.sign
    with_signature = msgspec.structs.replace
    return with_signature(
        reply,
        manifest=sign(manifest_claim(incarnation, node, listing)) if came else b"",
        steps=tuple(
            with_signature(one, signature=sign(claim_of(one, incarnation, node)))
            for one in reply.steps
        ),
        permits=tuple(
            with_signature(one, signature=sign(claim_of_permit(one, incarnation, node)))
            for one in reply.permits
        ),
        snapshots=tuple(
            with_signature(one, signature=sign(snapshot_claim(incarnation, node, one)))
            for one in reply.snapshots
        ),
    )


def _replies() -> Sequence[bytes]:
    return [raw for raw in samples.replies() if raw[:1] == b"R"]


DOORS: Final = (
    Target("door", samples.requests, knock),
    Target("courier_door", samples.requests, bring),
    Target("answer", _replies, hear),
)

assert Fault.__struct_config__.array_like, "a fault is one array"
