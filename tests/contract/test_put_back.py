"""Letting go, and a disk that is put back: at the node that let go, or at the hub."""

import msgspec
import pytest

from sync_protocol.departure import Departure, Escrowed, SealedBody, key_context
from sync_protocol.ids import IncarnationId
from sync_protocol.io.hub_departures import HubDepartures
from sync_protocol.limits import PURGE_AFTER_MS
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Reply, Request
from sync_protocol.seal import ScopeEpoch
from sync_protocol.session import Send, SpokeSession, Tick
from tests import toys
from tests.contract.departing import (
    CANARY,
    SUBJECT,
    back_up,
    canaries,
    fill,
    leave,
    move,
    receipts,
    state_of,
)
from tests.contract.world import Node, World, parcel

TURNED = RecordKey("grudge", (toys.subject(2), SUBJECT), toys.record(78))


def _purge(world: World, node: Node) -> None:
    with node.store.core.transaction():
        late_ms = node.clock.now_ms() + PURGE_AFTER_MS + 1
        assert node.store.spoke.departures.purge_due(late_ms) == 1
    world.settle()


def _restore_hub(world: World) -> None:
    world.hub.roll_back("old")
    world.hub.store.note_restored()


def test_a_node_that_was_put_back_unnoticed_lets_go_again(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-05: it wrote nothing since, so no mark shows it, and its life had let go already."""
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    leeds.keep_copy("old")
    leave(world, leeds, moorland)
    (before,) = receipts(world.hub, leeds)
    leeds.roll_back("old")
    assert canaries(leeds)
    world.settle()
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    assert canaries(leeds) == []
    (after,) = receipts(world.hub, leeds)
    assert after.at_ms > before.at_ms


def test_a_key_comes_back_to_no_disk_that_was_put_back(pair: tuple[World, Node, Node]) -> None:
    """INV-04: it lacks what it had received before it let go; nothing is to be repaired."""
    world, leeds, moorland = pair
    fill(leeds)
    world.settle()
    leeds.keep_copy("old")
    moorland.write({"remarks": "between"}, parcel(1))
    leave(world, leeds, moorland)
    leeds.roll_back("old")
    moorland.write({"remarks": "meanwhile"}, parcel(1))
    world.settle(moorland)
    move(world, leeds, moorland)
    for _ in range(3):
        world.exchange(leeds)
        assert not leeds.store.spoke.differences.is_under_way
    assert leeds.values(parcel(1))["remarks"] == [CANARY, "between", "meanwhile"]
    world.assert_agreed()


def test_a_body_is_taken_from_another_where_its_author_has_none(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: a hub without a backup heard first of whoever had destroyed it."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    fill(leeds)
    leave(world, leeds, moorland)
    _purge(world, leeds)
    _restore_hub(world)
    world.settle(leeds)
    assert world.hub.values(parcel(1)) == {}
    world.settle()
    assert world.hub.values(parcel(1))["label"] == CANARY
    world.assert_agreed(moorland)


def test_a_body_is_taken_from_its_author_where_it_came_without(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: an old disk of the author still has what the present one destroyed."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    fill(leeds)
    world.settle()
    leeds.keep_copy("open")
    leave(world, leeds, moorland)
    _purge(world, leeds)
    _restore_hub(world)
    world.settle(leeds)
    leeds.roll_back("open")
    leeds.store.note_restored()
    world.settle(leeds)
    assert world.hub.values(parcel(1))["label"] == CANARY
    world.settle()
    world.assert_agreed(moorland)


def test_nothing_is_let_go_of_of_which_the_hub_has_no_body(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: to have heard of an op is not to have it."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    back_up(world)
    (op_id,) = leeds.write({"label": CANARY}, parcel(1)).op_ids
    world.settle()
    back_up(world)
    with world.hub.store.changing() as connection:
        connection.execute("UPDATE ops SET body = NULL WHERE op_id = ?", (op_id,))
    asked = Departure(SUBJECT, 1, bytes(32), 0, 0, ids=op_id)
    request = msgspec.structs.replace(world.request_of(leeds)[1], departures=(asked,))
    came = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(came, Reply)
    assert came.permits == ()


def test_nothing_is_purged_while_the_hub_recovers(pair: tuple[World, Node, Node]) -> None:
    """INV-01: what is in escrow may be the last copy; it is kept as if it were new."""
    world, leeds, moorland = pair
    fill(leeds)
    world.hub.keep_copy("old")
    leave(world, leeds, moorland)
    _restore_hub(world)
    departures = leeds.store.spoke.departures
    leeds.clock.ms += PURGE_AFTER_MS
    world.exchange(leeds)
    for _ in range(2):
        with leeds.store.core.transaction():
            assert departures.purge_due(leeds.clock.now_ms() + PURGE_AFTER_MS) == 0
        world.exchange(leeds)


def test_what_was_let_go_of_does_not_come_back_by_a_restore_of_the_hub(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-05: a pair written in an earlier life, of which the node never held the first."""
    world.let_hold(toys.subject(2), moorland)
    world.introduce(1, 2)
    leeds.write({"reason": CANARY, "status": "open"}, TURNED)
    world.settle()
    leeds.store.note_restored()
    leave(world, leeds, moorland)
    assert canaries(leeds) == []
    world.hub.store.note_restored()
    world.settle()
    world.settle()
    assert leeds.values(TURNED) == {}
    assert canaries(leeds) == []


def test_a_subject_whose_ops_do_not_fit_is_offered_by_itself(
    pair: tuple[World, Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-01: its digest counts no op that the restored hub has not numbered, and proves none."""
    world, leeds, moorland = pair
    fill(moorland)
    world.settle()
    move(world, moorland)
    world.settle()
    world.hub.store.note_restored()
    world.settle()
    world.settle()
    assert leeds.count("SELECT count(*) FROM ops WHERE hub_seq IS NULL") > 2
    monkeypatch.setattr("sync_protocol.io.departures.DEPARTURE_IDS_MAX", 2)
    assert world.request_of(leeds)[1].departures == ()
    monkeypatch.undo()
    ((one,),) = [world.request_of(leeds)[1].departures]
    assert one.ids


def test_what_is_in_escrow_counts_for_the_size_of_a_request(
    pair: tuple[World, Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: a request that is too large is refused, and made again, for ever."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    for number in range(10):
        leeds.write({"label": f"{number}" * 1_000}, parcel(1, 200 + number))
    for number in range(10):
        moorland.write({"label": f"{number}" * 1_000}, parcel(1, 300 + number))
        world.settle()
    leave(world, leeds, moorland)
    _restore_hub(world)
    del world.spokes[moorland.id]
    monkeypatch.setattr("sync_protocol.io.outbox.OUTBOX_BYTES_AIM", 5_000)
    monkeypatch.setattr("sync_protocol.io.returns.RETURN_BYTES_AIM", 5_000)
    sizes = []
    for _ in range(20):
        world.exchange(leeds)
        escrow = world.request_of(leeds)[1].escrow
        sizes.append(sum(len(one.body) for boxed in escrow for one in boxed.bodies))
    world.spokes[moorland.id] = moorland
    assert 0 < max(sizes) < 8_000
    assert sizes[-1] == 0
    assert world.hub.values(parcel(1, 209)) == {"label": "9" * 1_000}
    assert world.hub.values(parcel(1, 309)) == {"label": "9" * 1_000}


def test_a_key_of_no_length_that_there_is_opens_nothing(pair: tuple[World, Node, Node]) -> None:
    """INV-09: what a node has in a box keeps none of its own work from being taken."""
    world, leeds, _ = pair
    (op_id,) = leeds.write({"label": "box"}).op_ids
    words = (msgspec.msgpack.encode([(1, b"short")]), key_context(leeds.id, SUBJECT))
    box = leeds.store.core.parts.boxes.seal_to_hub(*words)
    escrow = (Escrowed(SUBJECT, box, (SealedBody(op_id, 1, bytes(40)),)),)
    request = msgspec.structs.replace(world.request_of(leeds)[1], escrow=escrow)
    world.carry(leeds, world.sealed(leeds, request))
    assert world.hub.values() == {"label": "box"}


def test_a_receipt_that_nobody_takes_lets_the_node_rest(pair: tuple[World, Node, Node]) -> None:
    """INV-10: whoever asked at once and for ever would leave nothing of the line to anybody."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    with leeds.store.changing() as connection:
        connection.execute("UPDATE receipts SET is_told = 0, signature = ?", (bytes(64),))
    with world.hub.store.changing() as connection:
        connection.execute("DELETE FROM receipts")
    hub_key = world.hub.signer.public_key
    session = SpokeSession(leeds.store.spoke, leeds.id, world.hub.id, hub_key)
    (send,) = session.receive(Tick(leeds.clock.now_ms()))
    assert isinstance(send, Send)
    assert isinstance(send.message, Request)
    assert send.message.receipts
    assert send.message.hello.wait_ms > 0
    came = world.exchange(leeds)
    assert isinstance(came, Reply)
    assert came.receipted == ()


def test_a_held_request_has_its_departures_looked_at_once(
    pair: tuple[World, Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-14: it is answered anew at each commit of anybody, and costs nobody else their time."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    request = world.request_of(leeds)[1]
    looked: list[object] = []
    compare = HubDepartures._compare

    def counted(self: HubDepartures, one: Departure) -> tuple[bool, int]:
        looked.append(one)
        return compare(self, one)

    monkeypatch.setattr(HubDepartures, "_compare", counted)
    for _ in range(3):
        assert world.hub.store.answer(request, leeds.id, 0).permits == ()
    assert len(looked) == 1
    back_up(world)
    for _ in range(2):
        assert len(world.hub.store.answer(request, leeds.id, 0).permits) == 1
    assert len(looked) == 3


def test_a_list_of_more_ids_than_a_request_may_name_is_not_looked_at(
    pair: tuple[World, Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-14: fifty full lists would keep the hub for seconds."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    back_up(world)
    (asked,) = world.request_of(leeds)[1].departures
    listed = msgspec.structs.replace(asked, ids=bytes(16) * 3)
    monkeypatch.setattr("sync_protocol.io.hub_departures.DEPARTURE_IDS_MAX", 5)
    request = msgspec.structs.replace(world.request_of(leeds)[1], departures=(asked, listed))
    assert len(world.hub.store.answer(request, leeds.id, 0).permits) == 1
    request = msgspec.structs.replace(request, departures=(asked, listed, listed))
    reply = world.hub.store.answer(request, leeds.id, 0)
    assert (reply.permits, reply.unproven) == ((), ())


def test_a_node_that_fell_after_sealing_empties_its_log(pair: tuple[World, Node, Node]) -> None:
    """INV-05: pages of whoever left may lie in it until it is written over."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    full = [leeds.store.spoke.departures.is_log_full]
    leeds.reopen()
    full.append(leeds.store.spoke.departures.is_log_full)
    world.exchange(leeds)
    full.append(leeds.store.spoke.departures.is_log_full)
    assert full == [False, True, False]


def test_what_a_life_was_told_is_read_from_where_it_is_asked_of(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-14: a life may have been told of scope for years; each request would read it all."""
    world, leeds, _ = pair
    core, scope = world.hub.store.core, world.hub.store.ingest_side.scope
    life_no = core.log.add_life(leeds.id, toys.life(7))
    rows = [(life_no, 2 * number, 10 * number) for number in range(1, 101)]
    with world.hub.store.changing() as connection:
        connection.executemany("INSERT INTO confirmed VALUES (?, ?, ?)", rows)
    unknown = ScopeEpoch(IncarnationId(bytes(15) + b"i"), 1)
    with core.transaction():
        of_all = scope.told_by(life_no, 0)
        for first_seq in (1, 10, 11, 505, 1_000, 2_000):
            told = scope.told_by(life_no, first_seq)
            for seq in (first_seq, first_seq + 1, first_seq + 600):
                assert told(unknown, seq) == of_all(unknown, seq)
        assert [of_all(unknown, seq) for seq in (10, 11, 1_001)] == [None, 2, 200]


def test_a_spoke_does_not_look_through_every_receipt_that_it_signed(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-14: it keeps them for ever, and asks at each request which of them are untold."""
    _, leeds, _ = pair
    with leeds.store.reading() as reading:
        plan = reading.select(
            "EXPLAIN QUERY PLAN SELECT subject_no FROM receipts WHERE is_told = 0"
            " AND incarnation = x'' ORDER BY at_ms LIMIT 500"
        )
    assert any("receipts_untold" in row[3] for row in plan)


@pytest.mark.parametrize("box", ["closed", "of another key"])
def test_a_key_that_opens_nothing_keeps_no_answer_from_being_taken(
    pair: tuple[World, Node, Node], box: str
) -> None:
    """INV-09: the office would never hear again; what it cannot open it asks for instead."""
    world, leeds, moorland = pair
    fill(leeds)
    leave(world, leeds, moorland)
    plain = msgspec.msgpack.encode([(number, bytes(32)) for number in range(1, 9)])
    boxes, context = world.hub.store.core.parts.boxes, key_context(leeds.id, SUBJECT)
    wrong = b"" if box == "closed" else boxes.seal_to_node(leeds.id, plain, context)
    move(world, leeds, moorland)
    session, request = world.request_of(leeds)
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    (back,) = reply.keys
    reply = msgspec.structs.replace(reply, keys=(msgspec.structs.replace(back, box=wrong),))
    session.receive(reply)
    leeds.store.spoke.accept(reply, request.hello, leeds.clock.now_ms())
    world.settle()
    assert leeds.values(parcel(1))["label"] == CANARY
    world.assert_agreed()


def test_a_key_that_comes_back_after_the_purge_brings_everything(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: the answer was on its way when the bodies were destroyed."""
    world, leeds, moorland = pair
    fill(leeds)
    leave(world, leeds, moorland)
    session, request = world.request_of(leeds)
    move(world, leeds, moorland)
    with leeds.store.core.transaction():
        late_ms = leeds.clock.now_ms() + PURGE_AFTER_MS + 1
        assert leeds.store.spoke.departures.purge_due(late_ms) == 1
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    assert reply.keys
    session.receive(reply)
    leeds.store.spoke.accept(reply, request.hello, leeds.clock.now_ms())
    world.settle()
    assert leeds.values(parcel(1))["label"] == CANARY
    world.assert_agreed()
