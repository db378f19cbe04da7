"""A record that a person has at most once: what it shows now, and writing it whether new or not."""

from collections.abc import Mapping
from typing import Any

from casework.desk.records import Addition, Change, RecordView, add, change, read_all
from casework.desk.writing import Saved
from casework.web.flow import Filled
from casework.web.visit import Visit
from sync_protocol.causality import SeenToken
from sync_protocol.ids import SubjectId, singleton_record


def read_single(visit: Visit, person: SubjectId, kind: str) -> RecordView | None:
    """The record, or None where none has reached this node."""
    records = read_all(visit.desk, visit.caller, person, kind)
    return records[0] if records else None


def seen_of(record: RecordView | None) -> str:
    """What somebody who looked at it now has seen."""
    return record.seen if record is not None else ""


def write_single(
    visit: Visit, person: SubjectId, kind: str, values: Mapping[str, Any], filled: Filled
) -> Saved:
    """Write it anew, or over what its author had seen.

    Somebody who saw none and meets one is told what stands, as with any other change.
    """
    if not filled.seen and not filled.is_on_purpose:
        return add(visit.desk, visit.caller, person, Addition(kind, values))
    wanted = Change(
        kind=kind,
        record=singleton_record(person, kind),
        values=values,
        seen=SeenToken(filled.seen),
        on_purpose=filled.is_on_purpose,
    )
    return change(visit.desk, visit.caller, person, wanted)
