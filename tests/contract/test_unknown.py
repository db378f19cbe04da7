"""What this release does not know is stored, passed on untouched, and shown raw."""

from typing import Annotated, Literal

from sync_protocol.merge import RecordKey
from sync_protocol.op import OpBytes
from sync_protocol.policy import Fixed, Highest, Latest, Levels, Rule
from sync_protocol.schema import Record, build_registry
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World

LEVELS = ("none", "some", "grave", "deadly")


class NewParcel(Record, kind="parcel", version=2, searchable=("label",)):
    """The parcel of a later release: one field and one level more, and nothing of the rest."""

    label: Annotated[str, Rule(Fixed(), writers=toys.ANYONE, cls="P1")]
    hazard: Annotated[
        Literal["none", "some", "grave", "deadly"] | None,
        Rule(Highest(Levels(LEVELS)), writers=toys.ANYONE, cls="P2"),
    ]
    scent: Annotated[
        str | None, Rule(Latest(), writers=toys.ANYONE, cls="P1", why="Scent decides nothing.")
    ]


class Crate(Record, kind="crate"):
    """A kind that only the later release has."""

    size: Annotated[int, Rule(Fixed(), writers=toys.ANYONE, cls="P1")]


class NewSecret(Record, kind="secret", file="restricted", anywhere=True):
    """As it was."""

    text: Annotated[str, Rule(Fixed(), writers=toys.DEPOT, cls="P3")]


NEW_REGISTRY = build_registry((NewParcel, Crate, NewSecret))
CRATE = RecordKey("crate", (toys.subject(1),), toys.record(40))


def _renew(node: Node) -> None:
    node.registry = NEW_REGISTRY
    node.reopen()


def _raws(node: Node) -> set[OpBytes]:
    """The bytes of every op about the first subject."""
    with node.store.reading() as reading:
        entries = reading.history(toys.subject(1))
    return {entry.op.raw for entry in entries if entry.op is not None}


def test_unknown_kind_field_and_code_travel_byte_exact_through_an_older_hub(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: the older hub stores them, shows them raw, and forwards the same bytes."""
    world, leeds, moorland = pair
    _renew(leeds)
    leeds.write({"label": "boots", "hazard": "deadly", "scent": "musk"})
    leeds.write({"size": 9}, CRATE)
    world.settle()
    assert _raws(leeds) == _raws(world.hub) == _raws(moorland)
    for node in (world.hub, moorland):
        shown = node.shown()
        assert shown is not None
        assert shown.unread == {"hazard": ["deadly"], "scent": ["musk"]}
        assert shown.values == {"label": "boots", "hazard": "deadly"}
        rows = "SELECT count(*) FROM unread_record WHERE kind = 'crate' AND unread = ?"
        assert node.count(rows, '{"size":[9]}') == 1


def test_after_the_upgrade_the_same_log_is_read_anew(pair: tuple[World, Node, Node]) -> None:
    """INV-04: projections are rebuilt on the first start of the newer release."""
    world, leeds, moorland = pair
    _renew(leeds)
    leeds.write({"label": "boots", "scent": "musk"})
    leeds.write({"size": 9}, CRATE)
    world.settle()
    _renew(world.hub)
    _renew(moorland)
    world.settle()
    world.assert_agreed()
    shown = moorland.shown(CRATE)
    assert shown is not None
    assert (shown.values, shown.unread) == ({"size": 9}, {})
    with moorland.store.reading() as reading:
        assert [one.values["label"] for one in reading.search("parcel", "boo")] == ["boots"]


def test_an_older_release_keeps_what_it_unlearns(pair: tuple[World, Node, Node]) -> None:
    """INV-01: a node that goes back one release loses no op, only its reading of it."""
    world, leeds, _ = pair
    _renew(leeds)
    leeds.write({"size": 9}, CRATE)
    leeds.registry = toys.REGISTRY
    leeds.reopen()
    world.settle()
    assert _raws(leeds) == _raws(world.hub)
    assert len(_raws(leeds)) == 2


def test_taking_away_a_record_of_one_unknown_kind_leaves_that_of_another(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: they share a table, and a record id under another kind is another record."""
    world, _, _ = pair
    key = RecordKey("barrel", CRATE.subjects, CRATE.record)
    world.hub.write({"label": "boots"})
    odd = CraftedLog(world, world.spoke("ODD"))
    crate, barrel = odd.op({"size": 9}, CRATE), odd.op({"size": 7}, key)
    world.introduce(1)
    odd.offer(crate, barrel)
    odd.offer(odd.op({}, CRATE, replaces={"size": (crate.id,)}))
    rows = "SELECT count(*) FROM unread_record WHERE kind = ?"
    assert world.hub.count(rows, "crate") == 0
    assert world.hub.count(rows, "barrel") == 1
