"""The registry: a record that declares too little stops the program from loading."""

from typing import Annotated, Any, ClassVar, Literal, NewType, Union

import msgspec
import pytest

from sync_protocol.errors import BadDeclaration, InvalidValue, UnknownKind
from sync_protocol.policy import Fixed, Gather, Latest, Rule
from sync_protocol.schema import Record, build_registry, fault_of
from tests import toys

RULE = Rule(Fixed(), writers=toys.ANYONE, cls="P1")
Barcode = NewType("Barcode", str)


def _declare(annotations: dict[str, Any], **words: Any) -> type[Record]:
    """A record class with these fields."""
    words = {"kind": "thing"} | words
    return type("Thing", (Record,), {"__annotations__": annotations}, **words)


def test_a_kind_carries_what_its_class_line_declares() -> None:
    grudge, shelf = toys.REGISTRY.known("grudge"), toys.REGISTRY.known("shelf")
    assert (grudge.is_pair, grudge.is_anywhere, grudge.is_singleton) == (True, True, False)
    assert (shelf.is_singleton, shelf.version, shelf.file) == (True, 2, "open")
    assert toys.REGISTRY.known("secret").file == "restricted"
    assert toys.REGISTRY.known("parcel").searchable == ("label",)
    assert shelf.meaning == "The one place where a subject is now."


def test_a_kind_names_the_field_that_says_whether_it_is_open() -> None:
    assert toys.REGISTRY.known("parcel").open_close_field == "status"
    assert toys.REGISTRY.known("shelf").open_close_field is None


def test_an_unknown_kind_is_said_to_be_so() -> None:
    with pytest.raises(UnknownKind, match="ghost"):
        toys.REGISTRY.known("ghost")


def test_a_gathered_field_is_known_as_such() -> None:
    fields = toys.REGISTRY.known("parcel").fields
    assert fields["remarks"].is_gathered
    assert not fields["label"].is_gathered


@pytest.mark.parametrize(
    ("annotations", "words", "fault"),
    [
        ({}, {}, "needs a name and fields"),
        ({"label": Annotated[str, RULE]}, {"kind": "not a name"}, "needs a name and fields"),
        ({"label": str}, {}, "exactly one Rule"),
        ({"label": Annotated[str, "no rule"]}, {}, "exactly one Rule"),
        ({"label": Annotated[str, RULE, RULE]}, {}, "exactly one Rule"),
        ({"subject": Annotated[str, RULE]}, {}, "reserved"),
        ({"label": Annotated[str, RULE]}, {"searchable": ("ghost",)}, "ghost"),
        ({"label": Annotated[str, RULE]}, {"file": "restricted"}, "does not belong"),
        (
            {"label": Annotated[str, Rule(Fixed(), writers=frozenset(), cls="P1")]},
            {},
            "nobody may write",
        ),
        (
            {"label": Annotated[str, Rule(Latest(), writers=toys.ANYONE, cls="P1")]},
            {},
            "Latest needs a reason",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_declaration_stops_the_program(
    annotations: dict[str, Any], words: dict[str, Any], fault: str
) -> None:
    with pytest.raises(BadDeclaration, match=fault):
        build_registry([_declare(annotations, **words)])


def test_a_kind_is_declared_once() -> None:
    with pytest.raises(BadDeclaration, match="twice"):
        build_registry([toys.Parcel, toys.Parcel])


def test_a_class_variable_is_no_field() -> None:
    thing = _declare({"label": Annotated[str, RULE], "note": ClassVar[str]})
    assert list(build_registry([thing]).kinds["thing"].fields) == ["label"]


@pytest.mark.parametrize(
    ("declared", "column"),
    [
        (str, "TEXT"),
        (str | None, "TEXT"),
        (Literal["a", "b"], "TEXT"),
        (Literal["a"] | None, "TEXT"),
        (Barcode, "TEXT"),
        (Annotated[str, msgspec.Meta(min_length=1)], "TEXT"),
        (int, "ANY"),
        (bool | None, "ANY"),
        (Literal[1, 2], "ANY"),
        (Union[int, Annotated[bool, "x"], None], "ANY"),  # noqa: UP007 - the older form is the claim.
        (dict[str, str], "JSON"),
        (list[str] | None, "JSON"),
        (str | int, "JSON"),
    ],
    ids=str,
)
def test_a_field_is_shown_in_a_column_of_its_type(declared: Any, column: str) -> None:
    fields = build_registry([_declare({"x": Annotated[declared, RULE]})]).kinds["thing"].fields
    assert fields["x"].column == column


def test_a_gathered_field_is_shown_as_a_list() -> None:
    rule = Rule(Gather(), writers=toys.ANYONE, cls="P1")
    fields = build_registry([_declare({"x": Annotated[str, rule]})]).kinds["thing"].fields
    assert fields["x"].column == "JSON"


def test_a_field_whose_type_admits_none_is_not_required() -> None:
    optional = Rule(Fixed(), writers=toys.ANYONE, cls="P1", optional=True)
    annotations = {
        "needed": Annotated[str, RULE],
        "empty": Annotated[str | None, RULE],
        "missing": Annotated[str, optional],
    }
    fields = build_registry([_declare(annotations)]).kinds["thing"].fields
    assert [name for name, spec in fields.items() if spec.is_required] == ["needed"]


def test_what_else_a_type_is_annotated_with_is_checked() -> None:
    short = Annotated[str, RULE, msgspec.Meta(max_length=2)]
    spec = build_registry([_declare({"code": short})]).kinds["thing"].fields["code"]
    assert fault_of(spec, "ab") is None
    assert fault_of(spec, "abc") is not None


def test_values_that_fit_pass() -> None:
    toys.REGISTRY.check_values("parcel", {"label": "x", "hazard": None}, is_new=True)
    toys.REGISTRY.check_values("parcel", {"hazard": "some"})


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidValue) as caught:
        toys.REGISTRY.check_values("parcel", {"hazard": "huge", "ghost": 1}, is_new=True)
    for fault in ("hazard: ", "ghost: not a field of parcel", "label: is required"):
        assert fault in caught.value.detail


def test_the_digest_tells_registries_apart() -> None:
    assert len(toys.REGISTRY.digest) == 32
    less = build_registry((toys.Parcel, toys.Grudge, toys.Shelf))
    assert less.digest != toys.REGISTRY.digest


def test_the_digest_does_not_depend_on_the_order_of_declaration() -> None:
    other_order = build_registry((toys.Remark, toys.Secret, toys.Shelf, toys.Parcel, toys.Grudge))
    assert other_order.digest == toys.REGISTRY.digest
