"""Every node's audit at the hub: complete, in order, verified; a gap or another branch is named."""

from collections.abc import Callable

import msgspec
import pytest

from sync_protocol.errors import BadMessage, PeerFault, UnknownNode
from sync_protocol.io.audit_exchange import (
    KEPT_MS,
    LINES_MAX,
    AuditDoor,
    AuditSender,
    copy_own_lines,
)
from sync_protocol.io.audit_trail import first_bad_line, trail_begin
from sync_protocol.io.connection import Connection
from sync_protocol.io.verify import verify_store
from tests.contract.trails import (
    copied,
    door_of,
    named,
    select,
    send_audit,
    sender_of,
    tell,
    unguard,
)
from tests.contract.world import Node, World


def test_a_trail_comes_whole_and_goes_on(world: World, leeds: Node, moorland: Node) -> None:
    """S29: every line once, in order, each node's apart; the hub's verify finds nothing."""
    tell(leeds, "one", "two")
    tell(moorland, "other")
    send_audit(world, leeds)
    send_audit(world, moorland)
    tell(leeds, "three")
    send_audit(world, leeds)
    assert send_audit(world, leeds) == 1
    assert copied(world, leeds) == ["one", "two", "three"]
    assert copied(world, moorland) == ["other"]
    assert verify_store(world.hub.store).faults == ()


def test_a_long_trail_comes_in_parts_and_a_lost_answer_costs_nothing(
    world: World, leeds: Node
) -> None:
    """S6: an offer that is sent again, or long after, changes nothing."""
    lines = [str(number) for number in range(LINES_MAX + 3)]
    tell(leeds, *lines)
    door = door_of(world)
    first = sender_of(world, leeds).offer(with_trail=True)
    for _ in range(2):
        door.receive(first)
    assert send_audit(world, leeds) > 1
    door.receive(first)
    assert copied(world, leeds) == lines
    assert named(world, leeds) == []


def test_what_is_urgent_comes_first_and_once(world: World, leeds: Node) -> None:
    """S27: a record opened by breaking the glass is told ahead of a long trail."""
    tell(leeds, *map(str, range(5)))
    tell(leeds, "ward", act="break_glass")
    sender, door = sender_of(world, leeds), door_of(world)
    assert sender.waiting().is_urgent
    sender.accept(door.receive(sender.offer(with_trail=False)))
    assert select(world.hub, "SELECT detail, line_no FROM audit_ahead") == [("ward", 6)]
    assert copied(world, leeds) == []
    assert not sender.waiting().is_urgent
    assert sender.waiting().lines == 6
    send_audit(world, leeds)
    assert select(world.hub, "SELECT detail FROM audit_ahead") == []
    assert copied(world, leeds)[-1] == "ward"
    assert named(world, leeds) == []


def test_what_was_told_ahead_and_comes_otherwise_is_named(world: World, leeds: Node) -> None:
    """S29: who takes back what was urgent is found when its turn comes."""
    tell(leeds, "ward", act="break_glass")
    sender, door = sender_of(world, leeds), door_of(world)
    sender.accept(door.receive(sender.offer(with_trail=False)))
    with leeds.store.changing() as connection:
        _begin_anew(connection)
    tell(leeds, "nothing of the sort")
    send_audit(world, leeds)
    assert named(world, leeds) == [("other_line", 1)]
    assert select(world.hub, "SELECT detail FROM audit_ahead") == [("ward",)]


def test_a_store_that_was_put_back_goes_on_as_a_branch(world: World, leeds: Node) -> None:
    """S8: both branches are kept, and where they part is named."""
    tell(leeds, "one")
    leeds.keep_copy("before")
    tell(leeds, "two", "three")
    send_audit(world, leeds)
    leeds.roll_back("before")
    tell(leeds, "another two")
    send_audit(world, leeds)
    tell(leeds, "more")
    send_audit(world, leeds)
    assert copied(world, leeds) == ["one", "two", "three", "another two", "more"]
    assert named(world, leeds) == [("fork", 2)]
    assert verify_store(world.hub.store).faults == (), (
        "the hub's own store is sound: it is backed up"
    )


