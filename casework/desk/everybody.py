"""The rows of many people, for lists that weigh them all by the same rules.

They are read a few dozen people at a time, each kind's table once for those, so that a big office
takes no more memory than a small one; and without the tokens that a change would need: a list
changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from sync_protocol.ids import SubjectId
from sync_protocol.io.op_log import marks
from sync_protocol.io.projections import read_rows
from sync_protocol.io.reading import Reading
from sync_protocol.merge import Row as Folded
from sync_protocol.schema import Kind, Registry

PEOPLE_AT_ONCE: Final = 50

RowsOfOne = Mapping[str, Sequence[Folded]]
"""A person's rows by kind; a kind of which there are none is not named."""


class Everybody(Reading):
    """What is held of many people, in the snapshot of a reading."""

    def __init__(self, reading: Reading, registry: Registry, kinds: Collection[str]) -> None:
        """Read on in the snapshot of `reading`; of no other kinds than these is anything told."""
        vars(self).update(vars(reading))
        self._kinds = [registry.kinds[name] for name in sorted(kinds)]

    def rows_of(self, people: Sequence[SubjectId]) -> Iterator[tuple[SubjectId, RowsOfOne]]:
        """Each of these people with their rows; those of a pair are of both."""
        for start in range(0, len(people), PEOPLE_AT_ONCE):
            yield from self._some(people[start : start + PEOPLE_AT_ONCE]).items()

    def is_more_than_a_pair(self, rows: Collection[str]) -> bool:
        """Whether more is held than records of pairs, which may be here for the other."""
        return any(kind.name in rows for kind in self._kinds if not kind.is_pair)

    def _some(self, people: Sequence[SubjectId]) -> dict[SubjectId, dict[str, list[Folded]]]:
        found: dict[SubjectId, dict[str, list[Folded]]] = {person: {} for person in people}
        for kind in self._kinds:
            for row in read_rows(self._connection, kind, *_about(kind, people)):
                for subject in row.key.subjects:
                    if subject in found:
                        found[subject].setdefault(kind.name, []).append(row)
        return found


def _about(kind: Kind, people: Sequence[SubjectId]) -> tuple[str, Sequence[SubjectId]]:
    one_side = f"subject IN ({marks(people)})"
    if not kind.is_pair:
        return one_side, people
    return f"{one_side} OR other_subject IN ({marks(people)})", (*people, *people)
