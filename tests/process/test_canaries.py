"""Words that may be at some nodes alone are looked for everywhere else, by real programs.

Every text of four people is a word that nobody writes. Two are in one prison each, one is at the
centre alone, and of one a victim is told at the unit. Then every file of every node is read as it
lies there, every page of every store and backup as whoever has the node's key reads it, and all
that went over the lines. Where a word may be it is found by the same search.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from sync_protocol.io.key_ring import load_key
from tests.process.canaries import files_with, marks_of, stores_with, tables_with, word
from tests.process.estates import LiveEstate
from tests.process.fleet import Fleet, made_fleet
from tests.process.moving import somebody
from tests.process.recorded import RecordedLine, recorded_lines
from throughcare import acts
from throughcare.estate import CENTRE_CODE, NodeFolder
from throughcare.making import read_sign_ins
from throughcare.terminal import ApiRefused, Terminal

pytestmark = pytest.mark.process

SPOKES = ("LEI", "MDI", "N55LEE")


class Played(msgspec.Struct, frozen=True):
    """What is left of an estate of which every program has been stopped or has fallen."""

    estate: LiveEstate
    lines: Mapping[str, RecordedLine]
    words: Mapping[str, tuple[str, ...]]
    """The words of each person, by who they are."""
    told: Mapping[str, str]
    """What programs said of themselves while they ran: their surroundings and their limits."""
    temporary: Path

    def own(self, code: str) -> NodeFolder:
        """A node's folder."""
        return self.estate.own(code)


