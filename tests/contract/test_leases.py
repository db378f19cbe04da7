"""S20: a node shows what it holds for as long as its hub says, by a clock that nobody puts back."""

from itertools import pairwise

import msgspec
import pytest

from sync_protocol.errors import BadManifest
from sync_protocol.io.courier import answer_by_courier, ask_by_courier, take_answer, take_requests
from sync_protocol.io.lease_keeper import LEASE_CLOCK
from sync_protocol.lease import Tenure, Term
from sync_protocol.limits import LEASE_CLOCK_STEP_MS
from sync_protocol.messages import Reply
from tests.contract.world import Node, World

DAY_MS = 86_400_000
TERM = Term("office", 30 * DAY_MS)


@pytest.fixture
def leased(world: World, leeds: Node) -> tuple[World, Node]:
    """A hub that gives leases of thirty days, and a spoke that has its first."""
    world.term = TERM
    world.hub.reopen()
    world.introduce(1)
    return world, leeds


def pass_ms(world: World, *nodes: Node, span_ms: int) -> None:
    """Time passes for everybody, by every clock."""
    for node in (world.hub, *nodes):
        node.clock.ms += span_ms
        node.ran_ms += span_ms


def tenure(node: Node) -> Tenure:
    """How a node stands."""
    return node.store.spoke.lease.tenure()


def test_a_hub_that_gives_no_leases_locks_nobody(world: World, leeds: Node) -> None:
    """S20: and a spoke that has heard of none writes nothing of it down."""
    world.introduce(1)
    assert tenure(leeds) == Tenure()
    assert not leeds.count("SELECT count(*) FROM meta WHERE name = ?", LEASE_CLOCK)


def test_the_first_contact_brings_a_lease(leased: tuple[World, Node]) -> None:
    """S20: for the role and the time that the hub grants."""
    _, leeds = leased
    told = tenure(leeds)
    assert told.lease is not None
    assert (told.lease.role, told.why_locked, told.is_short) == ("office", "", False)
    assert told.left_ms is not None
    assert TERM.length_ms - told.left_ms < 1_000


def test_a_lease_is_renewed_once_a_third_is_used_and_not_before(
    leased: tuple[World, Node],
) -> None:
    """S20: who calls every day has never less than two thirds left."""
    world, leeds = leased
    first = tenure(leeds).lease
    pass_ms(world, leeds, span_ms=9 * DAY_MS)
    world.settle(leeds)
    assert tenure(leeds).lease == first
    pass_ms(world, leeds, span_ms=DAY_MS)
    world.settle(leeds)
    second = tenure(leeds).lease
    assert second is not None
    assert first is not None
    assert second.expires_ms - first.expires_ms >= 10 * DAY_MS


def test_who_hears_nothing_is_warned_then_locked_and_goes_on_recording(
    leased: tuple[World, Node],
) -> None:
    """S20: the next contact makes everything readable again and takes in what was written."""
    world, leeds = leased
    pass_ms(world, leeds, span_ms=24 * DAY_MS)
    assert tenure(leeds).is_short
    pass_ms(world, leeds, span_ms=6 * DAY_MS)
    told = tenure(leeds)
    assert (told.why_locked, told.left_ms, told.is_short) == ("lapsed", 0, False)
    leeds.write({"label": "written while locked"})
    world.settle(leeds)
    assert tenure(leeds).why_locked == ""
    assert world.hub.values() == {"label": "written while locked"}


def test_a_clock_put_back_and_a_start_anew_lengthen_nothing(leased: tuple[World, Node]) -> None:
    """S20: what ran counts, whatever the wall says; a start costs what was written ahead."""
    world, leeds = leased
    pass_ms(world, leeds, span_ms=20 * DAY_MS)
    assert tenure(leeds).why_locked == ""
    leeds.clock.ms -= 19 * DAY_MS
    leeds.ran_ms += 9 * DAY_MS
    assert tenure(leeds).why_locked == ""
    leeds.reopen()
    leeds.ran_ms = 0
    left_ms = tenure(leeds).left_ms
    assert left_ms is not None
    assert left_ms <= DAY_MS
    leeds.reopen()
    leeds.ran_ms = DAY_MS
    leeds.store.spoke.lease.load()
    leeds.ran_ms += DAY_MS
    assert tenure(leeds).why_locked == "lapsed"


def test_a_node_that_was_off_and_is_locked_stays_locked_when_its_clock_is_put_back(
    leased: tuple[World, Node],
) -> None:
    """S20: that it has lapsed is written down once it was seen."""
    _, leeds = leased
    leeds.reopen()
    leeds.clock.ms += 40 * DAY_MS
    assert tenure(leeds).why_locked == "lapsed"
    leeds.clock.ms -= 39 * DAY_MS
    leeds.reopen()
    assert tenure(leeds).why_locked == "lapsed"


def test_killed_again_and_again_a_node_reads_no_longer(leased: tuple[World, Node]) -> None:
    """S20: each start has used at least what was shown before it, with the clock standing still."""
    _, leeds = leased
    at_ms = leeds.clock.ms
    left: list[int] = []
    for _ in range(5):
        leeds.clock.ms = at_ms
        leeds.ran_ms += LEASE_CLOCK_STEP_MS - 1
        left.append(tenure(leeds).left_ms or 0)
        leeds.reopen()
    used = [before - after for before, after in pairwise(left)]
    assert min(used) >= LEASE_CLOCK_STEP_MS - 1


