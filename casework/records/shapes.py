"""The shape of a declared type: what a form asks, words say, an example gives and the API tells.

Read once from the type that a field declares, so that forms, pages, examples and schemas never
look at a type themselves. It knows no field's meaning and no policy.
"""

import functools
import types
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from casework.records.values import Day, Listed, Moment, Refers, Told
from sync_protocol.schema import FieldSpec

Sort = Literal[
    "line", "text", "day", "moment", "tick", "number", "choice", "staff", "person", "record",
    "struct", "many", "other",
]  # fmt: skip
"""What a value is: `choice` where the type lists its words or a list offers its codes."""

LINE_CHARACTERS_MAX: Final = 250
SHORT_TEXT_CHARACTERS_MAX: Final = 200
_DAY: Final = get_args(Day)[1].pattern
_MOMENT: Final = (get_args(Moment)[1].ge, get_args(Moment)[1].le)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a type is, past annotations and unions."""

    sort: Sort
    may_be_none: bool = False
    told: Told = Told()
    choices: tuple[str, ...] = ()
    """The words that the type itself lists."""
    listed: Listed | None = None
    least: int | None = None
    most: int | None = None
    characters_max: int | None = None
    pattern: str = ""
    members: tuple["Member", ...] = ()
    item: "Shape | None" = None

    def member(self, name: str) -> "Member | None":
        """The member of this name."""
        return next((one for one in self.members if one.name == name), None)


class Member(msgspec.Struct, frozen=True):
    """One member of a value, or one field of a kind."""

    name: str
    shape: Shape
    is_required: bool


class _Notes(msgspec.Struct, frozen=True):
    """What stands beside a type in `Annotated`, as far as it was met on the way down."""

    metas: tuple[Meta, ...] = ()
    told: Told = Told()
    listed: Listed | None = None
    refers: Refers | None = None

    def with_note(self, note: Any) -> "_Notes":
        """With one note more; what stands further out counts."""
        change = msgspec.structs.replace
        if isinstance(note, Meta):
            return change(self, metas=(*self.metas, note))
        if isinstance(note, Told) and self.told == Told():
            return change(self, told=note)
        if isinstance(note, Listed) and self.listed is None:
            return change(self, listed=note)
        return change(self, refers=note) if isinstance(note, Refers) else self


def field_shape(spec: FieldSpec) -> Shape:
    """The shape of a field's values."""
    return shape_of(spec.type)


@functools.cache
def shape_of(declared: Any) -> Shape:
    """The shape of a type."""
    return _shape(declared, _Notes())


def _shape(declared: Any, notes: _Notes) -> Shape:
    if get_origin(declared) is Annotated:
        inner, *found = get_args(declared)
        for note in found:
            notes = notes.with_note(note)
        return _shape(inner, notes)
    if get_origin(declared) in (Union, types.UnionType):
        return _union(get_args(declared), notes)
    return _plain(declared, notes)


def _union(members: tuple[Any, ...], notes: _Notes) -> Shape:
    shapes = [_shape(one, notes) for one in members if one is not type(None)]
    words = tuple(word for shape in shapes for word in shape.choices)
    shape = shapes[0] if len(shapes) == 1 else Shape(sort="choice" if words else "other")
    return msgspec.structs.replace(
        shape,
        may_be_none=shape.may_be_none or type(None) in members,
        choices=words,
        told=shape.told if shape.told != Told() else notes.told,
    )


def _plain(declared: Any, notes: _Notes) -> Shape:
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return Shape(sort="struct", told=notes.told, members=tuple(_members(declared)))
    if get_origin(declared) in (list, tuple, frozenset):
        item = _shape(get_args(declared)[0], _Notes(listed=notes.listed))
        return Shape(sort="many", told=notes.told, item=item)
    if get_origin(declared) is Literal:
        words = tuple(str(word) for word in get_args(declared))
        return Shape(sort="choice", told=notes.told, choices=words, listed=notes.listed)
    if declared is bool:
        return Shape(sort="tick", told=notes.told)
    if declared is int:
        least, most = _bound(notes, "ge"), _bound(notes, "le")
        sort: Sort = "moment" if (least, most) == _MOMENT else "number"
        return Shape(sort=sort, told=notes.told, least=least, most=most)
    return _text(notes) if declared is str else Shape(sort="other", told=notes.told)


def _text(notes: _Notes) -> Shape:
    patterns = [one.pattern for one in notes.metas if one.pattern is not None]
    lengths = [one.max_length for one in notes.metas if one.max_length is not None]
    length = min(lengths, default=None)
    if notes.refers is not None:
        sort: Sort = notes.refers.to
    elif _DAY in patterns:
        sort = "day"
    elif notes.listed is not None:
        sort = "choice"
    else:
        sort = "line" if length is not None and length <= LINE_CHARACTERS_MAX else "text"
    pattern = next((one for one in patterns if one != _DAY), "")
    return Shape(
        sort=sort,
        told=notes.told,
        listed=notes.listed,
        characters_max=length,
        pattern=pattern,
    )


def _members(declared: type[msgspec.Struct]) -> Iterator[Member]:
    hints = get_type_hints(declared, include_extras=True)
    for one in msgspec.structs.fields(declared):
        shape = shape_of(hints[one.name])
        yield Member(one.encode_name, shape, is_required=one.required)


def _bound(notes: _Notes, name: str) -> int | None:
    found = [getattr(one, name) for one in notes.metas if getattr(one, name) is not None]
    return int(found[0]) if found else None
