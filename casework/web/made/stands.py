"""What stands in a record, offered in its form though nobody here would choose it anew.

An officer of another office, a code that is no longer offered, a record that is not held here: a
list without them would send nothing back, and what stands would be emptied by whoever changes
something else.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from casework.desk.value_words import choice_words
from casework.records.shapes import Shape
from casework.reference.in_use import place_name
from casework.web.forms import Choice, Field
from casework.web.made.questions import STAFF, TEAM

STAFF_NAME: Final = "staff_name"


class Named(msgspec.Struct, frozen=True):
    """A member of staff whom a record names."""

    staff: str
    name: str
    team: str


def named_in(value: Any) -> Iterator[Named]:
    """Everybody whom a value names, however deep."""
    if isinstance(value, Mapping):
        if value.get(STAFF) and value.get(STAFF_NAME):
            team = str(value.get(TEAM) or "")
            yield Named(str(value[STAFF]), str(value[STAFF_NAME]), team)
        for one in value.values():
            yield from named_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from named_in(one)


def standing_words(shape: Shape, path: str, value: Any) -> dict[str, str]:
    """What each answer that a list would not offer says, by the path of its question."""
    if value is None:
        return {}
    if shape.sort == "struct" and isinstance(value, Mapping):
        found = {
            name: words
            for one in shape.members
            for name, words in standing_words(
                one.shape, f"{path}.{one.name}", value.get(one.name)
            ).items()
        }
        named = next(named_in(value), None) if value.get(STAFF) else None
        return found | ({f"{path}.{STAFF}": _staff_words(named)} if named else {})
    if shape.sort == "many" and shape.item is not None and isinstance(value, list | tuple):
        item = shape.item
        return {
            name: words
            for number, one in enumerate(value, 1)
            for name, words in standing_words(item, f"{path}.{number}", one).items()
        }
    if shape.sort == "choice":
        return {path: f"{choice_words(shape, str(value))} (as it stands)"}
    return {path: "As it stands"} if shape.sort in {"staff", "record"} else {}


def offering(field: Field, answers: Mapping[str, str], words: Mapping[str, str]) -> Field:
    """The question, offering also what stands."""
    change = msgspec.structs.replace
    if field.row is not None:
        row = field.row
        return change(
            field, row=lambda number: tuple(offering(one, answers, words) for one in row(number))
        )
    stands = answers.get(field.name, "")
    is_offered = field.kind != "select" or stands in {"", *(one.value for one in field.choices)}
    if is_offered:
        return field
    return change(field, choices=(*field.choices, Choice(stands, words.get(field.name, stands))))


def _staff_words(named: Named) -> str:
    return f"{named.name} ({place_name(named.team)})" if named.team else named.name
