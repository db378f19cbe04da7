"""What goes wrong where people move, by real programs: somebody is received twice, stores are
restored and copied, a list is emptied. Nothing is lost, and nothing of whoever left can be read.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casework.desk.held_back import seen_of
from server.services.scope import Decision, cancel_leaves, confirm_leaves, held_leaves
from sync_protocol.io.op_store import OpStore
from sync_protocol.limits import LEAVES_FLOOR
from tests.process.canaries import tables_with
from tests.process.estates import Cast, LiveEstate, files, live_estate, notes
from tests.process.moving import (
    Person,
    Stayers,
    assert_readable,
    assert_receipted,
    bring_stayers,
    hand_over,
    play,
    shows,
    somebody,
    until_gone,
    until_shown,
)
from tests.process.programs import run
from throughcare import acts
from throughcare.estate import NodeFolder
from throughcare.stores import duties_of, open_store, paths_of
from throughcare.terminal import Terminal

pytestmark = pytest.mark.process

Decide = Callable[[OpStore, Decision], int]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveEstate]:
    with live_estate(tmp_path_factory.mktemp("setbacks") / "demo") as made:
        yield made


@pytest.fixture(scope="module")
def stayers(estate: LiveEstate) -> Stayers:
    return bring_stayers(estate)


def test_a_reception_where_nobody_knew_the_person(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-01, INV-05: the line is cut, so a second record is opened; the centre says who it is."""

    async def scene(cast: Cast) -> None:
        estate.line("MDI", "down")
        known = await somebody(cast.leeds, "known elsewhere")
        await acts.send(cast.leeds, known.id, "MDI")
        assert not await cast.moorland.knows(known.id)
        again = await somebody(cast.moorland, "known nowhere")
        await estate.until_sent("LEI")
        estate.line("MDI", "up")
        await until_shown(estate, cast.moorland, known, 1)
        await estate.until(lambda: cast.centre.knows(again.id), "the centre has the other record")
        same = {"claim": "same_as", "reason": "Fingerprints.", "status": "open"}
        link = {"values": same, "other": again.id}
        await cast.centre.write(f"/people/{known.id}/records/person_link", link)
        await until_shown(estate, cast.leeds, again, 1)
        assert estate.holders(again.id) == {"LEI": {"linked"}, "MDI": {"in_custody"}}
        await acts.receive(cast.moorland, known.id, reason=acts.FROM_PRISON)
        await estate.let_go(cast.leeds, stayers["LEI"].id, known.id, again.id)
        for person in (known, again):
            await until_gone(estate, "LEI", person)
            assert_receipted(estate, "LEI", person)
            assert set(estate.holders(person.id)) == {"MDI"}

    play(estate, scene)


