"""Answers that a driver does not take in: not the hub's, not for this request, not whole."""

from collections.abc import Callable

import msgspec
import pytest

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.errors import BadSignature
from sync_protocol.limits import RETRY_FIRST_MS
from sync_protocol.messages import Reply
from tests.contract.world import Node, World, secret
from tests.unit.sync_protocol.io.scripted import ScriptedLine, Step, driven, exchanges


@pytest.mark.parametrize("answer", [b"", b"<html>sign in to the network</html>", b"tc\x01\x00"])
def test_an_answer_that_is_none_changes_nothing(world: World, office: Node, answer: bytes) -> None:
    """INV-08: a network's own page is not the hub."""

    async def other(_request: bytes) -> bytes:
        return answer

    driver, _ = driven(world, office, other)
    office.write({"label": "boots"})
    before = (office.store.projection_digest(), office.ops)
    assert exchanges(driver, 1)[0] >= RETRY_FIRST_MS
    assert driver.status().fault == "bad_message"
    assert (office.store.projection_digest(), office.ops) == before
    assert exchanges(driver, 1) == [0]
    assert office.waiting == 0


def _altered(world: World, office: Node, change: Callable[[Reply], Reply]) -> Step:
    """The hub's answer, altered by someone who holds the hub's message key and not its manifest."""

    async def step(request: bytes) -> bytes:
        raw = await ScriptedLine(world).through(request)
        reply = open_envelope(read_envelope(raw), office.id, world.hub.signer.public_key)
        assert isinstance(reply, Reply)
        address = Address(world.hub.id, office.id, reply.incarnation)
        return seal_message(change(reply), address, world.hub.signer)

    return step


def test_entries_that_the_manifest_does_not_cover_are_not_taken_in(
    world: World, office: Node
) -> None:
    """INV-08: not one, not reordered, not with another verdict."""
    for number in (2, 3):
        world.hub.write({"text": "from the hub"}, secret(number))
    changes: list[Callable[[Reply], Reply]] = [
        lambda one: msgspec.structs.replace(one, entries=one.entries[1:]),
        lambda one: msgspec.structs.replace(one, entries=one.entries[::-1]),
        lambda one: msgspec.structs.replace(one, manifest=bytes(64)),
        lambda one: msgspec.structs.replace(
            one, entries=tuple(msgspec.structs.replace(entry, flags=2) for entry in one.entries)
        ),
    ]
    for change in changes:
        held = office.ops
        driver, _ = driven(world, office, _altered(world, office, change))
        assert exchanges(driver, 1)[0] > 0
        assert driver.status().fault == "bad_manifest"
        assert office.ops == held
    driver, _ = driven(world, office)
    exchanges(driver, 2)
    assert office.values(secret(3)) == {"text": "from the hub"}


def test_an_answer_sealed_by_another_is_not_taken_in(world: World, office: Node) -> None:
    """INV-08."""

    async def forged(request: bytes) -> bytes:
        raw = bytearray(await ScriptedLine(world).through(request))
        raw[-1] ^= 1
        return bytes(raw)

    driver, _ = driven(world, office, forged)
    assert exchanges(driver, 1) == [RETRY_FIRST_MS]
    assert driver.status().fault == BadSignature.code


def test_an_answer_to_another_request_counts_as_a_broken_line(world: World, office: Node) -> None:
    """INV-02: an old reply would set the cursor back."""
    kept: list[bytes] = []

    async def keep(request: bytes) -> bytes:
        kept.append(await ScriptedLine(world).through(request))
        return kept[0]

    async def again(_request: bytes) -> bytes:
        return kept[0]

    driver, _ = driven(world, office, keep, again)
    assert exchanges(driver, 2) == [0, RETRY_FIRST_MS]
