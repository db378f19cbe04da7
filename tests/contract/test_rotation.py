"""S13: a signing key is changed in the middle of an exchange, at every step, on either side.

Nothing is lost and nothing is doubled: whatever was under way is taken once, under either key.
"""

from collections.abc import Callable
from typing import Any

import pytest

from sync_protocol.codec import read_envelope
from sync_protocol.errors import BadSignature
from sync_protocol.io.hub_door import HubVisit
from sync_protocol.io.verify import verify_store
from sync_protocol.messages import Fault, Reply
from sync_protocol.scope import Flag
from tests.contract.couriers import Pair
from tests.contract.world import Node, World, parcel, secret

STEPS = (
    "before it asks",
    "asked, not sent",
    "sent, not taken in",
    "taken in, not answered",
    "answered, not heard",
    "heard, not stored",
    "stored",
)


class Killed(BaseException):
    """The program ended here."""


class Exchange:
    """One exchange in steps, any of which may be the last that either side remembers."""

    def __init__(self, world: World, spoke: Node) -> None:
        """Nothing was asked yet."""
        self.world, self.spoke = world, spoke
        self.raw = b""
        self.visit: HubVisit | bytes = b""
        self.answer: bytes = b""
        self._session: Any = None
        self._request: Any = None
        self._came: Reply | Fault | None = None

    def step(self, name: str) -> None:
        """Go on to where `name` says that it stands."""
        world, spoke = self.world, self.spoke
        match name:
            case "asked, not sent":
                self._session, self._request = world.request_of(spoke)
            case "sent, not taken in":
                self.raw = world.sealed(spoke, self._request)
            case "taken in, not answered":
                self.visit = world.door.receive(self.raw)
            case "answered, not heard":
                visit = self.visit
                answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
                self.answer = answer or b""
            case "heard, not stored":
                self._came, self._session.hub_key = world.opened(spoke, self.answer)
            case "stored":
                for effect in self._session.receive(self._came):
                    world.do(spoke, self._session, self._request, effect)


def goes_on(exchange: Exchange, after: str) -> None:
    """What is left of an exchange whose other side was not started anew, as far as it comes."""
    for name in STEPS[STEPS.index(after) + 1 :]:
        exchange.step(name)


def write_some(world: World, leeds: Node, moorland: Node) -> None:
    """Both sides have something to say."""
    leeds.write({"label": "of Leeds"})
    leeds.write({"colour": "red"}, parcel(1))
    moorland.write({"label": "of Moorland"}, parcel(1, 7))
    world.settle(moorland)


def assert_once(world: World, leeds: Node, moorland: Node) -> None:
    """INV-01, INV-03, INV-11: all that was written counts everywhere, and once."""
    world.settle()
    assert leeds.waiting == 0
    for node in (world.hub, leeds, moorland):
        assert node.count("SELECT count(*) FROM ops WHERE flags & ?", int(Flag.PARKED)) == 0
        assert node.ops == world.hub.ops
        assert node.values()["label"] == "of Leeds"
        assert node.values(parcel(1, 7)) == {"label": "of Moorland"}
    seqs = "SELECT count(*) - count(DISTINCT life_no || ' ' || seq) FROM ops"
    assert world.hub.count(seqs) == 0
    world.assert_agreed()
    assert verify_store(world.hub.store, world._find_key).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_spoke_changes_its_key_at_every_step(pair: Pair, step: str, times: int) -> None:
    """S13: what it had sealed under the old key may still come, or be lost with its program."""
    world, leeds, moorland = pair
    write_some(world, leeds, moorland)
    exchange = Exchange(world, leeds)
    for name in STEPS[: STEPS.index(step) + 1]:
        exchange.step(name)
    for _ in range(times):
        leeds.rotate()
    if step == "sent, not taken in":
        # Under way when the key was changed, and the hub does not know of that yet.
        world.door.receive(exchange.raw)
    assert_once(world, leeds, moorland)
    assert world.hub.count("SELECT count(*) FROM key_changes") == times


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_heard", [True, False])
def test_the_hub_changes_its_key_at_every_step(pair: Pair, step: str, *, is_heard: bool) -> None:
    """S13: what it had answered under the old key may still be heard, or be lost with the line."""
    world, leeds, moorland = pair
    write_some(world, leeds, moorland)
    exchange = Exchange(world, leeds)
    for name in STEPS[: STEPS.index(step) + 1]:
        exchange.step(name)
    world.hub.rotate()
    if is_heard and step not in ("taken in, not answered", "before it asks"):
        goes_on(exchange, step)
    assert_once(world, leeds, moorland)
    for node in (leeds, moorland):
        assert node.count("SELECT count(*) FROM key_changes") == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_both_change_their_keys_at_every_step(pair: Pair, step: str) -> None:
    """S13."""
    world, leeds, moorland = pair
    write_some(world, leeds, moorland)
    exchange = Exchange(world, leeds)
    for name in STEPS[: STEPS.index(step) + 1]:
        exchange.step(name)
    world.hub.rotate()
    leeds.rotate()
    assert_once(world, leeds, moorland)


