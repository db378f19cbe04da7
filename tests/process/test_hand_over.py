"""Somebody moves, by real programs: nothing is lost, and nothing of whoever left can be read.

Each ends with every store sound, equal to the centre in all that both hold, and with every op that
anybody was told is saved at the centre; whoever let go has no word of the person on its disk.
"""

import asyncio
from collections.abc import Iterator

import pytest

from casework.rules.scope import RELEASED_DAYS
from sync_protocol.scope import Flag
from tests.process.canaries import bodies_that_open, files_with, stores_with
from tests.process.estates import Cast, LiveEstate, files, live_estate
from tests.process.moving import (
    BACKUPS,
    Stayers,
    assert_readable,
    assert_receipted,
    bring_stayers,
    hand_over,
    namesake,
    play,
    somebody,
    until_gone,
    until_shown,
)
from throughcare import acts

pytestmark = pytest.mark.process

DAYS_CUT_OFF = 3


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveEstate]:
    with live_estate(tmp_path_factory.mktemp("hand-over") / "demo") as made:
        yield made


@pytest.fixture(scope="module")
def stayers(estate: LiveEstate) -> Stayers:
    return bring_stayers(estate)


def test_files_are_searched_as_they_lie_there(estate: LiveEstate) -> None:
    """What the other tests do not find would be found."""
    assert files_with(estate.own("LEI"), ["THROUGHCARE_NODE=LEI"]) == ["settings.env"]


