"""The document of the API, made right where the framework says of it what does not hold here.

It knows that errors are problems, which routes need no session, and that a body with a field
nobody asked for is refused; the framework's own document knows none of the three.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from casework.web.problems import PROBLEM_JSON

PROBLEM: Final[Mapping[str, Any]] = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it; some codes carry more.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "hint"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:throughcare:problem:not_found"]},
        "title": {"type": "string", "description": "What happened, in a sentence."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {
            "type": "string",
            "description": "Ids and codes that tell this case from others.",
        },
        "code": {"type": "string", "description": "Never changes once released."},
        "hint": {"type": "string", "minLength": 1, "description": "What to do next."},
    },
}
ERROR: Final[Mapping[str, Any]] = {
    "description": (
        "A problem: 400, 413, 415 or 422 the request is none that can be taken; 401 nobody is"
        " signed in; 403 not allowed; 404 not known here; 409 or 428 something changed, or is there"
        " already; 410 has left; 421 another host; 429 or 503 try again after a while."
    ),
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
PUBLIC: Final = frozenset({"/api/v1/sign-in", "/live", "/ready"})
"""Whoever asks here need not be signed in."""
READY: Final = "/ready"
BODY: Final = "Body"
"""The names of what callers send end so; each refuses what it does not know."""


def put_right(document: dict[str, Any], public: AbstractSet[str] = PUBLIC) -> dict[str, Any]:
    """The framework's document of our routes with what it cannot know; it is changed in place."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for name, schema in schemas.items():
        if name.endswith(BODY):
            schema["additionalProperties"] = False
    for path, operation in _operations(document):
        answers = operation["responses"]
        answers.pop("400", None)
        answers["default"] = ERROR
        if path in public:
            operation["security"] = []
        if path == READY:
            answers["503"] = answers["200"] | {"description": "The checks that failed are named."}
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            if isinstance(operation, dict) and "responses" in operation:
                yield path, operation
