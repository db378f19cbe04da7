"""Writing: one act of a member of staff to the store, its receipt, and what made it stale."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Source, source_of
from casework.desk.reading_lock import check_open
from sync_protocol.author import Act, Draft, StaleWrite
from sync_protocol.causality import SeenToken
from sync_protocol.errors import NotFound, Stale
from sync_protocol.ids import OpId, RecordId, SubjectId
from sync_protocol.io.reading import Reading


class Saved(msgspec.Struct, frozen=True):
    """The receipt of something durably saved, and the token to go on with."""

    number: str
    kind: str
    record: RecordId
    written_ms: int
    op_ids: tuple[OpId, ...]
    seen: SeenToken


class FieldChange(msgspec.Struct, frozen=True):
    """One field that somebody else changed since the record was read."""

    field: str
    value: Any
    source: Source
    kind: str = ""


class StaleRecord(Stale):
    """Somebody changed this since it was read."""

    code = "stale"

    def __init__(self, changes: tuple[FieldChange, ...], seen: SeenToken) -> None:
        """Keep what changed and the token that includes it."""
        super().__init__(", ".join(sorted({change.field for change in changes})))
        self.changes = changes
        self.seen = seen


Check = Callable[[Desk, Caller, Iterable[SubjectId]], None]


def write(
    desk: Desk,
    caller: Caller,
    drafts: Sequence[Draft],
    *,
    why: str = "",
    check: Check = gate.check_still,
) -> Saved:
    """Save an act durably; the receipt names the first draft's record.

    StaleRecord where something unseen stands in a field about to change; Restricted or
    OutsideCaseload, by `check`, where somebody it is about is not open to the caller by now.
    """
    try:
        return _write(desk, caller, drafts, why, check)
    except (gate.Restricted, gate.OutsideCaseload) as fault:
        # The change is undone by now, and with it whatever line was in it.
        people = dict.fromkeys(one for draft in drafts for one in draft.subjects)
        gate.witness(desk, caller, "refused", people, detail=fault.code)
        raise


def _write(desk: Desk, caller: Caller, drafts: Sequence[Draft], why: str, check: Check) -> Saved:
    act = Act(
        actor=caller.staff,
        device=caller.device,
        drafts=tuple(drafts),
        why=why,
        role=caller.role,
        session=caller.session,
    )
    first = drafts[0]
    # One change, so that the token is of what was saved and of nothing after it.
    with desk.store.changing():
        check(desk, caller, [one for draft in drafts for one in draft.subjects])
        try:
            receipt = desk.store.write(act)
        except StaleWrite as fault:
            # What changed meanwhile is content, too.
            check_open(desk, "read")
            raise _stale(desk, drafts, fault) from fault
        with desk.store.reading_own() as reading:
            seen = _seen_now(reading, first)
    return Saved(receipt.number, first.kind, first.record, receipt.written_ms, receipt.op_ids, seen)


def _stale(desk: Desk, drafts: Sequence[Draft], fault: StaleWrite) -> StaleRecord:
    with desk.store.reading_own() as reading:
        changes = [
            _field_change(desk, reading, field, op_id)
            for by_field in fault.unseen_by_draft.values()
            for field, op_ids in by_field.items()
            for op_id in op_ids
        ]
        seen = _seen_now(reading, drafts[min(fault.unseen_by_draft)])
    return StaleRecord(tuple(changes), seen)


def _field_change(desk: Desk, reading: Reading, field: str, op_id: OpId) -> FieldChange:
    entry = reading.op(op_id)
    if entry is None or entry.op is None:
        raise NotFound(f"op {op_id.hex()}")
    op = entry.op
    source = source_of(desk, op.header.node, op.header.actor, op.hlc)
    return FieldChange(field, op.values.get(field), source, op.header.kind)


def _seen_now(reading: Reading, draft: Draft) -> SeenToken:
    shown = reading.record(draft.kind, draft.subjects, draft.record)
    if shown is None:
        raise NotFound(f"{draft.kind} {draft.record.hex()}")
    return shown.seen
