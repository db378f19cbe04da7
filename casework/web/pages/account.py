"""Signing in and out, and choosing a new password; none of it needs the line to the centre."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body
from litestar.response import Redirect

from casework.access.accounts import AccountLocked, LockedOut, NoPost, WrongSignIn
from casework.access.passwords import PASSWORD_CHARACTERS_MIN, WeakPassword
from casework.access.sessions import Session
from casework.desk.entrance import Entered, SignIn, choose_password, enter, leave
from casework.desk.other_ways import ask_passkey
from casework.web.flow import SEE_OTHER
from casework.web.forms import Field, Form, FormPage, read_answers
from casework.web.kept import NOTHING_KEPT, Kept, kept_in, kept_page
from casework.web.sessions import (
    PUBLIC,
    ended_cookie,
    session_cookie,
    terminal_cookie_name,
    token_of,
)
from casework.web.views import Link, Notice, Problem
from casework.web.visit import GivenHouse, GivenVisit, House, Visit, local_path
from casework.web.words import age, counted, in_london

Typed = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
AnyRequest = Request[Any, Any, Any]

SIGN_IN: Final = Form(
    title="Sign in",
    submit="Sign in",
    is_checked=False,
    fields=(
        Field(
            name="user_name",
            label="User name",
            autocomplete="username",
            width="govuk-input--width-20",
            when_missing="Enter your user name",
        ),
        Field(
            name="password",
            label="Password",
            kind="password",
            autocomplete="current-password",
            width="govuk-input--width-20",
            when_missing="Enter your password",
        ),
    ),
)
PASSWORD: Final = Form(
    title="Change your password",
    lead=("You are signed out everywhere afterwards, and sign in with the new one.",),
    submit="Change password",
    is_checked=False,
    fields=(
        Field(
            name="old",
            label="Password now",
            kind="password",
            autocomplete="current-password",
            width="govuk-input--width-20",
            when_missing="Enter your password as it is now",
        ),
        Field(
            name="new",
            label="New password",
            kind="password",
            autocomplete="new-password",
            width="govuk-input--width-20",
            hint=f"At least {PASSWORD_CHARACTERS_MIN} characters. Three or four words are good.",
            when_missing="Enter the new password",
        ),
        Field(
            name="again",
            label="New password again",
            kind="password",
            autocomplete="new-password",
            width="govuk-input--width-20",
            when_missing="Enter the new password a second time",
        ),
    ),
)

ADMINISTRATION: Final = Problem(
    status=200,
    title="You look after this office's accounts",
    paragraphs=(
        "Whom the centre has appointed here can be given a one-time code and be unlocked.",
        (
            "Accounts that the centre did not make are opened and closed on this office's "
            "computer, by the command “throughcare staff”."
        ),
        "Records are for staff who work with people: you can't open them here.",
    ),
    links=(
        Link("Accounts of this office", "/staff"),
        Link("Your account and this terminal", "/your-account"),
    ),
)
CLEARED: Final = '"cache", "storage"'
"""What a browser forgets when somebody signs out: not cookies, which other nodes here share."""
WRONG: Final = "User name or password is not right: type both again"


def routes() -> list[HTTPRouteHandler]:
    """The pages of signing in and out."""
    return [
        first_page,
        show_administration,
        show_sign_in,
        take_sign_in,
        take_sign_out,
        show_password,
        take_password,
    ]


@get("/", sync_to_thread=False)
def first_page(visit: GivenVisit) -> Redirect:
    """The board or list with which work begins."""
    return Redirect(visit.house.home(visit.caller), status_code=SEE_OTHER)


@get("/administration", sync_to_thread=True)
def show_administration(visit: GivenVisit) -> Response[str]:
    """What an administrator of an office does, and where: not in these pages."""
    return visit.page("problem.html", view=ADMINISTRATION)


@get("/sign-in", sync_to_thread=True, opt={PUBLIC: True})
def show_sign_in(request: AnyRequest, house: GivenHouse) -> Response[str]:
    """The questions of signing in."""
    why = request.query_params.get("why", "")
    next_page = local_path(request.query_params.get("next", ""))
    return sign_in_page(house, next_page, notice=_NOTICES.get(why))


@post("/sign-in", sync_to_thread=True, opt={PUBLIC: True}, status_code=200)
def take_sign_in(request: AnyRequest, data: Typed, house: GivenHouse) -> Response[Any]:
    """A session, or the questions again with what was wrong."""
    next_page = local_path(data.get("next", ""))
    kept = kept_in(data)
    answers = read_answers(SIGN_IN, data, in_london(house.desk.now_ms()).date())
    name = answers.values["user_name"]
    faults = dict(answers.faults)
    if not faults:
        given = given_at(request, house, name, answers.values["password"])
        try:
            entered = enter(house.entrance, given, "cookie")
        except (WrongSignIn, LockedOut) as fault:
            faults["password"] = refusal_of(fault)
        else:
            return signed_in(house, entered, next_page, kept)
    locked = locked_at(request, house)
    return sign_in_page(
        house, next_page, name=name, faults=faults, status=422, kept=kept, locked=locked
    )


@post("/sign-out", sync_to_thread=True, status_code=200)
def take_sign_out(request: AnyRequest, visit: GivenVisit) -> Redirect:
    """The end of the session, and of what was typed and not saved in it."""
    leave(visit.house.entrance, visit.caller, token_of(request))
    gone = _signed_out(visit, "out")
    gone.headers["clear-site-data"] = CLEARED
    return gone


@get("/password", sync_to_thread=True)
def show_password(visit: GivenVisit) -> Response[str]:
    """The questions of a new password."""
    return _password_page(visit, {}, 200)


@post("/password", sync_to_thread=True, status_code=200)
def take_password(data: Typed, visit: GivenVisit) -> Response[Any]:
    """The new password, or what was wrong with it."""
    answers = read_answers(PASSWORD, data, visit.today)
    faults, values = dict(answers.faults), answers.values
    if not faults and values["new"] != values["again"]:
        faults["again"] = "The two new passwords differ: type the second one again"
    if not faults:
        try:
            choose_password(visit.house.entrance, visit.caller, values["old"], values["new"])
        except WrongSignIn:
            faults["old"] = "Password now is not right: type it again"
        except LockedOut as locked:
            faults["old"] = refusal_of(locked)
        except WeakPassword as weak:
            faults["new"] = weak.hint
        else:
            return _signed_out(visit, "password")
    return _password_page(visit, faults, 422)


def sign_in_page(
    house: House,
    next_page: str,
    *,
    name: str = "",
    faults: dict[str, str] | None = None,
    status: int = 200,
    notice: Notice | None = None,
    kept: Kept = NOTHING_KEPT,
    locked: Session | None = None,
) -> Response[str]:
    """The page of signing in, which opens `next_page` afterwards, or goes on with what is kept.

    Of a screen that is `locked` it names whose it is; whoever else signs in there leaves it locked.
    """
    view = FormPage(
        form=SIGN_IN,
        address="/sign-in",
        token="",
        values={"user_name": name or (locked.user_name if locked is not None else "")},
        faults=faults or {},
    )
    frame = house.frame(notice=notice)
    page: dict[str, Any] = {"view": view, "next_page": next_page, "kept": kept}
    page["locked"] = locked.caller.display_name if locked is not None else ""
    page["passkey"] = ask_passkey(house.entrance)
    online = house.entrance.online
    page["provider"] = online.provider.name if online is not None else ""
    return house.shell.page("sign_in.html", frame, status, **page)


def given_at(request: AnyRequest, house: House, name: str, password: str) -> SignIn:
    """What is given to sign in, at the terminal that a request comes from.

    The audit calls it by the name that an administrator gave it, else by its address.
    """
    token = request.cookies.get(terminal_cookie_name(house.cookie_name))
    terminal = house.entrance.sessions.terminals.find(token)
    address = f"terminal {request.client.host}" if request.client else "terminal"
    return SignIn(
        name,
        password,
        terminal.name if terminal is not None else address,
        is_kiosk=terminal is not None and terminal.is_kiosk,
        before=request.cookies.get(house.cookie_name, ""),
    )


def locked_at(request: AnyRequest, house: House) -> Session | None:
    """The session that is locked at the terminal that a request comes from."""
    found = house.entrance.sessions.find(request.cookies.get(house.cookie_name, ""))
    return found if found is not None and found.is_locked else None


def refusal_of(fault: WrongSignIn | LockedOut) -> str:
    """Why somebody can't sign in, in a sentence that says what to do."""
    if isinstance(fault, AccountLocked):
        return f"This account is locked after too many attempts. {fault.hint}"
    if isinstance(fault, LockedOut):
        return f"Too many attempts. Wait {span(fault.wait_ms)}, then try again"
    if isinstance(fault, NoPost):
        return f"The centre does not name you as working here now. {fault.hint}"
    return WRONG


