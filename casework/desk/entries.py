"""What stands beside one another in a record: gathered entries, and drafts after an approval.

Each comes with who wrote it and the words that it put right, so that a form can offer it to be
corrected or gone on with and no earlier words are out of sight. Nobody's words are put right by
another: whoever knows more adds an entry.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_type_hints

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Source, source_of
from casework.records.declared import struct_of
from casework.records.review import Review
from sync_protocol.causality import read_seen_token
from sync_protocol.errors import Refused
from sync_protocol.ids import OpId
from sync_protocol.io.reading import Reading, Shown
from sync_protocol.op import Op
from sync_protocol.policy import WholeVersion
from sync_protocol.schema import FieldSpec
from sync_protocol.scope import Flag

ASSERTED: Final = "asserted_on"
"""What a source has said of a person, which whoever learns better puts right."""


class Entry(msgspec.Struct, frozen=True):
    """One value of a field that holds several, and the earlier ones that it put right.

    An op may say something in several fields: with its field it names one entry.
    """

    op: OpId
    field: str
    value: Any
    source: Source
    stands: bool = True
    corrected: tuple["Entry", ...] = ()


class AlreadyCorrected(Refused):
    """This entry was put right by somebody while you were writing."""

    code = "already_corrected"
    hint = (
        "Nothing you wrote is lost: copy it, open the record, and correct the entry as it stands "
        "there now."
    )


class NotYourEntry(Refused):
    """Only whoever wrote an entry may put it right."""

    code = "not_your_entry"
    hint = "Add an entry of your own that says what you know; both are shown."


def entries_of(desk: Desk, reading: Reading, shown: Shown) -> tuple[Entry, ...]:
    """The gathered entries of a record, oldest first, and drafts later than what is approved."""
    tree = _Corrected(desk, _counted(reading, shown))
    ids = read_seen_token(shown.seen)
    found = [
        tree.entry(op, spec.name, stands=True)
        for spec in desk.registry.known(shown.key.kind).fields.values()
        for op in _beside(spec, tree.standing(spec.name, ids), shown.values.get(spec.name))
    ]
    return tuple(sorted(found, key=lambda one: (one.source.written_ms, one.op)))


def earlier(entry: Entry) -> Iterator[Entry]:
    """Every entry that this one put right, the latest first."""
    for one in entry.corrected:
        yield one
        yield from earlier(one)


def may_correct(caller: Caller, spec: FieldSpec, entry: Entry) -> bool:
    """Whether the caller may put an entry right: their own, a day set for a review, and what a
    source was taken to have said.
    """
    declared = struct_of(spec.type)
    is_open_to_all = declared is not None and (
        declared is Review or ASSERTED in get_type_hints(declared)
    )
    return spec.is_gathered and (is_open_to_all or entry.source.staff == caller.staff)


def check_corrects(
    desk: Desk, caller: Caller, reading: Reading, shown: Shown, given: tuple[set[str], set[OpId]]
) -> None:
    """Raise AlreadyCorrected for what stands no more in the fields given, NotYourEntry for what
    another wrote; `given` are those fields, and the ops that are put right in them.
    """
    fields, corrects = given
    if not corrects:
        return
    kind = desk.registry.known(shown.key.kind)
    standing = [
        one
        for one in entries_of(desk, reading, shown)
        if one.field in fields and one.op in corrects and kind.fields[one.field].is_gathered
    ]
    named = f"{kind.name} {shown.key.record.hex()}"
    if corrects - {one.op for one in standing}:
        raise AlreadyCorrected(named)
    if not all(may_correct(caller, kind.fields[one.field], one) for one in standing):
        raise NotYourEntry(named)


class _Corrected:
    """The ops of a record, and by field which of them were put right by which."""

    def __init__(self, desk: Desk, ops: Iterable[Op]) -> None:
        self._desk = desk
        self._ops: Mapping[OpId, Op] = {op.id: op for op in ops}
        self._replaced: set[tuple[str, OpId]] = {
            (field, old)
            for op in self._ops.values()
            for field, named in op.header.replaces.items()
            for old in named
        }

    def standing(self, field: str, ids: Container[OpId]) -> list[Op]:
        """Of these ops, those whose value of a field nothing has replaced."""
        return [
            op
            for op in self._ops.values()
            if op.id in ids and field in op.values and (field, op.id) not in self._replaced
        ]

    def entry(self, op: Op, field: str, *, stands: bool = False) -> Entry:
        """What an op says in a field, with all that it put right."""
        named = op.header.replaces.get(field, ())
        before = [self._ops[one] for one in named if one in self._ops]
        return Entry(
            op=op.id,
            field=field,
            value=op.values[field],
            source=source_of(self._desk, op.header.node, op.header.actor, op.hlc),
            stands=stands,
            corrected=tuple(self.entry(one, field) for one in before if field in one.values),
        )


def _counted(reading: Reading, shown: Shown) -> list[Op]:
    """The ops of a record that count here."""
    history = reading.record_history(shown.key)
    return [one.op for one in history if one.op is not None and not one.verdict.flags & Flag.PARKED]


def _beside(spec: FieldSpec, ops: Sequence[Op], shows: Any) -> Iterator[Op]:
    """The ops whose values are the several that are shown, or drafts that are not.

    Of a person who arrived, what came in between may be missing: so an entry must be among those
    shown, and a draft must be later than what is approved.
    """
    if spec.is_gathered:
        yield from (op for op in ops if isinstance(shows, list) and op.values[spec.name] in shows)
    elif isinstance(spec.rule.policy, WholeVersion):
        approved = [op.hlc for op in ops if _is_approved(op.values[spec.name])]
        yield from (
            op
            for op in ops
            if approved and op.hlc > max(approved) and not _is_approved(op.values[spec.name])
        )


def _is_approved(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("approved") is True
