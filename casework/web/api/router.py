"""All routes of the API in one place, and the document that describes them."""

from typing import Final

from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from casework.web.api import (
    attention,
    conflicts,
    entrance,
    export,
    feed,
    holding,
    interventions,
    kinds,
    opened,
    people,
    records,
    status,
)
from casework.web.api.answers import Answer

API_PATH: Final = "/api/v1"
TITLE: Final = "Throughcare"
DESCRIPTION: Final = (
    "One offender record for prisons and probation. Sign in for a bearer token. Every record that "
    "is read comes with a `seen` token; a change sends it back in `seen` or If-Match. Without "
    "it: 428. Where something changed since: 409 with what changed, by whom and where. A write "
    "sent again with the same Idempotency-Key within a day is done once, and answered as the "
    "first time. Errors are RFC 9457 problems with `code` and `hint`. Ids are 32 hex digits; "
    "times are UTC milliseconds."
)
ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    entrance.sign_in,
    entrance.sign_out,
    entrance.new_password,
    entrance.me,
    people.search,
    people.create,
    people.summary,
    people.read_timeline,
    export.read_export,
    feed.read_changes,
    attention.read_facts,
    attention.read_due,
    kinds.read_kinds,
    kinds.read_kind,
    kinds.read_list,
    holding.read_holders,
    holding.read_departures,
    interventions.read_interrupted,
    records.read_all,
    records.read_one,
    *records.named_doors("case_note"),
    *records.named_doors("alert"),
    records.add,
    records.change,
    records.add_note,
    records.amend_note,
    records.retract_note,
    records.raise_alert,
    records.close_alert,
    opened.break_glass,
    opened.end_opening,
    opened.read_openings,
    opened.review,
    conflicts.list_conflicts,
    conflicts.read_conflict,
    conflicts.settle,
    status.sync_status,
    status.document,
)


def api_router() -> Router:
    """The API under /api/v1, with the probes beside it."""
    return Router(API_PATH, route_handlers=list(ROUTES), response_class=Answer)


def probes_router() -> Router:
    """What a supervisor asks: /live and /ready."""
    return Router("/", route_handlers=[status.live, status.ready], response_class=Answer)


def openapi_config(release: str) -> OpenAPIConfig:
    """The OpenAPI 3.1 document at /api/v1/openapi.json, made from the routes."""
    scheme = SecurityScheme(type="http", scheme="bearer")
    return OpenAPIConfig(
        title=TITLE,
        version=release,
        description=DESCRIPTION,
        components=Components(security_schemes={"session": scheme}),
        security=[{"session": []}],
        use_handler_docstrings=True,
        # Its own pages need scripts of other sites; /openapi.json is served by a route of ours.
        path=f"{API_PATH}/schema",
        render_plugins=[JsonRenderPlugin()],
    )
