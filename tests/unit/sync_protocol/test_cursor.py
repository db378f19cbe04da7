"""The cursor: a value that two nodes compare."""

import msgspec

from sync_protocol.cursor import NO_INCARNATION, START, Cursor
from tests import toys


def test_a_node_that_received_nothing_starts_at_no_incarnation() -> None:
    assert Cursor() == START
    assert START.incarnation == NO_INCARNATION
    assert START.hub_seq == 0


def test_a_cursor_of_the_release_before_reads_on() -> None:
    older = msgspec.msgpack.encode([toys.incarnation(1), 3, 70])
    read = msgspec.msgpack.decode(older, type=Cursor)
    assert read == Cursor(toys.incarnation(1), scope_epoch=3, hub_seq=70)
