"""People: search, create with a look for duplicates, and the summary that opens a page."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any, Final

import msgspec

from casework.access.actions import check_writers, may
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, usual_source
from casework.desk.entry import checked_values
from casework.desk.facts import Facts, read_facts
from casework.desk.person import (
    Elsewhere,
    PersonMatch,
    SearchResult,
    Summary,
    births,
    custody_view,
    identifier_views,
    name_view,
    summary_of,
)
from casework.desk.reading_lock import is_locked
from casework.desk.sight import Sight, sight_of
from casework.desk.standing import Standing, standing_of
from casework.desk.writing import Saved, write
from casework.reference import in_use
from casework.rules.identifiers import identify
from casework.rules.rows import day_of
from sync_protocol.author import Draft
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.ids import RecordId, SubjectId, singleton_record, uuid7
from sync_protocol.io.reading import Reading, Shown

SEARCH_MAX: Final = 50
SEARCH_CHARACTERS_MAX: Final = 200
SEARCHED: Final = ("identifier", "person")
"""The kinds in which a name or a number is looked for."""
ALIKE_MAX: Final = 200
CANDIDATES_MAX: Final = 10
SIMILAR_FROM: Final = 0.8
SOMEBODY: Final = "Somebody outside this office's caseload"


class NewIdentifier(msgspec.Struct, frozen=True):
    """A number given when somebody is first recorded."""

    type: str
    value: str


class NewPerson(msgspec.Struct, frozen=True):
    """What is asked when somebody is first recorded."""

    first: str
    last: str
    middle: str | None = None
    date_of_birth: str | None = None
    sex: str | None = None
    identifiers: tuple[NewIdentifier, ...] = ()
    source: str | None = None
    """A code of the assertion sources; the kind of this place where none is given."""


class DuplicateCandidate(msgspec.Struct, frozen=True):
    """Somebody already known who may be the same; a person decides, never the machine."""

    id: SubjectId
    name: str
    date_of_birth: str | None
    why: tuple[str, ...]
    """What agrees: "identifier", "name", "date_of_birth", "similar_name"."""


class PossibleDuplicate(Refused):
    """Somebody already recorded may be the same person."""

    code = "possible_duplicate"
    hint = "Open the people listed; if it is none of them, send again with confirmed=true."

    def __init__(self, candidates: tuple[DuplicateCandidate, ...]) -> None:
        """Keep the candidates for the page or the answer."""
        super().__init__(f"{len(candidates)} candidates")
        self.candidates = candidates


class Created(msgspec.Struct, frozen=True):
    """The new person and the receipt."""

    person: SubjectId
    saved: Saved
    candidates: tuple[DuplicateCandidate, ...]


def search(desk: Desk, caller: Caller, text: str, *, limit: int = SEARCH_MAX) -> SearchResult:
    """People whose names or identifiers begin with the words of `text`.

    Whoever a restriction closes to the caller is left out, as though not there. Of whoever is
    outside the caseload it is told that somebody is there, and where.
    """
    gate.allow(desk, caller, "search")
    asked = text.strip()
    if not asked:
        return SearchResult((), is_cut=False)
    if len(asked) > SEARCH_CHARACTERS_MAX:
        raise InvalidValue(f"a search has at most {SEARCH_CHARACTERS_MAX} characters")
    room = min(limit, SEARCH_MAX)
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        found = _called(caller, reading, asked, room + 1, sight)
        reached = {one: sight.reach(one) != "outside" for one in found[:room]}
        matches = tuple(_match(desk, reading, one) for one, is_open in reached.items() if is_open)
        elsewhere = tuple(
            Elsewhere(one, place_of(desk, reading, one))
            for one, is_open in reached.items()
            if not is_open
        )
    gate.witness(desk, caller, "search", reached, detail=f"{len(reached)} shown")
    return SearchResult(matches, is_cut=len(found) > room, elsewhere=elsewhere)


def candidates(desk: Desk, caller: Caller, new: NewPerson) -> tuple[DuplicateCandidate, ...]:
    """People already known here who may be the same as `new`, likeliest first."""
    gate.allow(desk, caller, "search")
    with desk.store.reading() as reading:
        sight = sight_of(desk, caller, reading)
        alike = [
            _candidate(desk, reading, person, new)
            for person in _alike(desk, reading, new)
            if not sight.is_closed(person)
        ]
        known = [one for one in alike if one is not None]
        likeliest = sorted(known, key=lambda one: (-len(one.why), one.id))[:CANDIDATES_MAX]
        found = [
            one if sight.reach(one.id) != "outside" else _outside(desk, reading, one.id)
            for one in likeliest
        ]
    gate.witness(desk, caller, "search", [one.id for one in found], detail="duplicate candidates")
    return tuple(found)


def create(desk: Desk, caller: Caller, new: NewPerson, *, confirmed: bool = False) -> Created:
    """Record a new person; PossibleDuplicate where one may exist and nobody confirmed."""
    gate.allow(desk, caller, "write")
    # Where nothing can be read nobody can be compared: whoever is there twice is found later.
    alike = () if is_locked(desk) else candidates(desk, caller, new)
    if alike and not confirmed:
        raise PossibleDuplicate(alike)
    person = SubjectId(uuid7(desk.now_ms(), desk.chance(10)))
    drafts = [_person_draft(desk, caller, person, new)]
    drafts += [_identifier_draft(desk, caller, person, one) for one in new.identifiers]
    for draft in drafts:
        check_writers(desk.registry.known(draft.kind), draft.values, desk.place.kind)
    return Created(person, write(desk, caller, drafts), alike)


def summary(desk: Desk, caller: Caller, person: SubjectId, *, why: str = "") -> Summary:
    """What is known of a person here, or NotFound."""
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        facts = read_facts(desk, reading, person)
        shown = summary_of(desk, facts, _standing(desk, reading, facts))
    gate.witness(desk, caller, "read", (person,), why=why, detail="summary")
    return shown


def place_of(desk: Desk, reading: Reading, person: SubjectId) -> str:
    """The name of the place that has a person, as far as is known here; all that outsiders learn.

    Where they are held, or else the office of whoever is responsible for them.
    """
    facts = read_facts(desk, reading, person)
    held_at = custody_view(facts).place_name
    teams = [in_use.place_name(one.officer.team) for one in facts.responsibility.now]
    return held_at or next(iter(teams), "")


def _called(
    caller: Caller, reading: Reading, text: str, room: int, sight: Sight
) -> list[SubjectId]:
    """So many of those called so as may be told of, as though there were nobody else.

    Whoever may not be told of takes no line of the answer: a gap would tell of them. Nor is
    anything of them read: an answer that took longer would tell of them too.
    """

    def is_told(one: SubjectId) -> bool:
        is_open = sight.reach(one) != "outside" or may(caller, "break_glass")
        return is_open and not sight.is_closed(one)

    asked, before = room, -1
    while True:
        called = [one for kind in SEARCHED for one in reading.found(kind, text, asked)]
        if any(is_told(one) for one in called):
            called = people_called(reading, text, asked)
        found = [one for one in called if is_told(one)]
        if len(found) >= room or len(called) == before:
            return found[:room]
        asked, before = 4 * asked, len(called)


def _outside(desk: Desk, reading: Reading, person: SubjectId) -> DuplicateCandidate:
    """Somebody outside the caseload: neither a name nor what agrees."""
    place = place_of(desk, reading, person)
    return DuplicateCandidate(person, f"Somebody at {place}" if place else SOMEBODY, None, ())


def people_called(reading: Reading, text: str, room: int) -> list[SubjectId]:
    """Whoever has such a number, then whoever has such a name, in the order of a list of names."""
    by_name = sorted(reading.search("person", text, room), key=_as_listed)
    by_number = reading.search("identifier", text, room)
    people = [row.key.subjects[0] for row in (*by_number, *by_name)]
    return list(dict.fromkeys(people))[:room]


def _as_listed(person: Shown) -> tuple[str, str]:
    name = name_view(person)
    return name.last.casefold(), name.first.casefold()


def _match(desk: Desk, reading: Reading, person: SubjectId) -> PersonMatch:
    facts = read_facts(desk, reading, person)
    born = births(facts.person)
    return PersonMatch(
        id=person,
        name=name_view(facts.person).full,
        date_of_birth=born[0] if born else None,
        custody=custody_view(facts),
        identifiers=identifier_views(facts.identifiers),
        standing=_standing(desk, reading, facts),
    )


def _standing(desk: Desk, reading: Reading, facts: Facts) -> Standing:
    is_received = facts.custody.place == desk.place.code
    return standing_of(desk, reading, facts.id, is_received=is_received)


def _alike(desk: Desk, reading: Reading, new: NewPerson) -> Iterable[SubjectId]:
    """Everybody who shares a number, a family name or a birthday; `_candidate` looks closer."""
    people = reading.found("person", new.last, ALIKE_MAX)
    for number in new.identifiers:
        people += reading.found("identifier", _number(desk, number), SEARCH_MAX)
    if new.date_of_birth is not None:
        born = f'%"value":"{new.date_of_birth}"%'
        sql = "SELECT subject FROM person WHERE date_of_birth LIKE ? LIMIT ?"
        people += [SubjectId(row[0]) for row in reading.select(sql, (born, ALIKE_MAX))]
    return dict.fromkeys(people)


def _candidate(
    desk: Desk, reading: Reading, person: SubjectId, new: NewPerson
) -> DuplicateCandidate | None:
    """Why somebody may be the same: a number alone is enough, a name needs the birthday too."""
    facts = read_facts(desk, reading, person)
    known = name_view(facts.person)
    born = births(facts.person)
    numbers = {(view.type, view.value) for view in identifier_views(facts.identifiers)}
    likeness = _likeness(f"{known.first} {known.last}", f"{new.first} {new.last}")
    reasons = {
        "identifier": any((one.type, _number(desk, one)) in numbers for one in new.identifiers),
        "date_of_birth": new.date_of_birth is not None and new.date_of_birth in born,
        "name": likeness == 1.0,
        "similar_name": SIMILAR_FROM <= likeness < 1.0,
    }
    why = tuple(name for name, holds in reasons.items() if holds)
    is_likely = reasons["identifier"] or reasons["name"] or len(why) > 1
    if not is_likely:
        return None
    return DuplicateCandidate(person, known.full, born[0] if born else None, why)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _number(desk: Desk, number: NewIdentifier) -> str:
    this_year = int(day_of(desk.now_ms())[:4])
    return identify(number.type, number.value, this_year=this_year).value


def _person_draft(desk: Desk, caller: Caller, person: SubjectId, new: NewPerson) -> Draft:
    source = new.source or usual_source(desk.place)
    told = {"source": source, "asserted_on": day_of(desk.now_ms())}
    name = {"first": new.first, "last": new.last, "kind": "legal", **told}
    if new.middle:
        name["middle"] = new.middle
    values: dict[str, Any] = {"names": name}
    if new.date_of_birth is not None:
        values["date_of_birth"] = {"value": new.date_of_birth, **told}
    if new.sex is not None:
        values["sex"] = {"value": new.sex, **told}
    kind = desk.registry.known("person")
    return Draft(
        kind="person",
        subjects=(person,),
        record=singleton_record(person, "person"),
        values=checked_values(desk, caller, kind, values),
        happened_at=desk.now_ms(),
        seen=frozenset(),
    )


def _identifier_draft(
    desk: Desk, caller: Caller, person: SubjectId, number: NewIdentifier
) -> Draft:
    kind = desk.registry.known("identifier")
    values = {"type": number.type, "value": number.value}
    return Draft(
        kind="identifier",
        subjects=(person,),
        record=RecordId(uuid7(desk.now_ms(), desk.chance(10))),
        values=checked_values(desk, caller, kind, values),
        happened_at=desk.now_ms(),
        seen=frozenset(),
    )
