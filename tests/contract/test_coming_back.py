"""Escrow: whoever comes back is there again, and a restored hub is given what was sealed."""

from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_protocol.departure import KeyBack, key_context
from sync_protocol.ids import SubjectId
from sync_protocol.io.boxes import open_box
from sync_protocol.io.op_log import OP_COLUMNS
from sync_protocol.io.receipts import has_signed
from sync_protocol.io.verify import verify_store
from sync_protocol.limits import PURGE_AFTER_MS
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Reply
from sync_protocol.scope import Flag, Verdict
from tests import toys
from tests.boxes import RECOVERY_SECRET
from tests.contract.departing import (
    CANARY,
    PAIR,
    SUBJECT,
    back_up,
    canaries,
    fill,
    leave,
    move,
    receipts,
    state_of,
)
from tests.contract.world import Node, World, parcel, secret

LATE_NOTE = RecordKey("secret", (SUBJECT,), toys.record(4_711))


def test_what_stays_is_the_log_and_no_key(pair: tuple[World, Node, Node]) -> None:
    """INV-01: whoever has the offline recovery key can open it."""
    world, leeds, moorland = pair
    fill(leeds)
    before = leeds.ops
    leave(world, leeds, moorland)
    assert leeds.ops == before
    with leeds.store.reading() as reading:
        keys = reading.select(
            "SELECT key, recovery_box FROM keys JOIN subjects USING(subject_no) WHERE subject = ?",
            (SUBJECT,),
        )
        rows = reading.select(f"SELECT {OP_COLUMNS} FROM ops WHERE body NOT NULL")
    assert keys
    assert all(key is None and box for key, box in keys)
    assert rows
    opened = open_escrow(leeds, SUBJECT)
    assert any(CANARY.encode() in body for body in opened)


def open_escrow(node: Node, subject: bytes) -> list[bytes]:
    """The bodies of a sealed subject, opened with the recovery key as somebody would offline."""
    with node.store.reading() as reading:
        (box,) = reading.select(
            "SELECT recovery_box FROM keys JOIN subjects USING(subject_no) WHERE subject = ?",
            (subject,),
        )[0]
        plain = open_box(RECOVERY_SECRET, box, key_context(node.id, SubjectId(subject)))
        keys = dict(msgspec.msgpack.decode(plain))
        rows = reading.select("SELECT op_id, body, key_no FROM ops WHERE body NOT NULL")
    return [
        AESGCM(keys[key_no]).decrypt(op_id[:12], body, op_id)
        for op_id, body, key_no in rows
        if key_no in keys
    ]


@pytest.mark.parametrize("returns", ["sealed", "releasing", "purged"])
def test_whoever_comes_back_is_there_again(pair: tuple[World, Node, Node], returns: str) -> None:
    """INV-04: bodies are readable again, what came meanwhile is there, and the digests agree."""
    world, leeds, moorland = pair
    world.introduce(2)
    fill(leeds)
    leeds.write({"reason": "noise", "status": "open"}, PAIR)
    if returns == "releasing":
        world.settle()
        move(world, moorland)
        world.settle()
    else:
        leave(world, leeds, moorland)
        assert state_of(leeds) == "sealed"
    if returns == "purged":
        leeds.clock.ms += PURGE_AFTER_MS + 1
        with leeds.store.core.transaction():
            assert leeds.store.spoke.departures.purge_due(leeds.clock.now_ms()) == 1
        world.settle()
    moorland.write({"remarks": "meanwhile"}, parcel(1))
    world.settle()
    move(world, leeds, moorland)
    world.settle()
    assert state_of(leeds) is None
    assert leeds.values(parcel(1))["remarks"] == [CANARY, "meanwhile"]
    assert leeds.values(PAIR)["reason"] == ["noise"]
    world.assert_agreed()
    assert verify_store(leeds.store).faults == ()
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert canaries(leeds) == []


def test_what_is_in_escrow_is_destroyed_after_the_horizon(pair: tuple[World, Node, Node]) -> None:
    world, leeds, moorland = pair
    fill(leeds)
    leave(world, leeds, moorland)
    departures = leeds.store.spoke.departures
    with leeds.store.core.transaction():
        assert departures.purge_due(leeds.clock.now_ms()) == 0
        assert departures.purge_due(leeds.clock.now_ms() + PURGE_AFTER_MS + 1) == 1
    world.settle()
    assert state_of(leeds) == "purged"
    assert [one.act for one in receipts(world.hub, leeds)] == ["sealed", "purged"]
    with leeds.store.reading() as reading:
        assert (
            reading.select(
                "SELECT count(*) FROM ops WHERE key_no IN"
                " (SELECT key_no FROM keys WHERE key IS NULL)"
            )[0][0]
            == 0
        )
        assert reading.select("SELECT count(*) FROM keys WHERE key IS NULL")[0][0] == 0
    for node in (leeds, world.hub):
        assert all(not one.box for one in receipts(node, leeds) if one.act == "sealed")
    assert verify_store(leeds.store).faults == ()


