"""Reads the Rules off record classes and builds the Registry that the rest is handed.

The engine knows kinds only through the Registry; it is tested with toy records. A field that
declares less than type, policy, writers and class stops the program from loading, and so does
`Latest` without a reason. The registry's digest travels in the hello.
"""

import types
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from sync_protocol.errors import BadDeclaration, InvalidValue, UnknownKind
from sync_protocol.op import Values
from sync_protocol.policy import (
    AskAPerson,
    Fixed,
    Gather,
    Highest,
    Latest,
    OpenClose,
    Rule,
    WholeVersion,
)

File = Literal["open", "restricted", "victim", "site"]
Column = Literal["TEXT", "ANY", "JSON"]

CLASSES_OF_FILE: Final[Mapping[File, frozenset[str]]] = {
    "open": frozenset({"P1", "P2"}),
    "restricted": frozenset({"P3"}),
    "victim": frozenset({"P4"}),
    "site": frozenset({"P1", "P2", "P3"}),
}
PlainType = type
PLAIN_TYPES: Final = (str, int, bool, type(None))
RESERVED_FIELDS: Final = frozenset(
    {"subject", "other_subject", "record", "asks", "unread", "node", "actor", "seq"}
    | {"happened_at", "first_written", "last_written", "search_text", "rowid"}
)


class Record:
    """Base of every record class; its annotated fields are the kind's declaration.

    `kind` names it; `version` rises when its fields' meaning changes; `file` is the
    confidentiality it lives in; `pair` declares two subjects; `singleton` at most one record a
    subject; `anywhere` that any node may write it without holding the subject (creation, safety);
    `later` that there are many to a subject, so that they come after all else when it arrives at a
    node, the newest first; `searchable` the fields whose text is indexed.
    """

    kind: ClassVar[str] = ""
    kind_version: ClassVar[int] = 1
    file: ClassVar[File] = "open"
    is_pair: ClassVar[bool] = False
    is_singleton: ClassVar[bool] = False
    is_anywhere: ClassVar[bool] = False
    is_later: ClassVar[bool] = False
    searchable: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls,
        *,
        kind: str,
        version: int = 1,
        file: File = "open",
        pair: bool = False,
        singleton: bool = False,
        anywhere: bool = False,
        later: bool = False,
        searchable: tuple[str, ...] = (),
    ) -> None:
        """Keep what the class line declares."""
        cls.kind, cls.kind_version, cls.file = kind, version, file
        cls.is_pair, cls.is_singleton, cls.is_anywhere = pair, singleton, anywhere
        cls.is_later, cls.searchable = later, searchable


class FieldSpec(msgspec.Struct, frozen=True):
    """One declared field: its type, its Rule, and the column that shows it."""

    name: str
    type: Any
    rule: Rule
    column: Column
    is_required: bool
    plainly: frozenset[PlainType]
    """Types of which every value fits; kept so that the usual value costs no conversion."""
    choices: frozenset[str]
    """The words that fit, where the type lists them."""
    is_tick: bool
    """Whether it is true or false: the column holds one or nought."""
    shows_itself: bool
    """Whether one side alone shows its own value and asks nobody, whatever the value."""
    framed: Any
    """A struct of one member `value`, which msgspec reads once and not at every value."""

    @property
    def is_gathered(self) -> bool:
        """Whether it shows a list of all standing values."""
        return isinstance(self.rule.policy, Gather)


class Kind(msgspec.Struct, frozen=True):
    """One kind of record as the engine sees it."""

    name: str
    version: int
    file: File
    fields: Mapping[str, FieldSpec]
    is_pair: bool
    is_singleton: bool
    is_anywhere: bool
    is_later: bool
    searchable: tuple[str, ...]
    meaning: str
    framed: Any
    """A struct of all fields, each of which may be missing: reads a record's values at once."""

    def fits(self, values: Values) -> bool:
        """Whether every value fits its field; of a field that is not declared nothing is said."""
        try:
            msgspec.convert(values, self.framed, strict=True)
        except msgspec.ValidationError:
            return False
        return True

    @property
    def open_close_field(self) -> str | None:
        """The field that says whether the record is open, where the kind has one."""
        for spec in self.fields.values():
            if isinstance(spec.rule.policy, OpenClose):
                return spec.name
        return None


class Registry(msgspec.Struct, frozen=True):
    """All kinds known to this release, and the digest that tells registries apart."""

    kinds: Mapping[str, Kind]
    digest: bytes

    def known(self, name: str) -> Kind:
        """The kind, or UnknownKind."""
        if name not in self.kinds:
            raise UnknownKind(name)
        return self.kinds[name]

    def check_values(self, name: str, values: Values, *, is_new: bool = False) -> None:
        """Raise InvalidValue naming every field whose value does not fit its declaration.

        `is_new` also requires the fields whose type does not admit None and that are not optional.
        """
        kind = self.known(name)
        faults = [f"{field}: not a field of {name}" for field in values if field not in kind.fields]
        for spec in kind.fields.values():
            if spec.name in values:
                fault = fault_of(spec, values[spec.name])
                faults += [f"{spec.name}: {fault}"] if fault else []
            elif is_new and spec.is_required:
                faults.append(f"{spec.name}: is required")
        if faults:
            raise InvalidValue("; ".join(faults))


