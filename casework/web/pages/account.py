"""Signing in and out, and choosing a new password; none of it needs the line to the centre."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body
from litestar.response import Redirect

from casework.access.accounts import LockedOut, WrongSignIn
from casework.access.passwords import PASSWORD_CHARACTERS_MIN, WeakPassword
from casework.desk.entrance import Entered, SignIn, choose_password, enter, leave
from casework.web.flow import SEE_OTHER
from casework.web.forms import Field, Form, FormPage, read_answers
from casework.web.kept import NOTHING_KEPT, Kept, kept_in, kept_page
from casework.web.sessions import PUBLIC, ended_cookie, session_cookie, token_of
from casework.web.views import Link, Notice, Problem
from casework.web.visit import GivenHouse, GivenVisit, House, Visit, local_path
from casework.web.words import age, in_london

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
        "Accounts are opened, closed and given new passwords on this office's computer.",
        "The command for it there is “throughcare staff”.",
        "Records are for staff who work with people: you can't open them here.",
    ),
    links=(Link("Change your own password", "/password"),),
)
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
        given = SignIn(name, answers.values["password"], device_of(request))
        try:
            entered = enter(house.entrance, given, "cookie")
        except WrongSignIn:
            faults["password"] = WRONG
        except LockedOut as locked:
            wait = age(locked.wait_ms)
            faults["password"] = f"Too many attempts. Wait {wait}, then try again"
        else:
            return _signed_in(house, entered, next_page, kept)
    return sign_in_page(house, next_page, name=name, faults=faults, status=422, kept=kept)


@post("/sign-out", sync_to_thread=True, status_code=200)
def take_sign_out(request: AnyRequest, visit: GivenVisit) -> Redirect:
    """The end of the session, and of what was typed and not saved in it."""
    leave(visit.house.entrance, visit.caller, token_of(request))
    return _signed_out(visit, "out")


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
            faults["old"] = f"Too many attempts. Wait {age(locked.wait_ms)}, then try again"
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
) -> Response[str]:
    """The page of signing in, which opens `next_page` afterwards, or goes on with what is kept."""
    view = FormPage(
        form=SIGN_IN,
        address="/sign-in",
        token="",
        values={"user_name": name},
        faults=faults or {},
    )
    frame = house.frame(notice=notice)
    page = {"view": view, "next_page": next_page, "kept": kept}
    return house.shell.page("sign_in.html", frame, status, **page)


def device_of(request: AnyRequest) -> str:
    """The terminal's name in the audit: its address on the office's own network."""
    return f"terminal {request.client.host}" if request.client else "terminal"


def _signed_in(house: House, entered: Entered, next_page: str, kept: Kept) -> Response[Any]:
    cookie = session_cookie(house.cookie_name, entered.token)
    if kept.typed:
        page = kept_page(house, entered.caller, entered.token, kept)
        page.cookies.append(cookie)
        return page
    go = next_page or house.home(entered.caller)
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
