"""One app of a node, put together: the gates every request passes, and how errors are answered.

The services hand in what is theirs; the order of the gates is decided here, once. Outermost: body
size; then the session; then host, nesting and origin; then the route.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.types import ControllerRouterHandler

from casework.desk.entrance import Entrance
from casework.desk.settings import LOOPBACK
from casework.web.api.router import api_router, openapi_config, probes_router
from casework.web.csrf import check_origin
from casework.web.headers import put_headers, put_headers_over_tls
from casework.web.limits import BODY_BYTES_MAX, check_body, check_host
from casework.web.problems import PageOfProblem, exception_handlers
from casework.web.sessions import SessionGate, caller_of, cookie_name

LOCAL_HOSTS: Final = LOOPBACK


class WebParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a service hands in to get an app."""

    entrance: Entrance
    store_folder: Path
    release: str
    hosts: frozenset[str] = LOCAL_HOSTS
    is_tls: bool = False
    routes: Sequence[ControllerRouterHandler] = ()
    """Beyond the API and the probes: pages, static files, the exchange."""
    dependencies: Mapping[str, Provide] = {}
    page_of_problem: PageOfProblem | None = None
    on_startup: Sequence[Callable[[], Any]] = ()
    on_shutdown: Sequence[Callable[[], Any]] = ()


def make_app(parts: WebParts) -> Litestar:
    """The app, ready for an ASGI server."""
    entrance = parts.entrance
    name = cookie_name(entrance.desk.node.id, is_tls=parts.is_tls)

    put = put_headers_over_tls if parts.is_tls else put_headers

    async def check_request(request: Request[Any, Any, Any]) -> None:
        check_host(request, parts.hosts)
        await check_body(request)
        await check_origin(request)

    return Litestar(
        route_handlers=[api_router(), probes_router(), *parts.routes],
        dependencies={
            "desk": given(entrance.desk),
            "entrance": given(entrance),
            "store_folder": given(parts.store_folder),
            "cookie_name": given(name),
            "caller": Provide(_caller, sync_to_thread=False),
            **parts.dependencies,
        },
        middleware=[DefineMiddleware(SessionGate, sessions=entrance.sessions, cookie_name=name)],
        before_request=check_request,
        after_request=put,
        exception_handlers=exception_handlers(parts.page_of_problem, put, parts.hosts),
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=openapi_config(parts.release),
        on_startup=list(parts.on_startup),
        on_shutdown=list(parts.on_shutdown),
        logging_config=None,
        multipart_form_part_limit=1,
    )


def given(value: Any) -> Provide:
    """A dependency that is always this value."""

    def give() -> Any:
        return value

    return Provide(give, sync_to_thread=False, use_cache=True)


def _caller(request: Request[Any, Any, Any]) -> Any:
    return caller_of(request)
