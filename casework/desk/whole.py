"""Everything this node holds of one person, read in one pass: one snapshot, each table once.

The log says which kinds anything stands of, so that no table is asked in vain, and which ops are
not at the centre yet. The pages, the export and the findings of a person are all made from this.
"""

from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

import msgspec

from casework.access.actions import READABLE
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.records import RecordView, record_view
from casework.records.files import OPEN_FILE, RESTRICTED_FILE, VICTIM_FILE, file_subject
from sync_protocol.ids import OpId, RecordId, SubjectId
from sync_protocol.io.reading import Reading, Shown, shown_row
from sync_protocol.schema import Kind

FILES: Final = (OPEN_FILE, RESTRICTED_FILE, VICTIM_FILE)
_STANDING: Final = (
    "SELECT r.kind, r.record, o.op_id, o.hub_seq FROM ops o"
    " JOIN standing s ON s.record_no = o.record_no AND s.op_no = o.op_no"
    " JOIN records r ON r.record_no = o.record_no WHERE"
)
_NUMBERS: Final = "SELECT subject_no FROM subjects WHERE subject IN (?, ?, ?)"
_SQL: Final = (
    f"{_STANDING} o.subject_no IN ({_NUMBERS}) UNION ALL"
    f" {_STANDING} o.other_no > 0 AND o.other_no IN ({_NUMBERS})"
)

Standing = dict[tuple[str, RecordId], list[tuple[OpId, int | None]]]


class Whole(msgspec.Struct, frozen=True):
    """Every record of a person as shown, by kind; a kind of which nothing stands is not named."""

    person: SubjectId
    rows: Mapping[str, tuple[Shown, ...]]

    def of(self, kind: str) -> tuple[Shown, ...]:
        """The records of a kind."""
        return self.rows.get(kind, ())


@runtime_checkable
class Kept(Protocol):
    """A reading that keeps what it read of a person."""

    def whole_of(self, person: SubjectId) -> Whole | None:
        """What was read of this person; None of anybody else."""
        ...


def read_whole(desk: Desk, reading: Reading, person: SubjectId) -> Whole:
    """Every record of a person, in one pass; whoever asks has passed the gate.

    A reading that has them already gives them again.
    """
    if isinstance(reading, Kept) and (kept := reading.whole_of(person)) is not None:
        return kept
    files = tuple(file_subject(person, file) for file in FILES)
    standing: Standing = {}
    for kind, record, op_id, hub_seq in reading.select(_SQL, (*files, *files)):
        standing.setdefault((str(kind), RecordId(record)), []).append((OpId(op_id), hub_seq))
    names = sorted({kind for kind, _ in standing} & desk.registry.kinds.keys())
    rows = {name: _rows(desk.registry.kinds[name], reading, person, standing) for name in names}
    return Whole(person, {name: found for name, found in rows.items() if found})


def readable_kinds(desk: Desk, caller: Caller) -> dict[str, frozenset[str]]:
    """The kinds of which the caller may be shown something, with the fields of each."""
    classes = READABLE[caller.role, desk.place.kind]
    fields = {
        name: frozenset(field for field, spec in kind.fields.items() if spec.rule.cls in classes)
        for name, kind in desk.registry.kinds.items()
    }
    return {name: found for name, found in fields.items() if found}


def views_of(desk: Desk, caller: Caller, whole: Whole) -> dict[str, tuple[RecordView, ...]]:
    """The records that the caller may be shown, by kind, of each the latest to happen first."""
    readable = readable_kinds(desk, caller)
    return {
        name: tuple(
            sorted(
                (record_view(desk, row, readable[name]) for row in rows),
                key=lambda view: (-view.happened_ms, view.record),
            )
        )
        for name, rows in whole.rows.items()
        if name in readable
    }


def read_views(
    desk: Desk, caller: Caller, person: SubjectId, *, why: str = ""
) -> dict[str, tuple[RecordView, ...]]:
    """All that the caller may be shown of a person's records, or NotFound."""
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        whole = read_whole(desk, reading, person)
    gate.witness(desk, caller, "read", (person,), why=why, detail="every kind")
    return views_of(desk, caller, whole)


def _rows(kind: Kind, reading: Reading, person: SubjectId, standing: Standing) -> tuple[Shown, ...]:
    rows = reading.rows(kind.name, file_subject(person, kind.file))
    return tuple(shown_row(row, standing.get((kind.name, row.key.record), [])) for row in rows)
