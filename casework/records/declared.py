"""What a field's type says besides its shape: which list a code is from, and what a form tells.

Forms, entry and the page of records read it here, so that each is said once, at the field.
"""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from casework.records.values import Listed, Told
from sync_protocol.schema import FieldSpec

Note = TypeVar("Note")


def told_of(spec: FieldSpec) -> Told:
    """What a form says of a field; nothing where its declaration says nothing."""
    return _note(spec.type, Told) or Told()


def listed_of(declared: Any) -> Listed | None:
    """The list that a code is from, where a type names one, also within a union."""
    return _note(declared, Listed)


def struct_of(declared: Any) -> type[msgspec.Struct] | None:
    """The struct that a type is, past annotations and unions; None where it is none."""
    members = (one for one in _plain(declared) if isinstance(one, type))
    return next((one for one in members if issubclass(one, msgspec.Struct)), None)


def coded_in(declared: Any, value: Any) -> Iterator[tuple[Listed, str]]:
    """Every code in a value with the list it should be from, members and items included."""
    listed = listed_of(declared)
    if listed is not None and isinstance(value, str):
        yield listed, value
    for member in _plain(declared):
        if isinstance(member, type) and issubclass(member, msgspec.Struct):
            if isinstance(value, Mapping):
                hints = get_type_hints(member, include_extras=True)
                for name in hints.keys() & value.keys():
                    yield from coded_in(hints[name], value[name])
        elif get_origin(member) in (list, tuple) and isinstance(value, list | tuple):
            for item in value:
                yield from coded_in(get_args(member)[0], item)


def _note(declared: Any, sort: type[Note]) -> Note | None:
    if get_origin(declared) is Annotated:
        inner, *notes = get_args(declared)
        found = next((note for note in notes if isinstance(note, sort)), None)
        return found if found is not None else _note(inner, sort)
    if get_origin(declared) in (Union, types.UnionType):
        within = (_note(member, sort) for member in get_args(declared))
        return next((note for note in within if note is not None), None)
    return None


def _plain(declared: Any) -> Iterator[Any]:
    """The members of a type, past annotations and unions."""
    if get_origin(declared) is Annotated:
        yield from _plain(get_args(declared)[0])
    elif get_origin(declared) in (Union, types.UnionType):
        for member in get_args(declared):
            yield from _plain(member)
    else:
        yield declared