def test_the_centre_and_a_prison_are_both_restored(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-01, INV-05: to yesterday; what both lost is given back by the unit and the other prison,
    and who had left since is let go of again.
    """

    async def scene(cast: Cast) -> None:
        stays = stayers["LEI"]
        moves = await somebody(cast.leeds, "moves before the restore")
        await until_shown(estate, cast.unit, stays, await notes(cast.leeds, stays.id))
        await estate.until_sent("LEI")
        yesterday = {code: estate.back_up(code) for code in ("CENTRE", "LEI")}
        estate.days_pass(1)
        await cast.enter()

        new = await somebody(cast.leeds, "new since the backup")
        await acts.assign(cast.leeds, new.id, cast.unit, acts.day(cast.leeds, -1))
        await acts.note(cast.leeds, stays.id, "Since the backup.")
        await hand_over(estate, cast.leeds, cast.moorland, moves)
        await acts.note(cast.moorland, moves.id, "Received.")
        await estate.let_go(cast.leeds, stays.id, moves.id)
        await until_gone(estate, "LEI", moves)
        count = await notes(cast.leeds, stays.id)
        for person, shown in ((stays, count), (new, 1)):
            await until_shown(estate, cast.unit, person, shown)

        for code, backup in yesterday.items():
            estate.stop(code)
            estate.restore(code, backup)
        for code in yesterday:
            estate.start(code)
        await cast.enter()
        await estate.until(estate.has_recovered, "every node has offered all")
        for person, shown in ((stays, count), (new, 1)):
            await until_shown(estate, cast.leeds, person, shown)
        await estate.let_go(cast.leeds, stays.id, moves.id)
        await until_gone(estate, "LEI", moves)
        assert set(estate.holders(moves.id)) == {"MDI"}
        await until_shown(estate, cast.moorland, moves, 2)
        await acts.note(cast.leeds, stays.id, "After the restore.")
        await until_shown(estate, cast.unit, stays, count + 2)

    play(estate, scene)


def test_a_prison_is_cloned(estate: LiveEstate, stayers: Stayers, tmp_path: Path) -> None:
    """INV-01, INV-05, INV-08: its folder is copied, and both run in turn; each lets go."""
    twin = tmp_path / "twin"

    async def change_places(cast: Cast) -> None:
        own, aside = estate.own("LEI").path, tmp_path / "aside"
        estate.stop("LEI")
        own.rename(aside)
        twin.rename(own)
        aside.rename(twin)
        estate.start("LEI")
        await cast.leeds.enter()

    async def writes(cast: Cast, text: str) -> None:
        before = await notes(cast.centre, stayers["LEI"].id)
        await acts.note(cast.leeds, stayers["LEI"].id, text)
        await until_shown(estate, cast.centre, stayers["LEI"], before + 1)

    async def scene(cast: Cast) -> None:
        moves = await somebody(cast.leeds, "moves from the twins")
        await estate.until_sent("LEI")
        estate.stop("LEI")
        shutil.copytree(estate.own("LEI").path, twin)
        estate.start("LEI")

        await writes(cast, "The first has written this.")
        await hand_over(estate, cast.leeds, cast.moorland, moves)
        await estate.let_go(cast.leeds, stayers["LEI"].id, moves.id)
        await until_gone(estate, "LEI", moves)
        assert "case_note" in tables_with(NodeFolder(twin), moves.words)
        await change_places(cast)
        await writes(cast, "The copy has written this.")
        await estate.until_handed_over("LEI", moves.id)
        await asyncio.to_thread(estate.back_up)
        await writes(cast, "The copy has written this too.")
        await estate.until_sealed("LEI", moves.id)
        await until_gone(estate, "LEI", moves)
        await change_places(cast)
        await writes(cast, "The first goes on.")
        await estate.until(
            lambda: shows_as_centre(cast, stayers["LEI"]), "the first has what the copy wrote"
        )
        await estate.settle()
        await change_places(cast)
        await writes(cast, "And the copy does.")
        assert len(receipts_of_lives(estate, moves)) == 2
        await until_gone(estate, "LEI", moves)
        assert tables_with(NodeFolder(twin), moves.words) == []

    play(estate, scene)


async def shows_as_centre(cast: Cast, person: Person) -> bool:
    return await shows(cast.leeds, person, await notes(cast.centre, person.id))


def receipts_of_lives(estate: LiveEstate, person: Person) -> set[bytes]:
    """The lives in which a node said that it has let go of a person."""
    return {one.receipt.life for one in estate.receipts(person.id)}


def test_the_power_fails_while_a_prison_lets_go(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-02, INV-05: as soon as one file is sealed, whatever of it is on the disk by then."""

    async def scene(cast: Cast) -> None:
        person = await somebody(cast.leeds, "the power fails")
        await hand_over(estate, cast.leeds, cast.moorland, person)
        await estate.until_handed_over("LEI", person.id)
        await asyncio.to_thread(estate.back_up)
        await acts.note(cast.leeds, stayers["LEI"].id, "The day goes on.")
        await estate.until(lambda: "sealed" in estate.states("LEI", person.id), "a file is sealed")
        estate.stop("LEI")
        estate.start("LEI")
        await estate.until_sealed("LEI", person.id)
        await estate.until(lambda: not estate.not_let_go(person.id), "the centre has the receipts")
        await until_gone(estate, "LEI", person)
        assert_receipted(estate, "LEI", person)
        assert_readable(estate, "MDI", person)

    play(estate, scene)


def test_an_emptied_list_empties_no_prison(estate: LiveEstate, stayers: Stayers) -> None:
    """INV-05: of a whole wing that is moved an administrator is asked; of a list that was emptied
    by mistake as well, who then says no.
    """

    async def scene(cast: Cast) -> None:
        first = await somebody(cast.leeds, "first of a wing")
        wing = [first.id, *[await come(cast.leeds, number) for number in range(LEAVES_FLOOR)]]
        for person in wing:
            await acts.send(cast.leeds, person, "MDI")
        await estate.until(lambda: cast.moorland.knows(wing[-1]), "the other prison has them")
        estate.line("MDI", "down")
        for person in wing:
            await acts.receive(cast.moorland, person, reason=acts.FROM_PRISON)
        estate.line("MDI", "up")
        await estate.until_sent("MDI")
        assert held_back(estate, "LEI") == files_of_all(wing)
        assert await cast.leeds.knows(wing[-1]), "nobody leaves before somebody has looked"
        assert decide(estate, "LEI", confirm_leaves) == 2 * len(wing)
        await acts.note(cast.leeds, stayers["LEI"].id, "A wing was moved.")
        await estate.let_go(cast.leeds, stayers["LEI"].id, *wing)
        await until_gone(estate, "LEI", first)

        estate.days_pass(1)
        await cast.enter()
        empty_the_list(estate)
        await touch_all(estate, cast.moorland, wing)
        assert held_back(estate, "MDI") == files_of_all(wing)
        assert decide(estate, "MDI", cancel_leaves) == 2 * len(wing)
        assert not estate.states("MDI", wing[0])
        mend_the_list(estate)
        await touch_all(estate, cast.moorland, wing)
        assert held_back(estate, "MDI") == set()
        assert {who for one in wing for who in estate.holders(one)} == {"LEI", "MDI"}
        assert decide(estate, "LEI", confirm_leaves) == 2 * len(wing)
        await acts.note(cast.leeds, stayers["LEI"].id, "They never came back.")
        await estate.let_go(cast.leeds, stayers["LEI"].id, *wing)
        await until_gone(estate, "LEI", first)
        assert_readable(estate, "MDI", first)
        assert {who for one in wing for who in estate.holders(one)} == {"MDI"}

    play(estate, scene)


async def come(at: Terminal, number: int) -> str:
    """Somebody comes into a prison, and has no cell yet."""
    body = {"first": "Wing", "last": f"Member{number}", "date_of_birth": "1990-02-03", "sex": "M"}
    created = await at.write("/people", {**body, "confirmed": True})
    person: str = created["person"]
    await acts.receive(at, person, reason=acts.NEW_FROM_COURT)
    return person


async def touch_all(estate: LiveEstate, at: Terminal, people: list[str]) -> None:
    """Another name of each is noted, in one exchange: the centre asks anew who may hold them."""
    estate.line(at.code, "down")
    for person in people:
        (shown,) = await at.records(person, "person")
        (name, *_) = shown["values"]["names"]
        alias = {**name, "kind": "alias", "first": "Also"}
        path = f"/people/{person}/records/person/{shown['record']}"
        await at.change(path, {"values": {"names": alias}, "seen": shown["seen"]})
    estate.line(at.code, "up")
    await estate.until_sent(at.code)


@contextmanager
def hub_store(estate: LiveEstate) -> Iterator[OpStore]:
    """The centre's store, beside the running centre."""
    hub, clock = estate.node("CENTRE"), estate.clock("CENTRE")
    paths, duties = paths_of(estate.own("CENTRE")), duties_of(estate.estate, clock)
    store = open_store(paths, hub, duties, clock=clock)
    try:
        yield store
    finally:
        store.close()


def held_back(estate: LiveEstate, code: str) -> set[bytes]:
    """The files whose leave of this node waits for an administrator."""
    node = estate.node(code).node_id
    with hub_store(estate) as store:
        return {bytes(one.subject) for one in held_leaves(store) if one.node == node}


def files_of_all(people: list[str]) -> set[bytes]:
    return {bytes(file) for person in people for file in files(person)}


def decide(estate: LiveEstate, code: str, act: Decide) -> int:
    """An administrator of the centre has looked; how many files that concerned."""
    administrator = estate.sign_in("CENTRE", "administrator").staff_id
    node = estate.node(code).node_id
    with hub_store(estate) as store:
        shown = seen_of(one.subject for one in held_leaves(store) if one.node == node)
        return act(store, Decision(node, administrator, "Looked at.", shown))


def empty_the_list(estate: LiveEstate) -> None:
    """By a mistake nobody noticed: what the centre reads to tell who is where holds nothing."""
    estate.stop("CENTRE")
    with estate.reading("CENTRE") as connection:
        connection.execute("DELETE FROM movement")
    estate.start("CENTRE")


def mend_the_list(estate: LiveEstate) -> None:
    estate.stop("CENTRE")
    said = run("repair", "--dir", str(estate.folder), "--node", "CENTRE")
    assert said.returncode == 0, said.stderr
    assert "What is shown was made anew" in said.stdout
    estate.start("CENTRE")