def test_no_purge_before_the_hub_has_the_receipt(pair: tuple[World, Node, Node]) -> None:
    """INV-01: else nobody would know that the box in the receipt was the last."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    with leeds.store.changing() as connection:
        connection.execute("UPDATE receipts SET is_told = 0")
    late_ms = leeds.clock.now_ms() + PURGE_AFTER_MS + 1
    with leeds.store.core.transaction():
        assert leeds.store.spoke.departures.purge_due(late_ms) == 0


@pytest.mark.parametrize("is_told", [True, False])
def test_whoever_left_an_earlier_incarnation_leaves_the_next(
    pair: tuple[World, Node, Node], *, is_told: bool
) -> None:
    """INV-10: a restored hub says again who is to be let go of."""
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    move(world, moorland)
    if is_told:
        world.settle()
    world.hub.store.note_restored()
    world.settle()
    # Only now has every node offered what it has.
    world.settle()
    assert state_of(leeds) in {"releasing", "drained"}
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"


def test_a_return_brings_the_key_and_what_came_meanwhile_alone(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: a difference and a rebuild, where nothing was purged."""
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    for number in range(10):
        moorland.write({"remarks": f"before {number}"}, parcel(1, 50))
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    moorland.write({"remarks": "meanwhile"}, parcel(1, 50))
    world.settle(moorland)
    move(world, leeds, moorland)
    reply = world.exchange(leeds)
    assert isinstance(reply, Reply)
    assert [(one.subject, one.number) for one in reply.keys] == [(SUBJECT, 3)]
    assert len(reply.entries) == 1
    assert len(leeds.values(parcel(1, 50))["remarks"]) == 11
    assert leeds.values(secret(1)) == world.hub.values(secret(1))
    world.settle()
    world.assert_agreed()
    with leeds.store.reading() as reading:
        sealed = "SELECT count(*) FROM keys WHERE key IS NULL OR hub_box NOT NULL"
        assert reading.select(sealed)[0][0] == 0


@pytest.mark.parametrize("behind", ["sealed", "held"])
def test_each_of_two_copies_is_sent_what_it_lacks_of_who_comes_back(
    pair: tuple[World, Node, Node], behind: str
) -> None:
    """INV-04: a copy was sent what came since the other's receipt, which had heard more.

    Both let go of somebody, under one life, and nobody noticed that there were two of them; or one
    did, while the other was switched off.
    """
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    leeds.keep_copy("behind")
    moorland.write({"remarks": "heard by one copy"}, parcel(1, 50))
    world.settle()
    leeds.keep_copy("ahead")
    move(world, moorland)
    back_up(world)
    for copy in ("behind", "ahead") if behind == "sealed" else ("ahead",):
        leeds.roll_back(copy)
        world.settle()
        assert state_of(leeds) == "sealed"
        leeds.keep_copy(copy)
    leeds.roll_back("behind")
    if behind == "held":
        world.exchange(leeds)
        assert state_of(leeds) == "releasing"
    move(world, leeds, moorland)
    came = world.exchange(leeds)
    assert isinstance(came, Reply)
    assert came.keys, "it is the other copy's receipt that is answered"
    world.settle()
    assert leeds.values(parcel(1, 50))["remarks"] == ["heard by one copy"]
    assert leeds.store.spoke.differences.last.size == 0, "nothing had to be found by comparing"
    world.assert_agreed()
    assert verify_store(leeds.store).faults == ()


def test_a_hub_of_an_earlier_release_does_not_say_which_receipt_it_answers(
    pair: tuple[World, Node, Node],
) -> None:
    """Its three fields are read, and taken to answer this disk's."""
    world, leeds, _ = pair
    earlier = msgspec.msgpack.encode([SUBJECT, 3, b"box"])
    back = msgspec.msgpack.decode(earlier, type=KeyBack)
    incarnation = world.hub.store.core.cursor().incarnation
    with leeds.store.core.transaction():
        assert has_signed(leeds.store.core.connection, leeds.id, incarnation, back)


