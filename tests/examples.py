"""The examples of every kind as one office can write them of one person: what is named is there."""

from collections.abc import Iterable, Mapping
from typing import Any

from casework.records.examples import EXAMPLE_ID, example_of
from casework.records.shapes import field_shape
from sync_protocol.schema import Kind

CALLED = {"intervention": "referral"}
"""Fields that are not named as the kind that they name."""


def in_order(kinds: Iterable[Kind]) -> list[Kind]:
    """The kinds, those that must name a record of another after the others."""
    return sorted(kinds, key=lambda kind: (len(_named(kind)), kind.name))


def written_at(kind: Kind, place: str, records: Mapping[str, str]) -> dict[str, Any]:
    """The example of a kind without what only others write, naming records that are there.

    `records` are ids in hex by kind.
    """
    values = {
        name: one
        for name, one in example_of(kind).items()
        if place in kind.fields[name].rule.writers
    }
    fields = _named(kind) & values.keys()
    there = {name: records.get(CALLED.get(name, name)) for name in fields}
    return {**values, **{name: one for name, one in there.items() if one is not None}}


def _named(kind: Kind) -> set[str]:
    """The fields of a kind that must name a record."""
    example = example_of(kind)
    return {
        spec.name
        for spec in kind.fields.values()
        if field_shape(spec).sort == "record" and example.get(spec.name) == EXAMPLE_ID
    }
