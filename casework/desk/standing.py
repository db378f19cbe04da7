"""Where a person stands at this office: on the way here, here, on the way out, or gone.

Only from what this node was told and what it holds. Of whoever is gone nothing is left but the
receipt: its number and when.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.sight import sight_of
from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.scope import EXPECTED, IN_CUSTODY
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.io.scope_rows import Leaving, SignedReceipt
from sync_protocol.scope import NO_REASON
from sync_protocol.snapshot import Part

State = Literal["arriving", "here", "leaving", "centre"]

Lacks = Literal["nothing", "rest", "safety"]

ALL_HERE: Final = frozenset({None, Part.HISTORY, Part.DONE})
LEFT_SHOWN_MAX: Final = 50
ONE_BY_ONE_MAX: Final = 40


class Standing(msgspec.Struct, frozen=True):
    """Where a person stands at this office, and why.

    Of somebody who leaves: since when they are no longer this office's, and how many entries
    written here have still to reach the centre. `lacks` says what of the record is still coming.
    """

    state: State
    reasons: tuple[str, ...] = ()
    since_ms: int | None = None
    waiting: int = 0
    lacks: Lacks = "nothing"
    is_received: bool = False
    """Whether this office's own book holds them, whatever the centre has heard of it."""


class HeldElsewhere(msgspec.Struct, frozen=True):
    """Another office that has not let go of a person yet: entries may be on their way from it.

    `silent_ms` is since when the centre has heard nothing from it; 0 where it is in contact.
    """

    node: NodeId
    name: str
    since_ms: int
    silent_ms: int = 0


class LeavingPerson(msgspec.Struct, frozen=True):
    """Somebody who is no longer this office's, and has not been let go of."""

    person: SubjectId
    standing: Standing


class LeftLine(msgspec.Struct, frozen=True):
    """A receipt of somebody who left: nothing in it says who.

    `is_told` where the centre has it; `purged_ms` since when nothing is left to be opened.
    """

    number: str
    at_ms: int
    is_told: bool
    purged_ms: int | None = None


class Left(msgspec.Struct, frozen=True):
    """A page of receipts, the newest first; `after` asks for the next page, None at the end."""

    lines: tuple[LeftLine, ...]
    after: int | None


def standings(
    desk: Desk, reading: Reading, received: Mapping[SubjectId, bool]
) -> dict[SubjectId, Standing]:
    """Where each of these people stands; of each, whether this office's book says it holds them."""
    if desk.place.kind == "centre":
        return dict.fromkeys(received, Standing("centre"))
    scope = reading.scope
    own, parts = scope.reasons_at(desk.node.id, received), scope.parts(received)
    # Of few people each is asked about; whoever asks about many reads all that leave.
    is_few = len(received) <= ONE_BY_ONE_MAX
    found = _leaving(reading, received) if is_few else _leaving(reading)
    leaving = {one.person: one.standing for one in found}
    return {
        person: leaving.get(person)
        or _held(own.get(person, NO_REASON), parts.get(person), is_received=is_received)
        for person, is_received in received.items()
    }


def standing_of(desk: Desk, reading: Reading, person: SubjectId, *, is_received: bool) -> Standing:
    """Where one person stands."""
    return standings(desk, reading, {person: is_received})[person]


def is_leaving(desk: Desk, reading: Reading, person: SubjectId) -> bool:
    """Whether somebody is no longer this office's, and has not been let go of yet."""
    return desk.place.kind != "centre" and bool(_leaving(reading, (person,)))


def leaving_people(desk: Desk, caller: Caller, reading: Reading) -> tuple[LeavingPerson, ...]:
    """Whoever is being let go of and is open to the caller, the longest first."""
    sight = sight_of(desk, caller, reading)
    # The restricted file leaves after the open one: alone it names nobody.
    found = [
        one
        for one in _leaving(reading)
        if sight.is_listed(one.person) and gate.is_known(reading, one.person)
    ]
    return tuple(sorted(found, key=lambda one: (one.standing.since_ms or 0, one.person)))


def elsewhere(desk: Desk, caller: Caller, person: SubjectId) -> tuple[HeldElsewhere, ...]:
    """The other offices that have not let go of a person, as this node was told."""
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        found = [one for file in files_of(person) for one in reading.scope.elsewhere(file)]
    views = [
        HeldElsewhere(
            node=node,
            name=node_name(desk, node),
            since_ms=min(one.since_ms for one in found if one.node == node),
            silent_ms=max(one.silent_ms for one in found if one.node == node),
        )
        for node in {one.node for one in found}
    ]
    return tuple(sorted(views, key=lambda one: (one.since_ms, one.node)))


def left(desk: Desk, caller: Caller, *, after: int = 0, limit: int = LEFT_SHOWN_MAX) -> Left:
    """The receipts of whoever left this office."""
    gate.allow(desk, caller, "see_boards")
    with desk.store.reading() as reading:
        found = [one for one in reading.scope.receipts() if one.node == desk.node.id]
    lines = _left_lines(found)
    page = tuple(lines[after : after + limit])
    return Left(page, after + limit if after + limit < len(lines) else None)


def files_of(person: SubjectId) -> tuple[SubjectId, SubjectId]:
    """The files of a person that an office may hold: the open and the restricted one."""
    return person, file_subject(person, RESTRICTED_FILE)


def people_in(subjects: Iterable[SubjectId]) -> list[SubjectId]:
    """The people whose files these are: of somebody both of whose files are named, one."""
    named = list(dict.fromkeys(subjects))
    restricted = {file_subject(one, RESTRICTED_FILE) for one in named}
    return [one for one in named if one not in restricted]


def _leaving(reading: Reading, people: Iterable[SubjectId] | None = None) -> list[LeavingPerson]:
    """Those of these people, or of all, who are being let go of."""
    scope = reading.scope
    rows = (
        scope.leaving(is_open=True)
        if people is None
        else [
            row
            for person in people
            for file in files_of(person)
            for row in scope.leaving(file, is_open=True)
        ]
    )
    by_subject: dict[SubjectId, Leaving] = {one.subject: one for one in rows}
    found = []
    for person in people_in(by_subject):
        files = [by_subject[file] for file in files_of(person) if file in by_subject]
        waiting = sum(file.waiting for file in files)
        since_ms = min(file.since_ms for file in files)
        found.append(LeavingPerson(person, Standing("leaving", (), since_ms, waiting)))
    return found


def _held(reasons: frozenset[str], part: Part | None, *, is_received: bool) -> Standing:
    """Expected and received nowhere here: on the way, whatever else is a reason as well."""
    is_arriving = EXPECTED in reasons and IN_CUSTODY not in reasons and not is_received
    state: State = "arriving" if is_arriving else "here"
    lacks: Lacks = "safety" if part is Part.SAFETY else "rest"
    return Standing(
        state,
        tuple(sorted(reasons)),
        lacks="nothing" if part in ALL_HERE else lacks,
        is_received=is_received,
    )


def _left_lines(receipts: list[SignedReceipt]) -> list[LeftLine]:
    """One line for each person and leave: the receipt of their open file."""
    purged = {
        (one.receipt.subject, one.receipt.ends): one.receipt.at_ms
        for one in receipts
        if one.receipt.act == "purged"
    }
    sealed = [one for one in receipts if one.receipt.act == "sealed"]
    people = set(people_in(one.receipt.subject for one in sealed))
    return [
        LeftLine(
            number=one.number,
            at_ms=one.receipt.at_ms,
            is_told=one.is_told,
            purged_ms=purged.get((one.receipt.subject, one.receipt.ends)),
        )
        for one in sealed
        if one.receipt.subject in people
    ]
