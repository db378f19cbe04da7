"""Both OpenAPI documents against their apps: what is drawn from them is answered as they say.

Signed in and not, with what fits the document and with what does not, about people who are there
and people who are not.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from tests.fuzz.https import PLACES, Site, site
from tests.webs import HERE

schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = {True: 7, False: 2}
"""Of each route; whoever is not signed in gets no further than the door."""
JSON = "application/json"
PROBLEM = "application/problem+json"
REFUSED_AT_MOST = 499
READY = "/ready"


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A centre, then an office."""
    with site(tmp_path_factory.mktemp("site"), request.param) as made:
        yield made


def _document(place: Site) -> Any:
    return place.web.get("/api/v1/openapi.json").json()


def _operations(place: Site) -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(_document(place)).get_all_operations():
        yield found.ok()


def _ask(place: Site, case: Any, chance: Random, *, is_signed_in: bool) -> Any:
    """The answer to a drawn request, half of them about somebody who is known."""
    for name, known in place.ids.items():
        if name in (case.path_parameters or {}) and chance.random() < 0.7:
            case.path_parameters[name] = known
    words = case.as_transport_kwargs(base_url=HERE)
    words.pop("cookies", None)
    drawn = {
        name: value
        for name, value in words.pop("headers").items()
        if name.lower() != "authorization"
    }
    if "data" in words:
        words["content"] = words.pop("data")
    bearer = place.bearer() if is_signed_in else {}
    return place.web.request(headers={**drawn, **bearer}, **words)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "is_signed_in"), [("positive", True), ("negative", True), ("positive", False)]
)
def test_every_route_answers_as_its_document_says(
    place: Site, mode: str, *, is_signed_in: bool
) -> None:
    """INV-14: no fault of ours, no status and no shape that the document does not know."""
    from schemathesis.generation import GenerationMode

    answers: Counter[int] = Counter()
    chance = Random(f"{mode} {is_signed_in}")
    for operation in _operations(place):
        try:
            drawn = operation.as_strategy(generation_mode=GenerationMode(mode))
        except schemathesis.errors.InvalidSchema:
            continue

        @settings(
            max_examples=EXAMPLES[is_signed_in],
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            database=None,
        )
        @given(case=drawn)
        def ask(case: Any) -> None:
            before = None if is_signed_in else place.record()
            answer = _ask(place, case, chance, is_signed_in=is_signed_in)
            answers[answer.status_code] += 1
            case.validate_response(answer, checks=_checks())
            _check_problem(answer)
            assert before is None or place.record() == before

        # Of a route that asks for nothing, nothing is wrong that could be sent.
        with suppress(Unsatisfiable):
            ask()
    assert answers[422 if is_signed_in else 401] > 3
    assert answers[200] > 3 or not is_signed_in


def _checks() -> tuple[Any, ...]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return (
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.response_headers_conformance,
    )


def _check_problem(answer: Any) -> None:
    """An error is a problem: what it is, and what to do."""
    if 400 <= answer.status_code <= REFUSED_AT_MOST:
        assert answer.headers["content-type"] == PROBLEM
        told = answer.json()
        assert told["status"] == answer.status_code
        assert told["code"]
        assert told["hint"]


@pytest.mark.parametrize("code", ["LEI", pytest.param("CENTRE", marks=pytest.mark.slow)])
def test_the_document_says_what_an_error_is_and_who_needs_no_session(
    tmp_path: Path, code: str
) -> None:
    with site(tmp_path, code) as place:
        document = _document(place)
    paths = document["paths"]
    for item in paths.values():
        for operation in item.values():
            assert PROBLEM in operation["responses"]["default"]["content"]
            assert "400" not in operation["responses"]
    public = {path for path, item in paths.items() if {"security": []}.items() <= _one(item)}
    assert public == {"/api/v1/sign-in", "/live", READY}
    assert document["components"]["schemas"]["SignInBody"]["additionalProperties"] is False


def _one(item: dict[str, Any]) -> Any:
    (operation,) = list(item.values())[:1]
    return {name: operation[name] for name in operation if name == "security"}.items()
