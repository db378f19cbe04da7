"""A desk for one page about one person: one snapshot, each kind's table read once, one audit entry.

A page asks many functions of the desk, each of which opens a reading of its own and may ask for
rows that another had already. At this desk they all meet the same snapshot and the rows that were
read at its beginning, so a page agrees with itself and costs one pass.
"""

import functools
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from casework.desk.desk import Desk
from casework.desk.whole import FILES, NO_RULE_READS, Whole, read_whole
from casework.records.files import file_subject
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.op_log import chunks, marks
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.projections import NO_SUBJECT
from sync_protocol.io.reading import OpenConflict, Reading, Shown
from sync_protocol.merge import RecordKey


@contextmanager
def in_one_pass(desk: Desk, person: SubjectId) -> Iterator[Desk]:
    """The desk at which a page about this person is made.

    What it witnessed is durable when the `with` ends, also where somebody was refused; the page
    must be sent after that (INV-13).
    """
    lines: list[AuditLine] = []
    try:
        with desk.store.reading() as reading:
            once = OnePass(reading, read_whole(desk, reading, person, left_out=NO_RULE_READS))
            yield msgspec.structs.replace(
                desk,
                store=_PassStore(desk.store, once, lines),
                # Of a long record every row names its author, and most name the same few.
                staff_name=functools.cache(desk.staff_name),
            )
    finally:
        if lines:
            desk.store.witness(_as_one(lines))


def _as_one(lines: Sequence[AuditLine]) -> tuple[AuditLine, ...]:
    """One line for what one page showed of one person, whatever it is made of."""
    details: dict[AuditLine, list[str]] = {}
    for line in lines:
        details.setdefault(msgspec.structs.replace(line, detail=""), []).append(line.detail)
    return tuple(
        msgspec.structs.replace(line, detail=", ".join(filter(None, dict.fromkeys(said))))
        for line, said in details.items()
    )


class OnePass(Reading):
    """A reading that keeps what it read of one person, and of what every gate asks."""

    def __init__(self, reading: Reading, whole: Whole) -> None:
        """Read on in the snapshot of `reading`, from which `whole` came."""
        vars(self).update(vars(reading))
        self.whole = whole
        self._files = {file_subject(whole.person, file) for file in FILES}
        self._by_record = {row.key: row for rows in whole.rows.values() for row in rows}
        self._looked_up: set[tuple[str, RecordId]] = set()
        self._of_all: dict[str, list[Shown]] = {}
        self._conflicts: list[OpenConflict] | None = None

    def whole_of(self, person: SubjectId) -> Whole | None:
        """What was read of this person; None of anybody else."""
        return self.whole if person == self.whole.person else None

    def record(self, kind: str, subjects: tuple[SubjectId, ...], record: RecordId) -> Shown | None:
        """One record, None where nothing of it stands here."""
        is_kept = kind not in self.whole.left_out or (kind, record) in self._looked_up
        if is_kept and self._files.intersection(subjects):
            return self._by_record.get(RecordKey(kind, subjects, record))
        return super().record(kind, subjects, record)

    def keep(self, kind: str, subject: SubjectId, records: Collection[RecordId]) -> None:
        """Read these records at once, where their kind was not read whole."""
        if kind not in self.whole.left_out:
            return
        asked = [one for one in dict.fromkeys(records) if (kind, one) not in self._looked_up]
        for part in chunks(asked):
            where = f"subject = ? AND other_subject = ? AND record IN ({marks(part)})"
            for row in self._shown(kind, where, (subject, NO_SUBJECT, *part)):
                self._by_record[row.key] = row
        self._looked_up.update((kind, one) for one in asked)

    def records(self, kind: str, subject: SubjectId) -> list[Shown]:
        """A subject's records of a kind."""
        if subject not in self._files or kind in self.whole.left_out:
            return super().records(kind, subject)
        return [row for row in self.whole.of(kind) if subject in row.key.subjects]

    def records_of_all(self, kind: str) -> Iterator[Shown]:
        """Every record of a kind."""
        if kind not in self._of_all:
            self._of_all[kind] = list(super().records_of_all(kind))
        return iter(self._of_all[kind])

    def conflicts(self, subject: SubjectId | None = None) -> list[OpenConflict]:
        """Fields on which a person must decide."""
        if subject != self.whole.person:
            return super().conflicts(subject)
        if self._conflicts is None:
            self._conflicts = super().conflicts(subject)
        return self._conflicts


class _PassStore(OpStore):
    """The store as a page sees it: one reading, and audit lines that are written together."""

    def __init__(self, store: OpStore, reading: OnePass, lines: list[AuditLine]) -> None:
        vars(self).update(vars(store))
        self._reading = reading
        self._lines = lines

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        yield self._reading

    def witness(self, lines: Sequence[AuditLine]) -> None:
        self._lines += lines
