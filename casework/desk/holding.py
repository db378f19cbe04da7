"""Who holds whom, as the centre knows: each person's offices, why and since when, and who has not
let go of them.

Staff see names, but of nobody who is closed to them. An administrator reads no record: people are
ids to them, which are enough to see how long something lasts and where.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from casework.access.actions import may
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.people import people_called
from casework.desk.person import births, identifier_views, name_view
from casework.desk.sight import closed_files, sight_of
from casework.desk.standing import files_of, people_in
from casework.records.files import RESTRICTED_FILE, file_subject
from sync_protocol.errors import Refused
from sync_protocol.ids import NodeId, SubjectId, singleton_record
from sync_protocol.io.reading import Reading
from sync_protocol.io.scope_rows import NotLetGo, SignedReceipt

SHOWN_MAX: Final = 25
FOUND_MAX: Final = 50
NUMBERS_SHOWN: Final = 2


class OnlyAtCentre(Refused):
    """Only the centre knows who else holds somebody."""

    code = "only_at_centre"
    hint = "Ask the centre; GET /api/v1/departures tells of this office's own people."


class HolderView(msgspec.Struct, frozen=True):
    """An office that may hold a person: why, and since when."""

    node: NodeId
    name: str
    reasons: tuple[str, ...]
    since_ms: int


class NotLetGoView(msgspec.Struct, frozen=True):
    """An office that a person left `since_ms`, and that has not let go of them.

    `waiting` is how many entries it had still to send when it said so last (`heard_ms`); None where
    it has not been told. `contact_ms` is when it was last heard from about anything.
    """

    node: NodeId
    name: str
    since_ms: int
    waiting: int | None
    heard_ms: int | None
    contact_ms: int | None


class ReceiptView(msgspec.Struct, frozen=True):
    """A receipt: which office let go of whom, when, and of how many entries.

    `person` is None at an office: there a receipt says nothing of whose it is.
    """

    number: str
    node: NodeId
    name: str
    act: str
    at_ms: int
    count: int
    is_told: bool
    person: SubjectId | None = None


class Holding(msgspec.Struct, frozen=True):
    """Who holds one person; `shown` is None for whoever reads no record."""

    person: SubjectId
    shown: "Named | None"
    holders: tuple[HolderView, ...]
    not_let_go: tuple[NotLetGoView, ...]
    receipts: tuple[ReceiptView, ...]


class Named(msgspec.Struct, frozen=True):
    """Enough to be sure that it is the right person."""

    name: str
    date_of_birth: str | None
    numbers: tuple[str, ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the list: a name, a number or a receipt; an office; who has not let go."""

    text: str = ""
    office: NodeId | None = None
    only_not_let_go: bool = False
    after: int = 0


class WhoHoldsWhom(msgspec.Struct, frozen=True):
    """A page of people, those not let go of for longest first; `after` asks for the next one."""

    people: tuple[Holding, ...]
    not_let_go: int
    """How many people some office has not let go of."""
    after: int | None


def check_centre(desk: Desk) -> None:
    """Raise OnlyAtCentre at an office."""
    if desk.place.kind != "centre":
        raise OnlyAtCentre


def holders_of(desk: Desk, caller: Caller, person: SubjectId) -> Holding:
    """Who holds a person, who has not let go, and the receipts of whoever has."""
    gate.allow(desk, caller, "see_estate")
    check_centre(desk)
    with desk.store.reading() as reading:
        gate_check(desk, caller, reading, person)
        shown = _holding(desk, caller, reading, person)
    gate.witness(desk, caller, "read", (person,), detail="holders")
    return shown


