"""What the hub asks after a movement, an allocation or a link: which nodes may hold whom.

The rules decide (`casework.rules.scope`); this reads what they need from the hub's own store,
inside the transaction that takes the change in.
"""

from collections.abc import Callable, Iterator
from typing import Final

from casework.desk.officers import responsibility_of
from casework.records.files import RESTRICTED_FILE, VICTIM_FILE, file_subject
from casework.rules.courses import courses
from casework.rules.links import Group, groups_of
from casework.rules.rows import day_of
from casework.rules.scope import (
    PersonRows,
    Places,
    Reason,
    WhoWorks,
    reasons_for,
    scopes,
    with_links,
    without_the_refused,
)
from sync_protocol.ids import SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.io.store_core import Holders
from sync_protocol.merge import Row

CUSTODY_KINDS: Final = ("movement", "release", "recall")
DELIVERY_KINDS: Final = ("referral", "programme", "intervention_session")
PERSONS_KINDS: Final = frozenset(
    {"person", *CUSTODY_KINDS, "offender_manager", "person_link", *DELIVERY_KINDS}
)
SITE_KINDS: Final = frozenset({"post"})
SCOPE_KINDS: Final = PERSONS_KINDS | SITE_KINDS
SCOPE_KINDS_OF_STAFF: Final = SCOPE_KINDS | {"restriction"}
"""Where it is known who works where; else a restriction changes nothing of who holds whom."""

WorksOf = Callable[[Reading], WhoWorks | None]


def nobody_knows(_reading: Reading) -> WhoWorks | None:
    """Where nothing says who works where."""
    return None


def holders_by(
    places: Places, now_ms: Callable[[], int], works: WorksOf = nobody_knows
) -> Callable[[Reading, SubjectId], Holders]:
    """The function that a hub's store asks, of any file of a person.

    `works` says who works where, so that a restricted person is held only where somebody may open
    them; by default nobody knows, and restrictions are applied where the person is held.

    It answers for all files of everybody linked to the person, and for what is of a place or of the
    estate; of what is nobody's file it says nothing, and then all stays as it is.
    """

    def holders(reading: Reading, file: SubjectId) -> Holders:
        of_site = places.of_site(file)
        if of_site is not None:
            return {file: of_site}
        if any(reading.rows(kind, file) for kind in sorted(SITE_KINDS)):
            # A place without a node of its own, as the centre is: nobody else holds it.
            return {}
        person = _person_of(reading, file)
        if person is None:
            return {}
        group = _group_of(reading, person)
        as_of_ms = now_ms()
        reasons: dict[SubjectId, frozenset[Reason]] = {
            member: reasons_for(_rows_of(reading, member, as_of_ms), places, as_of_ms=as_of_ms)
            for member in group.members
        }
        spread = with_links(reasons, dict.fromkeys(group.members, group))
        known = works(reading)
        if known is None:
            return scopes(spread)
        rows = [
            row
            for member in group.members
            for row in reading.rows("restriction", file_subject(member, RESTRICTED_FILE))
        ]
        return scopes(without_the_refused(spread, rows, known, day_of(as_of_ms)), known)

    return holders


def restricted_people(reading: Reading) -> list[SubjectId]:
    """Whoever has a restriction, in force or not: of whom it is asked again once a day, since one
    begins and ends by the day, and whenever somebody comes to work at a place or leaves it.
    """
    files = {row.key.subjects[0] for row in reading.records_of_all("restriction")}
    rows = reading.select("SELECT subject FROM person") if files else []
    people = (SubjectId(row[0]) for row in rows)
    return [one for one in people if file_subject(one, RESTRICTED_FILE) in files]


def _person_of(reading: Reading, file: SubjectId) -> SubjectId | None:
    """Whose file it is; only a search among all people tells it of one that is not open."""
    if any(reading.rows(kind, file) for kind in sorted(PERSONS_KINDS)):
        return file
    people = (SubjectId(row[0]) for row in reading.select("SELECT DISTINCT subject FROM person"))
    return next((one for one in people if file in _not_open(one)), None)


def _not_open(person: SubjectId) -> tuple[SubjectId, SubjectId]:
    return file_subject(person, RESTRICTED_FILE), file_subject(person, VICTIM_FILE)


def _group_of(reading: Reading, person: SubjectId) -> Group:
    """The person's group, found by following links from record to record."""
    links: dict[bytes, Row] = {}
    waiting, seen = [person], {person}
    while waiting:
        for link in reading.rows("person_link", waiting.pop()):
            links[link.key.record] = link
            waiting += [one for one in link.key.subjects if one not in seen]
            seen.update(link.key.subjects)
    return groups_of(links.values()).get(person, Group((person,)))


def _rows_of(reading: Reading, person: SubjectId, as_of_ms: int) -> PersonRows:
    return PersonRows(
        movements=[row for kind in CUSTODY_KINDS for row in reading.rows(kind, person)],
        teams=list(_teams(reading, person, as_of_ms)),
        delivering=_delivering(reading, person),
        created_at=reading.creator(person),
    )


def _delivering(reading: Reading, person: SubjectId) -> list[str]:
    """Where they are in the middle of something: whoever delivers it holds the record until it is
    resumed elsewhere or concluded, and so is told when they move.
    """
    rows = {kind: reading.rows(kind, person) for kind in DELIVERY_KINDS}
    return sorted({course.place for course in courses(rows)})


def _teams(reading: Reading, person: SubjectId, as_of_ms: int) -> Iterator[str]:
    """The offices of whoever is responsible; while two are, both hold, and so does whoever is to
    come: they prepare, and nobody asks again when the day has come.
    """
    conflicts = reading.conflicts(person)
    for shown in reading.rows("offender_manager", person):
        named = responsibility_of(reading, shown, conflicts, day=day_of(as_of_ms))
        yield from (one.officer.team for one in (*named.now, *named.later))
