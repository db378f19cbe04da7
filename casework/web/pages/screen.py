"""The screen of a terminal: lock it, take it up again, where one is signed in, and its name."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from casework.access.accounts import LockedOut, WrongCode, WrongSignIn
from casework.access.actions import may
from casework.access.passwords import PASSWORD_CHARACTERS_MIN, WeakPassword
from casework.access.sessions import Session
from casework.access.terminals import Terminal
from casework.desk import gate
from casework.desk.entrance import enter_first, leave_there, lock
from casework.desk.other_ways import own_passkeys
from casework.web.flow import SEE_OTHER
from casework.web.forms import Field, Form, FormPage, read_answers
from casework.web.kept import NOTHING_KEPT
from casework.web.pages.account import (
    CLEARED,
    Typed,
    given_at,
    locked_at,
    refusal_of,
    sign_in_page,
    signed_in,
)
from casework.web.sessions import (
    PUBLIC,
    terminal_cookie,
    terminal_cookie_name,
    token_of,
)
from casework.web.views import Link, Mark, Notice, Row
from casework.web.visit import GivenHouse, GivenVisit, House, Visit, local_path
from casework.web.words import in_london, moment

if TYPE_CHECKING:
    from casework.access.passkeys import Passkey

AnyRequest = Request[Any, Any, Any]
LOCKED: Final = "/screen"
YOURS: Final = "/your-account"

NOTICES: Final = (
    ("out", "1", Notice("Signed out there")),
    ("named", "1", Notice("This terminal is named")),
    ("passkey", "added", Notice("Passkey added", "You can sign in with it here from now on.")),
    ("passkey", "removed", Notice("Passkey removed", "It opens nothing here any more.")),
)
FIRST: Final = Form(
    title="Choose your first password",
    lead=(
        (
            "Your one-time code was given to you by this office's administrator or by the "
            "centre. It works once."
        ),
    ),
    submit="Choose password and sign in",
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
            name="code",
            label="One-time code",
            hint="Four groups of four letters and numbers.",
            autocomplete="one-time-code",
            width="govuk-input--width-20",
            when_missing="Enter your one-time code",
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
TERMINAL: Final = Form(
    title="Name this terminal",
    lead=("The name stands in the audit beside whatever is done here.",),
    submit="Save",
    is_checked=False,
    fields=(
        Field(
            name="name",
            label="Name of this terminal",
            hint="Where it stands: B wing office, reception desk 2.",
            width="govuk-input--width-20",
            when_missing="Enter a name for this terminal",
        ),
        Field(
            name="is_kiosk",
            label="It stands where others pass: lock the screen after two minutes",
            kind="checkbox",
            is_required=False,
        ),
    ),
)


def routes() -> list[HTTPRouteHandler]:
    """The pages of the screen."""
    return [
        show_locked,
        take_lock,
        stay_awake,
        show_first,
        take_first,
        show_yours,
        take_sign_out_there,
        show_terminal,
        take_terminal,
    ]


@get(LOCKED, sync_to_thread=True, opt={PUBLIC: True})
def show_locked(request: AnyRequest, house: GivenHouse) -> Response[Any]:
    """The locked screen: whose it is, and a password for them or for somebody else."""
    locked = locked_at(request, house)
    if locked is None:
        return Redirect("/", status_code=SEE_OTHER)
    page = sign_in_page(house, "", locked=locked)
    page.headers["clear-site-data"] = CLEARED
    return page


@post("/lock", sync_to_thread=True, status_code=200)
def take_lock(request: AnyRequest, data: Typed, visit: GivenVisit) -> Redirect:
    """Lock the screen: the page and what is being written wait for the password."""
    # The script names the form as it is kept; without it the browser tells which page this was.
    came = urlsplit(request.headers.get("referer", ""))
    here = f"{came.path}?{came.query}" if came.query else came.path
    back = local_path(data.get("back", "")) or local_path(here)
    lock(visit.house.entrance, visit.caller, token_of(request), back)
    return Redirect(LOCKED, status_code=SEE_OTHER)


@get("/awake", sync_to_thread=False, status_code=204)
def stay_awake(visit: GivenVisit) -> None:
    """Somebody is at the terminal: their session was used now."""
    del visit


@get("/first-password", sync_to_thread=True, opt={PUBLIC: True})
def show_first(house: GivenHouse) -> Response[str]:
    """The questions of somebody who signs in for the first time."""
    return _first_page(house, {}, {}, 200)


@post("/first-password", sync_to_thread=True, opt={PUBLIC: True}, status_code=200)
def take_first(request: AnyRequest, data: Typed, house: GivenHouse) -> Response[Any]:
    """A first password and a session, or what was wrong."""
    answers = read_answers(FIRST, data, in_london(house.desk.now_ms()).date())
    faults, values = dict(answers.faults), answers.values
    if not faults and values["new"] != values["again"]:
        faults["again"] = "The two new passwords differ: type the second one again"
    if not faults:
        given = given_at(request, house, values["user_name"], values["new"])
        try:
            entered = enter_first(house.entrance, given, values["code"], "cookie")
        except WrongCode as wrong:
            faults["code"] = f"User name or code is not right, or the code was used. {wrong.hint}"
        except (WrongSignIn, LockedOut) as fault:
            faults["code"] = refusal_of(fault)
        except WeakPassword as weak:
            faults["new"] = weak.hint
        else:
            return signed_in(house, entered, "", NOTHING_KEPT)
    return _first_page(house, values, faults, 422)


@get(YOURS, sync_to_thread=True)
def show_yours(request: AnyRequest, visit: GivenVisit) -> Response[str]:
    """Where one is signed in, one's password, and for an administrator this terminal's name."""
    found = visit.house.entrance.sessions.of(visit.caller.staff)
    rows = tuple(_row(visit, one) for one in found)
    asked = request.query_params
    told = (one for one in NOTICES if asked.get(one[0]) == one[1])
    entrance = visit.house.entrance
    return visit.page(
        "your_account.html",
        notice=next((one[2] for one in told), None),
        rows=rows,
        has_passkeys=entrance.passkeys is not None,
        passkeys=tuple(_passkey_row(visit, one) for one in own_passkeys(entrance, visit.caller)),
        terminal=_terminal(request, visit.house),
        name_it=Link("Name this terminal", "/terminal")
        if may(visit.caller, "name_terminal")
        else None,
    )


@post("/your-account/{session:str}/sign-out", sync_to_thread=True, status_code=200)
def take_sign_out_there(session: FromPath[str], visit: GivenVisit) -> Redirect:
    """The end of another session of one's own."""
    leave_there(visit.house.entrance, visit.caller, session)
    return Redirect(f"{YOURS}?out=1", status_code=SEE_OTHER)


