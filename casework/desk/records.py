"""Records of any kind: read one or all, add, and change what was seen."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from casework.access.actions import check_writers, readable_fields
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Source, source_of
from casework.desk.entries import Entry, check_corrects, entries_of
from casework.desk.entry import check_happened, checked_values
from casework.desk.entry_custody import with_custody_known
from casework.desk.entry_interventions import with_interventions_known
from casework.desk.entry_probation import check_outcome_of
from casework.desk.entry_safety import check_review_since
from casework.desk.officers import KIND as OFFICERS
from casework.desk.versions import beside_the_approved
from casework.desk.writing import Saved, write
from casework.desk.zones import with_area
from casework.records.files import file_subject, pair_of, pair_record
from casework.rules.monitoring import KIND as MONITORING
from sync_protocol.author import Draft
from sync_protocol.causality import SeenToken, read_seen_token
from sync_protocol.clock import hlc_ms
from sync_protocol.errors import InvalidValue, NotFound, Refused
from sync_protocol.ids import OpId, RecordId, SubjectId, singleton_record, uuid7
from sync_protocol.io.reading import Reading, Shown
from sync_protocol.policy import OPEN
from sync_protocol.schema import Kind


class RecordView(msgspec.Struct, frozen=True):
    """One record as shown, and the token that a change of it must bring back."""

    kind: str
    subjects: tuple[SubjectId, ...]
    record: RecordId
    values: Mapping[str, Any]
    asks: Mapping[str, str]
    """Fields on which a person must decide, and why."""
    unread: Mapping[str, Any]
    """What a newer release wrote and this one cannot read."""
    happened_ms: int
    first_written_ms: int
    last: Source
    seen: SeenToken
    is_at_centre: bool


class Change(msgspec.Struct, frozen=True):
    """New values for some fields of a record that was read with `seen`."""

    kind: str
    record: RecordId
    values: Mapping[str, Any]
    seen: SeenToken | None
    on_purpose: bool = False
    """Save although something unseen stands: both stand, and a conflict opens."""
    corrects: tuple[OpId, ...] = ()
    """The gathered assertions that this one puts right; without any it stands beside them."""
    happened_ms: int | None = None
    why: str = ""


ADDED_APART: Final = frozenset({"case_note", "alert", "settlement", "break_glass"})
"""Kinds with rules of their own at entry: see `notes`, `alerts` and `conflicts`."""

CHANGED_APART: Final = frozenset({"case_note", "settlement", "break_glass"})
"""Kinds whose changes are their author's alone, or nobody's."""


class UseItsOwnDoor(Refused):
    """Records of this kind are written by a function of their own."""

    code = "use_its_own_door"
    hint = (
        "Notes are added, amended and retracted; alerts are raised and closed; "
        "a settlement is written by settling its conflict, and an opening by opening a record."
    )


class SeenMissing(Refused):
    """The change does not say what its author had seen."""

    code = "seen_missing"
    hint = "Read the record and send the `seen` token that came with it (or an If-Match header)."


class Addition(msgspec.Struct, frozen=True):
    """A new record; `other` is the second person of a pair."""

    kind: str
    values: Mapping[str, Any]
    other: SubjectId | None = None
    happened_ms: int | None = None
    why: str = ""


def read_all(
    desk: Desk, caller: Caller, person: SubjectId, kind: str, *, why: str = ""
) -> tuple[RecordView, ...]:
    """Every record of a kind that a person has, the latest to happen first."""
    gate.allow(desk, caller, "read")
    declared = desk.registry.known(kind)
    readable_fields(declared, caller, desk.place.kind)
    with desk.store.reading() as reading:
        reach = gate.check_person(desk, caller, reading, person)
        fields = readable_fields(declared, caller, desk.place.kind, reach)
        shown = reading.records(kind, file_subject(person, declared.file))
    gate.witness(desk, caller, "read", (person,), why=why, detail=kind)
    views = [record_view(desk, one, fields) for one in shown]
    return tuple(sorted(views, key=lambda view: (-view.happened_ms, view.record)))


def read_one(
    desk: Desk, caller: Caller, person: SubjectId, kind: str, record: RecordId
) -> RecordView:
    """One record of a person, or NotFound."""
    gate.allow(desk, caller, "read")
    declared = desk.registry.known(kind)
    readable_fields(declared, caller, desk.place.kind)
    with desk.store.reading() as reading:
        reach = gate.check_person(desk, caller, reading, person)
        fields = readable_fields(declared, caller, desk.place.kind, reach)
        shown = shown_one(reading, declared, person, record)
    gate.witness(desk, caller, "read", (person,), detail=f"{kind} {record.hex()}")
    return record_view(desk, shown, fields)


def read_entries(
    desk: Desk, caller: Caller, person: SubjectId, kind: str, record: RecordId
) -> tuple[Entry, ...]:
    """What stands beside one another in one record, in the fields that the caller may be shown."""
    gate.allow(desk, caller, "read")
    declared = desk.registry.known(kind)
    readable_fields(declared, caller, desk.place.kind)
    with desk.store.reading() as reading:
        reach = gate.check_person(desk, caller, reading, person)
        fields = readable_fields(declared, caller, desk.place.kind, reach)
        found = entries_of(desk, reading, shown_one(reading, declared, person, record))
    gate.witness(desk, caller, "read", (person,), detail=f"{kind} {record.hex()}")
    return tuple(one for one in found if one.field in fields)


def add(desk: Desk, caller: Caller, person: SubjectId, addition: Addition) -> Saved:
    """Write a new record of a person.

    A record that exists at most once and is there already raises StaleRecord with what stands.
    """
    gate.allow(desk, caller, "write")
    declared = desk.registry.known(addition.kind)
    if addition.kind in ADDED_APART:
        raise UseItsOwnDoor(addition.kind)
    if not addition.values:
        raise InvalidValue("no field was given")
    gate.check_file(desk, declared)
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        if addition.other is not None:
            gate.check_person(desk, caller, reading, addition.other)
    draft = new_draft(desk, caller, person, addition)
    check_writers(declared, draft.values, desk.place.kind)
    return write(desk, caller, with_area(person, draft), why=addition.why)


def change(desk: Desk, caller: Caller, person: SubjectId, wanted: Change) -> Saved:
    """Write new values over those seen.

    SeenMissing without a token; StaleRecord where something else stands, unless on purpose. Of
    gathered entries that it puts right: AlreadyCorrected, and NotYourEntry for another's words.
    """
    gate.allow(desk, caller, "write")
    declared = desk.registry.known(wanted.kind)
    if wanted.kind in CHANGED_APART:
        raise UseItsOwnDoor(wanted.kind)
    if wanted.seen is None:
        raise SeenMissing(f"{wanted.kind} {wanted.record.hex()}")
    if not wanted.values:
        raise InvalidValue("no field was given")
    check_writers(declared, wanted.values, desk.place.kind)
    gate.check_file(desk, declared)
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        shown = shown_one(reading, declared, person, wanted.record)
        given = set(wanted.values), set(wanted.corrects)
        check_corrects(desk, caller, reading, shown, given)
    check_happened(desk, declared, wanted.happened_ms)
    happened_ms = wanted.happened_ms if wanted.happened_ms is not None else desk.now_ms()
    seen = read_seen_token(wanted.seen)
    checked = checked_values(desk, caller, declared, wanted.values)
    check_outcome_of(desk, person, wanted.kind, checked)
    if wanted.kind == MONITORING:
        check_review_since(checked, shown.values.get("occurred_at"))
    known = with_custody_known(desk, caller, person, wanted.kind, checked)
    draft = Draft(
        kind=wanted.kind,
        subjects=shown.key.subjects,
        record=wanted.record,
        values=with_interventions_known(desk, person, wanted.record, wanted.kind, known),
        happened_at=happened_ms,
        # Whoever is responsible until a later day stands in what this replaces: it must be known
        # also where the person arrives afterwards.
        refs=tuple(sorted(seen)) if wanted.kind == OFFICERS else (),
        seen=seen,
        corrects=frozenset(wanted.corrects),
        on_purpose=wanted.on_purpose,
    )
    return write(desk, caller, beside_the_approved(declared, draft), why=wanted.why)


def new_draft(desk: Desk, caller: Caller, person: SubjectId, addition: Addition) -> Draft:
    """The draft of a new record: its place, and open where its kind can be closed."""
    kind = desk.registry.known(addition.kind)
    checked = checked_values(desk, caller, kind, addition.values)
    check_outcome_of(desk, person, kind.name, checked)
    known = with_custody_known(desk, caller, person, kind.name, checked)
    values = with_interventions_known(desk, person, None, kind.name, known)
    field = kind.open_close_field
    if field is not None and kind.fields[field].is_required:
        values.setdefault(field, OPEN)
    now_ms = desk.now_ms()
    subjects, record = _new_place(desk, kind, person, addition.other)
    check_happened(desk, kind, addition.happened_ms)
    happened_ms = addition.happened_ms if addition.happened_ms is not None else now_ms
    return Draft(
        kind=kind.name,
        subjects=subjects,
        record=record,
        values=values,
        happened_at=happened_ms,
        seen=frozenset(),
    )


def shown_one(reading: Reading, kind: Kind, person: SubjectId, record: RecordId) -> Shown:
    """The record as shown, or NotFound."""
    subject = file_subject(person, kind.file)
    if not kind.is_pair:
        shown = reading.record(kind.name, (subject,), record)
    else:
        of_person = reading.records(kind.name, subject)
        shown = next((one for one in of_person if one.key.record == record), None)
    if shown is None:
        raise NotFound(f"{kind.name} {record.hex()}")
    return shown


def record_view(desk: Desk, shown: Shown, fields: frozenset[str]) -> RecordView:
    """The record with the fields that its reader may be shown."""
    readable = desk.registry.kinds[shown.key.kind].fields
    return RecordView(
        kind=shown.key.kind,
        subjects=shown.key.subjects,
        record=shown.key.record,
        values={name: value for name, value in shown.values.items() if name in fields},
        asks={name: why for name, why in shown.asks.items() if name in fields},
        unread={
            name: value
            for name, value in shown.unread.items()
            if name in fields or name not in readable
        },
        happened_ms=shown.happened_at,
        first_written_ms=hlc_ms(shown.first_written),
        last=source_of(desk, shown.node, shown.actor, shown.last_written),
        seen=shown.seen,
        is_at_centre=shown.at_centre,
    )


def _new_place(
    desk: Desk, kind: Kind, person: SubjectId, other: SubjectId | None
) -> tuple[tuple[SubjectId, ...], RecordId]:
    subject = file_subject(person, kind.file)
    if kind.is_pair:
        if other is None or other == person:
            raise InvalidValue(f"{kind.name} is of two people: name the other")
        return pair_of(person, other), pair_record(kind.name, person, other)
    if other is not None:
        raise InvalidValue(f"{kind.name} is of one person")
    if kind.is_singleton:
        return (subject,), singleton_record(subject, kind.name)
    return (subject,), RecordId(uuid7(desk.now_ms(), desk.chance(10)))
