"""How the node does: the line, the counts, whether it lives and whether it can work."""

from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from casework.access.actions import may
from casework.desk import status
from casework.desk.readiness import Readiness, look
from casework.web.api.answers import Answer, GivenCaller, GivenDesk
from casework.web.api.document import put_right
from casework.web.api.kind_schemas import put_kinds

GivenFolder = NamedDependency[SkipValidation[Path]]


class SyncStatus(msgspec.Struct, frozen=True):
    """The state of the line and what this node holds; at the centre, every node."""

    strip: status.Strip
    counts: status.Counts
    nodes: tuple[status.PeerView, ...]


class Alive(msgspec.Struct, frozen=True):
    """The program answers."""

    is_alive: bool


@get("/sync/status", sync_to_thread=True)
def sync_status(desk: GivenDesk, caller: GivenCaller) -> SyncStatus:
    """The line to the centre, what waits, and how much is held."""
    nodes = status.estate(desk, caller) if may(caller, "see_estate") else ()
    return SyncStatus(status.strip(desk, caller), status.counts(desk, caller), nodes)


@get("/live", opt={"public": True}, sync_to_thread=False)
def live() -> Alive:
    """Says that the program answers, and nothing of whether it can work."""
    return Alive(is_alive=True)


@get("/ready", opt={"public": True}, sync_to_thread=True)
def ready(desk: GivenDesk, store_folder: GivenFolder) -> Response[Readiness]:
    """Whether the node can do its work: 503 names the checks that failed."""
    readiness = look(desk, store_folder)
    return Answer(readiness, status_code=200 if readiness.is_ready else 503)


@get("/openapi.json", opt={"public": True}, sync_to_thread=False, include_in_schema=False)
def document(request: Request[Any, Any, Any], desk: GivenDesk) -> dict[str, Any]:
    """What the API takes and gives, as OpenAPI 3.1, made from its routes and the Registry."""
    return put_kinds(put_right(request.app.openapi_schema.to_schema()), desk.registry)
