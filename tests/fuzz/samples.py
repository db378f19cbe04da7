"""Valid bytes to begin from: a small estate that lived through everything that a message can say.

What its line carried is kept, and so are its courier files, boxes, frames and receipts. All of it
is drawn from names, so that a find reads the same on every machine.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from sync_protocol.departure import key_context
from sync_protocol.io.boxes import seal_box
from sync_protocol.io.local_check import mend_store
from sync_protocol.messages import Fault, Reply, Request
from sync_protocol.op import OpBytes
from sync_protocol.reconcile import Holdings, answer_frame, open_frame
from tests import toys
from tests.boxes import EverybodysKeys
from tests.contract.couriers import answer, ask, bring
from tests.contract.departing import PAIR, SUBJECT, fill, leave, move
from tests.contract.places import MemoryPlaces
from tests.contract.world import DrawnChance, Node, World, parcel, secret

HELD_KEYS = 300
_encoder = msgspec.msgpack.Encoder(order="deterministic")


class Heard(World):
    """A world whose line is listened to."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        super().__init__(MemoryPlaces())
        self.requests: list[Request] = []
        self.replies: list[Reply | Fault] = []
        self.sealed_bytes: list[bytes] = []

    def sealed(self, spoke: Node, request: Request) -> bytes:
        """The request's bytes, kept."""
        raw = super().sealed(spoke, request)
        self.requests.append(request)
        self.sealed_bytes.append(raw)
        return raw

    def carry(self, spoke: Node, raw: bytes) -> Reply | Fault:
        """The answer, kept."""
        came = super().carry(spoke, raw)
        self.replies.append(came)
        return came


@cache
def lived() -> Heard:
    """An estate after writing, conflicts, moves, letting go, coming back, repair and a restore."""
    world = Heard()
    leeds, moorland = world.spoke("LEI"), world.spoke("MDI")
    world.introduce(1, 2)
    leeds.write({"label": "b", "status": "open", "hazard": "grave"}, parcel(2))
    world.settle()
    _let_go_and_back(world, leeds, moorland)
    leeds.write({"reason": "both"}, PAIR)
    moorland.write({"label": "there", "stage": {"from": None, "to": "packed"}}, parcel(2, 9))
    world.settle()
    _mend(world, leeds)
    _restore(world, leeds, moorland)
    leeds.write({"label": "waits"}, parcel(1, 8))
    return world


def _let_go_and_back(world: World, leeds: Node, moorland: Node) -> None:
    """One who comes back before the key was destroyed."""
    fill(leeds)
    leave(world, leeds, moorland)
    move(world, leeds, moorland)
    world.settle()


def _mend(world: World, leeds: Node) -> None:
    """A spoke that lost ops of others, and found that its digests are others."""
    with leeds.store.changing() as connection:
        connection.execute(
            "DELETE FROM ops WHERE op_no IN (SELECT op_no FROM ops o JOIN lives l"
            " USING(life_no) WHERE l.node <> (SELECT value FROM meta WHERE name = 'node') LIMIT 2)"
        )
    leeds.reopen()
    assert not mend_store(leeds.store).is_nothing, "something was lost"
    leeds.reopen()
    world.settle()


def _restore(world: World, leeds: Node, moorland: Node) -> None:
    """A hub put back to before some of its own work, and before somebody was let go of."""
    world.introduce(7)
    world.hub.keep_copy("yesterday")
    world.hub.write({"text": "of the hub alone"}, secret(5))
    leeds.write({"label": "of one who leaves"}, parcel(7))
    leave(world, leeds, moorland, number=7)
    world.hub.roll_back("yesterday")
    world.hub.store.note_restored()
    world.settle()


@cache
def requests() -> tuple[bytes, ...]:
    """The distinct shapes of request, as they stand behind their letter."""
    return _kept([b"Q" + _encoder.encode(one) for one in lived().requests], _shape)


@cache
def replies() -> tuple[bytes, ...]:
    """The distinct shapes of reply and fault, as they stand behind their letter."""
    letters = {Reply: b"R", Fault: b"F"}
    made = [letters[type(one)] + _encoder.encode(one) for one in lived().replies]
    fault = Fault(code="replayed", detail="", count=7, incarnation=toys.incarnation(1))
    return _kept([*made, b"F" + _encoder.encode(fault)], _shape)


