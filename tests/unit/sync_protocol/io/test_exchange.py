"""A spoke and a hub over real stores: what was acknowledged is there, whatever broke between."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.author import Act, Draft
from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.ids import NodeId
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.connection import open_encrypted
from sync_protocol.io.hub_door import HubDoor, HubVisit
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreParts
from sync_protocol.io.verify import verify_store
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
            )
        )

    def exchange(self, spoke: OpStore, carry: Callable[[bytes], bytes] | None = None) -> None:
        """Exchanges until neither side has anything left to say."""
        key = KEYS[HUB].public_key().public_bytes_raw()
        session = SpokeSession(spoke.spoke, spoke.node, HUB, key)
        for _ in range(EXCHANGES_MAX):
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


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """A hub and two spokes that hold nothing."""
    made = Estate(tmp_path)
    yield made
    for store in (made.hub, made.spoke, made.other):
        store.close()


def _write(store: OpStore, values: dict[str, Any], key: RecordKey = toys.GRUDGE_KEY) -> bytes:
    draft = Draft(
        kind=key.kind, subjects=key.subjects, record=key.record, values=values, happened_at=0
    )
    act = Act(actor=toys.actor(1), device="till-1", drafts=(draft,))
    return store.write(act).op_ids[0]


def _ids(store: OpStore) -> set[bytes]:
    with store.reading() as reading:
        return {row[0] for row in reading.select("SELECT op_id FROM ops")}


def _lost(raw: bytes) -> bytes:
    raise ConnectionError(len(raw))


def test_what_was_acknowledged_to_a_user_reaches_the_hub(estate: Estate) -> None:
    """INV-01, INV-10."""
    written = {_write(estate.spoke, {"reason": f"noise {at}"}) for at in range(5)}
    estate.exchange(estate.spoke)
    assert _ids(estate.hub) == written
    assert estate.spoke.spoke.waiting() == (0, 0)


def test_an_answer_that_is_lost_loses_nothing(estate: Estate) -> None:
    """INV-01, INV-03: the hub stored it, the spoke never heard, and offers it again."""
    written = _write(estate.spoke, {"reason": "noise"})

    def taken_and_lost(raw: bytes) -> bytes:
        estate.answer(raw)
        return _lost(raw)

    with pytest.raises(ConnectionError):
        estate.exchange(estate.spoke, taken_and_lost)
    assert estate.spoke.spoke.waiting()[0] == 1
    estate.exchange(estate.spoke)
    assert _ids(estate.hub) == {written}
    assert estate.spoke.spoke.waiting()[0] == 0


def test_a_spoke_killed_and_opened_again_goes_on_where_it_was(estate: Estate) -> None:
    """INV-01, INV-02."""
    first = _write(estate.spoke, {"reason": "noise"})
    estate.exchange(estate.spoke)
    second = _write(estate.spoke, {"reason": "smoke"})
    estate.spoke = estate.open(SPOKE)
    estate.exchange(estate.spoke)
    assert _ids(estate.hub) == {first, second}


def test_a_hub_restored_from_before_is_offered_all_again(estate: Estate) -> None:
    """INV-01: what the hub had acknowledged counts for nothing in its next incarnation."""
    written = {_write(estate.spoke, {"reason": "noise"})}
    estate.exchange(estate.spoke)
    with estate.hub.core.transaction():
        for table in ("ops", "segments", "tips", "standing", "records", "lives"):
            estate.hub.core.connection.execute(f"DELETE FROM {table}")
        estate.hub.core.folding.forget()
        estate.hub.core.connection.execute("UPDATE subjects SET digest_count = 0")
    estate.hub.start_incarnation()
    assert _ids(estate.hub) == set()
    estate.exchange(estate.spoke)
    assert _ids(estate.hub) == written


def test_a_copied_spoke_is_found_at_its_first_exchange_and_neither_branch_is_lost(
    estate: Estate, tmp_path: Path
) -> None:
    """INV-08, INV-01: two branches of one life; the second starts a life of its own."""
    common = _write(estate.spoke, {"reason": "noise"})
    estate.spoke.close()
    copied = tmp_path / "copied"
    copied.mkdir()
    original = tmp_path / f"{SPOKE.hex()}.db"
    (copied / original.name).write_bytes(original.read_bytes())
    estate.spoke = estate.open(SPOKE)
    one = _write(estate.spoke, {"reason": "smoke"})
    estate.exchange(estate.spoke)
    twin_estate = Estate(copied)
    twin_estate.hub = estate.hub
    twin_estate.chance(1000)
    other = _write(twin_estate.spoke, {"reason": "fire"})
    life = twin_estate.spoke.core.place().life
    twin_estate.exchange(twin_estate.spoke)
    assert _ids(estate.hub) == {common, one, other}
    assert twin_estate.spoke.core.place().life != life
    twin_estate.spoke.close()


def test_a_spoke_is_not_sent_what_it_may_not_hold(estate: Estate) -> None:
    """INV-05, as far as it goes in this form: what was never granted never comes."""
    _write(estate.spoke, {"reason": "noise"})
    estate.exchange(estate.spoke)
    estate.exchange(estate.other)
    assert _ids(estate.other) == set()


def test_both_who_may_hold_a_subject_show_the_same(estate: Estate) -> None:
    """INV-04: two nodes with the same ops have the same projection to the byte."""
    _write(estate.spoke, {"reason": "noise", "status": "open"})
    estate.exchange(estate.spoke)
    with estate.hub.core.transaction():
        estate.hub.ingest_side.enter(OTHER, dict.fromkeys(toys.GRUDGE_KEY.subjects, "here"))
    estate.exchange(estate.other)
    _write(estate.other, {"status": "closed"})
    _write(estate.spoke, {"reason": "smoke"})
    for spoke in (estate.other, estate.spoke, estate.other):
        estate.exchange(spoke)
    stores = (estate.hub, estate.spoke, estate.other)
    assert len(_ids(estate.hub)) == 3
    assert len({store.projection_digest() for store in stores}) == 1
    assert all(not verify_store(store).faults for store in stores)


def test_a_read_is_witnessed_before_it_is_shown(estate: Estate, tmp_path: Path) -> None:
    """INV-13: once `witness` returns, the line is on disk, though the process die at once."""
    line = AuditLine(actor=toys.actor(1), act="read", subject=toys.subject(1), why="asked")
    estate.spoke.witness([line])
    beside = open_encrypted(tmp_path / f"{SPOKE.hex()}.db", STORE_KEY, must_exist=True)
    rows = beside.execute("SELECT actor, act, subject, why FROM audit")
    beside.close()
    assert rows == [(toys.actor(1), "read", toys.subject(1), "asked")]
