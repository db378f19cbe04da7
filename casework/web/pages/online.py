"""Signing in at the organisation's own service, and the page on which its answer arrives."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from casework.access.accounts import LockedOut, WrongSignIn
from casework.access.proofs import (
    AccountClosed,
    NotOffered,
    ProviderDown,
    SignInDeclined,
    SignInGone,
    UnknownSubject,
    WrongProof,
)
from casework.desk.other_ways import begin_online, enter_online
from casework.desk.sign_in_settings import RETURN_PATH
from casework.web.kept import NOTHING_KEPT, Kept, kept_in
from casework.web.pages.account import (
    Typed,
    given_at,
    locked_at,
    refusal_of,
    sign_in_page,
    signed_in,
)
from casework.web.sessions import PUBLIC, binding_cookie, binding_cookie_name
from casework.web.views import Link, Notice
from casework.web.visit import GivenHouse, House, local_path

AnyRequest = Request[Any, Any, Any]
KEPT_CHARACTERS_MAX: Final = 16_384
ANSWER_CHARACTERS_MAX: Final = 4_096


class From(msgspec.Struct, frozen=True):
    """The page from which somebody went to sign in, and what they had not saved there."""

    next_page: str
    kept: Kept


def routes() -> list[HTTPRouteHandler]:
    """The way there and the way back."""
    return [take_online, show_return]


@post("/sign-in/online", sync_to_thread=True, opt={PUBLIC: True}, status_code=200)
def take_online(request: AnyRequest, data: Typed, house: GivenHouse) -> Response[str]:
    """A page that goes on to the service; where it is down, the questions of signing in here."""
    kept, next_page = kept_in(data), local_path(data.get("next", ""))
    if sum(len(value) for _, value in kept.typed) > KEPT_CHARACTERS_MAX:
        return sign_in_page(house, next_page, notice=TOO_LONG, status=413, kept=kept)
    try:
        begun = begin_online(
            house.entrance, given_at(request, house, "", ""), From(next_page, kept)
        )
    except (ProviderDown, WrongProof) as fault:
        return _refused(house, fault, next_page=next_page, kept=kept, request=request)
    # Not a redirect: the policy of this page allows its forms no other address than its own.
    page = _go_on(house, Link(f"Go to {_service(house)}", begun.address))
    page.cookies.append(binding_cookie(house.cookie_name, begun.binding))
    return page


@get(RETURN_PATH, sync_to_thread=True, opt={PUBLIC: True})
def show_return(request: AnyRequest, house: GivenHouse) -> Response[Any]:
    """A session, or the questions of signing in with why there is none."""
    given = list(request.query_params.multi_items())
    answer = dict(given)
    is_odd = len(given) != len(answer) or len(request.url.query) > ANSWER_CHARACTERS_MAX
    binding = request.cookies.get(binding_cookie_name(house.cookie_name), "")
    try:
        # An answer that says something twice is nobody's, and is refused as one.
        entered = enter_online(house.entrance, {} if is_odd else answer, binding, "cookie")
    except REFUSED as fault:
        page = _refused(house, fault, request=request)
    else:
        page = _signed_in(house, entered.entered, entered.page)
    page.cookies.append(binding_cookie(house.cookie_name, ""))
    return page


def _signed_in(house: House, entered: Any, came: From) -> Response[Any]:
    page = signed_in(house, entered, came.next_page, came.kept)
    if not isinstance(page, Redirect):
        return page
    # The browser came from another site, and keeps a strict cookie back from where that leads: a
    # page of our own in between makes the next request ours.
    gone = _go_on(house, Link("Go on", page.url))
    gone.cookies = list(page.cookies)
    return gone


def _go_on(house: House, link: Link) -> Response[str]:
    return house.shell.page("going.html", house.frame(), link=link)


def _refused(
    house: House,
    fault: Exception,
    *,
    request: AnyRequest,
    next_page: str = "",
    kept: Kept = NOTHING_KEPT,
) -> Response[str]:
    """The questions of signing in here, under a notice that says why the service did not do."""
    status = 503 if isinstance(fault, ProviderDown) else 403
    notice = _notice_of(fault, _service(house))
    locked = locked_at(request, house)
    return sign_in_page(house, next_page, notice=notice, status=status, kept=kept, locked=locked)


def _notice_of(fault: Exception, service: str) -> Notice:
    """Why nobody was let in, and what to do now."""
    if isinstance(fault, ProviderDown):
        return Notice(f"{service} cannot be reached from here", fault.hint, is_success=False)
    if isinstance(fault, UnknownSubject):
        words = f"{fault.hint} It knows you as: {fault.subject}"
        return Notice("Nobody here is entered under your name", words, is_success=False)
    if isinstance(fault, (WrongSignIn, LockedOut)):
        return Notice("You can't sign in here now", refusal_of(fault), is_success=False)
    title = (type(fault).__doc__ or "").strip().splitlines()[0].rstrip(".")
    return Notice(title, getattr(fault, "hint", ""), is_success=False)


def _service(house: House) -> str:
    if house.entrance.online is None:
        raise NotOffered
    name = house.entrance.online.provider.name
    return name[:1].upper() + name[1:]


REFUSED: Final = (
    SignInGone,
    SignInDeclined,
    WrongProof,
    ProviderDown,
    UnknownSubject,
    AccountClosed,
    WrongSignIn,
    LockedOut,
)
TOO_LONG: Final = Notice(
    "What you wrote is too long to be taken along",
    "Sign in with your user name and password, or with a passkey, to go on with it.",
    is_success=False,
)