def test_both_lines_up(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-05."""

    async def scene(cast: Cast) -> None:
        person = await somebody(cast.leeds, "both up")
        await namesake(cast.leeds, person)
        assert_readable(estate, "LEI", person)
        await hand_over(estate, cast.leeds, cast.moorland, person)
        await acts.note(cast.moorland, person.id, "Received.")
        assert await cast.leeds.knows(person.id), "nobody lets go before a backup holds it"
        await estate.let_go(cast.leeds, stayers["LEI"].id, person.id)
        await until_gone(estate, "LEI", person)
        assert_receipted(estate, "LEI", person)
        assert set(estate.holders(person.id)) == {"MDI"}
        assert_readable(estate, "MDI", person)
        await until_shown(estate, cast.moorland, person, 2)

    play(estate, scene)


def test_the_sender_is_cut_off_for_days_and_writes(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-01, INV-05, INV-10."""

    async def scene(cast: Cast) -> None:
        person = await somebody(cast.leeds, "sender cut off")
        await acts.send(cast.leeds, person.id, "MDI")
        await until_shown(estate, cast.moorland, person, 1)
        estate.line("LEI", "down")
        await acts.receive(cast.moorland, person.id, reason=acts.FROM_PRISON)
        before = set(cast.leeds.op_ids)
        await acts.note(cast.leeds, person.id, "He left in the morning.")
        estate.days_pass(DAYS_CUT_OFF)
        await cast.enter()
        await acts.note(cast.leeds, person.id, f"Found in his cell: {person.words[2]}.")
        await acts.note(cast.moorland, person.id, "Settling in.")
        since_ms = {one.since_ms for one in estate.not_let_go(person.id)}
        assert {one.waiting for one in estate.not_let_go(person.id)} == {None}
        await estate.until(
            lambda: estate.told_of_elsewhere("MDI", person.id) == {"LEI"},
            "the new holder knows who may have more",
        )
        assert estate.waiting("LEI") == 2
        estate.line("LEI", "up")
        await until_shown(estate, cast.moorland, person, 4)
        written = cast.leeds.op_ids - before
        assert set(estate.flags(written).values()) == {Flag.APPLIED | Flag.LATE}
        await estate.let_go(cast.leeds, stayers["LEI"].id, person.id)
        assert {one.receipt.at_ms > max(since_ms) for one in estate.receipts(person.id)} == {True}
        await until_gone(estate, "LEI", person)
        assert_receipted(estate, "LEI", person)
        await estate.until(
            lambda: not estate.told_of_elsewhere("MDI", person.id), "nobody has more of it"
        )

    play(estate, scene)


def test_the_receiver_is_cut_off(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-01, INV-05: of two who come, one was sent before the line was cut."""

    async def scene(cast: Cast) -> None:
        known = await somebody(cast.leeds, "receiver cut off")
        unknown = await somebody(cast.leeds, "receiver cut off, later")
        await acts.send(cast.leeds, known.id, "MDI")
        await until_shown(estate, cast.moorland, known, 1)
        estate.line("MDI", "down")
        await acts.send(cast.leeds, unknown.id, "MDI")
        await acts.receive(cast.moorland, known.id, reason=acts.FROM_PRISON)
        await acts.note(cast.moorland, known.id, "Received without papers.")
        assert not await cast.moorland.knows(unknown.id)
        await acts.note(cast.leeds, known.id, "His bag is still here.")
        await estate.until_sent("LEI")
        holders = estate.holders(known.id)
        assert holders == {"LEI": {"in_transit"}, "MDI": {"expected"}}
        assert estate.states("LEI", known.id) == set(), "who is nowhere yet stays here"
        estate.line("MDI", "up")
        await until_shown(estate, cast.moorland, known, 3)
        await until_shown(estate, cast.moorland, unknown, 1)
        await acts.receive(cast.moorland, unknown.id, reason=acts.FROM_PRISON)
        await estate.let_go(cast.leeds, stayers["LEI"].id, known.id, unknown.id)
        for person in (known, unknown):
            await until_gone(estate, "LEI", person)
            assert_receipted(estate, "LEI", person)
            assert estate.holders(person.id) == {"MDI": {"in_custody"}}

    play(estate, scene)


def test_there_and_back_within_the_hour(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-05: one comes back after the sender had let go, one before it could."""

    async def scene(cast: Cast) -> None:
        sealed = await somebody(cast.leeds, "there and back")
        quick = await somebody(cast.leeds, "there and back at once")
        for person in (sealed, quick):
            await hand_over(estate, cast.leeds, cast.moorland, person)
            await acts.note(cast.moorland, person.id, "Not for this prison.")
            if person is sealed:
                await estate.let_go(cast.leeds, stayers["LEI"].id, person.id)
                await until_gone(estate, "LEI", person)
        for person in (sealed, quick):
            await hand_over(estate, cast.moorland, cast.leeds, person)
            await acts.note(cast.leeds, person.id, "Back again.")
        await estate.let_go(cast.moorland, stayers["MDI"].id, sealed.id, quick.id)
        for person in (sealed, quick):
            await until_gone(estate, "MDI", person)
            assert_receipted(estate, "MDI", person)
            await until_shown(estate, cast.leeds, person, 3)
            assert_readable(estate, "LEI", person)
            assert estate.states("LEI", person.id) == set()
            assert estate.holders(person.id) == {"LEI": {"in_custody"}}

    play(estate, scene)


def test_a_release_and_what_is_purged(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-05: the unit takes over; the prison may act for ninety days and lets go then. Whoever
    left before that is purged meanwhile, and no backup of then is left.
    """

    async def scene(cast: Cast) -> None:
        gone = await somebody(cast.leeds, "gone before")
        person = await somebody(cast.leeds, "released")
        await asyncio.to_thread(estate.back_up, "LEI")
        assert [one for one in stores_with(estate.own("LEI"), gone.words) if BACKUPS in one]
        await hand_over(estate, cast.leeds, cast.moorland, gone)
        await estate.let_go(cast.leeds, stayers["LEI"].id, gone.id)
        assert not await cast.unit.knows(person.id)
        await acts.assign(cast.leeds, person.id, cast.unit, acts.day(cast.leeds, -1))
        await until_shown(estate, cast.unit, person, 1)
        await acts.release(cast.leeds, person.id)
        await acts.note(cast.unit, person.id, "First appointment kept.")
        await until_shown(estate, cast.leeds, person, 2)
        assert estate.holders(person.id) == {"LEI": {"released"}, "N55LEE": {"supervised"}}
        estate.days_pass(RELEASED_DAYS + 1)
        await cast.enter()
        await acts.note(cast.unit, person.id, "Ninety days.")
        await estate.let_go(cast.leeds, stayers["LEI"].id, person.id)
        await until_gone(estate, "LEI", person)
        assert_receipted(estate, "LEI", person)
        assert set(estate.holders(person.id)) == {"N55LEE"}
        await until_shown(estate, cast.unit, person, 3)
        await estate.until(
            lambda: {one.receipt.act for one in estate.receipts(gone.id)} == {"sealed", "purged"},
            "whoever left before is purged",
        )
        assert bodies_that_open(estate.own("LEI"), files(gone.id)[0]) == (0, 0)
        await estate.until(
            lambda: not stores_with(estate.own("LEI"), gone.words), "no backup holds a word of it"
        )
        await hand_over(estate, cast.moorland, cast.leeds, gone)
        assert_readable(estate, "LEI", gone)

    play(estate, scene)
