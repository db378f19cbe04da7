"""Conflicts: list them by severity with their owner and sides; settle one with a reason."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any, Final, NewType

import msgspec

from casework.access.actions import check_writers
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.custody import read_custody
from casework.desk.desk import Desk, Source, node_name, source_of
from casework.desk.entry import checked_values
from casework.desk.facts import severity_in
from casework.desk.officers import responsibility_of
from casework.desk.person import name_view
from casework.desk.records import SeenMissing
from casework.desk.sentences import say
from casework.desk.sight import is_told, sight_of
from casework.desk.words import kind_name
from casework.desk.writing import Saved, write
from casework.records.files import OPEN_FILE
from casework.reference.in_use import place_name
from casework.rules.rows import day_of
from casework.rules.severity import Speech, field_words, sentence, value_words
from casework.rules.spoken import clock_words
from sync_protocol.author import Draft
from sync_protocol.causality import SeenToken, read_seen_token, seen_token
from sync_protocol.clock import hlc_ms
from sync_protocol.errors import InvalidValue, NotFound
from sync_protocol.ids import ID_BYTES, OpId, RecordId, SubjectId, singleton_record, uuid7
from sync_protocol.io.reading import ConflictSide, OpenConflict, Reading
from sync_protocol.merge import RecordKey
from sync_protocol.policy import OPEN, Severity

REASON_CHARACTERS_MAX: Final = 2_000
SETTLED: Final = "settled"
"""What the audit says where the reason is in a record: that may have to be let go of (INV-05)."""

ConflictId = NewType("ConflictId", str)
"""Opaque base64url of the record's key and the field."""


class ConflictOver(NotFound):
    """Nothing is left to settle here: somebody settled it, or withdrew what was contested."""

    code = "conflict_over"
    hint = "Read on the person's page what was decided, and why."

    def __init__(self, detail: str, person: SubjectId) -> None:
        """Keep whose conflict it was."""
        super().__init__(detail)
        self.person = person


class SideView(msgspec.Struct, frozen=True):
    """One standing side: its value as stored and in words, and who wrote it."""

    op_id: OpId
    value: Any
    value_text: str
    source: Source
    happened_ms: int
    is_clock_suspect: bool
    is_shown: bool
    """Whether this side's value is the one shown until somebody settles."""
    text: str | None = None
    """What its author wrote with it, such as grounds; told where one conflict is read."""


class ConflictView(msgspec.Struct, frozen=True):
    """An open conflict; `seen` goes back with the settlement."""

    id: ConflictId
    kind: str
    kind_name: str
    record: RecordId
    subjects: tuple[SubjectId, ...]
    person_name: str
    field: str
    field_name: str
    why: str
    why_text: str
    severity: Severity
    owner: str
    """Who is to settle it, in words: the place responsible for the person."""
    opened_ms: int
    sides: tuple[SideView, ...]
    seen: SeenToken


class Settlement(msgspec.Struct, frozen=True):
    """A person's choice: the value chosen from a side or entered, and why."""

    value: Any
    reason: str
    seen: SeenToken | None


def list_conflicts(
    desk: Desk, caller: Caller, *, person: SubjectId | None = None
) -> tuple[ConflictView, ...]:
    """Open conflicts known here, gravest first, then oldest."""
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        if person is not None:
            gate.check_person(desk, caller, reading, person)
        sight = sight_of(desk, caller, reading)
        views = [
            _view(desk, reading, conflict)
            for conflict in reading.conflicts(person)
            if is_told(desk, caller, reading, sight, _asked(conflict.key, conflict.field))
        ]
    named = dict.fromkeys(subject for view in views for subject in view.subjects)
    about = tuple(named) if person is None else (person,)
    gate.witness(desk, caller, "read", about, detail=f"conflicts, {len(views)} shown")
    return tuple(sorted(views, key=lambda view: (view.severity, view.opened_ms, view.id)))


def read_conflict(desk: Desk, caller: Caller, conflict: ConflictId) -> ConflictView:
    """One conflict, or NotFound where it is none or was settled."""
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        found = _found(desk, caller, reading, conflict)
        view = _with_texts(reading, found, _view(desk, reading, found))
    gate.witness(desk, caller, "read", view.subjects, detail=f"conflict {view.kind}.{view.field}")
    return view


def settle(desk: Desk, caller: Caller, conflict: ConflictId, choice: Settlement) -> Saved:
    """Write the chosen value over all sides seen; StaleRecord where another side came since."""
    gate.allow(desk, caller, "settle")
    reason = choice.reason.strip()
    if not 0 < len(reason) <= REASON_CHARACTERS_MAX:
        raise InvalidValue(f"a reason is required, of at most {REASON_CHARACTERS_MAX} characters")
    if choice.seen is None:
        raise SeenMissing("conflict")
    with desk.store.reading() as reading:
        found = _found(desk, caller, reading, conflict)
    kind = desk.registry.known(found.key.kind)
    check_writers(kind, (found.field,), desk.place.kind)
    settling = Draft(
        kind=kind.name,
        subjects=found.key.subjects,
        record=found.key.record,
        values=checked_values(desk, caller, kind, {found.field: choice.value}),
        happened_at=desk.now_ms(),
        refs=tuple(side.op_id for side in found.sides),
        seen=read_seen_token(choice.seen),
    )
    drafts = [settling, *_kept_in_force(desk, found, choice)]
    if kind.file == OPEN_FILE:
        drafts += [_reason(desk, caller, found, one, reason) for one in found.key.subjects]
    return write(desk, caller, drafts, why=SETTLED if kind.file == OPEN_FILE else reason)


