"""Arrival: in whatever order, however often, the same ops show the same bytes everywhere."""

from itertools import permutations

import msgspec
import pytest

from sync_protocol.digest import Digest
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.op_store import OpStore
from sync_protocol.messages import Entry, Reply, manifest_listing
from sync_protocol.op import Op, hash_raw, op_id_of
from sync_protocol.scope import Flag, Verdict
from sync_protocol.seal import manifest_claim
from tests import toys
from tests.contract.world import Node, World

APPLIED = int(Flag.APPLIED)
PARKED = int(Flag.PARKED)


def _entry(op: Op, hub_seq: int, flags: int = APPLIED, reason: str = "") -> Entry:
    return Entry(op.raw, hub_seq, flags, reason)


def _accept(world: World, spoke: Node, *entries: Entry, marked: bool = True) -> None:
    """Have a spoke take in these entries, as from its hub."""
    _, request = world.request_of(spoke)
    cursor = msgspec.structs.replace(
        request.hello.cursor, hub_seq=max([request.hello.cursor.hub_seq, *_numbers(entries)])
    )
    listing = manifest_listing([(_id(one), one.hub_seq, one.flags) for one in entries])
    claim = manifest_claim(cursor.incarnation, spoke.id, listing)
    now_ms = toys.MORNING_MS + 60_000
    reply = Reply(
        count=request.hello.count,
        incarnation=cursor.incarnation,
        received_ms=now_ms,
        sent_ms=now_ms,
        clock=toys.op(1, {}).hlc,
        marks=(),
        cursor=cursor,
        entries=entries,
        manifest=world.hub.signer.sign(claim) if marked else b"",
    )
    spoke.store.spoke.accept(reply, request.hello, now_ms)


def _numbers(entries: tuple[Entry, ...]) -> list[int]:
    return [one.hub_seq for one in entries]


def _id(entry: Entry) -> OpId:
    return op_id_of(hash_raw(entry.raw))


def _story() -> list[Op]:
    """An opening, two unseen changes of it, a close that saw one of them, and a stranger."""
    first = toys.op(1, {"label": "boots", "status": "open", "hazard": "some", "place": "attic"})
    lower = toys.op(
        2, {"hazard": "none", "place": "cellar"}, {"hazard": [first.id], "place": [first.id]}
    )
    raised = toys.op(
        3, {"hazard": "grave", "status": "open"}, {"hazard": [first.id]}, life=toys.life(2)
    )
    close = toys.op(
        4, {"status": "closed", "place": "gone"}, {"status": [first.id], "place": [lower.id]}
    )
    grudge = toys.op(5, {"reason": "noise", "status": "open"}, key=toys.GRUDGE_KEY)
    return [first, lower, raised, close, grudge]


def _digests(store: OpStore) -> tuple[bytes, dict[SubjectId, Digest]]:
    with store.reading() as reading:
        return store.projection_digest(), reading.digests()


def test_every_order_of_arrival_shows_the_same_bytes(world: World) -> None:
    """INV-03, INV-04: one op a reply, in each of twenty-four orders."""
    story = _story()[:4]
    found = set()
    for place, order in enumerate(permutations(range(len(story)))):
        spoke = world.spoke(f"S{place}")
        for number in order:
            _accept(world, spoke, _entry(story[number], number + 1))
        projection, digests = _digests(spoke.store)
        found.add((projection, repr(sorted(digests.items()))))
    assert len(found) == 1


def test_one_reply_or_many_come_to_the_same(world: World, leeds: Node, moorland: Node) -> None:
    """INV-03."""
    entries = [_entry(op, number) for number, op in enumerate(_story(), start=1)]
    _accept(world, leeds, *entries)
    for entry in reversed(entries):
        _accept(world, moorland, entry)
    assert _digests(leeds.store) == _digests(moorland.store)
    leeds.store.rebuild()
    assert _digests(leeds.store) == _digests(moorland.store)


def test_duplicates_change_nothing(world: World, leeds: Node) -> None:
    """INV-03: also within one reply, and after the node fell in between."""
    entries = [_entry(op, number) for number, op in enumerate(_story(), start=1)]
    _accept(world, leeds, *entries)
    before, held = _digests(leeds.store), leeds.ops
    _accept(world, leeds, *entries, *entries)
    leeds.reopen()
    _accept(world, leeds, *entries)
    assert (_digests(leeds.store), leeds.ops) == (before, held)


