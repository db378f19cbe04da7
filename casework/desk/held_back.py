"""Leaves that were more than usual within an hour, and wait for a person's word.

An emptied list must never empty a prison. Whoever decides reads no record: they are told how many
people would leave which office and where they would be held then, and staff can see the names.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from casework.access.actions import may
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.holding import HELD_BY, check_centre, named, open_people, people_of
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.scope import leaves_max

NAMES_MAX: Final = 100


class HeldBackView(msgspec.Struct, frozen=True):
    """The people who would leave an office, more than usual, and wait for a person's word.

    `held` is how many it holds with them, `usual` how many may leave within an hour unasked.
    """

    node: NodeId
    name: str
    code: str
    people: tuple[SubjectId, ...]
    held: int
    usual: int
    since_ms: int
    seen: str


class WhoAndWhere(msgspec.Struct, frozen=True):
    """Who would leave an office, as far as names may be told, and where they are held besides.

    `elsewhere` counts the other offices that hold them, and `nowhere` those whom no other does.
    """

    named: tuple[tuple[SubjectId, str], ...]
    elsewhere: tuple[tuple[str, int], ...]
    nowhere: int


def held_back(desk: Desk, caller: Caller) -> tuple[HeldBackView, ...]:
    """The leaves that wait for a person's word, by office."""
    gate.allow(desk, caller, "see_estate")
    check_centre(desk)
    with desk.store.reading() as reading:
        by_node: dict[NodeId, list[SubjectId]] = {}
        since: dict[NodeId, int] = {}
        for one in reading.scope.held_leaves():
            by_node.setdefault(one.node, []).append(one.subject)
            since[one.node] = min(one.since_ms, since.get(one.node, one.since_ms))
        return tuple(
            _held_back(desk, reading, (node, since[node], subjects), told)
            for node, subjects in by_node.items()
            if (told := _told(desk, caller, reading, subjects))
        )


def who_and_where(desk: Desk, caller: Caller, held: HeldBackView) -> WhoAndWhere:
    """What tells a transfer from a mistake; the names are for staff alone, and witnessed."""
    gate.allow(desk, caller, "see_estate")
    elsewhere: Counter[str] = Counter()
    nowhere = 0
    with desk.store.reading() as reading:
        for person in held.people:
            others = set(reading.holders(person)) - {held.node}
            elsewhere.update(node_name(desk, other) for other in others)
            nowhere += not others
        is_reader = may(caller, "read")
        shown = open_people(desk, caller, reading, held.people) if is_reader else []
        names = tuple((one, named(reading, one).name) for one in shown[:NAMES_MAX])
    if names:
        gate.witness(desk, caller, "read", [one for one, _ in names], detail="held back")
    return WhoAndWhere(names, tuple(elsewhere.most_common()), nowhere)


def seen_of(subjects: Iterable[SubjectId]) -> str:
    """What somebody who was shown these leaves has seen."""
    return sha256(b"".join(sorted(subjects))).hexdigest()[:32]


_COUNT: Final = "SELECT count(*) FROM person p"


def _told(
    desk: Desk, caller: Caller, reading: Reading, subjects: Iterable[SubjectId]
) -> tuple[SubjectId, ...]:
    """Whom the caller may be told of; whoever decides is told of all, and of nobody's name."""
    return tuple(open_people(desk, caller, reading, people_of(reading, subjects)))


def _held_back(
    desk: Desk,
    reading: Reading,
    waiting: tuple[NodeId, int, Sequence[SubjectId]],
    people: tuple[SubjectId, ...],
) -> HeldBackView:
    node, since_ms, subjects = waiting
    held = int(reading.select(_COUNT + HELD_BY, (node,))[0][0])
    known = desk.nodes.get(node)
    return HeldBackView(
        node=node,
        name=node_name(desk, node),
        code=known.place.code if known is not None else node.hex(),
        people=people,
        held=held,
        # The floor is one of files, and a person is two.
        usual=leaves_max(held, desk.store.core.parts.leaves_floor // 2),
        since_ms=since_ms,
        seen=seen_of(subjects),
    )
