"""Passkeys: sign in by one, add one to one's own account, and remove one."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from casework.access.accounts import LockedOut, WrongSignIn
from casework.access.proofs import AccountClosed, PasskeyRefused, WrongPasskey
from casework.access.sessions import SignInNeeded
from casework.desk.other_ways import (
    add_passkey,
    enter_by_passkey,
    invite_passkey,
    remove_passkey,
)
from casework.web.flow import SEE_OTHER
from casework.web.forms import Field, Form, FormPage, read_answers
from casework.web.kept import kept_in
from casework.web.pages.account import (
    Typed,
    given_at,
    locked_at,
    refusal_of,
    sign_in_page,
    signed_in,
)
from casework.web.pages.screen import YOURS
from casework.web.sessions import PUBLIC
from casework.web.views import Notice
from casework.web.visit import GivenHouse, GivenVisit, Visit, local_path

AnyRequest = Request[Any, Any, Any]
NEW: Final = "/passkeys/new"
ANSWER: Final = "answer"
WRONG_OWN: Final = "Your password is not right: type it again"
NAME: Final = Field(
    name="name",
    label="Name of this passkey",
    hint="By which you know it again: my phone, the blue key.",
    width="govuk-input--width-20",
    when_missing="Enter a name for this passkey",
)
PASSWORD: Final = Field(
    name="password",
    label="Your password",
    kind="password",
    autocomplete="current-password",
    width="govuk-input--width-20",
    when_missing="Enter your password",
)


def routes() -> list[HTTPRouteHandler]:
    """The pages of passkeys."""
    return [take_passkey, show_new, take_new, take_removal]


@post("/sign-in/passkey", sync_to_thread=True, opt={PUBLIC: True}, status_code=200)
def take_passkey(request: AnyRequest, data: Typed, house: GivenHouse) -> Response[Any]:
    """A session, or the questions of signing in with why there is none."""
    next_page, kept = local_path(data.get("next", "")), kept_in(data)
    try:
        given = given_at(request, house, "", "")
        entered = enter_by_passkey(house.entrance, given, data.get(ANSWER, ""), "cookie")
    except (WrongPasskey, AccountClosed) as fault:
        title = (type(fault).__doc__ or "").splitlines()[0].rstrip(".")
        notice = Notice(title, fault.hint, is_success=False)
    except (WrongSignIn, LockedOut) as fault:
        notice = Notice("You can't sign in here now", refusal_of(fault), is_success=False)
    else:
        return signed_in(house, entered, next_page, kept)
    locked = locked_at(request, house)
    return sign_in_page(house, next_page, notice=notice, status=403, kept=kept, locked=locked)


@get(NEW, sync_to_thread=True)
def show_new(visit: GivenVisit) -> Response[str]:
    """The questions of a new passkey."""
    return _new_page(visit, {}, {}, 200)


@post(NEW, sync_to_thread=True, status_code=200)
def take_new(data: Typed, visit: GivenVisit) -> Response[Any]:
    """The new passkey, or what was wrong."""
    answers = read_answers(_form(visit), data, visit.today)
    faults, values = dict(answers.faults), answers.values
    if not faults:
        try:
            add_passkey(
                visit.house.entrance,
                visit.caller,
                name=values["name"],
                password=values.get("password", ""),
                answer=data.get(ANSWER, ""),
                began_ms=visit.session.began_ms,
            )
        except LockedOut as fault:
            faults["password"] = refusal_of(fault)
        except WrongSignIn:
            faults[PASSWORD.name] = WRONG_OWN
        except SignInNeeded:
            faults["name"] = "Sign out and in again, then add the passkey within five minutes"
        except PasskeyRefused as fault:
            faults["name"] = f"This passkey cannot be added. {fault.hint}"
        else:
            return Redirect(f"{YOURS}?passkey=added", status_code=SEE_OTHER)
    return _new_page(visit, {"name": values.get("name", "")}, faults, 422)


@post("/passkeys/{passkey:str}/remove", sync_to_thread=True, status_code=200)
def take_removal(passkey: FromPath[str], visit: GivenVisit) -> Redirect:
    """The end of one of one's own passkeys."""
    remove_passkey(visit.house.entrance, visit.caller, passkey)
    return Redirect(f"{YOURS}?passkey=removed", status_code=SEE_OTHER)


def _form(visit: Visit) -> Form:
    has_password = not visit.house.accounts.account(visit.caller.staff).is_waiting
    return Form(
        title="Add a passkey",
        lead=(
            (
                "A passkey stays on your own phone, key or computer, which asks for your finger, "
                "face or PIN. It signs you in at this office alone, with or without the line."
            ),
        ),
        submit="Add the passkey",
        is_checked=False,
        fields=(NAME, PASSWORD) if has_password else (NAME,),
    )


def _new_page(
    visit: Visit, values: dict[str, str], faults: dict[str, str], status: int
) -> Response[str]:
    options = invite_passkey(visit.house.entrance, visit.caller)
    view = FormPage(
        form=_form(visit), address=NEW, token="", values=values, faults=faults, back=YOURS
    )
    return visit.page("passkey.html", status, view=view, options=options)