def test_a_parked_op_neither_stands_nor_replaces(world: World, leeds: Node) -> None:
    """INV-07: what is not applied ends nothing, and nothing passes through it."""
    first, _, _, close, _ = _story()
    _accept(world, leeds, _entry(first, 1), _entry(close, 2, PARKED, "not_entitled"))
    assert leeds.values()["status"] == "open"
    assert leeds.values()["place"] == "attic"
    with leeds.store.reading() as reading:
        (parked,) = reading.parked()
        assert (parked.op_id, parked.verdict.reason) == (close.id, "not_entitled")
        assert reading.digests()[toys.subject(1)].count == 1


def test_an_applied_verdict_brings_a_parked_op_in(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-04: unparked, it has a new number, and all is as if it had never been parked."""
    first, lower, raised, close, grudge = _story()
    _accept(world, leeds, _entry(first, 1), _entry(close, 2, PARKED, "not_entitled"))
    _accept(world, leeds, _entry(lower, 3), _entry(raised, 4), _entry(grudge, 5))
    _accept(world, leeds, _entry(close, 6))
    _accept(world, moorland, *[_entry(op, 7 + at) for at, op in enumerate(_story())])
    assert _digests(leeds.store) == _digests(moorland.store)
    leeds.store.rebuild()
    assert _digests(leeds.store) == _digests(moorland.store)
    with leeds.store.reading() as reading:
        assert reading.parked() == []


def test_an_applied_op_is_never_parked_again(world: World, leeds: Node) -> None:
    """INV-07: verdicts only rise; what is applied is answered by another op."""
    first = _story()[0]
    _accept(world, leeds, _entry(first, 1))
    before = _digests(leeds.store)
    _accept(world, leeds, _entry(first, 1, PARKED, "not_entitled"))
    assert _digests(leeds.store) == before


def test_a_suspect_verdict_that_comes_later_counts_everywhere(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-04: the digest binds the verdict, and the projection follows it."""
    early = toys.op(1, {"label": "boots", "colour": "red"})
    ahead = toys.op(9, {"colour": "blue"})
    suspect = APPLIED | int(Flag.SUSPECT)
    _accept(world, leeds, _entry(early, 1), _entry(ahead, 2))
    _accept(world, moorland, _entry(early, 1), _entry(ahead, 2, suspect))
    assert leeds.values()["colour"] == "blue"
    assert moorland.values()["colour"] == "red"
    assert _digests(leeds.store) != _digests(moorland.store)
    _accept(world, leeds, _entry(ahead, 2, suspect))
    assert _digests(leeds.store) == _digests(moorland.store)


def test_a_name_that_does_not_match_record_and_field_ends_nothing(
    world: World, leeds: Node
) -> None:
    """INV-07: an op about one record cannot end what another says."""
    alarm = toys.op(1, {"label": "boots", "hazard": "grave"})
    other = toys.op(
        2,
        {"label": "shoes", "colour": "red"},
        {"hazard": [alarm.id], "label": [alarm.id]},
        msgspec.structs.replace(toys.PARCEL_KEY, record=toys.record(77)),
    )
    wrong_field = toys.op(3, {"colour": "red"}, {"colour": [alarm.id]})
    _accept(world, leeds, _entry(alarm, 1), _entry(other, 2), _entry(wrong_field, 3))
    assert leeds.values()["hazard"] == "grave"
    assert leeds.values()["label"] == "boots"


@pytest.mark.parametrize("closed_first", [True, False])
def test_a_close_that_missed_a_change_ends_nothing(
    world: World, leeds: Node, closed_first: bool
) -> None:
    """INV-07: in either order of arrival it is shown open and a person is asked."""
    first, lower, raised, close, _ = _story()
    rest = [_entry(close, 4), _entry(raised, 3)]
    _accept(world, leeds, _entry(first, 1), _entry(lower, 2))
    for entry in rest if closed_first else reversed(rest):
        _accept(world, leeds, entry)
    shown = leeds.shown()
    assert shown is not None
    assert shown.values["status"] == "open"
    assert shown.asks["status"] == "close_missed_something"


def test_verdicts_join_as_the_store_joins_them(world: World, leeds: Node) -> None:
    """INV-07: late and suspect stay when the op is numbered anew."""
    first = _story()[0]
    late = APPLIED | int(Flag.LATE)
    _accept(world, leeds, _entry(first, 1, late))
    _accept(world, leeds, _entry(first, 8))
    with leeds.store.reading() as reading:
        entry = reading.op(first.id)
    assert entry is not None
    assert (entry.verdict, entry.hub_seq) == (Verdict(late), 8)