MAY_HOLD: Mapping[str, frozenset[str]] = {
    "in Leeds": frozenset({"CENTRE", "LEI", "N55LEE"}),
    "in Moorland": frozenset({"CENTRE", "MDI"}),
    "at the centre": frozenset({"CENTRE"}),
    "a victim": frozenset({"CENTRE", "N55LEE"}),
}
FORBIDDEN = [(who, code) for who, codes in MAY_HOLD.items() for code in SPOKES if code not in codes]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """An estate in which everything happened that is looked at, and every node has a backup."""
    folder = tmp_path_factory.mktemp("canaries")
    temporary = folder / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMPDIR", "SQLITE_TMPDIR"):
            patch.setenv(name, str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        with made_fleet(folder / "estate", has_lines=True) as fleet:
            lines, words, told = asyncio.run(_play(fleet))
            estate = LiveEstate(fleet.folder)
            for node in fleet.estate.nodes:
                estate.back_up(node.code)
            # One falls, one is killed, and the others still run while they are looked at.
            os.kill(fleet.pid("LEI"), signal.SIGSEGV)
            fleet.kill("MDI")
            yield Played(estate, lines, words, told, temporary)


async def _play(
    fleet: Fleet,
) -> tuple[dict[str, RecordedLine], dict[str, tuple[str, ...]], dict[str, str]]:
    async with recorded_lines(fleet) as lines:
        fleet.start(*fleet.codes)
        await fleet.until_live(*fleet.codes)
        by_code = {code: await _enter(fleet, code) for code in fleet.codes}
        estate = LiveEstate(fleet.folder)
        try:
            words = await _write(estate, by_code)
            await estate.until_sent(*SPOKES)
        finally:
            for terminal in by_code.values():
                await terminal.close()
        told = {code: _surroundings(fleet.pid(code)) for code in fleet.codes}
    return lines, words, told


async def _enter(fleet: Fleet, code: str) -> Terminal:
    signs = read_sign_ins(fleet.folder)
    one = next(one for one in signs if (one.code, one.role) == (code, "staff"))
    return await Terminal(code, fleet.estate.node(code).url, one).enter()


async def _write(estate: LiveEstate, by_code: Mapping[str, Terminal]) -> dict[str, tuple[str, ...]]:
    leeds, unit, centre = by_code["LEI"], by_code["N55LEE"], by_code[CENTRE_CODE]
    one = await somebody(leeds, "in Leeds")
    other = await somebody(by_code["MDI"], "in Moorland")
    await acts.assign(leeds, one.id, unit, acts.day(leeds, -30))
    await estate.until(lambda: unit.knows(one.id), "the unit has who is in Leeds")
    victim = (word("a victim"),)
    await acts.add(unit, one.id, "victim_contact", {"name": victim[0], "has_opted_in": True})
    alone = tuple(word("at the centre", number) for number in range(3))
    body = {"first": alone[0], "last": alone[1], "date_of_birth": "1980-01-01", "sex": "M"}
    person = (await centre.write("/people", {**body, "confirmed": True}))["person"]
    limit = {"mode": "excluded", "start": acts.day(centre), "end": None}
    await acts.add(centre, person, "restriction", {**limit, "reason": alone[2]})
    await _go_wrong(leeds, one.id, one.words)
    exported = str(await leeds.read(f"/people/{one.id}/export", why="A copy for the court."))
    assert one.words[2] in exported
    assert victim[0] not in exported
    # Something later of everybody, so that what was to go out has gone.
    for at, later in ((leeds, one.id), (by_code["MDI"], other.id), (unit, one.id)):
        await acts.note(at, later, "The day goes on.")
    await estate.until(lambda: _is_at_centre(centre, one.id, 3), "the centre has it")
    return {
        "in Leeds": one.words,
        "in Moorland": other.words,
        "at the centre": alone,
        "a victim": victim,
    }


async def _is_at_centre(centre: Terminal, person: str, count: int) -> bool:
    return len(await centre.records(person, "case_note")) == count


async def _go_wrong(at: Terminal, person: str, words: tuple[str, ...]) -> None:
    """Requests that are refused, each with a word where a fault could say it again."""
    for path in (f"/people/{words[0]}", f"/people/{person}/records/{words[1]}", f"/x/{words[2]}"):
        with pytest.raises(ApiRefused):
            await at.read(path)
    for values in ({words[3]: 1}, {"self_harm": words[4]}, {"self_harm": [words[5]]}):
        with pytest.raises(ApiRefused):
            await acts.add(at, person, "risk", values)


def _surroundings(pid: int) -> str:
    """What anybody of the same machine may be able to read of a running program."""
    place = Path(f"/proc/{pid}")
    parts = [(place / name).read_bytes() for name in ("environ", "cmdline", "limits")]
    return b"\n".join(parts).replace(b"\0", b"\n").decode("utf-8", "replace")


@pytest.mark.parametrize("who", MAY_HOLD)
def test_where_a_word_may_be_it_is_found(played: Played, who: str) -> None:
    """S14: in pages, tables and backups, by the search that finds it nowhere else."""
    for code in sorted(MAY_HOLD[who]):
        own = played.own(code)
        found = stores_with(own, played.words[who])
        assert [one for one in found if one.startswith("backups/")], (who, code)
        assert tables_with(own, played.words[who])


def test_on_a_line_it_is_found_too(played: Played) -> None:
    """S10: whatever went to or from who may hold it can be read by the same search."""
    assert set(played.lines["LEI"].tells(played.words["in Leeds"])) == set(played.words["in Leeds"])
    assert played.lines["N55LEE"].tells(played.words["in Leeds"])
    assert played.lines["N55LEE"].tells(played.words["a victim"])
    assert played.lines["MDI"].tells(played.words["in Moorland"])


def test_in_plain_files_it_would_be_found(played: Played) -> None:
    """S14: nor does the search of files as they lie there find nothing for a reason of its own."""
    assert files_with(played.own("LEI"), ["THROUGHCARE_NODE=LEI"]) == ["settings.env"]
    planted = played.temporary / "planted"
    planted.write_text(f"x{played.words['a victim'][0]}y")
    try:
        assert _plain_files(played.temporary, played.words["a victim"]) == ["planted"]
    finally:
        planted.unlink()


@pytest.mark.parametrize(("who", "code"), FORBIDDEN)
def test_where_it_may_not_be_it_is_nowhere(played: Played, who: str, code: str) -> None:
    """S10, S24, S25: not in a page, a free page, a log of writes, the search index or a backup,
    of whoever has the node's own key; and it did not go over the node's line.
    """
    own, words = played.own(code), played.words[who]
    assert stores_with(own, words) == []
    assert tables_with(own, words) == []
    assert played.lines[code].tells(words) == []


def test_nothing_can_be_read_of_any_file_as_it_lies_there(played: Played) -> None:
    """S14, S49: of nobody, at no node, in no log, backup or temporary file, after a fall too."""
    words = [one for several in played.words.values() for one in several]
    assert _plain_files(played.estate.folder, words) == []
    assert _plain_files(played.temporary, words) == []
    assert not [code for code, told in played.told.items() if _holds(told.encode(), words)]


def test_a_program_that_falls_leaves_no_image_of_its_memory(played: Played) -> None:
    """S53: neither soft nor hard limit lets the system write one."""
    for code, told in played.told.items():
        (limit,) = [line for line in told.splitlines() if line.startswith("Max core file size")]
        assert limit.split()[4:6] == ["0", "0"], code
    assert list(played.estate.folder.rglob("core*")) == []


def test_secrets_are_in_their_own_files_alone(played: Played) -> None:
    """S53: in no argument, environment, log, store or backup; each for its owner alone."""
    for code in (CENTRE_CODE, *SPOKES):
        own = played.own(code)
        for file in (own.store_key, own.signing_key, own.box_key):
            secret = load_key(file)
            forms = [secret, secret.hex().encode()]
            assert file.stat().st_mode & 0o077 == 0
            assert not [one for one in forms if one in played.told[code].encode()]
            others = [one for one in played.estate.folder.rglob("*") if one.is_file()]
            leaks = [
                one
                for one in others
                if one != file and any(form in one.read_bytes() for form in forms)
            ]
            assert leaks == []


def _plain_files(folder: Path, words: list[str] | tuple[str, ...]) -> list[str]:
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and _holds(file.read_bytes(), words)
    )


def _holds(content: bytes, words: list[str] | tuple[str, ...]) -> bool:
    return any(mark in content.lower() for mark in marks_of(words))
