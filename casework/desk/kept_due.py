"""What is due of each person, kept for the list of a big office until it may be otherwise.

What is due follows from a person's rows and the moment, and from nothing else. So it is worked out
anew of whoever had a row written or taken away since, and of whoever is past the moment at which
some rule turns, midnight at the latest; of everybody else it is what it was. After a restart, and
after another program wrote to the store, nothing is kept.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from threading import Lock

import msgspec

from casework.desk.everybody import Everybody, RowsOfOne
from casework.desk.touched import Touched
from casework.rules.due import Due
from casework.rules.watched import Watch, WatchedMoment
from sync_protocol.ids import SubjectId
from sync_protocol.io.op_store import OpStore
from sync_protocol.schema import Registry

WorkOut = Callable[[SubjectId, RowsOfOne, int], "DueOfOne"]
"""What is due of a person by their rows, as of a moment."""


class DueOfOne(msgspec.Struct, frozen=True):
    """What is due of one person, the earliest first; `name` is None where it is not here yet.

    `is_held` is false of somebody of whom nothing is here but what they share with another.
    """

    name: str | None
    due: tuple[Due, ...]
    is_held: bool


class _Kept(msgspec.Struct, frozen=True):
    told: DueOfOne
    from_ms: int
    until_ms: int

    def is_true_at(self, now_ms: int) -> bool:
        """Of a clock that was put back nothing is known: what is kept was worked out later."""
        return self.from_ms <= now_ms < self.until_ms


class KeptDue:
    """What is due of each person at one desk; of as many as its store holds, and no more."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._lock = Lock()
        self.kinds: frozenset[str] = frozenset()
        """The kinds of which was told last; none where nobody has asked yet."""
        self._touched = Touched(())
        self._kept: dict[SubjectId, _Kept] = {}

    @contextmanager
    def reading(
        self, store: OpStore, registry: Registry, kinds: Collection[str]
    ) -> Iterator[Everybody]:
        """A snapshot for `of_all`; whoever else wants one waits until the `with` ends.

        Whoever changed is forgotten before it is taken, so that nothing outlasts a change; and one
        at a time, so that nothing older is kept over what is newer.
        """
        with self._lock:
            self._forget_touched(store, registry, frozenset(kinds))
            with store.reading() as reading:
                yield Everybody(reading, registry, kinds)

    def of_all(
        self, everybody: Everybody, now_ms: int, work_out: WorkOut, *, anew: Collection[SubjectId]
    ) -> dict[SubjectId, DueOfOne]:
        """What is due of everybody held, now; of those in `anew` nothing is kept."""
        people = sorted(everybody.subjects())
        kept = {
            person: one
            for person in people
            if (one := self._kept.get(person)) is not None and one.is_true_at(now_ms)
            if person not in anew
        }
        missing = [person for person in people if person not in kept]
        for person, rows in everybody.rows_of(missing):
            watch = Watch(now_ms)
            told = _settled(work_out(person, rows, watch.moment), watch)
            kept[person] = _Kept(told, now_ms, watch.until_ms)
        self._kept = kept
        return {person: kept[person].told for person in people if kept[person].told.is_held}

    def _forget_touched(self, store: OpStore, registry: Registry, kinds: frozenset[str]) -> None:
        if kinds != self.kinds:
            self.kinds, self._kept = kinds, {}
            self._touched = Touched(registry.kinds[name] for name in sorted(kinds))
        touched = self._touched.since_last(store)
        if touched is None:
            self._kept = {}
        else:
            for person in touched:
                self._kept.pop(person, None)


def _settled(told: DueOfOne, watch: Watch) -> DueOfOne:
    """What is due, and that it holds for this moment alone where it tells of the moment itself."""
    if not any(isinstance(one.due_ms, WatchedMoment) for one in told.due):
        return told
    watch.end()
    due = tuple(
        msgspec.structs.replace(one, due_ms=one.due_ms.plain)
        if isinstance(one.due_ms, WatchedMoment)
        else one
        for one in told.due
    )
    return msgspec.structs.replace(told, due=due)
