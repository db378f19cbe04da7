"""The kinds as programs and people are told of them: every field, how it merges, who writes it."""

import msgspec

from casework.desk.value_words import label_of
from casework.desk.words import kind_name
from casework.records.declared import listed_of, told_of
from casework.records.examples import example_of
from casework.records.shapes import Shape, field_shape
from casework.reference.in_use import offered
from casework.reference.reader import codes
from sync_protocol.policy import ForwardMost, Highest, Levels
from sync_protocol.schema import FieldSpec, Kind, Registry


class FieldView(msgspec.Struct, frozen=True):
    """One field of a kind as it is declared."""

    name: str
    label: str
    hint: str
    type: str
    """What a value is: line, text, day, moment, tick, number, choice, struct, many; or the id of
    staff, of a person, of a record."""
    policy: str
    why: str
    writers: tuple[str, ...]
    cls: str
    severity: str
    is_required: bool
    choices: tuple[str, ...] = ()
    list: str | None = None
    group: str | None = None
    levels: tuple[str, ...] = ()
    """From low to high, of a field that shows the highest."""
    steps: tuple[tuple[str | None, str], ...] = ()
    """The legal steps of a status machine: from, to."""


class KindView(msgspec.Struct, frozen=True):
    """One kind of record as it is declared, with an example of a new one."""

    name: str
    title: str
    meaning: str
    version: int
    file: str
    is_pair: bool
    is_singleton: bool
    is_anywhere: bool
    is_later: bool
    fields: tuple[FieldView, ...]
    example: dict[str, object]


class CodeView(msgspec.Struct, frozen=True):
    """One code of a list: what it means, and whether it may still be entered."""

    key: str
    code: str
    description: str
    group: str
    is_active: bool


def kind_views(registry: Registry) -> tuple[KindView, ...]:
    """Every kind, by name."""
    return tuple(kind_view(registry.kinds[name]) for name in sorted(registry.kinds))


def kind_view(kind: Kind) -> KindView:
    """One kind."""
    return KindView(
        name=kind.name,
        title=kind_name(kind.name),
        meaning=" ".join(kind.meaning.split()),
        version=kind.version,
        file=kind.file,
        is_pair=kind.is_pair,
        is_singleton=kind.is_singleton,
        is_anywhere=kind.is_anywhere,
        is_later=kind.is_later,
        fields=tuple(_field(kind, spec) for spec in kind.fields.values()),
        example=example_of(kind),
    )


def list_view(name: str, group: str = "") -> tuple[CodeView, ...]:
    """The codes of a list, of one group where one is named; NotFound for no list."""
    if group:
        return tuple(
            CodeView(code, one.code, one.description, group, one.is_active)
            for code, one in offered(name, group).items()
        )
    return tuple(
        CodeView(one.key, one.code, one.description, one.belongs_to, one.is_active)
        for one in codes(name).values()
    )


def _field(kind: Kind, spec: FieldSpec) -> FieldView:
    shape, policy = field_shape(spec), spec.rule.policy
    listed = listed_of(spec.type)
    return FieldView(
        name=spec.name,
        label=label_of(kind.name, spec),
        hint=told_of(spec).hint,
        type=_type(shape),
        policy=type(policy).__name__,
        why=spec.rule.why,
        writers=tuple(sorted(spec.rule.writers)),
        cls=spec.rule.cls,
        severity=spec.rule.severity,
        is_required=spec.is_required,
        choices=shape.choices,
        list=listed.list if listed is not None else None,
        group=(listed.group or None) if listed is not None else None,
        levels=_levels(spec),
        steps=policy.pairs if isinstance(policy, ForwardMost) else (),
    )


def _levels(spec: FieldSpec) -> tuple[str, ...]:
    policy = spec.rule.policy
    scale = policy.scale if isinstance(policy, Highest) else None
    return scale.names if isinstance(scale, Levels) else ()


def _type(shape: Shape) -> str:
    if shape.sort == "many" and shape.item is not None:
        return f"many {shape.item.sort}"
    return shape.sort
