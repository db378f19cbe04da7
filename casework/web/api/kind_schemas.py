"""The schema of every kind for the API's document, made from the Registry.

A kind is a schema `Record_<kind>` of the values that a new record takes, with an example; the
routes of records of any kind give each example by its name.
"""

from typing import Any, Final

import msgspec

from casework.desk.kinds import FieldView, kind_view
from casework.desk.records import ADDED_APART
from casework.records.examples import example_of
from sync_protocol.schema import FieldSpec, Kind, Registry

RECORDS_PATH: Final = "/api/v1/people/{person}/records/{kind}"
OTHER_DOORS: Final = ADDED_APART | {"person"}
"""Kinds of which a new record is not posted there: their own routes say what they take."""
REF: Final = "#/components/schemas/{name}"


def put_kinds(document: dict[str, Any], registry: Registry) -> dict[str, Any]:
    """The document with a schema and an example for every kind; it is changed in place."""
    schemas = document["components"]["schemas"]
    for name in sorted(registry.kinds):
        kind = registry.kinds[name]
        schema, parts = kind_schema(kind)
        schemas |= {part: one for part, one in parts.items() if part not in schemas}
        schemas[schema_name(kind)] = schema
    content = document["paths"][RECORDS_PATH]["post"]["requestBody"]["content"]
    for media in content.values():
        media["examples"] = {
            name: {"summary": registry.kinds[name].meaning.partition("\n")[0],
                   "value": {"values": example_of(registry.kinds[name])}}
            for name in sorted(registry.kinds.keys() - OTHER_DOORS)
        }  # fmt: skip
    return document


def schema_name(kind: Kind) -> str:
    """What the document calls the schema of a kind."""
    return f"Record_{kind.name}"


def kind_schema(kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a kind's values, and those that it refers to."""
    specs = list(kind.fields.values())
    found, parts = msgspec.json.schema_components([spec.type for spec in specs], ref_template=REF)
    views = {one.name: one for one in kind_view(kind).fields}
    properties = {
        spec.name: _described(spec, schema, views[spec.name])
        for spec, schema in zip(specs, found, strict=True)
    }
    schema = {
        "title": kind.name,
        "description": " ".join(kind.meaning.split()),
        "type": "object",
        "properties": properties,
        "required": [spec.name for spec in specs if spec.is_required],
        "additionalProperties": False,
        "examples": [example_of(kind)],
    }
    return schema, parts


def _described(spec: FieldSpec, schema: dict[str, Any], view: FieldView) -> dict[str, Any]:
    from_list = f"A code of /api/v1/lists/{view.list}" if view.list else ""
    group = f", group {view.group}" if view.group else ""
    words = (
        f"{view.label}.",
        view.hint,
        f"{from_list}{group}." if from_list else "",
        f"Merges by {view.policy}; written by {', '.join(view.writers)}; class {spec.rule.cls}.",
        f"Why: {view.why}" if view.why else "",
    )
    said = {"description": " ".join(one for one in words if one)}
    # Beside a reference nothing else may stand in older readers: it is wrapped.
    return {"allOf": [schema], **said} if "$ref" in schema else {**schema, **said}
