"""The people whom a record names by their id, as staff know them: by name and number, with a link.

Who may not be told of here, because the record has not come or is closed to whoever asks, is said
to be somebody, and no more.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from casework.desk.people import summary
from casework.desk.records import RecordView
from casework.records.shapes import Shape, field_shape
from casework.web.shown.people import address_of
from casework.web.views import Link
from casework.web.visit import Visit
from sync_protocol.errors import Refused
from sync_protocol.ids import ID_BYTES, SubjectId
from sync_protocol.schema import Kind

NOT_KNOWN: Final = "somebody not known at this office"


class NamedPerson(msgspec.Struct, frozen=True):
    """Somebody whom a record names; without a number or an address where none may be told."""

    name: str = NOT_KNOWN
    number: str = ""
    address: str = ""

    @property
    def words(self) -> str:
        """Name and number."""
        return f"{self.name} ({self.number})" if self.number else self.name


NameOf = Callable[[str], NamedPerson]
"""Who has an id, in hex."""


def namer(visit: Visit) -> NameOf:
    """Tells of each person once, and witnesses that it was told."""
    return functools.cache(functools.partial(_named, visit))


def with_names(kind: Kind, record: RecordView, name_of: NameOf) -> RecordView:
    """The record with words in place of the id of whomever it names."""
    named = {
        name: _in_words(field_shape(spec), record.values[name], name_of)
        for name, spec in kind.fields.items()
        if name in record.values and names_people(field_shape(spec))
    }
    if not named:
        return record
    return msgspec.structs.replace(record, values={**record.values, **named})


def links_to_named(kind: Kind, record: RecordView, name_of: NameOf) -> tuple[Link, ...]:
    """Where those whom a record names are found, each once."""
    ids = [
        one
        for name, spec in kind.fields.items()
        if name in record.values
        for one in people_in(field_shape(spec), record.values[name])
    ]
    known = [name_of(one) for one in dict.fromkeys(ids)]
    return tuple(Link(one.words, one.address) for one in known if one.address)


def value_with_names(shape: Shape, value: Any, name_of: NameOf) -> Any:
    """One value with words in place of ids."""
    return _in_words(shape, value, name_of) if names_people(shape) else value


def people_in(shape: Shape, value: Any) -> Iterator[str]:
    """The ids of whomever a value names."""
    return (one for _, one in person_answers(shape, "", value))


def person_answers(shape: Shape, path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The same, each with the path of the question that asks for it."""
    if not names_people(shape):
        return
    if isinstance(value, list | tuple):
        item = shape.item if shape.sort == "many" and shape.item is not None else shape
        for number, one in enumerate(value, 1):
            yield from person_answers(item, f"{path}.{number}", one)
    elif shape.sort == "person" and isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for one in shape.members:
            yield from person_answers(one.shape, f"{path}.{one.name}", value.get(one.name))


@functools.cache
def names_people(shape: Shape) -> bool:
    """Whether a value of this shape can name anybody."""
    inner = [one.shape for one in shape.members] + ([shape.item] if shape.item else [])
    return shape.sort == "person" or any(names_people(one) for one in inner)


def _in_words(shape: Shape, value: Any, name_of: NameOf) -> Any:
    if isinstance(value, list | tuple):
        item = shape.item if shape.sort == "many" and shape.item is not None else shape
        return [_in_words(item, one, name_of) for one in value]
    if shape.sort == "person" and isinstance(value, str):
        return name_of(value).words
    if isinstance(value, Mapping):
        shapes = {one.name: one.shape for one in shape.members}
        return {
            name: _in_words(shapes[name], one, name_of) if name in shapes else one
            for name, one in value.items()
        }
    return value


def _named(visit: Visit, hexed: str) -> NamedPerson:
    try:
        raw = bytes.fromhex(hexed)
        if len(raw) != ID_BYTES:
            return NamedPerson()
        known = summary(visit.desk, visit.caller, SubjectId(raw))
    except (Refused, ValueError):
        return NamedPerson()
    number = known.identifiers[0].value if known.identifiers else ""
    return NamedPerson(known.name.full, number, address_of(known.id))