def test_what_was_written_tells_how_late_it_is(leased: tuple[World, Node]) -> None:
    """S20: a clock put back after work was done takes back nothing, though nobody had read."""
    _, leeds = leased
    leeds.clock.ms += 31 * DAY_MS
    leeds.write({"label": "late"})
    leeds.clock.ms -= 30 * DAY_MS
    leeds.reopen()
    assert tenure(leeds).why_locked == "lapsed"


def test_a_clock_that_was_years_ahead_locks_until_the_hub_is_heard(
    leased: tuple[World, Node],
) -> None:
    """S20: only the hub's word puts the clock of a lease back."""
    world, leeds = leased
    leeds.clock.ms += 3_000 * DAY_MS
    assert tenure(leeds).why_locked == "lapsed"
    leeds.clock.ms -= 3_000 * DAY_MS
    assert tenure(leeds).why_locked == "lapsed"
    world.settle(leeds)
    assert tenure(leeds).why_locked == ""
    leeds.reopen()
    assert tenure(leeds).why_locked == ""


def test_an_office_whose_clock_runs_years_ahead_reads_while_its_hub_is_heard(
    leased: tuple[World, Node],
) -> None:
    """S20: and no longer than its lease once it is not."""
    world, leeds = leased
    leeds.clock.ms += 3_000 * DAY_MS
    world.settle(leeds)
    assert tenure(leeds).why_locked == ""
    leeds.reopen()
    assert tenure(leeds).why_locked == ""
    leeds.clock.ms += 31 * DAY_MS
    assert tenure(leeds).why_locked == "lapsed"


def test_a_restored_node_has_the_lease_of_its_backup_in_its_new_life(
    leased: tuple[World, Node],
) -> None:
    """S20: two lives, one lease; it lasts no longer for that, and is renewed as ever."""
    world, leeds = leased
    leeds.keep_copy("old")
    pass_ms(world, leeds, span_ms=15 * DAY_MS)
    world.settle(leeds)
    leeds.roll_back("old")
    leeds.store.note_restored()
    leeds.clock.ms += 14 * DAY_MS
    leeds.ran_ms += 14 * DAY_MS
    assert tenure(leeds).is_short
    leeds.ran_ms += 2 * DAY_MS
    leeds.clock.ms += 2 * DAY_MS
    assert tenure(leeds).why_locked == "lapsed"
    world.hub.clock.ms += 16 * DAY_MS
    world.settle(leeds)
    assert tenure(leeds).why_locked == ""


def test_a_restored_hub_renews_what_it_does_not_remember(leased: tuple[World, Node]) -> None:
    """S20: counts begin anew with an incarnation."""
    world, leeds = leased
    world.hub.store.start_incarnation()
    pass_ms(world, leeds, span_ms=12 * DAY_MS)
    before = tenure(leeds).lease
    world.settle(leeds)
    after = tenure(leeds).lease
    assert before is not None
    assert after is not None
    assert after.expires_ms > before.expires_ms


def test_a_hub_whose_clock_was_ahead_takes_back_what_it_gave(leased: tuple[World, Node]) -> None:
    """S20: a lease that ends later than any given now is replaced."""
    world, leeds = leased
    world.hub.clock.ms += 400 * DAY_MS
    pass_ms(world, leeds, span_ms=11 * DAY_MS)
    world.settle(leeds)
    world.hub.clock.ms -= 400 * DAY_MS
    world.settle(leeds)
    told = tenure(leeds)
    assert told.left_ms is not None
    assert told.left_ms <= TERM.length_ms


def test_a_lease_that_its_hub_did_not_sign_or_that_answers_another_request_is_refused(
    leased: tuple[World, Node],
) -> None:
    """S20: nobody lengthens his own, and a recorded one is worth nothing."""
    world, leeds = leased
    pass_ms(world, leeds, span_ms=15 * DAY_MS)
    session, request = world.request_of(leeds)
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    assert reply.lease is not None
    longer = msgspec.structs.replace(reply.lease, expires_ms=reply.lease.expires_ms + DAY_MS)
    earlier = msgspec.structs.replace(reply.lease, count=reply.lease.count - 1)
    for forged in (longer, earlier):
        with pytest.raises(BadManifest):
            session.receive(msgspec.structs.replace(reply, lease=forged))


def test_a_lease_comes_by_courier_as_well_and_puts_no_clock_back(
    leased: tuple[World, Node],
) -> None:
    """S20: days on the way are days of the lease."""
    world, leeds = leased
    pass_ms(world, leeds, span_ms=31 * DAY_MS)
    assert tenure(leeds).why_locked == "lapsed"
    hub_key = world.hub.signer.public_key
    asked = ask_by_courier(leeds.store, world.hub.id)
    take_requests(world.hub.store, lambda _node: leeds.signer.public_key, hub_key, asked.raw)
    answer = answer_by_courier(world.hub.store, leeds.id)
    pass_ms(world, leeds, span_ms=5 * DAY_MS)
    take_answer(leeds.store, world.hub.id, hub_key, answer.raw)
    told = tenure(leeds)
    assert told.why_locked == ""
    assert told.left_ms is not None
    assert told.left_ms <= 25 * DAY_MS + 1_000
