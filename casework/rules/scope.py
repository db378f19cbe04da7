"""Which nodes may hold a person, and why: what the hub turns into grants.

A person is held where they are in custody, where they are expected, where they have just left
until they are received, where they were released from for ninety days, because that prison may
still have to act, and where their responsible officers work. Whoever holds one record of a linked
person holds all. A record of two people goes where either of them is, with no rule of its own.
Somebody whom no place has a reason to hold yet stays with the node that created them. A node may
have several reasons at once, and lets go of a person with the last of them. Where it is known who
works where, a node at which restrictions let nobody open a person does not hold that person, and
what concerns a victim is held only where somebody works who keeps victims informed. What is of a
place and of no person is held by its node, and what is of the estate by every node, always.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from casework.records.files import (
    RESTRICTED_FILE,
    VICTIM_FILE,
    estate_subject,
    file_subject,
    place_subject,
)
from casework.rules.custody import CustodyState, custody_state, told_ms
from casework.rules.links import Group
from casework.rules.restrictions import refuses
from casework.rules.rows import DAY_MS, Row
from sync_protocol.ids import ActorId, NodeId, SubjectId
from sync_protocol.scope import CREATED, NO_REASON, Reasons

IN_CUSTODY: Final = "in_custody"
EXPECTED: Final = "expected"
IN_TRANSIT: Final = "in_transit"
RELEASED: Final = "released"
SUPERVISED: Final = "supervised"
LINKED: Final = "linked"
PROVIDER: Final = "provider"
PLACE: Final = "place"
ESTATE: Final = "estate"

RELEASED_DAYS: Final = 90

Reason = tuple[NodeId, str]


class WhoWorks(msgspec.Struct, frozen=True):
    """At each node those who may read records, and the nodes at which victims are kept informed.

    Every node of the estate is named in `readers`; of one that is not, nobody knows who works
    there, and it holds whom it has a reason to hold.
    """

    readers: Mapping[NodeId, frozenset[ActorId]]
    liaisons: frozenset[NodeId]


class Places(msgspec.Struct, frozen=True):
    """Which node serves a prison or a delivery unit, by its code."""

    node_by_code: Mapping[str, NodeId]

    def node_at(self, code: str | None) -> NodeId | None:
        """The node of a place; None where it has none, as a court or an office not yet joined."""
        return self.node_by_code.get(code or "")

    def of_site(self, subject: SubjectId) -> dict[NodeId, Reasons] | None:
        """Who holds what is of a place or of the estate; None of any other subject."""
        if subject == estate_subject():
            return dict.fromkeys(self.node_by_code.values(), frozenset({ESTATE}))
        for code, node in self.node_by_code.items():
            if subject == place_subject(code):
                return {node: frozenset({PLACE})}
        return None


class PersonRows(msgspec.Struct, frozen=True, kw_only=True):
    """What scope reads of a person: movements, responsible officers' teams, who created them.

    `movements` holds releases and recalls too: whatever custody is folded from.
    `delivering` are the places where they are in the middle of an intervention.
    """

    movements: Sequence[Row] = ()
    teams: Sequence[str] = ()
    delivering: Sequence[str] = ()
    created_at: NodeId | None = None


def reasons_for(person: PersonRows, places: Places, *, as_of_ms: int) -> frozenset[Reason]:
    """The nodes that may hold a person as of a moment, each with its reasons."""
    # A prison whose clock runs ahead records receptions that are still to come by the hub's. It
    # must be told of the person now: nobody asks again when the minute has come.
    latest_ms = max((told_ms(one) or 0 for one in person.movements), default=0)
    states = [
        custody_state(person.movements, as_of_ms=moment)
        for moment in {as_of_ms, max(latest_ms, as_of_ms)}
    ]
    named = [
        *(one for state in states for one in custody_reasons(state, as_of_ms=as_of_ms)),
        *((team, SUPERVISED) for team in person.teams),
        *((place, PROVIDER) for place in person.delivering),
    ]
    reasons = {(node, word) for code, word in named if (node := places.node_at(code)) is not None}
    if not reasons and person.created_at is not None:
        return frozenset({(person.created_at, CREATED)})
    return frozenset(reasons)


def custody_reasons(state: CustodyState, *, as_of_ms: int) -> list[tuple[str, str]]:
    """The prisons that may hold a person for where the person is, each with its reason."""
    named = [
        (state.place, IN_CUSTODY),
        (state.also_at, IN_CUSTODY),
        (state.transit_to, EXPECTED),
        (state.transit_from, IN_TRANSIT),
    ]
    left_ms = as_of_ms - state.since_ms if state.since_ms is not None else 0
    if state.transit_from is None and left_ms <= RELEASED_DAYS * DAY_MS:
        named.append((state.former_place, RELEASED))
    return [(code, word) for code, word in named if code is not None]


def with_links(
    reasons: Mapping[SubjectId, frozenset[Reason]], groups: Mapping[SubjectId, Group]
) -> dict[SubjectId, frozenset[Reason]]:
    """The same, where whoever holds one record of a group holds every record of it."""
    spread = dict(reasons)
    for group in set(groups.values()):
        held = [reasons.get(member, frozenset()) for member in group.members]
        nodes = {node for of_member in held for node, _ in of_member}
        for member, own in zip(group.members, held, strict=True):
            others = nodes - {node for node, _ in own}
            spread[member] = own | {(node, LINKED) for node in others}
    return spread


def without_the_refused(
    reasons: Mapping[SubjectId, frozenset[Reason]],
    restrictions: Sequence[Row],
    works: WhoWorks,
    day: str,
) -> dict[SubjectId, frozenset[Reason]]:
    """The same, without the nodes at which every reader is refused by a restriction.

    `restrictions` are those of all these people, who are one person by the links.
    """
    shut = {
        node
        for node, readers in works.readers.items()
        if restrictions
        and all(any(refuses(row, one, day) for row in restrictions) for one in readers)
    }
    return {
        person: frozenset(one for one in of_person if one[0] not in shut)
        for person, of_person in reasons.items()
    }


def scopes(
    reasons: Mapping[SubjectId, Iterable[Reason]], works: WhoWorks | None = None
) -> dict[SubjectId, dict[NodeId, Reasons]]:
    """For each file of these people, the nodes that may hold it and every reason of each.

    A node that holds a person holds their restrictions too: else it could not refuse anybody. A
    file is named where nobody has a reason to hold it: then whoever does lets go of it. While
    nobody knows who works where, the victim file stays with the node that wrote it, and is sent
    nowhere.
    """
    held: dict[SubjectId, dict[NodeId, Reasons]] = {}
    for person, of_person in reasons.items():
        by_node: dict[NodeId, Reasons] = {}
        for node, word in of_person:
            by_node[node] = by_node.get(node, NO_REASON) | {word}
        for file in (person, file_subject(person, RESTRICTED_FILE)):
            held[file] = by_node
        if works is not None:
            liaisons = {node: words for node, words in by_node.items() if node in works.liaisons}
            held[file_subject(person, VICTIM_FILE)] = liaisons
    return held
