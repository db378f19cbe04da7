"""Whom a caller may be told of: restrictions first, then the caseload, then what they opened.

Deny beats allow: whoever a restriction refuses sees nothing, also of their own caseload, and
opening with a reason does not help. This module only reads and judges; `gate` refuses, and every
other module of the desk asks there.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from casework.access.actions import Reach, classes_for, may
from casework.access.caller import Caller
from casework.access.caseload import NOT_OF_ITS_OWN, is_held_for_others, is_own
from casework.desk.desk import Desk
from casework.records.files import OPEN_FILE, RESTRICTED_FILE, VICTIM_FILE, file_subject
from casework.rules.links import groups_of
from casework.rules.restrictions import refused_files, with_links
from casework.rules.rows import day_of
from casework.rules.scope import LINKED, PROVIDER
from sync_protocol.ids import SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.scope import NO_REASON, words_of

_HELD: Final = (
    "SELECT s.subject FROM grants g JOIN subjects s USING(subject_no) WHERE g.node = ? AND"
)
_FOR_OTHERS: Final = f"{_HELD} g.reasons IN (?, ?, ?)"
_DELIVERED: Final = f"{_HELD} ',' || g.reasons || ',' LIKE '%,{PROVIDER},%'"
_FOR_OTHERS_WORDS: Final = tuple(
    words_of(frozenset(one)) for one in ({LINKED}, {PROVIDER}, NOT_OF_ITS_OWN)
)


class Sight(msgspec.Struct, frozen=True):
    """Whom a caller may be told of, as one snapshot has it.

    `own` are all of their caseload; None: everybody who is held and not among the `others`.
    """

    closed: frozenset[SubjectId]
    """The restricted files that close their person to the caller."""
    others: frozenset[SubjectId]
    own: frozenset[SubjectId] | None
    opened: frozenset[SubjectId]

    def is_closed(self, person: SubjectId) -> bool:
        """Whether a restriction refuses this person to the caller."""
        # Most callers are refused nobody: then no name of a file is worked out.
        return bool(self.closed) and file_subject(person, RESTRICTED_FILE) in self.closed

    def is_listed(self, person: SubjectId) -> bool:
        """Whether lists, boards and counts tell the caller of this person."""
        return self.reach(person) == "own" and not self.is_closed(person)

    def reach(self, person: SubjectId) -> Reach:
        """How the caller comes to a person whom no restriction closes to them."""
        is_of_caseload = person not in self.others if self.own is None else person in self.own
        if is_of_caseload:
            return "own"
        return "opened" if person in self.opened else "outside"


def sight_of(desk: Desk, caller: Caller, reading: Reading) -> Sight:
    """Whom the caller may be told of, of everybody: what a list asks once."""
    others, own = _caseload(desk, caller, reading)
    opened = frozenset(one.person for one in desk.openings.of(caller.staff, desk.now_ms()))
    return Sight(closed_files(desk, caller, reading), others, own, opened)


def reach_of(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> Reach:
    """How the caller comes to one person; a restriction is another matter."""
    if _is_own(desk, caller, reading, person):
        return "own"
    opening = desk.openings.find(caller.staff, person, desk.now_ms())
    return "opened" if opening is not None and may(caller, "break_glass") else "outside"


def closed_files(desk: Desk, caller: Caller, reading: Reading) -> frozenset[SubjectId]:
    """The restricted files that close their person to the caller today."""
    rows = reading.records_of_all("restriction")
    refused = refused_files(rows, caller.staff, day_of(desk.now_ms()))
    # Most callers are refused nobody, and every page asks: the links are read for the others only.
    return (
        with_links(refused, groups_of(reading.records_of_all("person_link")))
        if refused
        else refused
    )


def is_told(
    desk: Desk,
    caller: Caller,
    reading: Reading,
    sight: Sight,
    asked: tuple[str, str, Sequence[SubjectId]],
) -> bool:
    """Whether the caller may be told of a field of a record of these subjects, in a list."""
    name, field, subjects = asked
    kind = desk.registry.kinds.get(name)
    spec = kind.fields.get(field) if kind is not None else None
    if kind is None or spec is None or sight.closed.intersection(subjects):
        return False
    is_open_file = kind.file == OPEN_FILE
    people = [one if is_open_file else owner_of(reading, one) for one in subjects]
    return all(
        not sight.is_closed(one)
        and spec.rule.cls in classes_for(caller, desk.place.kind, sight.reach(one))
        for one in people
    )


def owner_of(reading: Reading, subject: SubjectId) -> SubjectId:
    """The person whose file this is; only a search among all tells it of one that is not open."""
    if reading.select("SELECT 1 FROM person WHERE subject = ?", (subject,)):
        return subject
    people = (SubjectId(row[0]) for row in reading.select("SELECT subject FROM person"))
    files = (RESTRICTED_FILE, VICTIM_FILE)
    found = (one for one in people if subject in [file_subject(one, file) for file in files])
    return next(found, subject)


def _is_own(desk: Desk, caller: Caller, reading: Reading, person: SubjectId) -> bool:
    if desk.place.kind == "centre":
        return caller.role != "provider"
    reasons = reading.scope.reasons_at(desk.node.id, (person,)).get(person, NO_REASON)
    if is_own(caller.role, reasons):
        return True
    is_linked = caller.role != "provider" and LINKED in reasons
    return is_linked and bool(_linked_with_own(desk, reading, [person]))


def _caseload(
    desk: Desk, caller: Caller, reading: Reading
) -> tuple[frozenset[SubjectId], frozenset[SubjectId] | None]:
    """Those held for others, and those of the caseload where only they are."""
    if desk.place.kind == "centre":
        # The central casework team reads everybody; there is nobody whom the centre delivers for.
        return frozenset(), frozenset() if caller.role == "provider" else None
    if caller.role == "provider":
        rows = reading.select(_DELIVERED, (desk.node.id,))
        return frozenset(), frozenset(SubjectId(row[0]) for row in rows)
    rows = reading.select(_FOR_OTHERS, (desk.node.id, *_FOR_OTHERS_WORDS))
    others = [SubjectId(row[0]) for row in rows]
    return frozenset(others) - _linked_with_own(desk, reading, others), None


def _linked_with_own(
    desk: Desk, reading: Reading, people: Iterable[SubjectId]
) -> frozenset[SubjectId]:
    """Of those held for others, the records that are of one person with one of the caseload.

    Only the centre links records, and an officer who saw half of a record would miss its warnings.
    Where the links contradict one another, nobody knows whose it is, and it stays outside.
    """
    asked = list(people)
    if not asked:
        return frozenset()
    groups = groups_of(reading.records_of_all("person_link"))
    together = {one: groups[one] for one in asked if one in groups}
    members = {member for group in together.values() for member in group.members}
    reasons = reading.scope.reasons_at(desk.node.id, members)
    own = {one for one, held in reasons.items() if not is_held_for_others(held)}
    return frozenset(
        one
        for one, group in together.items()
        if not group.is_contradicted and own.intersection(group.members)
    )