@cache
def envelopes() -> tuple[bytes, ...]:
    """Sealed requests: some plain, some packed."""
    return _kept(lived().sealed_bytes, lambda raw: (raw[3], len(raw) // 256))


@cache
def ops() -> tuple[bytes, ...]:
    """Ops of every kind of header, as `joined` has them."""
    pair = toys.raw_op(3, {"reason": "x"}, toys.GRUDGE_KEY)
    made = [
        toys.raw_op(1, {"label": "a", "stage": {"from": None, "to": "packed"}}),
        toys.raw_op(2, {}, replaces={"label": (toys.op_id(1),)}, refs=(toys.op_id(2),)),
        toys.raw_op(4, {"row": -5, "n": [1, [2, {"k": b"v"}], None, True]}, toys.SHELF_KEY),
        toys.raw_op(5, {"label": "x" * 300}, change_set=toys.change_set(1, 0, 2)),
        pair,
        toys.redacted(toys.op(6, {"label": "gone"})).raw,
    ]
    return tuple(joined(one) for one in made)


def joined(raw: OpBytes) -> bytes:
    """An op as one piece: how long the opening is, and whether its body is there, comes first."""
    length = len(raw.opening) | (0x8000 if raw.body is None else 0)
    rest = raw.body_hash if raw.body is None else raw.body
    return length.to_bytes(2, "big") + raw.opening + rest


def divided(whole: bytes) -> OpBytes:
    """The op in one piece; whatever the piece is, it divides somewhere."""
    length = int.from_bytes(whole[:2], "big")
    opening, rest = whole[2 : 2 + (length & 0x7FFF)], whole[2 + (length & 0x7FFF) :]
    return OpBytes(opening, None, rest) if length & 0x8000 else OpBytes(opening, rest)


@cache
def courier_files() -> tuple[bytes, ...]:
    """A file that asks, and one that answers it."""
    world = lived()
    leeds = next(iter(world.spokes.values()))
    asked = ask(world, leeds)
    bring(world, asked)
    return asked, answer(world, leeds)


@cache
def boxes() -> tuple[bytes, ...]:
    """A box of a subject's keys, from this node to the hub."""
    hub = lived().hub.id
    keys = msgspec.msgpack.encode([(1, bytes(32)), (7, bytes(range(32)))])
    context = key_context(leeds().id, SUBJECT)
    return (seal_box(EverybodysKeys()[hub], keys, context, DrawnChance("box")),)


def leeds() -> Node:
    """The first spoke of the estate."""
    return next(iter(lived().spokes.values()))


@cache
def holdings() -> Holdings:
    """What one side of a comparison holds."""
    return Holdings({toys.id_of("key", n): n + (1 << 255) for n in range(HELD_KEYS)})


@cache
def frames() -> tuple[bytes, ...]:
    """Frames of somebody who holds nearly the same, of all, and of nobody."""
    ours = holdings()
    missing = Holdings(dict.fromkeys(ours.keys[3:], 1 << 9))
    few = Holdings(dict.fromkeys(ours.keys[:9], 1 << 8))
    first = open_frame(missing)
    return first, answer_frame(ours, first), open_frame(few), open_frame(Holdings({})), b""


@cache
def structs(name: str) -> tuple[bytes, ...]:
    """The parts of messages that are signed or kept by themselves, by the name of their struct."""
    found = [
        _encoder.encode(one)
        for message in (*lived().requests, *lived().replies)
        for one in _parts_of(message)
        if type(one).__name__ == name
    ]
    assert found, f"the estate never said a {name}"
    return _kept(found, len)[:12]


def _parts_of(whole: Any) -> list[Any]:
    """The structs within a message, itself included."""
    inner: list[Any] = []
    if isinstance(whole, msgspec.Struct):
        inner = [whole]
        for name in whole.__struct_fields__:
            inner += _parts_of(getattr(whole, name))
    elif isinstance(whole, tuple):
        for one in whole:
            inner += _parts_of(one)
    return inner


def _shape(raw: bytes) -> object:
    """Which fields of a message say anything: of messages alike in that one is enough."""
    fields = msgspec.msgpack.decode(raw[1:])
    return raw[:1], tuple(bool(one) for one in fields)


def _kept(raws: list[bytes], sign: Callable[[bytes], object]) -> tuple[bytes, ...]:
    return tuple({sign(raw): raw for raw in sorted(raws, key=len, reverse=True)}.values())
