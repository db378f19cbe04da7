"""The API of every kind is made from the Registry: schemas, examples, lists, computed facts."""

from collections.abc import Iterator
from typing import Any

import pytest

from casework.access.caller import PlaceKind
from casework.records import REGISTRY
from casework.records.examples import example_of
from casework.reference.reader import list_names
from casework.web.api.kind_schemas import OTHER_DOORS, RECORDS_PATH
from casework.web.shown.kinds import may_add
from tests.desks import Offices
from tests.examples import in_order, written_at
from tests.webs import Api

pytestmark = pytest.mark.unhurried

KINDS = tuple(REGISTRY.kinds.values())
CODES: tuple[tuple[PlaceKind, str], ...] = (
    ("prison", "LEI"),
    ("probation", "N55LEE"),
    ("centre", "CENTRE"),
)


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[PlaceKind, Api]]:
    """The API at a prison, at a probation office and at the centre."""
    offices = Offices(tmp_path_factory.mktemp("kinds"))
    opened: dict[PlaceKind, Api] = {}
    for place, code in CODES:
        office = offices.open(code)
        office.hire("ash")
        opened[place] = Api(office).__enter__()
        opened[place].sign_in()
    yield opened
    for api in opened.values():
        api.__exit__()


@pytest.fixture(scope="module")
def prison(apis: dict[PlaceKind, Api]) -> Api:
    return apis["prison"]


def new_person(api: Api, last: str = "Example") -> str:
    body = {"first": "Robin", "last": last, "confirmed": True}
    return str(api.post("/people", body).json()["person"])


@pytest.mark.slow
def test_every_example_is_taken(apis: dict[PlaceKind, Api]) -> None:
    people = {place: (new_person(api), new_person(api)) for place, api in apis.items()}
    document = apis["prison"].web.get("/api/v1/openapi.json").json()
    refused = {}
    records: dict[tuple[str, str], str] = {}
    for kind in in_order(KINDS):
        if kind.name in OTHER_DOORS:
            continue
        place = next(place for place, _ in CODES if may_add(kind, place))
        person, other = people[place]
        there = {name: one for (at, name), one in records.items() if at == place}
        body: dict[str, Any] = {"values": written_at(kind, place, there)}
        body |= {"other": other} if kind.is_pair else {}
        answer = apis[place].post(f"/people/{person}/records/{kind.name}", body)
        if answer.status_code != 201:
            refused[kind.name] = answer.json()["detail"]
        else:
            records[place, kind.name] = answer.json()["record"]
    assert not refused
    assert examples_in(document).keys() == {name for _, name in records}


def examples_in(document: dict[str, Any]) -> dict[str, Any]:
    """The examples of a new record of any kind."""
    (media,) = document["paths"][RECORDS_PATH]["post"]["requestBody"]["content"].values()
    return {name: one["value"]["values"] for name, one in media["examples"].items()}


def test_the_document_has_a_schema_with_an_example_for_every_kind(prison: Api) -> None:
    document = prison.web.get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    for kind in KINDS:
        schema = schemas[f"Record_{kind.name}"]
        assert schema["properties"].keys() == kind.fields.keys()
        assert schema["examples"] == [example_of(kind)]
        assert all(one["description"] for one in schema["properties"].values())
    offered = {kind.name: example_of(kind) for kind in KINDS if kind.name not in OTHER_DOORS}
    assert examples_in(document) == offered
    named = set(_refs(document))
    assert named <= {f"#/components/schemas/{name}" for name in schemas}


def test_a_kind_tells_its_fields_and_a_list_its_codes(prison: Api) -> None:
    kinds = prison.get("/kinds").json()["kinds"]
    assert [one["name"] for one in kinds] == sorted(REGISTRY.kinds)
    licence = prison.get("/kinds/licence").json()
    status = next(one for one in licence["fields"] if one["name"] == "status")
    assert status["policy"] == "ForwardMost"
    assert [None, "IN_PROGRESS"] in status["steps"]
    assert prison.get("/kinds/unheard_of").status_code == 404
    found = prison.get("/lists/alert_types").json()["codes"]
    assert {"X", "H"} <= {one["code"] for one in found}
    assert prison.get("/lists/unheard_of").status_code == 404


def test_every_list_that_a_field_names_is_one(prison: Api) -> None:
    kinds = prison.get("/kinds").json()["kinds"]
    named = {field["list"] for kind in kinds for field in kind["fields"] if field["list"]}
    assert named <= list_names()


def test_the_computed_facts_of_a_person_are_told(prison: Api) -> None:
    facts = prison.get(f"/people/{new_person(prison)}/facts").json()
    assert facts["custody"]["status"] == "unknown"
    assert facts["rosh"] is None
    assert {"findings", "due", "responsible"} <= facts.keys()


def test_what_is_due_is_listed_at_an_office_and_not_at_the_centre(
    apis: dict[PlaceKind, Api],
) -> None:
    due = apis["prison"].get("/due").json()
    assert due["overdue"] <= len(due["lines"])
    assert apis["prison"].get("/due", mine=True).status_code == 200
    assert apis["centre"].get("/due").json()["code"] == "not_at_the_centre"


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from _refs(one)
    elif isinstance(value, list):
        for one in value:
            yield from _refs(one)