def test_two_who_come_back_at_once_are_both_there(pair: tuple[World, Node, Node]) -> None:
    """INV-04: as the two files of one person do."""
    world, leeds, moorland = pair
    world.introduce(2)
    for number in (1, 2):
        fill(leeds, number)
        leave(world, leeds, moorland, number=number)
        assert state_of(leeds, number) == "sealed"
    for number in (1, 2):
        move(world, leeds, moorland, number=number)
    reply = world.exchange(leeds)
    assert isinstance(reply, Reply)
    assert len(reply.keys) == 2
    for number in (1, 2):
        assert leeds.values(secret(number)) == world.hub.values(secret(number)) != {}
    assert verify_store(leeds.store).faults == ()


@pytest.mark.parametrize("is_author", [True, False])
def test_a_restored_hub_gets_back_what_is_in_escrow(
    pair: tuple[World, Node, Node], *, is_author: bool
) -> None:
    """INV-01: whoever let go of somebody may be the last to have what was written about them."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    fill(leeds if is_author else moorland)
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    del world.spokes[moorland.id]
    world.settle()
    assert world.hub.values(parcel(1))["label"] == CANARY
    assert world.hub.values(secret(1))["text"] == CANARY
    world.spokes[moorland.id] = moorland
    # The backup knew nothing of the leave: it is taken again once everybody was heard.
    world.settle()
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    assert canaries(leeds) == []


def test_an_op_without_its_body_is_parked_until_somebody_has_it(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-07: it would take away what it replaces, and put nothing there."""
    world, leeds, _ = pair
    leeds.write({"label": "box", "hazard": "grave"})
    world.settle()
    receipt = leeds.write({"hazard": "none"})
    request = world.request_of(leeds)[1]
    (run,) = request.runs
    (segment,) = run.segments
    (raw,) = segment.ops
    hollow = msgspec.structs.replace(raw, body=None, body_hash=_hash_of(raw.body))
    segments = (msgspec.structs.replace(segment, ops=(hollow,)),)
    runs = (msgspec.structs.replace(run, segments=segments),)
    world.carry(leeds, world.sealed(leeds, msgspec.structs.replace(request, runs=runs)))
    assert world.hub.values()["hazard"] == "grave"
    (found,) = world.hub.store.core.log.find(receipt.op_ids).values()
    assert found.verdict == Verdict(Flag.PARKED, "unreadable")


def _hash_of(body: bytes | None) -> bytes:
    assert body is not None
    return sha256(body).digest()


def test_who_leaves_again_halfway_into_an_arrival_takes_no_pair_along(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-07: the rest of the arrival never came, and two people were kept apart no more."""
    world, leeds, moorland = pair
    world.introduce(2)
    for number in range(20, 26):
        moorland.write({"label": "boots"}, parcel(1, number))
    leeds.write({"reason": "a fight", "status": "open"}, PAIR)
    world.settle()
    move(world, moorland)
    world.exchange(leeds)
    moorland.write({"label": "unseen"}, parcel(1, 30))
    world.settle(moorland)
    move(world, leeds, moorland)
    world.exchange(leeds, room_ops=1)
    assert leeds.count("SELECT count(*) FROM past") > 0
    move(world, moorland)
    world.exchange(leeds, room_ops=1)
    assert leeds.values(PAIR) == world.hub.values(PAIR)
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert leeds.values(PAIR) == world.hub.values(PAIR)
    assert not verify_store(leeds.store).faults


def test_who_is_written_about_after_all_is_let_go_of_again(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-05: what was written then lay open at the office for good."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    leeds.write({"text": CANARY}, LATE_NOTE)
    assert state_of(leeds) == "releasing"
    assert canaries(leeds)
    world.settle()
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    assert canaries(leeds) == []
    assert world.hub.values(LATE_NOTE)["text"] == CANARY
    move(world, leeds, moorland)
    world.settle()
    assert leeds.values(LATE_NOTE)["text"] == CANARY
    world.assert_agreed()


def test_what_comes_of_a_pair_lies_under_the_key_of_whoever_stays(
    pair: tuple[World, Node, Node],
) -> None:
    world, leeds, moorland = pair
    world.introduce(2)
    leave(world, leeds, moorland)
    moorland.write({"reason": "a fight", "status": "open"}, PAIR)
    world.settle()
    assert leeds.values(PAIR)["reason"] == ["a fight"]
    assert state_of(leeds) == "sealed"
    assert leeds.count("SELECT count(*) FROM keys WHERE key NOT NULL") == 1
