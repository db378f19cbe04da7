"""Letting go: nothing of a subject that left can be read here, and nothing of it is lost."""

from pathlib import Path

import msgspec
import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.departure import Permit, Receipt, claim_of_receipt
from sync_protocol.errors import BadManifest
from sync_protocol.io.connection import SqlConnection
from sync_protocol.io.verify import verify_store
from sync_protocol.messages import Reply
from sync_protocol.scope import Flag, Verdict
from sync_protocol.seal import check_signature
from tests import toys
from tests.contract.departing import (
    CANARY,
    PAIR,
    SUBJECT,
    TURNED,
    back_up,
    canaries,
    fill,
    leave,
    move,
    receipts,
    state_of,
)
from tests.contract.world import Node, World, parcel


def test_a_subject_is_let_go_of_once_all_is_in_a_backup(pair: tuple[World, Node, Node]) -> None:
    """INV-01, INV-05."""
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    move(world, moorland)
    leeds.write({"remarks": "not sent yet"}, parcel(1))
    move(world, moorland)
    world.settle()
    assert state_of(leeds) == "drained"
    assert leeds.values(parcel(1))["label"] == CANARY
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    assert leeds.values(parcel(1)) == {}
    assert moorland.values(parcel(1))["label"] == CANARY
    assert verify_store(leeds.store).faults == ()
    world.assert_agreed(moorland)


def test_nothing_of_whoever_left_can_be_read(pair: tuple[World, Node, Node]) -> None:
    """INV-05: not in a record, nor a conflict, nor the search index, nor a table's empty space."""
    world, leeds, moorland = pair
    leeds.store.core.connection.execute("PRAGMA secure_delete = ON")
    fill(leeds)
    world.settle()
    assert {"parcel", "secret"} <= set(canaries(leeds))
    leave(world, leeds, moorland)
    assert canaries(leeds) == []
    with leeds.store.reading() as reading:
        assert reading.search("parcel", CANARY) == []
        assert reading.history(SUBJECT) == []
        assert reading.conflicts(SUBJECT) == []
    assert leeds.holds(SUBJECT) == 0
    leeds.store.rebuild()
    assert canaries(leeds) == []
    leeds.reopen()
    assert leeds.values(parcel(1)) == {}


@pytest.mark.parametrize("places", ["memory"], indirect=True)
def test_no_page_keeps_what_was_deleted(
    world: World, leeds: Node, moorland: Node, tmp_path: Path
) -> None:
    """INV-05: the raw pages, free ones included; those of an encrypted file show nothing."""
    leeds.store.core.connection.execute("PRAGMA secure_delete = ON")
    world.introduce(1)
    fill(leeds)
    world.settle()
    assert CANARY.encode() in _pages(leeds, tmp_path / "before")
    leave(world, leeds, moorland)
    assert CANARY.encode() not in _pages(leeds, tmp_path / "after")


def _pages(node: Node, path: Path) -> bytes:
    connection = node.store.core.connection
    assert isinstance(connection, SqlConnection)
    copy = sqlcipher.connect(str(path))
    connection.raw.backup(copy)
    copy.close()
    return path.read_bytes()


def test_the_files_of_a_node_that_let_go_hold_no_word(disk: World, tmp_path: Path) -> None:
    """INV-05: database and write-ahead log, which is empty then."""
    world, leeds, moorland = disk, disk.spoke("LEI"), disk.spoke("MDI")
    world.introduce(1)
    fill(leeds)
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert leeds.store.core.empty_write_ahead_log()
    for file in tmp_path.iterdir():
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes()


def test_the_hub_keeps_a_signed_receipt(pair: tuple[World, Node, Node]) -> None:
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    (receipt,) = receipts(world.hub, leeds)
    assert (receipt.subject, receipt.ends, receipt.act) == (SUBJECT, 1, "sealed")
    claim = claim_of_receipt(receipt, world.hub.store.incarnation, leeds.id)
    check_signature(leeds.signer.public_key, claim, receipt.signature)
    assert receipts(leeds, leeds) == [receipt]
    with leeds.store.reading() as reading:
        assert reading.select("SELECT is_told FROM receipts") == [(1,)]
    with world.hub.store.reading() as reading:
        assert reading.select("SELECT count(*) FROM releasing")[0][0] == 0


