"""Which person records are of one person, computed from the standing links.

Nothing moves when records are linked, so a link can be taken back. Two records that are said to be
one through others, and not one by a claim of their own, are a contradiction: the group is shown
apart, S1, because a wrong merge is the worst error a record can hold.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from casework.rules.rows import Finding, Row, is_closed
from sync_protocol.ids import SubjectId

SAME: Final = "same_as"
NOT_SAME: Final = "not_same"

Pair = tuple[SubjectId, SubjectId]


class Group(msgspec.Struct, frozen=True):
    """Records of one person, oldest first; ids are ordered by the time they were made."""

    members: tuple[SubjectId, ...]
    is_contradicted: bool = False

    @property
    def chief(self) -> SubjectId:
        """The record the group goes by."""
        return self.members[0]

    @property
    def finding(self) -> Finding | None:
        """What a person must look at, where the links contradict one another."""
        if not self.is_contradicted:
            return None
        words = (
            "Records that are linked as one person are also recorded as being different people. "
            "They are shown apart until the centre settles it."
        )
        return Finding("links_contradict", "S1", words, self.members)


def groups_of(links: Iterable[Row]) -> Mapping[SubjectId, Group]:
    """The group of every record that a standing link joins to another."""
    rows = [row for row in links if not is_closed(row)]
    same = [_pair(row) for row in rows if _claims(row, SAME)]
    apart = {_pair(row) for row in rows if _claims(row, NOT_SAME)}
    groups: dict[SubjectId, Group] = {}
    for members in _joined(same):
        is_contradicted = any(one in members and other in members for one, other in apart)
        group = Group(tuple(sorted(members)), is_contradicted)
        groups |= dict.fromkeys(members, group)
    return groups


def judged_pairs(links: Iterable[Row]) -> frozenset[Pair]:
    """The pairs of which somebody has said that they are one, or that they are not."""
    return frozenset(_pair(row) for row in links if not is_closed(row))


def _claims(row: Row, claim: str) -> bool:
    """A contested claim counts as both: one and not one."""
    return row.values.get("claim") == claim or "claim" in row.asks


def _pair(row: Row) -> Pair:
    one, other = sorted(row.key.subjects)
    return (one, other)


def _joined(pairs: Iterable[Pair]) -> list[frozenset[SubjectId]]:
    groups: dict[SubjectId, set[SubjectId]] = {}
    for one, other in pairs:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        groups |= dict.fromkeys(joined, joined)
    distinct = {id(members): frozenset(members) for members in groups.values()}
    return list(distinct.values())