def span(wait_ms: int) -> str:
    """A short wait in words, to the second."""
    seconds = (wait_ms + 999) // 1000
    return counted(seconds, "second") if seconds < 120 else age(wait_ms)


def signed_in(house: House, entered: Entered, next_page: str, kept: Kept) -> Response[Any]:
    """The first page of a new session, with what its owner had not saved where there is any."""
    cookie = session_cookie(house.cookie_name, entered.token)
    aside = house.drafts.take_aside(entered.owner) if entered.owner else None
    kept = aside if isinstance(aside, Kept) else kept
    if kept.typed:
        page = kept_page(house, entered.caller, entered.token, kept)
        page.cookies.append(cookie)
        return page
    go = entered.back or next_page or house.home(entered.caller)
    return Redirect(go, status_code=SEE_OTHER, cookies=[cookie])


def _signed_out(visit: Visit, why: str) -> Redirect:
    visit.house.drafts.forget(visit.owner)
    cookie = ended_cookie(visit.house.cookie_name)
    return Redirect(f"/sign-in?why={why}", status_code=SEE_OTHER, cookies=[cookie])


def _password_page(visit: Visit, faults: dict[str, str], status: int) -> Response[str]:
    view = FormPage(form=PASSWORD, address="/password", token="", faults=faults, back="/")
    return visit.page("form.html", status, view=view)


_NOTICES: Final = {
    "out": Notice("You are signed out", "What you saved is kept."),
    "password": Notice("Password changed", "Sign in with the new one."),
    "idle": Notice(
        "Signed out because nothing was done for a while", "What you saved is kept.", False
    ),
    "needed": Notice("Sign in to go on", "What you saved is kept.", is_success=False),
}
