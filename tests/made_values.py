"""Values for any field of any kind, made from what the Registry declares and from nothing else.

A kind that is declared tomorrow is covered by itself: its types say what fits, its lists which
codes, its status machine which steps. Everything comes from the chance that is handed in, so a
seed makes the same values on every machine. All people and texts are synthetic.
"""

import re
import types
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from casework.records.declared import listed_of
from casework.records.values import Listed
from casework.reference import in_use
from sync_protocol.policy import ForwardMost, OpenClose
from sync_protocol.schema import FieldSpec, Kind

FIRST_DAY: Final = date(2024, 1, 1)
FIRST_MOMENT_MS: Final = 1_704_067_200_000
DAYS: Final = 1_400
DAY_MS: Final = 86_400_000
WORDS: Final = ("ash", "birch", "cedar", "elder", "hazel", "larch", "maple", "rowan", "willow")
NUMBER_SPAN: Final = 1_000
ITEMS_MAX: Final = 3
CODES_SEEN: Final = 12
"""Of a long list so many codes are drawn from: two draws of one field should often be equal."""

_HEX: Final = re.compile(r"\[0-9a-f\]\{(\d+)\}")


class CannotMake(Exception):
    """A declared type of which no value is known here: teach it to this module."""


def made_record(kind: Kind, chance: Random) -> dict[str, Any]:
    """Values for a new record: every required field, and about half of the others."""
    specs = list(kind.fields.values())
    chosen = [spec for spec in specs if spec.is_required or chance.random() < 0.5]
    return {spec.name: made_value(spec, chance) for spec in chosen or [chance.choice(specs)]}


def made_change(kind: Kind, chance: Random, fields_max: int = 2) -> dict[str, Any]:
    """New values for one field or a few of a record."""
    names = sorted(kind.fields)
    count = chance.randint(1, min(fields_max, len(names)))
    return {name: made_value(kind.fields[name], chance) for name in chance.sample(names, count)}


def made_value(spec: FieldSpec, chance: Random) -> Any:
    """One value that fits a field: with real codes, and with a step that its machine knows."""
    policy = spec.rule.policy
    if isinstance(policy, ForwardMost):
        left, reached = chance.choice(policy.pairs)
        return {"from": left, "to": reached}
    if isinstance(policy, OpenClose):
        return chance.choice(("open", "closed"))
    return made_of(spec.type, chance)


def made_of(declared: Any, chance: Random, listed: Listed | None = None) -> Any:
    """One value of a declared type; `listed` is the list that a type further out names."""
    listed = listed_of(declared) or listed
    inner = get_args(declared)[0] if get_origin(declared) is Annotated else declared
    if get_origin(inner) in (Union, types.UnionType):
        return made_of(chance.choice(get_args(inner)), chance, listed)
    if get_origin(inner) is Annotated:
        return made_of(inner, chance, listed)
    if get_origin(inner) is Literal:
        return chance.choice(_offered(get_args(inner), listed))
    if get_origin(inner) is tuple:
        length = chance.randint(0, ITEMS_MAX)
        return [made_of(get_args(inner)[0], chance, listed) for _ in range(length)]
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return _struct(inner, chance)
    if inner is str and listed is not None:
        return chance.choice(sorted(in_use.offered(listed.list, listed.group))[:CODES_SEEN])
    return _plain(inspect.type_info(declared), chance)


def _offered(words: Sequence[Any], listed: Listed | None) -> Sequence[Any]:
    """The words of a type that its list offers: a retired one is read and never entered."""
    if listed is None:
        return words
    offered = in_use.offered(listed.list, listed.group)
    return [word for word in words if word in offered] or words


def _struct(declared: type[msgspec.Struct], chance: Random) -> dict[str, Any]:
    hints = get_type_hints(declared, include_extras=True)
    return {
        one.encode_name: made_of(hints[one.name], chance)
        for one in msgspec.structs.fields(declared)
        if one.required or chance.random() < 0.5
    }


def _plain(wanted: inspect.Type, chance: Random) -> Any:
    while isinstance(wanted, inspect.Metadata):
        wanted = wanted.type
    if isinstance(wanted, inspect.NoneType):
        return None
    if isinstance(wanted, inspect.BoolType):
        return chance.random() < 0.5
    if isinstance(wanted, inspect.IntType):
        return _number(wanted, chance)
    if isinstance(wanted, inspect.StrType):
        return _text(wanted, chance)
    raise CannotMake(f"{wanted}")


def _number(wanted: inspect.IntType, chance: Random) -> int:
    """A moment where the bounds are wide enough for one, else a small number within them."""
    if wanted.ge is not None and wanted.le is not None and wanted.le >= FIRST_MOMENT_MS:
        return FIRST_MOMENT_MS + chance.randrange(DAYS) * DAY_MS
    least = wanted.ge if wanted.ge is not None else 0
    most = wanted.le if wanted.le is not None else least + NUMBER_SPAN
    return chance.randint(least, min(most, least + NUMBER_SPAN))


def _text(wanted: inspect.StrType, chance: Random) -> str:
    pattern = wanted.pattern or ""
    hex_letters = _HEX.search(pattern)
    if hex_letters is not None:
        return f"{chance.randrange(8):x}" * int(hex_letters[1])
    words = " ".join(chance.choices(WORDS, k=2))[: wanted.max_length]
    day = (FIRST_DAY + timedelta(days=chance.randrange(DAYS))).isoformat()
    for text in (words, words.replace(" ", "-"), day):
        if re.search(pattern, text):
            return text
    raise CannotMake(f"text of pattern {pattern!r}")
