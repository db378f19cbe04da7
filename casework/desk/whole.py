"""Everything this node holds of one person, read in one pass: one snapshot, each table once.

The log says which kinds anything stands of, so that no table is asked in vain, and which ops are
not at the centre yet. The pages, the export and the findings of a person are all made from this.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol, runtime_checkable

import msgspec

from casework.access.actions import Reach, classes_for
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.records import RecordView, record_view
from casework.records.files import OPEN_FILE, RESTRICTED_FILE, VICTIM_FILE, file_subject
from sync_protocol.ids import OpId, RecordId, SubjectId
from sync_protocol.io.op_log import marks
from sync_protocol.io.reading import Reading, Shown, shown_row
from sync_protocol.schema import Kind

FILES: Final = (OPEN_FILE, RESTRICTED_FILE, VICTIM_FILE)
NO_RULE_READS: Final = frozenset({"case_note"})
"""Most of a long record, which no rule reads: a page counts them, and reads those that it shows."""
_STANDING: Final = (
    "SELECT r.kind, r.record, o.op_id, o.hub_seq FROM ops o"
    " JOIN standing s ON s.record_no = o.record_no AND s.op_no = o.op_no"
    " JOIN records r ON r.record_no = o.record_no WHERE r.kind NOT IN ({left_out}) AND"
)
_NUMBERS: Final = "SELECT subject_no FROM subjects WHERE subject IN (?, ?, ?)"
_SQL: Final = (
    f"{_STANDING} o.subject_no IN ({_NUMBERS}) UNION ALL"
    f" {_STANDING} o.other_no > 0 AND o.other_no IN ({_NUMBERS})"
)

Standing = dict[tuple[str, RecordId], list[tuple[OpId, int | None]]]


class Whole(msgspec.Struct, frozen=True):
    """Every record of a person as shown, by kind; a kind of which nothing stands is not named.

    Of the kinds `left_out` the records are only counted.
    """

    person: SubjectId
    rows: Mapping[str, tuple[Shown, ...]]
    counts: Mapping[str, int]
    left_out: frozenset[str] = frozenset()

    def of(self, kind: str) -> tuple[Shown, ...]:
        """The records of a kind."""
        return self.rows.get(kind, ())


@runtime_checkable
class Kept(Protocol):
    """A reading that keeps what it read of a person."""

    def whole_of(self, person: SubjectId) -> Whole | None:
        """What was read of this person; None of anybody else."""
        ...

    def keep(self, kind: str, subject: SubjectId, records: Collection[RecordId]) -> None:
        """Read these records of a subject at once, where they are not read yet."""
        ...


class Latest(msgspec.Struct, frozen=True):
    """The records of one kind that happened last, the latest first, of so many."""

    views: tuple[RecordView, ...]
    count: int


def read_whole(
    desk: Desk, reading: Reading, person: SubjectId, *, left_out: frozenset[str] = frozenset()
) -> Whole:
    """Every record of a person, in one pass; whoever asks has passed the gate.

    A reading that has them already gives them again.
    """
    kept = reading.whole_of(person) if isinstance(reading, Kept) else None
    if kept is not None and kept.left_out <= left_out:
        return kept
    files, left = tuple(file_subject(person, file) for file in FILES), sorted(left_out)
    standing: Standing = {}
    sql, unread = _SQL.format(left_out=marks(left)), (*left, *files)
    for kind, record, op_id, hub_seq in reading.select(sql, (*unread, *unread)):
        standing.setdefault((str(kind), RecordId(record)), []).append((OpId(op_id), hub_seq))
    names = sorted({kind for kind, _ in standing} & desk.registry.kinds.keys())
    rows = {name: _rows(desk.registry.kinds[name], reading, person, standing) for name in names}
    counts = {name: len(found) for name, found in rows.items()}
    counts |= {name: _count(desk.registry.kinds[name], reading, person) for name in left}
    return Whole(person, {name: found for name, found in rows.items() if found}, counts, left_out)


def readable_kinds(desk: Desk, caller: Caller, reach: Reach = "own") -> dict[str, frozenset[str]]:
    """The kinds of which the caller may be shown something, with the fields of each."""
    classes = classes_for(caller, desk.place.kind, reach)
    fields = {
        name: frozenset(field for field, spec in kind.fields.items() if spec.rule.cls in classes)
        for name, kind in desk.registry.kinds.items()
    }
    return {name: found for name, found in fields.items() if found}


def read_latest(
    desk: Desk, caller: Caller, person: SubjectId, *, most: int, unseen: Iterable[str] = ()
) -> dict[str, Latest]:
    """Of each kind that the caller may be shown, how many records there are and the latest of them.

    Those of the kinds `unseen` are only counted. NotFound where nobody is known here.
    """
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        reach = gate.check_person(desk, caller, reading, person)
        whole = read_whole(desk, reading, person, left_out=NO_RULE_READS.intersection(unseen))
    gate.witness(desk, caller, "read", (person,), detail="every kind")
    readable, hidden = readable_kinds(desk, caller, reach), frozenset(unseen)
    found = {name: count for name, count in whole.counts.items() if count and name in readable}
    return {
        name: Latest(
            () if name in hidden else _latest(desk, whole.of(name), readable[name], most), count
        )
        for name, count in found.items()
    }


def _latest(
    desk: Desk, rows: Iterable[Shown], fields: frozenset[str], most: int
) -> tuple[RecordView, ...]:
    """Put in order before anything is made of them: of a long record few are shown."""
    ordered = sorted(rows, key=lambda row: (-row.happened_at, row.key.record))
    return tuple(record_view(desk, row, fields) for row in ordered[:most])


def _count(kind: Kind, reading: Reading, person: SubjectId) -> int:
    sql = f'SELECT count(*) FROM "{kind.name}" WHERE subject = ?'  # noqa: S608 -- A kind.
    return int(reading.select(sql, (file_subject(person, kind.file),))[0][0])


def _rows(kind: Kind, reading: Reading, person: SubjectId, standing: Standing) -> tuple[Shown, ...]:
    rows = reading.rows(kind.name, file_subject(person, kind.file))
    return tuple(shown_row(row, standing.get((kind.name, row.key.record), [])) for row in rows)
