"""An estate in one process: real stores on disk, a shared clock, and a line that is a function."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.author import Act, Draft
from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.hub_door import HubDoor, HubVisit
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreParts
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Fault, Reply, Request
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

STORE_KEY = bytes(32)
HUB, SPOKE, OTHER = toys.node(9), toys.node(1), toys.node(2)
KEYS = {
    node: Ed25519PrivateKey.from_private_bytes(bytes((place,)) * 32)
    for place, node in enumerate((HUB, SPOKE, OTHER), start=1)
}
EXCHANGES_MAX = 12


class MovingClock:
    """A wall clock that goes on a millisecond with every look at it."""

    def __init__(self) -> None:
        """Starts in the morning."""
        self.at_ms = toys.MORNING_MS

    def now_ms(self) -> int:
        """One later than the last."""
        self.at_ms += 1
        return self.at_ms


class Estate:
    """A hub and two spokes that share a clock."""

    def __init__(self, folder: Path) -> None:
        """Stores are files in `folder`."""
        self._folder = folder
        self._clock = MovingClock()
        self._drawn = 0
        self.hub = self.open(HUB)
        self.spoke = self.open(SPOKE)
        self.other = self.open(OTHER)

    def chance(self, count: int) -> bytes:
        """Bytes never drawn before."""
        self._drawn += 1
        return (toys.id_of("chance", self._drawn) * 4)[:count]

    def open(self, node: NodeId) -> OpStore:
        """A node's store, as it stands on disk."""
        path = self._folder / f"{node.hex()}.db"
        return OpStore(
            StoreParts(
                node=node,
                registry=toys.REGISTRY,
                clock=self._clock,
                chance=self.chance,
                signer=KEYS[node],
                writer=open_encrypted(path, STORE_KEY),
                open_reader=lambda: open_encrypted(path, STORE_KEY),
                is_hub=node == HUB,
                boxes=boxes_for(node, HUB, self.chance),
                is_safety=lambda op: op.header.kind == toys.Grudge.kind,
            )
        )

    def close(self) -> None:
        """Lets every file go."""
        for store in (self.hub, self.spoke, self.other):
            store.close()

    def enter(self, node: NodeId, *subjects: SubjectId) -> None:
        """Lets a node hold these subjects."""
        with self.hub.core.transaction():
            self.hub.ingest_side.scope.bring(node, dict.fromkeys(subjects, frozenset({"here"})))

    def ask(self, spoke: OpStore) -> Reply:
        """What the hub would answer a spoke now; nothing is stored."""
        hello = spoke.spoke.hello(self._clock.now_ms())
        return self.hub.answer(Request(hello), spoke.node, self._clock.now_ms())

    def exchange(
        self,
        spoke: OpStore,
        carry: Callable[[bytes], bytes] | None = None,
        exchanges_max: int = EXCHANGES_MAX,
    ) -> None:
        """Exchanges until neither side has anything left to say."""
        key = KEYS[HUB].public_key().public_bytes_raw()
        session = SpokeSession(spoke.spoke, spoke.node, HUB, key)
        for _ in range(exchanges_max):
            said = self._once(spoke, session, carry or self.answer)
            if not said and not session.is_more_known:
                return
        pytest.fail("the exchange does not come to rest")

    def answer(self, raw: bytes) -> bytes:
        """What the hub's door answers."""
        keys = {node: key.public_key().public_bytes_raw() for node, key in KEYS.items()}
        visit = HubDoor(self.hub, keys.get).receive(raw)
        if isinstance(visit, HubVisit):
            answered = visit.answer(is_last=True)
            assert answered is not None
            return answered
        return visit

    def _once(self, spoke: OpStore, session: SpokeSession, carry: Callable[[bytes], bytes]) -> bool:
        (send,) = session.receive(Tick(self._clock.now_ms()))
        assert isinstance(send, Send)
        assert isinstance(send.message, Request)
        address = Address(spoke.node, HUB, send.message.hello.cursor.incarnation)
        raw = carry(seal_message(send.message, address, KEYS[spoke.node]))
        key = KEYS[HUB].public_key().public_bytes_raw()
        came = open_envelope(read_envelope(raw), spoke.node, key)
        assert isinstance(came, Reply | Fault)
        said = bool(send.message.runs) or (isinstance(came, Reply) and bool(came.entries))
        for effect in session.receive(came):
            said |= self._do(spoke, session, send.message, effect)
        return said

    def _do(self, spoke: OpStore, session: SpokeSession, asked: Request, effect: Effect) -> bool:
        match effect:
            case Append(what=Reply() as reply):
                spoke.spoke.accept(reply, asked.hello, self._clock.now_ms())
                session.receive(Stored())
                return False
            case StartLife(agreed=agreed):
                spoke.start_life(agreed)
            case MeetIncarnation(incarnation=incarnation):
                spoke.spoke.meet_incarnation(incarnation)
            case CountOn(count=count):
                spoke.spoke.count_on(count)
        return not isinstance(effect, Append)


def write(store: OpStore, values: dict[str, Any], key: RecordKey = toys.GRUDGE_KEY) -> bytes:
    """The id of the op that one change became."""
    draft = Draft(
        kind=key.kind, subjects=key.subjects, record=key.record, values=values, happened_at=0
    )
    act = Act(actor=toys.actor(1), device="till-1", drafts=(draft,))
    return store.write(act).op_ids[0]


def ids(store: OpStore) -> set[bytes]:
    """Every op that a store holds."""
    with store.reading() as reading:
        return {row[0] for row in reading.select("SELECT op_id FROM ops")}
