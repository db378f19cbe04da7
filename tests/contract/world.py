"""A hub and its spokes over any kind of store, whose messages travel as the sealed bytes they are.

One function call is one exchange; time and chance are drawn from the node's name, so that a
failing test reads the same on every machine.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from sync_protocol.author import Act, Draft
from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.ids import ActorId, NodeId, SubjectId
from sync_protocol.io.commit_names import names_key
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.io.op_store import OpStore, Receipt
from sync_protocol.io.reading import Reading, Shown
from sync_protocol.io.store_core import Holders, StoreParts
from sync_protocol.keys import KeyChange
from sync_protocol.lease import Term
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Fault, Reply, Request
from sync_protocol.op import Op
from sync_protocol.schema import Registry
from sync_protocol.scope import Reasons
from sync_protocol.seal import key_claim
from sync_protocol.session import (
    Append,
    CountOn,
    Effect,
    MeetIncarnation,
    Send,
    SpokeSession,
    StartLife,
    Stored,
    Tick,
)
from tests import toys
from tests.boxes import boxes_for
from tests.contract.places import Places

EXCHANGES_MAX = 60
HUB = "HUB"


class MovedClock:
    """A wall clock that the test moves; it ticks once a look, so that no two moments are one."""

    def __init__(self) -> None:
        """The morning of all toys."""
        self.ms = toys.MORNING_MS

    def now_ms(self) -> int:
        """A millisecond later than when it was last asked."""
        self.ms += 1
        return self.ms


class DrawnChance:
    """Bytes drawn from a name: random enough to differ, and the same in every run."""

    def __init__(self, name: str) -> None:
        """Two of one name draw the same."""
        self._name = name
        self._count = 0

    def __call__(self, count: int) -> bytes:
        """The next `count` bytes."""
        self._count += 1
        return sha256(f"{self._name} {self._count}".encode()).digest()[:count]


class Node:
    """A running store and what its machine has besides: a clock, a key, and a way to start anew."""

    def __init__(self, name: str, places: Places, parts: Callable[["Node"], StoreParts]) -> None:
        """Start it at the place of its name."""
        self.name = name
        self.id = NodeId(toys.id_of("node", name))
        self.signer = KeySigner(sha256(name.encode()).digest())
        self.first_key = self.signer.public_key
        """By which it was enrolled, whatever it signs with now."""
        self.changes: tuple[KeyChange, ...] = ()
        self.names_key = b""
        self.clock = MovedClock()
        self.registry: Registry = toys.REGISTRY
        self.places = places
        self.starts = 0
        self.ran_ms = 0
        """What its machine has run, by the clock that nobody can set back."""
        self._parts = parts
        self.store = OpStore(parts(self))

    def reopen(self) -> None:
        """Stop it and start it again: whatever was only in memory is gone."""
        self.store.close()
        self.starts += 1
        self.store = OpStore(self._parts(self))

    def rotate(self) -> None:
        """Stop it, give it another key to sign with, and start it again."""
        former, count = self.signer, len(self.changes) + 1
        self.names_key = self.names_key or names_key(former)
        self.signer = KeySigner(sha256(f"{self.name} {count}".encode()).digest())
        claim = key_claim(self.id, former.public_key, self.signer.public_key)
        change = KeyChange(
            former.public_key, self.signer.public_key, former.sign(claim), self.signer.sign(claim)
        )
        self.changes = (*self.changes, change)
        self.reopen()

    def keep_copy(self, label: str) -> None:
        """Copy its disk as it is now."""
        self.places.copy(self.name, f"{self.name}-{label}")

    def roll_back(self, label: str) -> None:
        """Put a kept copy of its disk in place, as one restores a machine; nobody is told."""
        self.store.close()
        self.places.copy(f"{self.name}-{label}", self.name)
        self.starts += 1
        self.store = OpStore(self._parts(self))

    def write(
        self,
        values: Mapping[str, Any],
        key: RecordKey = toys.PARCEL_KEY,
        **words: Any,
    ) -> Receipt:
        """One change by one member of staff; `words` are other parts of the draft."""
        return self.write_all(draft(values, key, **words))

    def write_all(self, *drafts: Draft) -> Receipt:
        """Several changes as one act."""
        actor: ActorId = toys.actor(1)
        return self.store.write(Act(actor=actor, device="till-1", drafts=drafts, why="asked"))

    def shown(self, key: RecordKey = toys.PARCEL_KEY) -> Shown | None:
        """What the record shows here."""
        with self.store.reading() as reading:
            return reading.record(key.kind, key.subjects, key.record)

    def values(self, key: RecordKey = toys.PARCEL_KEY) -> dict[str, Any]:
        """The values shown, none where nothing of the record stands here."""
        shown = self.shown(key)
        return {} if shown is None else shown.values

    def count(self, sql: str, *parameters: Any) -> int:
        """One number out of the store."""
        with self.store.reading() as reading:
            return int(reading.select(sql, parameters)[0][0])

    def holds(self, subject: SubjectId) -> int:
        """How many ops about a subject are held here."""
        with self.store.reading() as reading:
            return len(reading.history(subject))

    @property
    def ops(self) -> int:
        """How many ops are held here."""
        return self.count("SELECT count(*) FROM ops")

    @property
    def waiting(self) -> int:
        """How many own ops the hub is not known to have."""
        with self.store.core.transaction():
            return self.store.spoke.waiting()[0]


class World:
    """One hub and any number of spokes that know it."""

    def __init__(self, places: Places) -> None:
        """Nobody but the hub."""
        self.places = places
        self.spokes: dict[NodeId, Node] = {}
        self.holders: dict[SubjectId, set[NodeId]] = {}
        """Who may hold a subject; a subject not named here is held by every spoke."""
        self.reasons: dict[SubjectId, dict[NodeId, Reasons]] = {}
        """Why, where a test says more of a subject than that."""
        self.term: Term | None = None
        """The lease that the hub gives to every spoke; set before it is opened anew."""
        self.hub = Node(HUB, places, self._hub_parts)
        self.tamper: Callable[[bytes], bytes] = bytes
        """What the line does to a request's bytes."""

    def spoke(self, name: str) -> Node:
        """A new spoke, enrolled at the hub."""
        node = Node(name, self.places, self._spoke_parts)
        self.spokes[node.id] = node
        return node

    def let_hold(self, subject: SubjectId, *nodes: Node) -> None:
        """From the next op about it that reaches the hub on, these nodes may hold a subject."""
        self.holders[subject] = {node.id for node in nodes}

    def introduce(self, *numbers: int) -> None:
        """Have the hub know these subjects, and every spoke that may hold them hear of it."""
        for number in numbers:
            self.hub.write({"text": "known"}, secret(number))
        self.settle()

    @property
    def door(self) -> HubDoor:
        """A door of the hub; any number may stand over one log."""
        return HubDoor(self.hub.store, self._find_key)

    def request_of(self, spoke: Node, *, room_ops: int = 0) -> tuple[SpokeSession, Request]:
        """A spoke's session that has asked, and its request."""
        store = spoke.store
        in_use, _ = store.core.keys.in_use(self.hub.id, self.hub.first_key)
        session = SpokeSession(store.spoke, spoke.id, self.hub.id, in_use)
        (send,) = session.receive(Tick(spoke.clock.now_ms()))
        assert isinstance(send, Send)
        assert isinstance(send.message, Request)
        hello = msgspec.structs.replace(send.message.hello, room_ops=room_ops, wait_ms=0)
        return session, msgspec.structs.replace(send.message, hello=hello)

    def sealed(self, spoke: Node, request: Request) -> bytes:
        """The request's bytes, addressed to the hub."""
        address = Address(spoke.id, self.hub.id, request.hello.cursor.incarnation)
        return seal_message(request, address, spoke.signer, spoke.changes)

    def carry(self, spoke: Node, raw: bytes) -> Reply | Fault:
        """The hub's answer to these bytes, opened as the spoke opens it."""
        visit = self.door.receive(self.tamper(raw))
        answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
        assert answer is not None, "a last answer is always given"
        return self.opened(spoke, answer)[0]

    def opened(self, spoke: Node, answer: bytes) -> tuple[Reply | Fault, bytes]:
        """An answer as its spoke opens it, and the hub's key as it knows it then."""
        envelope = read_envelope(answer)
        in_use, added = spoke.store.core.keys.in_use(
            self.hub.id, self.hub.first_key, envelope.changes
        )
        message = open_envelope(envelope, spoke.id, in_use)
        assert not isinstance(message, Request)
        spoke.store.note_keys(self.hub.id, added)
        return message, in_use

    def exchange(self, spoke: Node, *, room_ops: int = 0) -> Reply | Fault:
        """One exchange, its effects done as the driver does them."""
        session, request = self.request_of(spoke, room_ops=room_ops)
        came = self.carry(spoke, self.sealed(spoke, request))
        session.hub_key, _ = spoke.store.core.keys.in_use(self.hub.id, self.hub.first_key)
        for effect in session.receive(came):
            self.do(spoke, session, request, effect)
        return came

    def settle(self, *spokes: Node) -> None:
        """Exchange until nobody has anything left to say; a queue that never empties fails."""
        asked = spokes or tuple(self.spokes.values())
        for _ in range(EXCHANGES_MAX):
            quiet = [self._is_quiet(spoke) for spoke in asked]
            if all(quiet):
                return
        waiting = {spoke.name: spoke.waiting for spoke in asked}
        raise AssertionError(f"never quiet in {EXCHANGES_MAX} exchanges; waiting: {waiting}")

    def assert_agreed(self, *spokes: Node) -> None:
        """INV-04: these spokes and the hub show the same bytes, and their digests are equal."""
        for node in (self.hub, *(spokes or self.spokes.values())):
            assert node.store.projection_digest() == self.hub.store.projection_digest(), node.name
            with node.store.reading() as here, self.hub.store.reading() as there:
                counted = {one: digest for one, digest in here.digests().items() if digest.count}
                at_hub = {one: digest for one, digest in there.digests().items() if digest.count}
            assert counted == at_hub, node.name

    def _is_quiet(self, spoke: Node) -> bool:
        request = self.request_of(spoke)[1]
        offers = msgspec.structs.replace(request, departures=()) != Request(request.hello)
        came = self.exchange(spoke)
        if offers or isinstance(came, Fault):
            return False
        is_mending = spoke.store.spoke.differences.is_under_way
        if came.permits or came.unproven or is_mending:
            return False
        return not (came.entries or came.own or came.steps or came.notices or came.more)

    def do(self, spoke: Node, session: SpokeSession, request: Request, effect: Effect) -> None:
        """One effect of a spoke's session, as the driver does it."""
        store = spoke.store
        match effect:
            case Append(what=Reply() as reply):
                store.spoke.accept(reply, request.hello, spoke.clock.now_ms())
                session.receive(Stored())
            case StartLife(agreed=agreed):
                store.start_life(agreed)
            case MeetIncarnation(incarnation=incarnation):
                store.spoke.meet_incarnation(incarnation)
            case CountOn(count=count):
                store.spoke.count_on(count)

    def _find_key(self, node: NodeId) -> bytes | None:
        spoke = self.spokes.get(node)
        return None if spoke is None else spoke.first_key

    def _spoke_parts(self, node: Node) -> StoreParts:
        writer, open_reader = self.places.connect(node.name)
        hub = NodeId(toys.id_of("node", HUB))
        return StoreParts(
            node=node.id,
            registry=node.registry,
            clock=node.clock,
            chance=DrawnChance(f"{node.name} {node.starts}"),
            signer=node.signer,
            writer=writer,
            open_reader=open_reader,
            is_safety=is_safety,
            boxes=boxes_for(node.id, hub, DrawnChance(f"boxes of {node.name} {node.starts}")),
            label=node.name,
            steady_ms=lambda: node.ran_ms,
            key_changes=node.changes,
            names_key=node.names_key,
        )

    def _hub_parts(self, node: Node) -> StoreParts:
        return msgspec.structs.replace(
            self._spoke_parts(node),
            is_hub=True,
            scope_kinds=frozenset(node.registry.kinds),
            holders=self._holders_of,
            term_of=None if self.term is None else lambda _node: self.term,
        )

    def _holders_of(self, _reading: Reading, subject: SubjectId) -> Holders:
        if subject in self.reasons:
            return {subject: self.reasons[subject]}
        nodes = self.holders.get(subject, set(self.spokes))
        return {subject: dict.fromkeys(nodes, frozenset({"held"}))}


def is_safety(op: Op) -> bool:
    """A grave hazard is told ahead of its turn."""
    return op.values.get("hazard") == "grave"


def draft(values: Mapping[str, Any], key: RecordKey = toys.PARCEL_KEY, **words: Any) -> Draft:
    """One change to one record, as happened in the morning."""
    usual: dict[str, Any] = {"happened_at": toys.MORNING_MS}
    named: dict[str, Any] = {"kind": key.kind, "subjects": key.subjects, "record": key.record}
    return Draft(**usual | named | words, values=dict(values))


def parcel(number: int, record: int | None = None) -> RecordKey:
    """The parcel record of a numbered subject."""
    return RecordKey("parcel", (toys.subject(number),), toys.record(record or number))


def secret(number: int) -> RecordKey:
    """A record that any node may write: its first creates the subject."""
    return RecordKey("secret", (toys.subject(number),), toys.record(9_000 + number))
