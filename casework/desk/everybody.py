"""The rows of everybody whom a node holds, for lists that weigh them all by the same rules.

Each kind's table is read once, when the first rule asks for it, and without the tokens that a
change would need: a list changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sync_protocol.ids import SubjectId
from sync_protocol.io.projections import read_rows
from sync_protocol.io.reading import Reading
from sync_protocol.merge import Row as Folded
from sync_protocol.schema import Registry


class Everybody(Reading):
    """What is held of everybody, in the snapshot of a reading."""

    def __init__(self, reading: Reading, registry: Registry, kinds: Collection[str]) -> None:
        """Read on in the snapshot of `reading`; of no other kinds than these is anything told."""
        vars(self).update(vars(reading))
        self._kinds = {name: registry.kinds[name] for name in kinds}
        self._tables: dict[str, dict[SubjectId, list[Folded]]] = {}

    def rows_of(self, person: SubjectId) -> "RowsOfOne":
        """The rows of one person, by kind."""
        return RowsOfOne(self, person)

    def people(self, kind: str) -> Iterator[SubjectId]:
        """Those of whom anything of a kind is held."""
        return iter(self.table(kind))

    def whole(self) -> Collection[SubjectId]:
        """Those of whom more is held than records of pairs, which may be here for the other."""
        single = [name for name, kind in self._kinds.items() if not kind.is_pair]
        return dict.fromkeys(person for name in single for person in self.table(name))

    def names(self) -> Collection[str]:
        """The kinds that may be told of."""
        return self._kinds

    def table(self, kind: str) -> Mapping[SubjectId, Sequence[Folded]]:
        """The rows of a kind by whom they are of; those of a pair are of both."""
        if kind not in self._tables:
            found: dict[SubjectId, list[Folded]] = {}
            for row in read_rows(self._connection, self._kinds[kind], "1"):
                for subject in row.key.subjects:
                    found.setdefault(subject, []).append(row)
            self._tables[kind] = found
        return self._tables[kind]


class RowsOfOne(Mapping[str, Sequence[Folded]]):
    """A person's rows by kind, each looked up when it is asked for."""

    def __init__(self, everybody: Everybody, person: SubjectId) -> None:
        """Of one of those held."""
        self._everybody = everybody
        self._person = person

    def __getitem__(self, kind: str) -> Sequence[Folded]:
        """The rows of a kind; KeyError where there are none, or where it may not be told of."""
        if kind not in self._everybody.names():
            raise KeyError(kind)
        return self._everybody.table(kind)[self._person]

    def __iter__(self) -> Iterator[str]:
        """The kinds of which there is anything."""
        names = self._everybody.names()
        return (name for name in names if self._person in self._everybody.table(name))

    def __len__(self) -> int:
        """How many those are."""
        return sum(1 for _ in self)
