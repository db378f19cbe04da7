"""A box opens for its reader in its context, and for nobody and nothing else."""

from collections.abc import Callable

import pytest

from sync_protocol.io.boxes import (
    BOX_OVERHEAD_BYTES,
    NO_BOXES,
    BadBoxKey,
    BoxClosed,
    Boxes,
    NoBoxKey,
    box_public,
    open_box,
    seal_box,
)
from sync_protocol.io.system_clock import system_chance
from tests import toys
from tests.boxes import RECOVERY_SECRET, box_secret, boxes_for

HUB, SPOKE, OTHER = toys.node(9), toys.node(1), toys.node(2)
PLAIN, CONTEXT = b"a subject's key", b"throughcare test v1\x00" + bytes(16)


def sealed() -> bytes:
    return seal_box(box_public(box_secret(SPOKE)), PLAIN, CONTEXT)


def test_its_reader_opens_it() -> None:
    assert open_box(box_secret(SPOKE), sealed(), CONTEXT) == PLAIN
    assert len(sealed()) == len(PLAIN) + BOX_OVERHEAD_BYTES


def test_two_boxes_of_one_content_share_nothing() -> None:
    assert sealed()[1:33] != sealed()[1:33]
    assert sealed()[33:] != sealed()[33:]


def test_nobody_else_opens_it() -> None:
    with pytest.raises(BoxClosed):
        open_box(box_secret(OTHER), sealed(), CONTEXT)


@pytest.mark.parametrize("context", [b"", CONTEXT + b"\x00", CONTEXT[:-1]])
def test_it_opens_for_nothing_else(context: bytes) -> None:
    with pytest.raises(BoxClosed):
        open_box(box_secret(SPOKE), sealed(), context)


def test_any_byte_changed_or_missing_closes_it() -> None:
    raw = sealed()
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(BoxClosed):
            open_box(box_secret(SPOKE), bytes(changed), CONTEXT)
        with pytest.raises(BoxClosed):
            open_box(box_secret(SPOKE), raw[:place], CONTEXT)


def test_a_key_on_which_no_secret_can_rest_is_refused() -> None:
    with pytest.raises(BadBoxKey):
        seal_box(bytes(32), PLAIN, CONTEXT)
    with pytest.raises(BadBoxKey):
        seal_box(b"short", PLAIN, CONTEXT)
    raw = sealed()
    with pytest.raises(BoxClosed):
        open_box(box_secret(SPOKE), raw[:1] + bytes(32) + raw[33:], CONTEXT)


def test_a_node_seals_to_the_hub_to_others_and_to_recovery() -> None:
    spoke, hub = (boxes_for(one, HUB, system_chance) for one in (SPOKE, HUB))
    assert hub.open_own(spoke.seal_to_hub(PLAIN, CONTEXT), CONTEXT) == PLAIN
    assert spoke.open_own(hub.seal_to_node(SPOKE, PLAIN, CONTEXT), CONTEXT) == PLAIN
    kept = spoke.seal_to_recovery(PLAIN, CONTEXT)
    assert open_box(RECOVERY_SECRET, kept, CONTEXT) == PLAIN
    for boxes in (spoke, hub):
        with pytest.raises(BoxClosed):
            boxes.open_own(kept, CONTEXT)


def test_without_keys_everything_is_refused_by_name() -> None:
    refusals: tuple[tuple[Callable[[], bytes], str], ...] = (
        (lambda: NO_BOXES.seal_to_hub(PLAIN, CONTEXT), "the hub"),
        (lambda: NO_BOXES.seal_to_recovery(PLAIN, CONTEXT), "recovery"),
        (lambda: NO_BOXES.open_own(sealed(), CONTEXT), "this node"),
        (lambda: Boxes(None, hub=HUB).seal_to_hub(PLAIN, CONTEXT), HUB.hex()),
    )
    for refused, words in refusals:
        with pytest.raises(NoBoxKey, match=words):
            refused()
