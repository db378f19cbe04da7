"""Everything of one person in one piece: to hand to them, to a court, or to another system.

Every kind of the open file, every value that stands, who wrote it and when, and what is contested.
The restricted and the victim files stay out, and the export says so. What must not be shared with
the person stays out too, unless it is for staff; how much that is would itself tell.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.alerts import ALERT
from casework.desk.desk import Desk, Source, source_of
from casework.desk.groups import groups_of_kinds
from casework.desk.person import PersonName, name_view
from casework.desk.whole import Whole, read_whole, readable_kinds
from casework.records.files import OPEN_FILE
from sync_protocol.causality import read_seen_token
from sync_protocol.errors import Refused
from sync_protocol.ids import OpId, RecordId, SubjectId
from sync_protocol.io.reading import Reading, Shown

Reader = Literal["person", "staff"]
DO_NOT_SHARE: Final = "D"
"""The type of alerts that must not be shared with the person."""
REASON_CHARACTERS_MAX: Final = 500
HISTORY_OPS_MAX: Final = 1 << 40
LEFT_OUT: Final = (
    "The restricted file and the victim file of this person are not part of any export.",
)
LEFT_OUT_FOR_THEM: Final = (
    *LEFT_OUT,
    "Alerts that must not be shared with the person are left out, if there are any.",
)


class ReasonMissing(Refused):
    """An export says why it is made, and for whom."""

    code = "reason_missing"
    hint = "Send `why`: who asked for it, and on what ground."


class Written(msgspec.Struct, frozen=True):
    """One act that stands in a record: what it says, who wrote it, where and when."""

    values: Mapping[str, Any]
    source: Source
    happened_ms: int


class RecordExport(msgspec.Struct, frozen=True):
    """One record: as it is shown, each act that stands in it, and which fields are contested."""

    record: RecordId
    shows: Mapping[str, Any]
    contested: Mapping[str, str]
    written: tuple[Written, ...]


class KindExport(msgspec.Struct, frozen=True):
    """Every record of one kind, the latest to happen first."""

    kind: str
    records: tuple[RecordExport, ...]


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """One person, whole, as this node knew them when it was made."""

    person: SubjectId
    name: PersonName
    made_ms: int
    made_by: str
    made_at: str
    why: str
    reader: Reader
    left_out: tuple[str, ...]
    kinds: tuple[KindExport, ...]


Acts = Mapping[OpId, Written]


def export_person(
    desk: Desk, caller: Caller, person: SubjectId, *, why: str, reader: Reader = "person"
) -> Export:
    """Everything of one person that may leave, with the reason in the audit; ReasonMissing without.

    The audit line is durable before anything is answered.
    """
    gate.allow(desk, caller, "export")
    reason = why.strip()[:REASON_CHARACTERS_MAX]
    if not reason:
        raise ReasonMissing
    with desk.store.reading() as reading:
        reach = gate.check_person(desk, caller, reading, person)
        whole = read_whole(desk, reading, person)
        standing = {op_id for rows in whole.rows.values() for row in rows for op_id in _ops(row)}
        written = _written(desk, reading, person, standing)
    gate.witness(desk, caller, "export", (person,), why=reason, detail=f"for {reader}")
    known = whole.of(gate.PERSON)
    return Export(
        person=person,
        name=name_view(known[0] if known else None),
        made_ms=desk.now_ms(),
        made_by=caller.display_name,
        made_at=desk.place.name,
        why=reason,
        reader=reader,
        left_out=LEFT_OUT if reader == "staff" else LEFT_OUT_FOR_THEM,
        kinds=tuple(
            _kinds(readable_kinds(desk, caller, reach), _leaving(desk, whole, reader), written)
        ),
    )


def _leaving(desk: Desk, whole: Whole, reader: Reader) -> dict[str, tuple[Shown, ...]]:
    """The rows that may leave: of the open file; for the person without what is not for them."""
    open_kinds = {name for name, kind in desk.registry.kinds.items() if kind.file == OPEN_FILE}
    rows = {name: found for name, found in whole.rows.items() if name in open_kinds}
    if reader == "staff" or ALERT not in rows:
        return rows
    shared = tuple(row for row in rows[ALERT] if row.values.get("type") != DO_NOT_SHARE)
    return {**rows, ALERT: shared}


def _kinds(
    readable: Mapping[str, frozenset[str]], rows: Mapping[str, tuple[Shown, ...]], written: Acts
) -> Iterator[KindExport]:
    kept = [kind for kind, found in rows.items() if kind in readable and found]
    for kind in (name for group in groups_of_kinds(kept) for name in group.kinds):
        fields = readable[kind]
        ordered = sorted(rows[kind], key=lambda row: (-row.happened_at, row.key.record))
        yield KindExport(kind, tuple(_record(row, fields, written) for row in ordered))


def _record(row: Shown, fields: frozenset[str], written: Acts) -> RecordExport:
    acts = [written[op_id] for op_id in _ops(row) if op_id in written]
    return RecordExport(
        record=row.key.record,
        shows=_of(fields, row.values),
        contested=_of(fields, row.asks),
        written=tuple(
            msgspec.structs.replace(act, values=_of(fields, act.values))
            for act in sorted(acts, key=lambda act: act.source.written_ms)
        ),
    )


def _of(fields: frozenset[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in fields}


def _ops(row: Shown) -> frozenset[OpId]:
    """The ops that stand in a record, as its token names them."""
    return read_seen_token(row.seen)


def _written(
    desk: Desk, reading: Reading, person: SubjectId, standing: set[OpId]
) -> dict[OpId, Written]:
    """What each standing op says, read in one pass over the person's log."""
    found: dict[OpId, Written] = {}
    for entry in reading.history(person, HISTORY_OPS_MAX):
        op = entry.op
        if op is None or entry.op_id not in standing:
            continue
        source = source_of(desk, op.header.node, op.header.actor, op.hlc)
        found[entry.op_id] = Written(op.values, source, op.happened_at)
    return found
