"""What is decoded off the wire has the lengths and sizes that the rest relies on."""

from typing import Any

import msgspec
import pytest

from sync_protocol.cursor import Cursor
from sync_protocol.messages import Entry, Fault, Hello, Mark, OwnRange, Reply, Request
from sync_protocol.scope import ScopeStep
from sync_protocol.seal import Follows, Run, ScopeEpoch, Segment
from tests import toys

ONE = toys.raw_op(1, {})
FOLLOWS = Follows(toys.life(1), 1, bytes(32))
EPOCH = ScopeEpoch(toys.incarnation(1), 1)
SEGMENT = Segment(1, EPOCH, (ONE,))
RUN = Run(toys.node(1), toys.life(1), bytes(32), FOLLOWS, (SEGMENT,), bytes(64))
CURSOR = Cursor(toys.incarnation(1), 1, 1, 1, 1)
HELLO = Hello(
    count=1,
    life=toys.life(1),
    seq=1,
    chain=bytes(32),
    registry=bytes(32),
    release="1",
    sent_ms=toys.MORNING_MS,
    cursor=CURSOR,
)
MARK = Mark(toys.life(1), 1, bytes(32))
OWN = OwnRange(1, 1, 1, 1, "", bytes(16))
ENTRY = Entry(ONE, 1, 1)
STEP = ScopeStep(1, "enter", toys.subject(1), ("here",))
REPLY = Reply(
    count=1,
    incarnation=toys.incarnation(1),
    received_ms=1,
    sent_ms=1,
    clock=toys.op(1, {}).hlc,
    marks=(MARK,),
    cursor=CURSOR,
    own=(OWN,),
    steps=(STEP,),
    entries=(ENTRY,),
)
FAULT = Fault(code="x", detail="", count=1, incarnation=toys.incarnation(1))
SOUND: tuple[msgspec.Struct, ...] = (
    *(FOLLOWS, EPOCH, SEGMENT, RUN, CURSOR, HELLO, MARK, OWN, ENTRY, STEP, REPLY, FAULT),
    Request(HELLO, (RUN,)),
)
BEYOND = {int: (-(1 << 60), 1 << 63, (1 << 64) - 1), bytes: (bytes(65),), str: ("x" * 70_000,)}
FREE = {"opening", "body", "raw"}


def _spoiled() -> list[tuple[str, type, list[Any]]]:
    """Each struct with one field beyond what may be sent, as it would come off the wire."""
    spoiled = []
    for sound in SOUND:
        fields = list(msgspec.structs.asdict(sound).items())
        for place, (name, value) in enumerate(fields):
            for bad in () if isinstance(value, bool) else BEYOND.get(type(value), ()):
                values = [one for _, one in fields]
                values[place] = bad
                spoiled.append(
                    (f"{type(sound).__name__}.{name}={str(bad)[:8]}", type(sound), values)
                )
    return spoiled


@pytest.mark.parametrize("sound", SOUND, ids=lambda one: type(one).__name__)
def test_what_is_sound_reads_back(sound: msgspec.Struct) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sound), type=type(sound)) == sound


@pytest.mark.parametrize(
    ("place", "kind", "values"), _spoiled(), ids=[place for place, _, _ in _spoiled()]
)
def test_what_is_beyond_its_limit_is_not_read(place: str, kind: type, values: list[Any]) -> None:
    """INV-14: no id of another length, no number that a column cannot hold, no endless text."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(values), type=kind)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_an_id_has_sixteen_bytes(length: int) -> None:
    raw = msgspec.msgpack.encode([bytes(length), 1])
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(raw, type=ScopeEpoch)