def fault_of(spec: FieldSpec, value: Any) -> str | None:
    """What is wrong with a value for a field, in words; None where it fits."""
    kind = type(value)
    if kind in spec.plainly or (kind is str and value in spec.choices):
        return None
    try:
        msgspec.convert({"value": value}, spec.framed, strict=True)
    except msgspec.ValidationError as fault:
        return str(fault).removesuffix(" - at `$.value`")
    return None


def build_registry(records: Iterable[type[Record]]) -> Registry:
    """The Registry of these classes; raises BadDeclaration for the first that declares badly."""
    kinds: dict[str, Kind] = {}
    for record in records:
        if record.kind in kinds:
            raise BadDeclaration(f"{record.kind}: declared twice")
        kinds[record.kind] = _read_kind(record)
    return Registry(kinds, _digest_of(kinds))


def _read_kind(record: type[Record]) -> Kind:
    fields = {
        name: _read_field(record, name, hint)
        for name, hint in get_type_hints(record, include_extras=True).items()
        if get_origin(hint) is not ClassVar
    }
    if not fields or not record.kind.isidentifier():
        raise BadDeclaration(f"{record.kind or record.__name__}: needs a name and fields")
    strangers = [name for name in record.searchable if name not in fields]
    if strangers:
        raise BadDeclaration(f"{record.kind}: searchable {strangers} are not its fields")
    return Kind(
        name=record.kind,
        version=record.kind_version,
        file=record.file,
        fields=fields,
        is_pair=record.is_pair,
        is_singleton=record.is_singleton,
        is_anywhere=record.is_anywhere,
        is_later=record.is_later,
        searchable=record.searchable,
        meaning=(record.__doc__ or "").strip(),
        framed=msgspec.defstruct(
            "Framed", [(name, spec.type, None) for name, spec in fields.items()], gc=False
        ),
    )


def _read_field(record: type[Record], name: str, hint: Any) -> FieldSpec:
    place = f"{record.kind}.{name}"
    if name in RESERVED_FIELDS:
        raise BadDeclaration(f"{place}: the name is reserved")
    rules = [one for one in get_args(hint)[1:] if isinstance(one, Rule)]
    if get_origin(hint) is not Annotated or len(rules) != 1:
        raise BadDeclaration(f"{place}: exactly one Rule is required")
    rule = rules[0]
    if not rule.writers:
        raise BadDeclaration(f"{place}: nobody may write it")
    if rule.cls not in CLASSES_OF_FILE[record.file]:
        raise BadDeclaration(f"{place}: class {rule.cls} does not belong in the {record.file} file")
    if isinstance(rule.policy, Latest) and not rule.why:
        raise BadDeclaration(f"{place}: Latest needs a reason why losing a side hurts nobody")
    declared = _without_rule(hint)
    is_required = not (rule.optional or _admits_none(declared))
    return FieldSpec(
        name=name,
        type=declared,
        rule=rule,
        column=_column_of(declared, rule),
        is_required=is_required,
        plainly=frozenset(_plain_members(declared)),
        choices=_choices(declared),
        is_tick={_plain_type(one) for one in _members(declared)} - {type(None)} == {bool},
        shows_itself=isinstance(rule.policy, Fixed | Latest | Highest | AskAPerson | WholeVersion),
        framed=msgspec.defstruct("Framed", [("value", declared)]),
    )


def _choices(declared: Any) -> frozenset[str]:
    listed = [one for one in _members(declared) if get_origin(one) is Literal]
    return frozenset(word for one in listed for word in get_args(one) if isinstance(word, str))


def _without_rule(hint: Any) -> Any:
    """The type with what else it is annotated with, so that a pattern or a bound is checked."""
    declared, *notes = get_args(hint)
    kept = [note for note in notes if not isinstance(note, Rule)]
    return Annotated[(declared, *kept)] if kept else declared


def _column_of(declared: Any, rule: Rule) -> Column:
    if isinstance(rule.policy, Gather):
        return "JSON"
    plain = [_plain_type(one) for one in _members(declared) if one is not type(None)]
    if all(one is str for one in plain):
        return "TEXT"
    return "ANY" if all(one in (int, bool) for one in plain) else "JSON"


def _members(declared: Any) -> tuple[Any, ...]:
    if get_origin(declared) in (Union, types.UnionType):
        return tuple(member for one in get_args(declared) for member in _members(one))
    if get_origin(declared) is Annotated:
        return _members(get_args(declared)[0])
    return (declared,)


def _plain_members(declared: Any) -> Iterator[type]:
    """The members of a type that take every value of a plain Python type."""
    if get_origin(declared) in (Union, types.UnionType):
        for one in get_args(declared):
            yield from _plain_members(one)
    named = getattr(declared, "__supertype__", declared)
    if named in PLAIN_TYPES:
        yield named


def _plain_type(declared: Any) -> Any:
    if get_origin(declared) is Literal:
        return type(get_args(declared)[0])
    return getattr(declared, "__supertype__", declared)


def _admits_none(declared: Any) -> bool:
    return type(None) in _members(declared)


def _digest_of(kinds: Mapping[str, Kind]) -> bytes:
    lines = [
        f"{kind.name} {kind.version} {kind.file} {kind.is_pair} {spec.name} {spec.type} "
        f"{spec.rule.policy} {spec.rule.cls}"
        for kind in kinds.values()
        for spec in kind.fields.values()
    ]
    return sha256("\n".join(sorted(lines)).encode()).digest()