def gate_check(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> None:
    """As `gate.check_person`; whoever reads no record is refused nobody, and told no name."""
    if may(caller, "read"):
        gate.check_person(desk, caller, reading, person)


def who_holds_whom(desk: Desk, caller: Caller, wanted: Wanted) -> WhoHoldsWhom:
    """The people of the estate and who holds them, those not let go of for longest first."""
    gate.allow(desk, caller, "see_estate")
    check_centre(desk)
    with desk.store.reading() as reading:
        late = not_let_go(desk, caller, reading)
        people, is_more = _asked(desk, caller, reading, wanted, late)
        shown = tuple(_holding(desk, caller, reading, one) for one in people)
    gate.witness(desk, caller, "read", people, detail="who holds whom")
    return WhoHoldsWhom(shown, len(late), wanted.after + SHOWN_MAX if is_more else None)


def count_not_let_go(desk: Desk, caller: Caller) -> int:
    """How many people some office has not let go of."""
    gate.allow(desk, caller, "see_estate")
    with desk.store.reading() as reading:
        return len(not_let_go(desk, caller, reading))


def not_let_go(desk: Desk, caller: Caller, reading: Reading) -> list[SubjectId]:
    """The people whom some office has not let go of, the longest first."""
    subjects = [one.subject for one in reading.scope.not_let_go()]
    return open_people(desk, caller, reading, people_of(reading, subjects))


def receipt_view(desk: Desk, one: SignedReceipt, *, whose: bool) -> ReceiptView:
    """A receipt as it is shown; `whose` says whether it may be told."""
    return ReceiptView(
        number=one.number,
        node=one.node,
        name=node_name(desk, one.node),
        act=one.receipt.act,
        at_ms=one.receipt.at_ms,
        count=one.receipt.count,
        is_told=one.is_told or desk.place.kind == "centre",
        person=one.receipt.subject if whose else None,
    )


def not_let_go_views(desk: Desk, reading: Reading, person: SubjectId) -> tuple[NotLetGoView, ...]:
    """The offices that have not let go of either file of a person, the longest first."""
    contacts = reading.scope.contacts()
    by_node: dict[NodeId, list[NotLetGo]] = {}
    for file in files_of(person):
        for one in reading.scope.not_let_go(file):
            by_node.setdefault(one.node, []).append(one)
    views = [_not_let_go_view(desk, files, contacts) for files in by_node.values()]
    return tuple(sorted(views, key=lambda one: (one.since_ms, one.node)))


def _not_let_go_view(
    desk: Desk, files: Sequence[NotLetGo], contacts: dict[NodeId, int]
) -> NotLetGoView:
    node = files[0].node
    told = [one.waiting for one in files if one.waiting is not None]
    return NotLetGoView(
        node=node,
        name=node_name(desk, node),
        since_ms=min(one.since_ms for one in files),
        waiting=sum(told) if told else None,
        heard_ms=max((one.heard_ms for one in files if one.heard_ms is not None), default=None),
        contact_ms=contacts.get(node),
    )


def _holding(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> Holding:
    open_file, _ = files_of(person)
    return Holding(
        person=person,
        shown=named(reading, person) if may(caller, "read") else None,
        holders=tuple(
            HolderView(
                node=one.node,
                name=node_name(desk, one.node),
                reasons=tuple(sorted(one.reasons)),
                since_ms=one.since_ms,
            )
            for one in reading.scope.holding(open_file)
        ),
        not_let_go=not_let_go_views(desk, reading, person),
        receipts=tuple(
            receipt_view(desk, one, whose=True) for one in reading.scope.receipts(open_file)
        ),
    )


def named(reading: Reading, person: SubjectId) -> Named:
    """Who a person is, for a list."""
    shown = reading.record(gate.PERSON, (person,), singleton_record(person, gate.PERSON))
    born = births(shown)
    numbers = identifier_views(reading.records("identifier", person))
    return Named(
        name_view(shown).full,
        born[0] if born else None,
        tuple(one.value for one in numbers[:NUMBERS_SHOWN]),
    )


def _asked(
    desk: Desk, caller: Caller, reading: Reading, wanted: Wanted, late: list[SubjectId]
) -> tuple[list[SubjectId], bool]:
    """The people of one page of the answer, and whether there are more."""
    if wanted.text:
        people = _searched(desk, caller, reading, wanted.text)
        first = [one for one in late if one in people]
        people = [*first, *(one for one in people if one not in first)]
    elif wanted.only_not_let_go:
        people = late
    else:
        return _everybody(desk, caller, reading, wanted)
    if wanted.office is not None:
        people = [one for one in people if wanted.office in _offices_of(reading, one)]
    end = wanted.after + SHOWN_MAX
    return people[wanted.after : end], end < len(people)


HELD_BY: Final = (
    " JOIN subjects s ON s.subject = p.subject JOIN grants g ON g.subject_no = s.subject_no"
    " AND g.node = ?"
)
_PEOPLE: Final = "SELECT p.subject FROM person p"
_PAGE: Final = " ORDER BY p.rowid DESC LIMIT ? OFFSET ?"


def _everybody(
    desk: Desk, caller: Caller, reading: Reading, wanted: Wanted
) -> tuple[list[SubjectId], bool]:
    """Everybody, or everybody of an office, as the centre came to know them, the last first."""
    sql = _PEOPLE if wanted.office is None else _PEOPLE + HELD_BY
    named = () if wanted.office is None else (wanted.office,)
    # Whoever is refused somebody counts those who are left: a short page would tell of the others.
    is_refused = may(caller, "read") and bool(closed_files(desk, caller, reading))
    room = (-1, 0) if is_refused else (SHOWN_MAX + 1, wanted.after)
    rows = reading.select(sql + _PAGE, (*named, *room))
    people = [SubjectId(row[0]) for row in rows]
    if is_refused:
        people = open_people(desk, caller, reading, people)
        people = people[wanted.after : wanted.after + SHOWN_MAX + 1]
    return people[:SHOWN_MAX], len(people) > SHOWN_MAX


def _searched(desk: Desk, caller: Caller, reading: Reading, text: str) -> list[SubjectId]:
    """Whoever has such a name or number, and whoever such a receipt is about."""
    people = people_of(reading, reading.scope.receipts_numbered(text))
    if may(caller, "read"):
        people = list(dict.fromkeys([*people, *people_called(reading, text, FOUND_MAX)]))
    return open_people(desk, caller, reading, people)


def _offices_of(reading: Reading, person: SubjectId) -> set[NodeId]:
    late = {one.node for file in files_of(person) for one in reading.scope.not_let_go(file)}
    return late | set(reading.holders(person))


def people_of(reading: Reading, subjects: Iterable[SubjectId]) -> list[SubjectId]:
    """The people whose files these are, in the same order."""
    files = people_in(subjects)
    if all(_is_person(reading, one) for one in files):
        return files
    # A restricted file alone says nothing of whose it is: everybody's is looked at.
    rows = reading.select("SELECT subject FROM person")
    owners = {file_subject(SubjectId(row[0]), RESTRICTED_FILE): SubjectId(row[0]) for row in rows}
    return list(dict.fromkeys(owners.get(one, one) for one in files))


def _is_person(reading: Reading, subject: SubjectId) -> bool:
    return bool(reading.select("SELECT 1 FROM person WHERE subject = ?", (subject,)))


def open_people(
    desk: Desk, caller: Caller, reading: Reading, people: Iterable[SubjectId]
) -> list[SubjectId]:
    """Those who are open to the caller; to whoever reads no record nobody has a name."""
    if not may(caller, "read"):
        return list(people)
    sight = sight_of(desk, caller, reading)
    return [one for one in people if sight.is_listed(one)]
