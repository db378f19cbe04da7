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
OUTCOME: Final = (
    "Service User is prevented from losing existing accommodation or becoming homeless."
)
PLAIN: Final = {"moment": MOMENT_MS, "day": DAY, "tick": False}
AGREED: Final[Mapping[str, Mapping[str, Any]]] = {
    "breach": {"begun_by": "AIBR"},
    "cell": {"location": "LEI-A-1-003"},
    "contact_detail": {"value": "07700 900123"},
    "document": {"media_type": "application/pdf"},
    "identifier": {"type": "CRN", "value": "X123456"},
    "action_plan": {
        "version": {
            "approved": False,
            "content": {
                "activities": [{"desired_outcome": OUTCOME, "description": WORDS}],
                "sessions_planned": 3,
            },
        }
    },
    "end_of_service": {"reached": [{"desired_outcome": OUTCOME, "achievement": "ACHIEVED"}]},
    "intervention_session": {"delivered_at": "LEI"},
    "key_dates": {
        "version": {
            "approved": False,
            "content": {
                "calculation_version": 1,
                "reason": "NEW",
                "calculated_on": DAY,
                "calculated_by": WORD,
                "conditional_release": "2027-11-19",
                "sentence_expiry": "2028-11-20",
            },
        }
    },
    "programme": {"delivered_at": "LEI"},
    "referral": {
        "delivered_at": "LEI",
        "services": [
            {
                "service_category": "Accommodation",
                "complexity_level": "LOW",
                "desired_outcomes": [OUTCOME],
            }
        ],
    },
    "licence": {"status": {"from": None, "to": "IN_PROGRESS"}},
    "movement": {
        "type": "ADM",
        "reason": "V",
        "direction": "IN",
        "from_place": None,
        "to_place": "LEI",
        "escort": None,
        "occurred_at": MOMENT_MS,
    },
    "requirement": {"length": 100},
    "non_association": {"reason": "GANG_RELATED", "restriction": "CELL"},
}
ASKED_TOO: Final = {"responsibility_override": frozenset({"responsibility", "reasons"})}
"""Fields that the declaration leaves optional and entry asks for all the same."""

NOT_ASKED: Final[Mapping[str, frozenset[str]]] = {
    "identifier": frozenset({"check", "source", "first_seen"}),
    "offender_manager": frozenset({"supporting", "co_working"}),
    "release": frozenset({"despite_recall"}),
    "restriction": frozenset({"people"}),
}
"""Fields that the desk fills in, that go with others only, or that would close the example."""


def example_of(kind: Kind) -> dict[str, Any]:
    """The values of a new record of a kind with all that it needs, as an API takes them."""
    left_out = NOT_ASKED.get(kind.name, frozenset())
    made = {
        spec.name: field_example(spec)
        for spec in kind.fields.values()
        if _is_wanted(kind, spec) and spec.name not in left_out
    }
    return {**made, **AGREED.get(kind.name, {})} or _any_field(kind)


def _is_wanted(kind: Kind, spec: FieldSpec) -> bool:
    if isinstance(spec.rule.policy, OpenClose):
        return False
    return spec.is_required or spec.name in ASKED_TOO.get(kind.name, ())


def _any_field(kind: Kind) -> dict[str, Any]:
    """Of a kind that needs no field, one that says something."""
    return next({one.name: field_example(one)} for one in kind.fields.values())


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
    return member.is_required


def _first_choice(shape: Shape) -> str:
    if shape.choices:
        return shape.choices[0]
    listed: Listed | None = shape.listed
    assert listed is not None, "what may be chosen is listed somewhere"
    return next(iter(offered(listed.list, listed.group)))
