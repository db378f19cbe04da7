"""A valid example of every kind, made from its declaration: for the API's document and its tests.

Where the fields of a kind must agree with one another, which no type says, `AGREED` gives those.
Everybody and everything in an example is made up.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from casework.records.shapes import Member, Shape, field_shape
from casework.records.values import Listed
from casework.reference.in_use import offered
from sync_protocol.policy import ForwardMost, OpenClose, WholeVersion
from sync_protocol.schema import FieldSpec, Kind

DAY: Final = "2026-11-20"
MOMENT_MS: Final = 1_795_166_400_000
"""09:20 UTC on 20 November 2026."""

HOUR_MS: Final = 3_600_000
EXAMPLE_ID: Final = "0" * 31 + "1"
WORDS: Final = "An example."
WORD: Final = "example"
NO_SPACE: Final = r"^\S+$"
HEX: Final = re.compile(r"\^\[0-9a-f\]\{(\d+)\}\$")
PLAIN: Final = {"moment": MOMENT_MS, "day": DAY, "tick": False}
AGREED: Final[Mapping[str, Mapping[str, Any]]] = {
    "cell": {"location": "LEI-A-1-003"},
    "identifier": {"type": "CRN", "value": "X123456"},
    "movement": {
        "type": "ADM",
        "reason": "V",
        "direction": "IN",
        "from_place": None,
        "to_place": "LEI",
        "escort": None,
        "occurred_at": MOMENT_MS,
    },
    "non_association": {"reason": "GANG_RELATED", "restriction": "CELL"},
}
NOT_ASKED: Final[Mapping[str, frozenset[str]]] = {
    "identifier": frozenset({"check", "source", "first_seen"}),
    "offender_manager": frozenset({"supporting", "co_working"}),
    "release": frozenset({"despite_recall"}),
    "restriction": frozenset({"people"}),
}
"""Fields that the desk fills in, that go with others only, or that would close the example."""


def example_of(kind: Kind) -> dict[str, Any]:
    """The values of a new record of a kind, as an API takes them."""
    agreed = AGREED.get(kind.name, {})
    left_out = NOT_ASKED.get(kind.name, frozenset())
    made = {
        spec.name: field_example(spec)
        for spec in kind.fields.values()
        if spec.name not in left_out and not isinstance(spec.rule.policy, OpenClose)
    }
    return {**made, **agreed} if not agreed else {**_of_gathered(kind, made), **agreed}


def field_example(spec: FieldSpec) -> Any:
    """A value that a new record may hold in a field."""
    policy, shape = spec.rule.policy, field_shape(spec)
    if isinstance(policy, OpenClose):
        return "open"
    if isinstance(policy, ForwardMost):
        first = next(after for before, after in policy.pairs if before is None)
        rest = example(shape)
        return {**rest, "from": None, "to": first} if isinstance(rest, dict) else rest
    value = example(shape)
    is_version = isinstance(policy, WholeVersion) and isinstance(value, dict)
    return {**value, "approved": False} if is_version else value


def example(shape: Shape) -> Any:
    """A value of a shape."""
    if shape.sort == "struct":
        return _in_order({one.name: example(one.shape) for one in shape.members if _is_given(one)})
    if shape.sort == "many":
        return [example(shape.item)] if shape.item is not None else []
    if shape.sort == "number":
        return max(shape.least or 0, min(1, shape.most or 1))
    if shape.sort == "choice":
        return _first_choice(shape)
    if shape.sort in {"staff", "person", "record"}:
        return None if shape.may_be_none else EXAMPLE_ID
    if shape.pattern == NO_SPACE:
        return WORD
    hexed = HEX.fullmatch(shape.pattern)
    return "0" * int(hexed[1]) if hexed else PLAIN.get(shape.sort, WORDS)


def _in_order(value: dict[str, Any]) -> dict[str, Any]:
    """The same with each moment an hour after the one before: what begins ends later."""
    moments = [name for name, one in value.items() if one == MOMENT_MS]
    return value | {name: MOMENT_MS + at * HOUR_MS for at, name in enumerate(moments)}


def _is_given(member: Member) -> bool:
    return member.is_required or member.shape.sort not in {"struct", "many"}


def _first_choice(shape: Shape) -> str:
    if shape.choices:
        return shape.choices[0]
    listed: Listed | None = shape.listed
    assert listed is not None, "what may be chosen is listed somewhere"
    return next(iter(offered(listed.list, listed.group)))


def _of_gathered(kind: Kind, made: Mapping[str, Any]) -> dict[str, Any]:
    """Of a kind whose fields must agree: only the texts beside them."""
    return {name: one for name, one in made.items() if kind.fields[name].is_gathered}