def test_an_offer_of_before_a_branch_makes_no_other(world: World, leeds: Node) -> None:
    """S6: neither an offer recorded before the branch, nor one that spans where it parts."""
    tell(leeds, "one")
    leeds.keep_copy("before")
    tell(leeds, "two")
    early = sender_of(world, leeds).offer(with_trail=True)
    send_audit(world, leeds)
    leeds.roll_back("before")
    tell(leeds, "another two")
    spanning = sender_of(world, leeds).offer(with_trail=True)
    send_audit(world, leeds)
    before = copied(world, leeds)
    for offer in (early, spanning):
        door_of(world).receive(offer)
    assert copied(world, leeds) == before == ["one", "two", "another two"]
    assert named(world, leeds) == [("fork", 2)]


def test_a_hub_that_was_put_back_is_told_again(world: World, leeds: Node) -> None:
    """INV-13: the node goes on from the last place where both agree."""
    tell(leeds, "one")
    send_audit(world, leeds)
    world.hub.keep_copy("before")
    tell(leeds, "two", "three")
    send_audit(world, leeds)
    world.hub.roll_back("before")
    tell(leeds, "four")
    send_audit(world, leeds)
    assert copied(world, leeds) == ["one", "two", "three", "four"]
    assert named(world, leeds) == []


def _rewritten(connection: Connection) -> None:
    connection.execute("UPDATE audit SET detail = 'nothing' WHERE line_no = 2")


def _taken_out(connection: Connection) -> None:
    connection.execute("DELETE FROM audit WHERE line_no = 2")


def _cut_off(connection: Connection) -> None:
    connection.execute("DELETE FROM audit WHERE line_no >= 2")


def _begin_anew(connection: Connection) -> None:
    unguard(connection)
    connection.execute("DELETE FROM audit")
    connection.execute("DELETE FROM meta WHERE name LIKE 'audit%'")


@pytest.mark.parametrize(
    ("change", "was_sent", "found"),
    [
        (_rewritten, False, [("bad_line", 2)]),
        (_taken_out, False, [("gap", 2), ("bad_line", 3)]),
        (_cut_off, False, [("gap", 2), ("bad_line", 4)]),
        (_cut_off, True, [("fork", 2)]),
    ],
)
def test_a_trail_that_somebody_changed_is_named_and_goes_on(
    world: World,
    leeds: Node,
    change: Callable[[Connection], None],
    was_sent: bool,
    found: list[tuple[str, int]],
) -> None:
    """S7, S29: the first bad line has its number, and what comes after it is kept."""
    tell(leeds, "one", "two", "three")
    if was_sent:
        send_audit(world, leeds)
    with leeds.store.changing() as connection:
        unguard(connection)
        change(connection)
        if was_sent:
            connection.execute("DELETE FROM meta WHERE name LIKE 'audit_end%'")
    tell(leeds, "four")
    send_audit(world, leeds)
    assert named(world, leeds) == found
    assert copied(world, leeds)[-1] == "four"


def test_a_copy_that_somebody_changed_at_the_hub_is_found(world: World, leeds: Node) -> None:
    """S29: what was received is verified by its chain, however long ago it came."""
    tell(leeds, "one", "two", "three")
    send_audit(world, leeds)
    with world.hub.store.changing() as connection:
        unguard(connection)
        connection.execute("UPDATE audit_copies SET why = 'x' WHERE line_no = 2")
    assert verify_store(world.hub.store).faults == (
        f"audit of {leeds.id.hex()}: line 2 is not as it was received",
    )