@get("/terminal", sync_to_thread=True)
def show_terminal(request: AnyRequest, visit: GivenVisit) -> Response[str]:
    """The questions of a terminal's name."""
    gate.allow(visit.desk, visit.caller, "name_terminal")
    known = _terminal(request, visit.house)
    values = {} if known is None else {"name": known.name, "is_kiosk": "yes" * known.is_kiosk}
    return _terminal_page(visit, values, {}, 200)


@post("/terminal", sync_to_thread=True, status_code=200)
def take_terminal(request: AnyRequest, data: Typed, visit: GivenVisit) -> Response[Any]:
    """The name, kept by this browser; it counts from the next time somebody signs in here."""
    gate.allow(visit.desk, visit.caller, "name_terminal")
    answers = read_answers(TERMINAL, data, visit.today)
    if answers.faults:
        return _terminal_page(visit, answers.values, answers.faults, 422)
    terminal = Terminal(answers.values["name"], is_kiosk=bool(answers.values["is_kiosk"]))
    kept = request.cookies.get(terminal_cookie_name(visit.house.cookie_name))
    token = visit.house.entrance.sessions.terminals.name(terminal, visit.caller.staff, kept)
    kind = "kiosk" if terminal.is_kiosk else "terminal"
    gate.witness(visit.desk, visit.caller, "name_terminal", (), detail=f"{kind} {terminal.name}")
    cookie = terminal_cookie(visit.house.cookie_name, token)
    return Redirect(f"{YOURS}?named=1", status_code=SEE_OTHER, cookies=[cookie])


def _terminal(request: AnyRequest, house: House) -> Terminal | None:
    token = request.cookies.get(terminal_cookie_name(house.cookie_name))
    return house.entrance.sessions.terminals.find(token)


def _row(visit: Visit, session: Session) -> tuple[Row, str]:
    """A session in words, and its id where it can be ended from here."""
    is_this = session.id == visit.session.id
    marks = [Mark("This one", "good")] if is_this else []
    marks += [Mark("Locked", "calm")] if session.is_locked else []
    used = moment(session.used_ms, visit.now_ms)
    began = moment(session.began_ms, visit.now_ms)
    how = "a program" if session.kind == "bearer" else "a browser"
    row = Row(
        title=session.caller.device,
        lines=(f"Signed in {began} from {how}. Last used {used}.",),
        marks=tuple(marks),
    )
    return row, "" if is_this else session.id


def _passkey_row(visit: Visit, one: "Passkey") -> tuple[Row, str]:
    """A passkey in words, and its id by which it is removed."""
    added, used = moment(one.added_ms, visit.now_ms), moment(one.used_ms, visit.now_ms)
    stopped = "It was used in two places and opens nothing now: remove it."
    row = Row(
        title=one.name,
        lines=(f"Added {added}. Last used {used}.", *((stopped,) if one.is_stopped else ())),
        marks=(Mark("Stopped", "warn"),) if one.is_stopped else (),
    )
    return row, one.id


def _first_page(
    house: House, values: dict[str, str] | Any, faults: dict[str, str], status: int
) -> Response[str]:
    shown = {name: values.get(name, "") for name in ("user_name", "code")}
    view = FormPage(form=FIRST, address="/first-password", token="", values=shown, faults=faults)
    return house.shell.page("form.html", house.frame(), status, view=view)


def _terminal_page(visit: Visit, values: Any, faults: Any, status: int) -> Response[str]:
    view = FormPage(
        form=TERMINAL, address="/terminal", token="", values=values, faults=faults, back=YOURS
    )
    return visit.page("form.html", status, view=view)