def test_whoever_waits_at_the_hub_hears_at_once_of_a_receipt(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-10: the new holder was told that there may be more, and is told that there is not."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    back_up(world)
    world.exchange(leeds)
    assert state_of(leeds) == "sealed"
    woken: list[bool] = []
    world.hub.store.listen(lambda: woken.append(True))
    world.exchange(leeds)
    assert receipts(world.hub, leeds)
    assert woken


def test_a_receipt_in_anothers_name_counts_for_nothing(pair: tuple[World, Node, Node]) -> None:
    """INV-08: who has not let go cannot be said to have by somebody else."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    request = world.request_of(leeds)[1]
    forged = Receipt(SUBJECT, 1, "sealed", toys.life(1), bytes(32), 0, 0, 0, bytes(64))
    came = world.carry(
        leeds, world.sealed(leeds, msgspec.structs.replace(request, receipts=(forged,)))
    )
    assert isinstance(came, Reply)
    assert came.receipted == ()
    assert receipts(world.hub, leeds) == []


def test_whoever_writes_meanwhile_is_releasing_again(pair: tuple[World, Node, Node]) -> None:
    """INV-01: what was written between the permit and its coming is handed over first."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    back_up(world)
    session, request = world.request_of(leeds)
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    assert [one.subject for one in reply.permits] == [SUBJECT]
    receipt = leeds.write({"label": "one more"}, parcel(1, 9))
    session.receive(reply)
    leeds.store.spoke.accept(reply, request.hello, leeds.clock.now_ms())
    assert state_of(leeds) != "sealed"
    world.settle()
    (found,) = world.hub.store.core.log.find(receipt.op_ids).values()
    assert found.verdict == Verdict(Flag.APPLIED | Flag.LATE)
    assert state_of(leeds) == "drained"
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"


def test_whoever_has_let_go_may_not_write_on(pair: tuple[World, Node, Node]) -> None:
    """INV-05: it is parked, and kept."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    receipt = leeds.write({"label": "from memory"}, parcel(1, 9))
    world.settle()
    (found,) = world.hub.store.core.log.find(receipt.op_ids).values()
    assert found.verdict == Verdict(Flag.PARKED, "not_entitled")
    assert moorland.values(parcel(1, 9)) == {}


def test_a_permit_that_the_hub_did_not_sign_is_a_fault(pair: tuple[World, Node, Node]) -> None:
    """INV-01: nobody else has anybody let go of anything."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    session, request = world.request_of(leeds)
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    forged = msgspec.structs.replace(reply, permits=(Permit(SUBJECT, 1, bytes(32), 0, bytes(64)),))
    with pytest.raises(BadManifest):
        session.receive(forged)


def test_what_is_shared_with_somebody_who_stays_stays(pair: tuple[World, Node, Node]) -> None:
    """INV-05: a record of two people goes with the last of them."""
    world, leeds, moorland = pair
    world.introduce(2)
    leeds.write({"reason": "noise", "status": "open"}, PAIR)
    leeds.write({"reason": "debts", "status": "open"}, TURNED)
    leeds.write({"label": CANARY}, parcel(1))
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert leeds.values(PAIR)["reason"] == ["noise"]
    assert leeds.values(TURNED)["reason"] == ["debts"]
    assert leeds.values(parcel(1)) == {}
    leeds.write({"reason": "again"}, PAIR)
    world.settle()
    assert moorland.values(PAIR)["reason"] == ["noise", "again"]
    leeds.store.rebuild()
    assert leeds.values(PAIR)["reason"] == ["noise", "again"]
    assert verify_store(leeds.store).faults == ()
    leave(world, leeds, moorland, number=2)
    assert state_of(leeds, 2) == "sealed"
    assert leeds.values(PAIR) == {}
    assert leeds.values(TURNED) == {}
    assert verify_store(leeds.store).faults == ()


def test_an_op_that_the_hub_lacks_keeps_a_subject_here(pair: tuple[World, Node, Node]) -> None:
    """INV-01: its digest says that something differs, and the list of ops what."""
    world, leeds, moorland = pair
    fill(moorland)
    world.settle()
    world.introduce(3)
    with world.hub.store.core.transaction():
        core = world.hub.store.core
        core.connection.execute(
            "DELETE FROM ops WHERE op_no = (SELECT max(op_no) FROM ops WHERE subject_no = ?)",
            (core.log.subject_no(SUBJECT),),
        )
        core.folding.forget()
    leave(world, leeds, moorland)
    assert state_of(leeds) == "drained"


def test_a_node_that_holds_less_than_the_hub_lets_go(pair: tuple[World, Node, Node]) -> None:
    """INV-10: it left while it arrived; all that it has is at the hub."""
    world, leeds, moorland = pair
    fill(moorland)
    world.settle()
    with leeds.store.core.transaction():
        core = leeds.store.core
        core.connection.execute(
            "UPDATE subjects SET digest_count = 1 WHERE subject = ?", (SUBJECT,)
        )
        core.folding.forget()
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"


def test_a_node_that_never_heard_of_a_subject_says_that_it_holds_nothing(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-10: it came and went while the node was away."""
    world, leeds, moorland = pair
    world.let_hold(toys.subject(5), moorland)
    world.introduce(5)
    move(world, leeds, moorland, number=5)
    move(world, moorland, number=5)
    world.settle()
    back_up(world)
    world.settle()
    assert state_of(leeds, 5) == "sealed"
    (receipt,) = receipts(world.hub, leeds)
    assert (receipt.subject, receipt.count) == (toys.subject(5), 0)


def test_removal_from_scope_and_deletion_are_different_things(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: whoever is let go of stays in every log that ever held them."""
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    before = {node.name: node.ops for node in (world.hub, leeds, moorland)}
    leave(world, leeds, moorland)
    assert {node.name: node.ops for node in (world.hub, leeds, moorland)} == before
    assert world.hub.holds(SUBJECT) == moorland.holds(SUBJECT) > 0


def test_the_hub_lists_who_has_not_let_go(pair: tuple[World, Node, Node]) -> None:
    """INV-10: whoever cannot be reached stays on the list, and grows old there."""
    world, leeds, moorland = pair
    move(world, moorland)
    with world.hub.store.reading() as reading:
        (one,) = reading.scope.not_let_go()
        assert (one.node, one.subject, one.waiting) == (leeds.id, SUBJECT, None)
        assert [held.node for held in reading.scope.holding(SUBJECT)] == [moorland.id]
    leeds.write({"label": "not sent yet"}, parcel(1))
    world.exchange(leeds)
    with leeds.store.reading() as reading:
        (leaving,) = reading.scope.leaving()
        assert (leaving.subject, leaving.state, leaving.waiting) == (SUBJECT, "releasing", 0)
    leeds.write({"remarks": "nor this"}, parcel(1))
    with leeds.store.reading() as reading:
        assert reading.scope.leaving(SUBJECT)[0].waiting == 1
    world.exchange(leeds)
    with world.hub.store.reading() as reading:
        assert reading.scope.not_let_go(SUBJECT)[0].waiting == 1
    world.settle()
    back_up(world)
    world.settle()
    for node in (leeds, world.hub):
        with node.store.reading() as reading:
            assert reading.scope.not_let_go() == []
            (receipt,) = reading.scope.receipts(SUBJECT)
        assert receipt.node == leeds.id
        assert receipt.number == receipt.receipt.signature[:4].hex().upper()


def test_the_hub_lists_who_holds_whom(pair: tuple[World, Node, Node]) -> None:
    world, leeds, _ = pair
    with world.hub.store.reading() as reading:
        held = reading.scope.holding()
    assert {one.node for one in held} == set(world.spokes)
    assert all(one.reasons == {"held"} for one in held)
    with leeds.store.reading() as reading:
        assert reading.scope.leaving() == []
