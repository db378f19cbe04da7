"""The hub's door: bytes in, bytes out, whatever carried them.

Runs `session.HubSession` over the store. Nothing of a visit is kept once it is answered, so any
number of doors may stand over one log. It is synchronous: who serves HTTP calls it in a thread,
and waits between `answer`s in its own way.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.errors import (
    BadMessage,
    BadSignature,
    PeerFault,
    UnknownNode,
    WrongReceiver,
)
from sync_protocol.ids import NodeId
from sync_protocol.io.op_store import OpStore
from sync_protocol.messages import Fault, Hello, Reply, Request
from sync_protocol.session import (
    Answer,
    Append,
    HubSession,
    Send,
    Stored,
    Tick,
    has_news,
    wait_ms_of,
)

LET_GO: Final = "let_go"
_log = structlog.get_logger(__name__)
FindKey = Callable[[NodeId], bytes | None]
"""The public key of a node of this estate; None for a stranger."""


class HubVisit:
    """One request, verified and stored, that is to be answered now or when there is news."""

    def __init__(self, store: OpStore, session: HubSession, request: Request, node: NodeId) -> None:
        """Answer `request` of `node`; `session` has been told that it is stored."""
        self._store = store
        self._session = session
        self._request = request
        self._node = node
        self._received_ms = store.core.parts.clock.now_ms()
        self._is_equal: bool | None = None
        self._is_compared = False
        self.wait_ms = wait_ms_of(request.hello)
        """How long it may be held while there is nothing to say."""

    def answer(self, *, is_last: bool) -> bytes | None:
        """The sealed reply; None where there is nothing to say yet and `is_last` is not set."""
        reply = self._answer()
        hello = self._request.hello
        says = has_news(reply, hello.cursor, had_runs=bool(self._request.runs))
        if not says and not is_last and self.wait_ms:
            self._session.receive(Tick(self._received_ms))
            return None
        (send,) = self._session.receive(reply)
        assert isinstance(send, Send), "a reply is sent once it has something to say"
        return seal_answer(self._store, self._node, reply, hello)

    def let_go(self) -> bytes:
        """A sealed fault for a request that its sender has let go of; it asked something else."""
        hello = self._request.hello
        incarnation = hello.cursor.incarnation
        detail = "a later request came"
        fault = Fault(code=LET_GO, detail=detail, count=hello.count, incarnation=incarnation)
        return seal_answer(self._store, self._node, fault, hello)

    def _answer(self) -> Reply:
        """What there is to say now; the view is compared once, when the request came."""
        reply = self._store.answer(
            self._request, self._node, self._received_ms, compares=not self._is_compared
        )
        if not self._is_compared:
            self._is_compared, self._is_equal = True, reply.digest_equal
        return msgspec.structs.replace(reply, digest_equal=self._is_equal)


class HubDoor:
    """Lets spokes of the estate in, and nobody else."""

    def __init__(self, store: OpStore, find_key: FindKey) -> None:
        """`store` is the hub's; `find_key` knows the estate."""
        self._store = store
        self._find_key = find_key

    def knows(self, node: NodeId) -> bool:
        """Whether a node is of this estate."""
        return self._find_key(node) is not None

    def receive(self, raw: bytes) -> HubVisit | bytes:
        """A visit whose ops are durable, or a sealed fault to send back.

        Raises a PeerFault for what cannot be answered under a seal; nothing was changed then. What
        was signed by a known node and still could not be taken is kept with the dead letters.
        """
        envelope = read_envelope(raw)
        key = self._find_key(envelope.sender)
        if key is None:
            raise UnknownNode(envelope.sender.hex())
        try:
            key, added = self._store.core.keys.in_use(envelope.sender, key, envelope.changes)
            request = open_envelope(envelope, self._store.node, key)
            self._store.note_keys(envelope.sender, added)
            if not isinstance(request, Request):
                raise BadMessage("a request was expected")
            if envelope.incarnation != request.hello.cursor.incarnation:
                raise BadMessage("the envelope names another incarnation than its cursor")
            return self._take(request, envelope.sender, key)
        except (BadSignature, WrongReceiver):
            # INV-14: nobody has been proved to have sent it, so none of it is kept.
            raise
        except PeerFault as fault:
            self._store.dead_letter(envelope.sender, fault.code, raw)
            raise

    def _take(self, request: Request, node: NodeId, key: bytes) -> HubVisit | bytes:
        store = self._store
        with store.core.transaction():
            self._meet_rollback(request, node)
            session = HubSession(store.incarnation, store.last_count(node))
        (effect,) = session.receive(request)
        if isinstance(effect, Send):
            assert isinstance(effect.message, Fault), "only a fault is sent unasked"
            return seal_answer(store, node, effect.message, request.hello)
        assert isinstance(effect, Append), "what is taken is stored first"
        store.ingest(request, node, key)
        (answer,) = session.receive(Stored())
        assert isinstance(answer, Answer), "what is stored is answered"
        return HubVisit(store, session, request, node)

    def _meet_rollback(self, request: Request, node: NodeId) -> None:
        """A spoke knows of more than this log holds: it was restored behind our back.

        A new incarnation is the only honest answer; every spoke then offers all its own again.
        """
        if self._store.lacks(request.hello, node):
            lost = request.hello.cursor.incarnation
            _log.warning("rollback_found", told_by=node.hex(), lost=lost.hex())
            self._store.start_incarnation(lost)


def seal_answer(store: OpStore, node: NodeId, message: Reply | Fault, hello: Hello) -> bytes:
    """The sealed answer to who said this hello; who knows an older key of the hub is told of it."""
    parts = store.core.parts
    changes = parts.key_changes if hello.hub_keys < len(parts.key_changes) else ()
    address = Address(store.node, node, message.incarnation)
    return seal_message(message, address, parts.signer, changes)