def _kept_in_force(desk: Desk, conflict: OpenConflict, choice: Settlement) -> list[Draft]:
    """An alert settled as open loses the end that its close brought, else it would be over."""
    if (conflict.key.kind, conflict.field, choice.value) != ("alert", "status", OPEN):
        return []
    endless = Draft(
        kind=conflict.key.kind,
        subjects=conflict.key.subjects,
        record=conflict.key.record,
        values={"active_to": None},
        happened_at=desk.now_ms(),
    )
    return [endless]


def conflict_id(key: RecordKey, field: str) -> ConflictId:
    """The conflict's name in an address."""
    packed = msgspec.msgpack.encode((key.kind, key.subjects, key.record, field))
    return ConflictId(urlsafe_b64encode(packed).decode().rstrip("="))


def read_conflict_id(conflict: ConflictId) -> tuple[RecordKey, str]:
    """The record and field that a conflict's name stands for; NotFound where it is none."""
    try:
        packed = urlsafe_b64decode(conflict.encode() + b"=" * (-len(conflict) % 4))
        kind, subjects, record, field = msgspec.msgpack.decode(
            packed, type=tuple[str, tuple[bytes, ...], bytes, str]
        )
    except (Base64Error, ValueError, msgspec.MsgspecError) as fault:
        raise NotFound("no such conflict") from fault
    if any(len(one) != ID_BYTES for one in (*subjects, record)) or not 1 <= len(subjects) <= 2:
        raise NotFound("no such conflict")
    return RecordKey(kind, tuple(map(SubjectId, subjects)), RecordId(record)), field


def _found(desk: Desk, caller: Caller, reading: Reading, conflict: ConflictId) -> OpenConflict:
    key, field = read_conflict_id(conflict)
    sight = sight_of(desk, caller, reading)
    told = f"conflict {key.kind}.{field}"
    is_open = is_told(desk, caller, reading, sight, _asked(key, field))
    if not is_open or not _is_known(reading, key):
        raise NotFound(told)
    for one in reading.conflicts(key.subjects[0]):
        if (one.key, one.field) == (key, field):
            return one
    raise ConflictOver(told, key.subjects[0])


def _is_known(reading: Reading, key: RecordKey) -> bool:
    return reading.record(key.kind, key.subjects, key.record) is not None


def _asked(key: RecordKey, field: str) -> tuple[str, str, tuple[SubjectId, ...]]:
    return key.kind, field, key.subjects


def _view(desk: Desk, reading: Reading, conflict: OpenConflict) -> ConflictView:
    key, field = conflict.key, conflict.field
    shown = reading.record(key.kind, key.subjects, key.record)
    value_shown = shown.values.get(field) if shown is not None else None
    subject = key.subjects[0]
    person = reading.record("person", (subject,), singleton_record(subject, "person"))
    speech = Speech(
        place_of=lambda node: node_name(desk, node), time_of=clock_words, day=day_of(desk.now_ms())
    )
    return ConflictView(
        id=conflict_id(key, field),
        kind=key.kind,
        kind_name=kind_name(key.kind),
        record=key.record,
        subjects=key.subjects,
        person_name=name_view(person).full,
        field=field,
        field_name=field_words(field, key.kind),
        why=conflict.why,
        why_text=sentence(conflict, value_shown, speech),
        severity=severity_in(desk, reading, conflict),
        owner=_owner(desk, reading, subject),
        opened_ms=max((hlc_ms(side.hlc) for side in conflict.sides), default=0),
        sides=tuple(_side(desk, conflict, side, value_shown) for side in conflict.sides),
        seen=seen_token(side.op_id for side in conflict.sides),
    )


def _with_texts(reading: Reading, conflict: OpenConflict, view: ConflictView) -> ConflictView:
    texts = {
        entry.op_id: say(entry.op, {}).text
        for entry in reading.record_history(conflict.key)
        if entry.op is not None
    }
    change = msgspec.structs.replace
    sides = tuple(change(side, text=texts.get(side.op_id)) for side in view.sides)
    return change(view, sides=sides)


def _side(desk: Desk, conflict: OpenConflict, side: ConflictSide, value_shown: Any) -> SideView:
    return SideView(
        op_id=side.op_id,
        value=side.value,
        value_text=value_words(conflict.field, side.value, conflict.key.kind),
        source=source_of(desk, side.node, side.actor, side.hlc),
        happened_ms=side.happened_at,
        is_clock_suspect=side.is_suspect,
        is_shown=side.value == value_shown,
    )


def _owner(desk: Desk, reading: Reading, person: SubjectId) -> str:
    """The prison that holds the person, else the responsible officer's team, else the centre."""
    state = read_custody(desk, reading, person)
    if state.place is not None:
        return place_name(state.place)
    record = singleton_record(person, "offender_manager")
    shown = reading.record("offender_manager", (person,), record)
    day = day_of(desk.now_ms())
    lead = responsibility_of(reading, shown, reading.conflicts(person), day=day).lead
    return place_name(lead.officer.team) if lead is not None and lead.officer.team else "The centre"


def _reason(
    desk: Desk, caller: Caller, conflict: OpenConflict, subject: SubjectId, reason: str
) -> Draft:
    """The reason travels as a record of its own, so that both offices read why."""
    values = {
        "of_kind": conflict.key.kind,
        "of_record": conflict.key.record.hex(),
        "of_field": conflict.field,
        "reason": reason,
        "settled_by": caller.display_name,
    }
    return Draft(
        kind="settlement",
        subjects=(subject,),
        record=RecordId(uuid7(desk.now_ms(), desk.chance(10))),
        values=values,
        happened_at=desk.now_ms(),
        seen=frozenset(),
    )
