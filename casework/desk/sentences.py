"""One sentence for each op of a timeline, made from its codes and what its record shows.

A sentence never holds what its author wrote freely: that is the entry's text, shown apart and left
out where the note was retracted.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from casework.desk.value_words import (
    is_free_text,
    label_of,
    sentence_case,
    text_in,
    told_lines,
)
from casework.desk.words import (
    field_name,
    kind_name,
    officer_words,
    person_name_words,
    value_words,
)
from casework.records import REGISTRY
from casework.reference.in_use import place_name
from casework.reference.reader import describe
from casework.rules.spoken import day_words
from sync_protocol.op import Op
from sync_protocol.policy import CLOSED, OpenClose

Values = Mapping[str, Any]


class Said(msgspec.Struct, frozen=True):
    """What an op says: a sentence, and the text its author wrote, where there is one."""

    sentence: str
    text: str | None = None


def say(op: Op, shown: Values) -> Said:
    """The sentence and text of an op; `shown` is what its record shows now."""
    if op.body is None:
        return Said(f"{kind_name(op.header.kind)}: the content was removed by law")
    written = _SENTENCES.get(op.header.kind, _plain)
    return written(op, shown)


def _plain(op: Op, _shown: Values) -> Said:
    name = op.header.kind
    kind = REGISTRY.kinds.get(name)
    if kind is None:
        return Said(f"{kind_name(name)}: of a later release, and not read here")
    fields = [kind.fields[field] for field in op.values if field in kind.fields]
    told = [
        f"{label_of(name, spec).lower()} {line}"
        for spec in fields
        if not is_free_text(spec) and not isinstance(spec.rule.policy, OpenClose)
        for line in told_lines(spec, op.values[spec.name])
    ]
    told += [
        f"{label_of(name, spec).lower() if spec.name != 'status' else ''} closed".strip()
        for spec in fields
        if isinstance(spec.rule.policy, OpenClose) and op.values[spec.name] == CLOSED
    ]
    texts = [text_in(op.values[spec.name]) for spec in fields if is_free_text(spec)]
    written = "\n".join(text for text in texts if text)
    usual = "added to" if written else "confirmed open"
    return Said(f"{sentence_case(kind_name(name))}: {'; '.join(told) or usual}", written or None)


def _person(op: Op, _shown: Values) -> Said:
    values = op.values
    told = []
    if "names" in values:
        told.append(f"name {person_name_words(values['names'])}")
    told += [
        f"{field_name('person', field)} {value_words('person', field, values[field])}"
        for field in sorted(set(values) - {"names"})
    ]
    return Said(f"Personal details recorded: {', '.join(told)}")


def _identifier(op: Op, shown: Values) -> Said:
    code = str(op.values.get("type", shown.get("type", "")))
    name = describe("person_identifiers", code)
    if op.values.get("status") == CLOSED:
        return Said(f"{name} {shown.get('value', '')} struck out")
    doubt = ". Its check letter is wrong" if op.values.get("check") == "invalid" else ""
    return Said(f"{name} {op.values.get('value', shown.get('value', ''))} recorded{doubt}")


def _movement(op: Op, shown: Values) -> Said:
    values = {**shown, **op.values}
    if op.values.get("status") == CLOSED:
        return Said("Movement struck out: recorded by mistake")
    key = f"{values.get('type', '')}/{values.get('reason', '')}"
    reason = describe("movement_reasons", key)
    origin, goal = values.get("from_place"), values.get("to_place")
    if values.get("direction") == "IN":
        where = f"Received at {place_name(str(goal))}" if goal else "Received"
    else:
        left = f"Left {place_name(str(origin))}" if origin else "Left"
        where = f"{left} for {place_name(str(goal))}" if goal else left
    note = op.values.get("note")
    return Said(f"{where}: {reason}", str(note) if note else None)


def _cell(op: Op, _shown: Values) -> Said:
    location = op.values.get("location")
    return Said(f"Cell {location}" if location else "No cell")


def _offender_manager(op: Op, _shown: Values) -> Said:
    return Said(f"Responsible officer: {officer_words(op.values.get('assignment'))}")


def _risk(op: Op, _shown: Values) -> Said:
    told = [
        f"{field_name('risk', field)}: {value_words('risk', field, value)}"
        for field, value in op.values.items()
        if field != "grounds"
    ]
    grounds = op.values.get("grounds")
    text = str(grounds.get("text", "")) if isinstance(grounds, dict) else None
    return Said("; ".join(told) or "Grounds of the risk recorded", text)


def _alert(op: Op, shown: Values) -> Said:
    name = describe("alert_codes", str(op.values.get("code", shown.get("code", ""))))
    if op.values.get("status") == CLOSED:
        reason = op.values.get("closed_reason")
        return Said(f"Alert closed: {name}", str(reason) if reason else None)
    text = op.values.get("description")
    if "code" not in op.values:
        return Said(f"Alert changed: {name}", str(text) if text else None)
    since = day_words(op.values.get("active_from", ""))
    return Said(f"Alert raised: {name}, from {since}", str(text) if text else None)


def _non_association(op: Op, _shown: Values) -> Said:
    if op.values.get("status") == CLOSED:
        return Said("Non-association ended")
    width = op.values.get("restriction")
    apart = f": not on the same {str(width).lower()}" if width else ""
    comment = op.values.get("comment")
    return Said(f"Non-association with another person{apart}", str(comment) if comment else None)


def _case_note(op: Op, shown: Values) -> Said:
    values = {**shown, **op.values}
    note_type = str(values.get("type", ""))
    key = f"{note_type}/{values.get('subtype', '')}"
    name = f"{describe('case_note_types', note_type)}, {describe('case_note_subtypes', key)}"
    if op.values.get("status") == CLOSED:
        return Said(f"Case note withdrawn: {name}")
    told = op.values.get("text")
    is_retracted = shown.get("status") == CLOSED
    text = str(told.get("text", "")) if isinstance(told, dict) and not is_retracted else None
    is_amendment = isinstance(told, dict) and told.get("amends") is True
    return Said(f"{'Added to case note' if is_amendment else 'Case note'}: {name}", text)


def _settlement(op: Op, _shown: Values) -> Said:
    kind, field = str(op.values.get("of_kind", "")), str(op.values.get("of_field", ""))
    names = (kind_name(kind), field_name(kind, field))
    # A kind of one field is called as its field is: once is enough.
    is_one = names[0].casefold() == names[1].casefold()
    return Said(
        f"Conflict settled: {names[0] if is_one else ', '.join(names)}",
        str(op.values.get("reason", "")),
    )


_SENTENCES: Final[Mapping[str, Callable[[Op, Values], Said]]] = {
    "person": _person,
    "identifier": _identifier,
    "movement": _movement,
    "cell": _cell,
    "offender_manager": _offender_manager,
    "risk": _risk,
    "alert": _alert,
    "non_association": _non_association,
    "case_note": _case_note,
    "settlement": _settlement,
}
