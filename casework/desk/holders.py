"""What the hub asks after a movement, an allocation or a link: which nodes may hold whom.

The rules decide (`casework.rules.scope`); this reads what they need from the hub's own store,
inside the transaction that takes the change in.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from casework.rules.links import Group, groups_of
from casework.rules.scope import PersonRows, Places, Reason, reasons_for, scopes, with_links
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.io.store_core import Holders
from sync_protocol.merge import Row
from sync_protocol.scope import CREATED

SCOPE_KINDS: Final = frozenset({"person", "movement", "offender_manager", "person_link"})


def holders_by(
    places: Places, now_ms: Callable[[], int]
) -> Callable[[Reading, SubjectId], Holders]:
    """The function that a hub's store asks; it answers for everybody linked to the person too."""

    def holders(reading: Reading, person: SubjectId) -> Holders:
        group = _group_of(reading, person)
        as_of_ms = now_ms()
        reasons: dict[SubjectId, frozenset[Reason]] = {
            member: reasons_for(_rows_of(reading, member), places, as_of_ms=as_of_ms)
            for member in group.members
        }
        spread = with_links(reasons, dict.fromkeys(group.members, group))
        return _by_subject(scopes(spread))

    return holders


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


def _rows_of(reading: Reading, person: SubjectId) -> PersonRows:
    created = [node for node, reason in reading.holders(person).items() if reason == CREATED]
    return PersonRows(
        movements=reading.rows("movement", person),
        assignments=list(_assignments(reading, person)),
        created_at=created[0] if created else None,
    )


def _assignments(reading: Reading, person: SubjectId) -> Iterator[dict[str, Any]]:
    """Every standing assignment: while two offices differ, both are responsible and both hold."""
    for shown in reading.rows("offender_manager", person):
        stands = [shown.values.get("assignment")]
        if "assignment" in shown.asks:
            open_ones = [one for one in reading.conflicts(person) if one.key == shown.key]
            stands += [side.value for one in open_ones for side in one.sides]
        yield from (one for one in stands if isinstance(one, dict))


def _by_subject(held: dict[NodeId, dict[SubjectId, str]]) -> Holders:
    by_subject: dict[SubjectId, dict[NodeId, str]] = {}
    for node, subjects in held.items():
        for subject, reason in subjects.items():
            by_subject.setdefault(subject, {})[node] = reason
    return by_subject