def test_old_lines_go_once_the_hub_has_them_and_the_rest_verifies(
    world: World, leeds: Node
) -> None:
    """S29: kept for ninety days after, and never before the hub has them."""
    tell(leeds, "one", "two")
    sender = sender_of(world, leeds)
    leeds.clock.ms += KEPT_MS + 1
    assert sender.let_go_of_old() == 0
    tell(leeds, "three")
    send_audit(world, leeds)
    tell(leeds, "four")
    assert sender.let_go_of_old() == 2
    with leeds.store.changing() as connection:
        assert trail_begin(connection).line_no == 2
        assert first_bad_line(connection) is None
    leeds.reopen()
    send_audit(world, leeds)
    assert copied(world, leeds) == ["one", "two", "three", "four"]
    leeds.clock.ms += KEPT_MS + 1
    assert sender_of(world, leeds).let_go_of_old() == 2
    tell(leeds, "five")
    send_audit(world, leeds)
    assert copied(world, leeds)[-1] == "five"
    assert named(world, leeds) == []
    assert verify_store(leeds.store).faults == ()


def test_a_hub_that_lost_what_a_node_let_go_of_names_the_gap(world: World, leeds: Node) -> None:
    """S29: what can come still comes."""
    world.hub.keep_copy("empty")
    tell(leeds, "one", "two")
    send_audit(world, leeds)
    leeds.clock.ms += KEPT_MS + 1
    assert sender_of(world, leeds).let_go_of_old() == 2
    world.hub.roll_back("empty")
    tell(leeds, "three")
    send_audit(world, leeds)
    assert copied(world, leeds) == ["three"]
    assert named(world, leeds) == [("gap", 1)]


def test_the_hubs_own_lines_stand_beside_the_others(world: World) -> None:
    """S29: so who asks what was seen asks one table."""
    tell(world.hub, "one", "two")
    assert copy_own_lines(world.hub.store) == 2
    tell(world.hub, "three")
    assert copy_own_lines(world.hub.store) == 1
    assert copy_own_lines(world.hub.store) == 0
    assert copied(world, world.hub) == ["one", "two", "three"]
    assert verify_store(world.hub.store).faults == ()


def test_only_a_node_of_the_estate_is_taken_in_and_only_an_offer(world: World, leeds: Node) -> None:
    """S4, S5: a stranger, a request of the records, and bytes that were touched change nothing."""
    tell(leeds, "one")
    offer = sender_of(world, leeds).offer(with_trail=True)
    with pytest.raises(UnknownNode):
        AuditDoor(world.hub.store, lambda _node: None).receive(offer)
    _, request = world.request_of(leeds)
    with pytest.raises(BadMessage):
        door_of(world).receive(world.sealed(leeds, request))
    with pytest.raises(PeerFault):
        world.door.receive(offer)
    for place in range(len(offer) - 40, len(offer)):
        touched = bytearray(offer)
        touched[place] ^= 1
        with pytest.raises(PeerFault):
            door_of(world).receive(bytes(touched))
    assert copied(world, leeds) == []


def test_an_answer_counts_for_its_own_offer_alone(world: World, leeds: Node) -> None:
    """S6: an answer recorded before lets no line go."""
    tell(leeds, "one")
    sender, door = sender_of(world, leeds), door_of(world)
    old = door.receive(sender.offer(with_trail=True))
    sender.offer(with_trail=True)
    with pytest.raises(BadMessage):
        sender.accept(old)
    with pytest.raises(BadMessage):
        AuditSender(leeds.store, world.hub.id, world.hub.signer.public_key).accept(old)
    assert sender.waiting().lines == 1


def test_a_line_about_half_a_subject_is_refused(world: World, leeds: Node) -> None:
    """S4: what is no line is no part of a trail."""
    tell(leeds, "one")
    sender = sender_of(world, leeds)
    sender.offer(with_trail=True)
    offered = sender.offered
    assert offered is not None
    bad = msgspec.structs.replace(offered.lines[0], subject=b"half")
    broken = msgspec.structs.replace(offered, lines=(bad,))
    with pytest.raises(BadMessage):
        door_of(world).receive(sender.sealed(broken))
    assert copied(world, leeds) == []
