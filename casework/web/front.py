"""The pages of a node as one router, and its errors as pages; an app adds its own first pages."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from anyio import to_thread
from litestar import MediaType, Request, Response, Router, get
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from casework.access.sessions import ScreenLocked
from casework.web.csrf import FORM_TYPES, SAFE_METHODS, FormTokenMissing, foreign_sign
from casework.web.flow import SEE_OTHER
from casework.web.headers import put_headers
from casework.web.kept import kept_of, kept_page
from casework.web.pages import (
    account,
    alerts,
    audit,
    conflicts,
    due,
    export,
    interventions,
    kinds,
    movements,
    notes,
    officer,
    online,
    opened,
    passkeys,
    people,
    person,
    responsibility,
    risk,
    screen,
    staff,
    unread,
)
from casework.web.pages.account import sign_in_page
from casework.web.pages.problems import for_administrator, view_of
from casework.web.pages.screen import LOCKED
from casework.web.problems import PageOfProblem, Problem
from casework.web.sessions import PUBLIC, caller_of, token_of
from casework.web.static_files import StaticFiles, static_file
from casework.web.strip import strip_as_json
from casework.web.visit import GivenHouse, House, Visit, local_path, visit_of

AnyRequest = Request[Any, Any, Any]
SHARED: Final = (
    account,
    alerts,
    audit,
    conflicts,
    due,
    export,
    interventions,
    kinds,
    movements,
    notes,
    officer,
    online,
    opened,
    passkeys,
    people,
    person,
    responsibility,
    risk,
    screen,
    staff,
    unread,
)


def pages_router(house: House, own: Sequence[HTTPRouteHandler]) -> Router:
    """Every page of a node: those that all share, and its `own`."""

    def give_house() -> House:
        return house

    def give_static() -> StaticFiles:
        return house.shell.static

    def give_visit(request: Request[Any, Any, Any]) -> Visit:
        return visit_of(house, request)

    shared = [route for module in SHARED for route in module.routes()]
    return Router(
        "/",
        route_handlers=[*shared, *own, show_strip, static_file],
        dependencies={
            "house": Provide(give_house, sync_to_thread=False),
            "static": Provide(give_static, sync_to_thread=False),
            "visit": Provide(give_visit, sync_to_thread=False),
        },
        include_in_schema=False,
    )


@get("/strip", sync_to_thread=True, opt={PUBLIC: True})
def show_strip(house: GivenHouse) -> Response[bytes]:
    """The status of the line now; it tells nothing of anybody, so nobody need be signed in."""
    strip = house.frame().strip
    return Response(strip_as_json(strip), media_type=MediaType.JSON)


def problem_page(house: House) -> PageOfProblem:
    """How errors are shown to whoever asked for a page."""

    def answer(request: AnyRequest, fault: Exception, problem: Problem) -> Response[Any]:
        is_kept = problem.status == 401 or isinstance(fault, FormTokenMissing)
        is_form = request.method == "POST" and request.content_type[0] in FORM_TYPES
        if isinstance(fault, ScreenLocked) and not (is_form and not foreign_sign(request)):
            return put_headers(_to_lock(house, request))
        # What another site typed must never come back as a form of ours, one press from saved.
        if is_kept and is_form and not foreign_sign(request):
            return _KeptForm(house)
        if problem.status == 401:
            return put_headers(_to_sign_in(request))
        return put_headers(_problem_page(house, request, fault, problem))

    return answer


def _to_lock(house: House, request: AnyRequest) -> Redirect:
    """To the locked screen, which knows the page that was asked for: it is nowhere in between."""
    token = request.cookies.get(house.cookie_name, "")
    if request.method in SAFE_METHODS:
        query = f"?{request.url.query}" if request.url.query else ""
        house.entrance.sessions.lock(token, local_path(f"{request.url.path}{query}"))
    return Redirect(LOCKED, status_code=SEE_OTHER)


def _to_sign_in(request: AnyRequest) -> Redirect:
    query = f"?{request.url.query}" if request.url.query else ""
    back = local_path(f"{request.url.path}{query}")
    asked = {} if back in {"", "/"} else {"why": "needed", "next": back}
    address = f"/sign-in?{urlencode(asked)}" if asked else "/sign-in"
    return Redirect(address, status_code=SEE_OTHER)


def _problem_page(
    house: House, request: AnyRequest, fault: Exception, problem: Problem
) -> Response[str]:
    view = view_of(fault, problem, is_reading=request.method in SAFE_METHODS)
    is_signed_in = request.scope.get("user") is not None
    if not is_signed_in:
        return house.shell.page("problem.html", house.frame(), view.status, view=view)
    visit = visit_of(house, request)
    if visit.caller.role == "administrator":
        view = for_administrator(view, house.for_administrators)
    return visit.page("problem.html", view.status, view=view)


class _KeptForm(Response[str]):
    """Reads the form that could not be taken, and gives back a page that keeps it."""

    def __init__(self, house: House) -> None:
        """Keep what renders the page."""
        super().__init__("")
        self._house = house

    def to_asgi_response(
        self, app: Any, request: Request[Any, Any, Any], **_named: Any
    ) -> ASGIResponse:
        """What reads the body before it answers, which an error's answer otherwise can't."""
        del app
        return _KeptFormAnswer(self._house, request)


class _KeptFormAnswer(ASGIResponse):
    def __init__(self, house: House, request: Request[Any, Any, Any]) -> None:
        super().__init__(body=b"")
        self._house = house
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            form = await self._request.form()
        except HTTPException:
            # What is no form, or too large to be one of ours, holds nothing to be kept.
            typed = {}
        else:
            typed = {name: value for name, value in form.items() if isinstance(value, str)}
        page = await to_thread.run_sync(_kept_answer, self._house, self._request, typed)
        await page.to_asgi_response(None, self._request)(scope, receive, send)


def _kept_answer(house: House, request: AnyRequest, typed: dict[str, str]) -> Response[Any]:
    kept = kept_of(request.url.path, typed)
    locked = house.entrance.sessions.find(request.cookies.get(house.cookie_name, ""))
    if locked is not None and locked.is_locked:
        # Whoever comes next may be somebody else: it stays here, for its author's password.
        if kept.typed:
            house.drafts.set_aside(locked.owner, kept)
        return put_headers(_to_lock(house, request))
    if request.scope.get("user") is not None:
        page = kept_page(house, caller_of(request), token_of(request), kept)
        page.status_code = 403
    else:
        page = sign_in_page(house, "", status=401, kept=kept)
    return put_headers(page)
