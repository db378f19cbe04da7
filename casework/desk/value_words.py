"""Any value of any field in words, made from the field's declaration; it reads no store.

Codes in the words of their list, days and moments as read out, a struct by its members. A value
that a newer release wrote otherwise is said as it came.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from casework.desk.words import FIELD_NAMES, field_name
from casework.records.declared import told_of
from casework.records.shapes import Member, Shape, field_shape
from casework.records.values import Listed
from casework.reference.in_use import place_name
from casework.reference.reader import GROUPS, codes, describe, list_names
from casework.rules.spoken import day_words, moment_words
from sync_protocol.policy import ForwardMost, OpenClose, WholeVersion
from sync_protocol.schema import FieldSpec

PLACES: Final = frozenset({"establishments", "probation_delivery_units"})
PLACE_FIELDS: Final = frozenset({"delivered_at"})
"""Fields that hold the code of a prison or of a probation delivery unit."""
ASSERTED: Final = "asserted_on"
SIGNATURE: Final = frozenset({"author", "written_on"})
SIGNED: Final = SIGNATURE | {"text"}
MEMBER_NAMES: Final = {
    "staff": "Member of staff",
    "supporting": "Supporting officer",
    "is_listed": "On the list",
}
SHORT_CODE: Final = 4
PLAIN_WORDS: Final = frozenset({"LOW", "HIGH", "NONE", "OPEN"})
CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
NOT_TOLD: Final = frozenset({"staff", "record"})
"""Ids of which the words beside them tell enough."""


def label_of(kind: str, spec: FieldSpec) -> str:
    """What a page calls a field: as its declaration says, else its name."""
    told = told_of(spec)
    is_status = spec.name == "status" and not isinstance(spec.rule.policy, OpenClose)
    return told.label or ("Status" if is_status else sentence_case(field_name(kind, spec.name)))


def member_label(member: Member) -> str:
    """What a page calls a member of a value."""
    name = member.name.removesuffix("_id")
    told = member.shape.told.label or MEMBER_NAMES.get(name)
    return told or sentence_case(FIELD_NAMES.get(name, _spoken(name)))


def sentence_case(words: str) -> str:
    """The words with their first letter large."""
    return f"{words[:1].upper()}{words[1:]}"


def field_lines(spec: FieldSpec, value: Any) -> tuple[str, ...]:
    """What a field shows, a line for each of several; none where it shows nothing."""
    shape = field_shape(spec)
    if isinstance(spec.rule.policy, WholeVersion) and isinstance(value, Mapping):
        return _version_lines(shape, value)
    if isinstance(spec.rule.policy, ForwardMost):
        return _step_lines(shape, value)
    if _is_of_ids(shape):
        return ()
    if spec.name in PLACE_FIELDS and isinstance(value, str):
        return (place_name(value),)
    if isinstance(value, list | tuple):
        each = shape if spec.is_gathered else shape.item or shape
        return tuple(value_words(each, one) for one in value)
    return (value_words(shape, value),) if value is not None else ()


def told_lines(spec: FieldSpec, value: Any) -> tuple[str, ...]:
    """The same in a sentence about one change: what is empty, unticked or a bare id is left out."""
    if value in (None, False) or field_shape(spec).sort in NOT_TOLD:
        return ()
    if spec.is_gathered:
        return (value_words(field_shape(spec), value),)
    lines = field_lines(spec, value)
    return lines[:1] if isinstance(spec.rule.policy, WholeVersion) else lines


def is_free_text(spec: FieldSpec) -> bool:
    """Whether a field holds what its author wrote freely, signed or not."""
    shape = field_shape(spec)
    return shape.sort == "text" or (shape.sort == "struct" and shape.member("author") is not None)


def text_in(value: Any) -> str:
    """What its author wrote."""
    text = value.get("text") if isinstance(value, Mapping) else value
    return str(text) if text else ""


def value_words(shape: Shape, value: Any) -> str:
    """A value on one line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _struct_words(shape, value)
    if isinstance(value, list | tuple):
        return "; ".join(value_words(shape.item or shape, one) for one in value) or "none"
    if shape.sort == "moment":
        return moment_words(value)
    if shape.sort == "day":
        return day_words(value)
    if shape.sort == "choice":
        return choice_words(shape, str(value))
    return str(value)


def choice_words(shape: Shape, value: str) -> str:
    """A code in the words of its list, or a word of a type as staff say it."""
    listed = shape.listed
    if listed is None:
        return _spoken_code(value)
    if listed.list in PLACES:
        return place_name(value)
    return code_words(listed, value)