@pytest.mark.parametrize("is_committed", [True, False])
@pytest.mark.parametrize("place", ["note_keys", "ingest"])
def test_the_hub_is_killed_before_and_after_each_commit_of_a_changed_key(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, place: str, *, is_committed: bool
) -> None:
    """S13, INV-02: the change of the key and what came under it are each there or not there."""
    world, leeds, moorland = pair
    write_some(world, leeds, moorland)
    leeds.rotate()
    real: Callable[..., object] = getattr(world.hub.store, place)

    def kill(*given: object) -> object:
        if is_committed:
            real(*given)
        raise Killed

    _, request = world.request_of(leeds)
    monkeypatch.setattr(world.hub.store, place, kill)
    with pytest.raises(Killed):
        world.door.receive(world.sealed(leeds, request))
    world.hub.reopen()
    known = is_committed or place == "ingest"
    assert world.hub.count("SELECT count(*) FROM key_changes") == known
    assert_once(world, leeds, moorland)


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_spoke_is_killed_before_and_after_it_notes_the_hubs_key(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, *, is_committed: bool
) -> None:
    """S13."""
    world, leeds, moorland = pair
    write_some(world, leeds, moorland)
    world.hub.rotate()
    real = leeds.store.note_keys

    def kill(*given: Any) -> None:
        if is_committed:
            real(*given)
        raise Killed

    monkeypatch.setattr(leeds.store, "note_keys", kill)
    with pytest.raises(Killed):
        world.exchange(leeds)
    leeds.reopen()
    assert leeds.count("SELECT count(*) FROM key_changes") == is_committed
    assert_once(world, leeds, moorland)


def test_what_is_sealed_under_a_key_that_was_put_away_is_refused(pair: Pair) -> None:
    """S13: who has an old key of a node is not that node any more."""
    world, leeds, _ = pair
    _, request = world.request_of(leeds)
    old = world.sealed(leeds, request)
    leeds.rotate()
    world.settle(leeds)
    before = world.hub.ops
    with pytest.raises(BadSignature):
        world.door.receive(old)
    assert world.hub.ops == before


def test_a_hub_restored_to_before_a_change_is_told_of_it_again(pair: Pair) -> None:
    """S13, INV-01: its backup knows the old key alone; every message proves the new one."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    write_some(world, leeds, moorland)
    leeds.rotate()
    world.settle()
    world.hub.roll_back("old")
    assert_once(world, leeds, moorland)
    assert world.hub.count("SELECT count(*) FROM key_changes") == 1


def test_a_hub_that_changed_its_key_is_given_back_what_it_had_signed_before(pair: Pair) -> None:
    """S13, INV-01: manifests under its old key prove what only others hold any more."""
    world, _, _ = pair
    world.hub.keep_copy("old")
    world.hub.write({"label": "of the hub alone"}, parcel(1, 9))
    world.settle()
    world.hub.rotate()
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    assert world.hub.values(parcel(1, 9)) == {}
    world.settle()
    assert world.hub.values(parcel(1, 9)) == {"label": "of the hub alone"}
    world.assert_agreed()


def test_a_rollback_is_proved_by_names_given_under_the_old_key(pair: Pair) -> None:
    """S13: a hub rolled back behind its back after it changed its key finds that out as ever."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    write_some(world, leeds, moorland)
    world.settle()
    incarnation = world.hub.store.incarnation
    world.hub.rotate()
    world.hub.roll_back("old")
    assert_once(world, leeds, moorland)
    assert world.hub.store.incarnation != incarnation


def test_a_change_that_is_forged_or_of_another_changes_nothing(pair: Pair) -> None:
    """S13: nobody is locked out by what somebody else has signed."""
    world, leeds, moorland = pair
    moorland.rotate()
    forged = moorland.changes
    moorland.changes, leeds.changes = (), forged
    world.settle(leeds)
    assert world.hub.count("SELECT count(*) FROM key_changes") == 0
    leeds.changes, moorland.changes = (), forged
    leeds.write({"text": "goes on"}, secret(1))
    world.settle()
    assert world.hub.count("SELECT count(*) FROM key_changes") == 1


def test_an_envelope_without_changes_is_as_it_was(pair: Pair) -> None:
    """S13: the release before reads what a node sends that never changed its key."""
    world, leeds, _ = pair
    _, request = world.request_of(leeds)
    raw = world.sealed(leeds, request)
    assert raw[2] == 1
    leeds.rotate()
    _, request = world.request_of(leeds)
    changed = world.sealed(leeds, request)
    assert changed[2] == 2
    assert read_envelope(changed).changes == leeds.changes
