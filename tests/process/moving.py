"""What the tests of people who move have in common: who comes, who is handed over, and what is
looked for once somebody has left.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from sync_protocol.departure import claim_of_receipt
from sync_protocol.seal import check_signature
from tests.process.canaries import (
    bodies_that_open,
    boxes_that_open,
    files_with,
    stores_with,
    tables_with,
    word,
)
from tests.process.estates import Cast, LiveEstate, files, notes, receive
from throughcare import acts
from throughcare.terminal import Terminal

BACKUPS = "backups/"


class Person(msgspec.Struct, frozen=True):
    """Somebody with words of their own in every kind of record."""

    id: str
    words: tuple[str, ...]


Stayers = dict[str, Person]
"""Somebody in each prison who stays there, by the prison's code."""


def bring_stayers(estate: LiveEstate) -> Stayers:
    """Their officers work at the unit, which so holds them too."""

    async def come() -> Stayers:
        async with estate.staff() as cast:
            found = {}
            for at in (cast.leeds, cast.moorland):
                found[at.code] = await somebody(at, f"stays at {at.code}")
                day = acts.day(at, -30)
                await acts.assign(at, found[at.code].id, cast.unit, day)
        return found

    return asyncio.run(come())


def play(estate: LiveEstate, scene: Callable[[Cast], Awaitable[None]]) -> None:
    """Plays a scene and checks that everything is accounted for."""

    async def whole() -> None:
        async with estate.staff() as cast:
            await scene(cast)
        await estate.settle()

    asyncio.run(whole())


async def somebody(at: Terminal, name: str) -> Person:
    """Comes into a prison, is looked for and looked at; every text of every record holds a word."""
    words = tuple(word(name, number) for number in range(8))
    first, last, noted, added, alert, reviewed, reason, message = words
    person = await receive(at, first, last)
    note = await acts.note(at, person, f"First night. {noted}")
    path = f"/people/{person}/records/case_note/{note}/amend"
    await at.write(path, {"text": f"Added: {added}."})
    closed = await acts.alert(at, person, "RKC", f"No contact: {alert}")
    await acts.close_alert(at, person, closed, acts.day(at), f"Reviewed: {reviewed}")
    limit = {"mode": "excluded", "start": acts.day(at), "end": None}
    await acts.add(at, person, "restriction", {**limit, "reason": reason, "message": message})
    found = await at.read("/people", q=f"{first} {last}")
    assert [one["id"] for one in found["matches"]] == [person]
    await at.read(f"/people/{person}/timeline")
    return Person(person, words)


async def namesake(at: Terminal, person: Person) -> str:
    """Somebody of nearly the same name comes, whom the node takes for the other at first."""
    first, last = (f"{one[:-1]}q" for one in person.words[:2])
    body = {"first": first, "last": last, "date_of_birth": "1990-02-03", "sex": "M"}
    created = await at.write("/people", {**body, "confirmed": True})
    assert person.id in [one["id"] for one in created["candidates"]]
    other: str = created["person"]
    await acts.receive(at, other, reason=acts.NEW_FROM_COURT)
    return other


def assert_readable(estate: LiveEstate, code: str, person: Person) -> None:
    """What is looked for after the leaving is found before it."""
    own = estate.own(code)
    assert {"person", "case_note", "alert", "restriction"} <= set(tables_with(own, person.words))
    assert stores_with(own, person.words)
    there, opened = bodies_that_open(own, files(person.id)[0])
    assert there == opened > 0


def assert_gone(estate: LiveEstate, code: str, person: Person) -> None:
    """INV-05: no word of the person in any file, any table or any page, and no body that opens."""
    own = estate.own(code)
    assert files_with(own, person.words) == []
    assert tables_with(own, person.words) == []
    in_stores = stores_with(own, person.words)
    # A backup of before is let go of with the horizon of backups.
    assert [one for one in in_stores if not one.startswith(BACKUPS)] == []
    for file in files(person.id):
        assert bodies_that_open(own, file)[1] == 0
        assert boxes_that_open(own, estate.node(code).node_id, file) == 0
    assert bodies_that_open(own, files(person.id)[0])[0] > 0


async def until_gone(estate: LiveEstate, code: str, person: Person) -> None:
    """As `assert_gone`, once the write-ahead log is empty: that waits for whoever still reads."""

    def is_gone() -> bool:
        found = stores_with(estate.own(code), person.words)
        return not [one for one in found if not one.startswith(BACKUPS)]

    await estate.until(is_gone, f"no page at {code} holds a word of {person.id}", within_s=10)
    assert_gone(estate, code, person)


def assert_receipted(estate: LiveEstate, code: str, person: Person) -> None:
    """The centre keeps a receipt of each of the person's files, signed by whoever let go."""
    node = estate.node(code)
    kept = [one for one in estate.receipts(person.id) if one.node == node.node_id]
    assert {one.receipt.subject for one in kept} == set(files(person.id))
    incarnation = estate.select("CENTRE", "SELECT value FROM meta WHERE name = 'incarnation'")[0][0]
    for one in kept:
        claim = claim_of_receipt(one.receipt, incarnation, node.node_id)
        check_signature(node.key, claim, one.receipt.signature)


async def shows(at: Terminal, person: Person, count: int) -> bool:
    """Whether a node shows so many notes of a person."""
    return await notes(at, person.id) == count


async def until_shown(estate: LiveEstate, at: Terminal, person: Person, count: int) -> None:
    await estate.until(lambda: shows(at, person, count), f"{at.code} shows {count} notes")


async def hand_over(estate: LiveEstate, one: Terminal, other: Terminal, person: Person) -> None:
    """From one prison to the other, where the record is before the person comes."""
    count = await notes(one, person.id)
    await acts.send(one, person.id, other.code)
    await until_shown(estate, other, person, count)
    await acts.receive(other, person.id, reason=acts.FROM_PRISON)