def code_words(listed: Listed, value: str) -> str:
    """What a code of a list means; the code itself where the list is not known here."""
    if listed.list not in list_names():
        return value
    if listed.group:
        return describe(listed.list, f"{listed.group}/{value}")
    if listed.list in GROUPS and value not in codes(listed.list):
        return next((one.description for one in codes(listed.list).values() if one.code == value),
                    value)  # fmt: skip
    return describe(listed.list, value)


def _step_lines(shape: Shape, value: Any) -> tuple[str, ...]:
    """The state that was reached; of one step also what was said with it."""
    target = shape.member("to")
    words = target.shape if target is not None else shape
    if not isinstance(value, Mapping):
        return (choice_words(words, str(value)),) if value is not None else ()
    rest = {name: one for name, one in value.items() if name not in {"from", "to"}}
    return (choice_words(words, str(value.get("to"))), *_member_lines(shape, rest))


def _version_lines(shape: Shape, value: Mapping[str, Any]) -> tuple[str, ...]:
    content, member = value.get("content"), shape.member("content")
    state = "Approved" if value.get("approved") is True else "Draft, not approved"
    if not isinstance(content, Mapping) or member is None:
        return (state,)
    return (state, *_member_lines(member.shape, content))


def _struct_words(shape: Shape, value: Mapping[str, Any]) -> str:
    if value.keys() & SIGNATURE:
        return _signed_words(shape, value)
    if "staff_id" in value and "staff_name" in value:
        return _staff_words(shape, value)
    if ASSERTED in value:
        return _asserted_words(shape, value)
    return "; ".join(_member_lines(shape, value))


def _member_lines(shape: Shape, value: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for each member that is set, as declared; last what this release does not know."""
    lines = []
    declared = [one.name for one in shape.members if one.name in value]
    for name in (*declared, *(name for name in value if name not in declared)):
        one = value[name]
        member = shape.member(name)
        if member is None:
            lines.append(f"{sentence_case(_spoken(name))}: {value_words(_AS_IT_CAME, one)}")
        elif isinstance(one, list | tuple) and _is_of_ids(member.shape):
            count = f"{len(one)} {'record' if len(one) == 1 else 'records'}"
            lines += [f"{member_label(member)}: {count}"] if one else []
        elif one is not None and not _is_of_ids(member.shape):
            lines.append(f"{member_label(member)}: {value_words(member.shape, one)}")
    return tuple(lines)


def _is_of_ids(shape: Shape) -> bool:
    """Whether a value is an id, or several, of which nobody can tell anything."""
    item = shape.item if shape.sort == "many" else shape
    return item is not None and item.sort in NOT_TOLD


def _signed_words(shape: Shape, value: Mapping[str, Any]) -> str:
    """All that was said, the free text last, and by whom and when; a tick left alone says nothing.

    Of an observation its text alone would not say when the person was seen.
    """
    rest = {
        name: one
        for name, one in value.items()
        if name not in SIGNED and not (one is False and _may_be_left_out(shape, name))
    }
    text = str(value.get("text") or "")
    words = "; ".join((*_member_lines(shape, rest), *((text,) if text else ())))
    when = value.get("written_on")
    said = moment_words(when) if isinstance(when, int) else day_words(when) if when else ""
    by = ", ".join(str(one) for one in (value.get("author"), said) if one)
    return f"{words} ({by})" if by else words


def _may_be_left_out(shape: Shape, name: str) -> bool:
    member = shape.member(name)
    return member is not None and not member.is_required


def _staff_words(shape: Shape, value: Mapping[str, Any]) -> str:
    team = f" ({place_name(str(value['team']))})" if value.get("team") else ""
    rest = {k: one for k, one in value.items() if k not in {"staff_id", "staff_name", "team"}}
    return "; ".join((f"{value['staff_name']}{team}", *_member_lines(shape, rest)))


def _asserted_words(shape: Shape, value: Mapping[str, Any]) -> str:
    """What a source said, and who and when, so that two that differ can be weighed."""
    told = {name: one for name, one in value.items() if name not in {ASSERTED, "source"}}
    only = shape.member("value") if told.keys() == {"value"} else None
    words = (
        value_words(only.shape, told["value"])
        if only is not None
        else "; ".join(_member_lines(shape, told))
    )
    source = describe("assertion_sources", str(value.get("source", "")))
    return f"{words} ({source}, {day_words(value[ASSERTED])})"


def _spoken_code(word: str) -> str:
    """A word of a type in small letters: NOT_STARTED, CustodyOnly; what is short stays: CRD."""
    if word.isupper() and len(word) <= SHORT_CODE and word not in PLAIN_WORDS:
        return word
    return _spoken(CAMEL.sub(" ", word)).lower()


def _spoken(name: str) -> str:
    return name.replace("_", " ")


_AS_IT_CAME: Final = Shape(sort="other")
