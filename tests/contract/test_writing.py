"""Writing: what has a receipt is durable, and what was refused left nothing behind."""

import pytest

from sync_protocol.author import StaleWrite
from sync_protocol.causality import read_seen_token
from sync_protocol.errors import InvalidValue, OpTooLarge, UnknownKind
from sync_protocol.ids import OpId
from sync_protocol.limits import BODY_BYTES_MAX, CHANGE_SET_OPS_MAX
from sync_protocol.merge import RecordKey
from tests import toys
from tests.contract.world import Node, World, draft, parcel, secret


def _seen(node: Node) -> frozenset[OpId]:
    shown = node.shown()
    assert shown is not None
    return read_seen_token(shown.seen)


def test_what_has_a_receipt_survives_the_fall_of_the_node(leeds: Node) -> None:
    """INV-01: the receipt follows the durable commit."""
    receipt = leeds.write({"label": "boots", "hazard": "some"})
    leeds.reopen()
    assert leeds.values() == {"label": "boots", "hazard": "some"}
    with leeds.store.reading() as reading:
        assert [reading.op(op_id) is not None for op_id in receipt.op_ids] == [True]
    assert leeds.waiting == 1


def test_a_receipt_names_the_place_and_counts_on(leeds: Node) -> None:
    """INV-08: no two acts of a node are given one number."""
    numbers = [leeds.write({"label": "boots"}, parcel(1)).number for _ in range(2)]
    leeds.reopen()
    numbers.append(leeds.write({"colour": "red"}).number)
    assert [number[:4] for number in numbers] == ["LEI-"] * 3
    assert [number[-6:] for number in numbers] == ["000001", "000002", "000003"]


def test_projections_rebuilt_from_the_log_are_byte_identical(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "hazard": "some", "status": "open", "remarks": "wet"})
    moorland.write({"label": "shoes", "hazard": "grave", "keeper": {"who": "x"}})
    leeds.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    leeds.write({"row": 5}, toys.SHELF_KEY)
    world.settle()
    for node in (world.hub, leeds, moorland):
        before = node.store.projection_digest()
        node.store.rebuild()
        assert node.store.projection_digest() == before
        node.reopen()
        assert node.store.projection_digest() == before


def test_an_act_is_seen_together_or_not_at_all(leeds: Node) -> None:
    """INV-02: the second change of the act is refused, so the first did not happen."""
    digest = leeds.store.projection_digest()
    with pytest.raises(InvalidValue, match="hazard"):
        leeds.write_all(draft({"label": "boots"}), draft({"hazard": "deadly"}, parcel(2)))
    assert leeds.ops == 0
    assert leeds.waiting == 0
    assert leeds.store.projection_digest() == digest
    assert leeds.count("SELECT count(*) FROM audit") == 0


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"label": "x" * BODY_BYTES_MAX}, OpTooLarge),
        ({"label": 5}, InvalidValue),
        ({"weight": "heavy"}, InvalidValue),
        ({"hazard": "grave"}, InvalidValue),
        ({"label": "boots", "plan": {"deep": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}}, InvalidValue),
        ({"label": "boots", "plan": {"share": 0.5}}, InvalidValue),
        ({"label": "lone \ud800 surrogate"}, InvalidValue),
    ],
    ids=["too long", "wrong type", "no such field", "label missing", "deep", "float", "surrogate"],
)
def test_what_no_reader_would_take_is_refused_at_its_author(
    leeds: Node, values: dict[str, object], refused: type[Exception]
) -> None:
    """INV-14: the author's form refuses it, so that no queue ever meets it."""
    with pytest.raises(refused):
        leeds.write(values)
    assert leeds.ops == 0
    assert leeds.write({"label": "boots"}).number.endswith("000001")


def test_a_kind_that_is_not_known_is_not_written(leeds: Node) -> None:
    with pytest.raises(UnknownKind):
        leeds.write({"label": "x"}, RecordKey("crate", (toys.subject(1),), toys.record(1)))
    assert leeds.ops == 0


def test_an_act_has_its_limit(leeds: Node) -> None:
    """INV-14."""
    drafts = [draft({"remarks": "x"}, secret(1))] * (CHANGE_SET_OPS_MAX + 1)
    with pytest.raises(OpTooLarge):
        leeds.write_all(*drafts)
    with pytest.raises(OpTooLarge):
        leeds.write_all()


def test_a_stale_write_says_what_was_unseen_and_changes_nothing(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-06: nobody overwrites by accident what he was never shown."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "place": "attic"})
    world.settle()
    seen = _seen(leeds)
    theirs = moorland.write({"place": "cellar"})
    world.settle()
    held = leeds.ops
    with pytest.raises(StaleWrite) as stale:
        leeds.write({"place": "garage"}, seen=seen)
    assert stale.value.unseen_by_draft == {0: {"place": theirs.op_ids}}
    assert leeds.ops == held
    leeds.write({"colour": "red"}, seen=seen)
    assert leeds.values()["place"] == "cellar"


def test_a_write_on_purpose_stands_beside_what_it_had_not_seen(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-06: the conflict is open at every node, with both sides; an ordinary op settles it."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "place": "attic"})
    world.settle()
    seen = _seen(leeds)
    moorland.write({"place": "cellar"})
    world.settle()
    leeds.write({"place": "garage"}, seen=seen, on_purpose=True)
    world.settle()
    for node in (world.hub, leeds, moorland):
        with node.store.reading() as reading:
            (conflict,) = reading.conflicts(toys.subject(1))
        assert (conflict.field, conflict.why) == ("place", "contested")
        assert {side.value for side in conflict.sides} == {"cellar", "garage"}
        assert {side.node for side in conflict.sides} == {leeds.id, moorland.id}
    moorland.write({"place": "cellar"})
    world.settle()
    world.assert_agreed()
    with leeds.store.reading() as reading:
        assert reading.conflicts() == []


def test_text_is_kept_composed(leeds: Node) -> None:
    """INV-04: two ways to type one name are one text."""
    leeds.write({"label": "Zoe\u0308"})
    assert leeds.values()["label"] == "Zo\u00eb"


def test_a_listener_hears_of_every_commit_that_changed_what_is_held(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-10: the driver is woken by a write, the hub's waiting answers by an ingest."""
    world, leeds, _ = pair
    heard: list[str] = []
    leeds.store.listen(lambda: heard.append("LEI"))
    world.hub.store.listen(lambda: heard.append("HUB"))
    leeds.write({"label": "boots"})
    assert heard == ["LEI"]
    world.exchange(leeds)
    assert "HUB" in heard[1:]


def test_a_listener_hears_of_a_larger_change_when_all_of_it_can_be_read(leeds: Node) -> None:
    """INV-02: told earlier, a held request would look, find nothing, and sleep through it."""
    seen: list[int] = []
    leeds.store.listen(lambda: seen.append(leeds.ops))
    with leeds.store.changing():
        leeds.write({"label": "boots"})
        leeds.write({"colour": "red"})
        assert not seen
    assert seen == [2]


def test_a_listener_hears_nothing_of_what_was_taken_back(leeds: Node) -> None:
    """INV-02."""
    heard: list[str] = []
    leeds.store.listen(lambda: heard.append("LEI"))

    def half() -> None:
        with leeds.store.changing():
            leeds.write({"label": "boots"})
            leeds.write({"label": "x" * BODY_BYTES_MAX})

    with pytest.raises(OpTooLarge):
        half()
    leeds.store.witness(())
    assert not heard
