"""The accounts of this node: unlock one, give a one-time code; and what was done too late."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from casework.access.actions import NotAllowed, may
from casework.desk import gate
from casework.desk.entrance import give_code, unlock_account
from casework.desk.posts import acts_since_end
from casework.web.flow import SEE_OTHER
from casework.web.shown.staff import account_line, late_row
from casework.web.views import Notice
from casework.web.visit import GivenVisit, Visit
from sync_protocol.errors import NotFound
from sync_protocol.ids import ID_BYTES, ActorId


def routes() -> list[HTTPRouteHandler]:
    """The list of accounts with what may be done there, and the list for the auditor."""
    return [show_staff, take_unlock, take_code, show_late_acts]


@get("/staff", sync_to_thread=True)
def show_staff(request: Request[Any, Any, Any], visit: GivenVisit) -> Response[str]:
    """Every account of this node."""
    notice = (
        Notice("Unlocked: they can try again") if request.query_params.get("unlocked") else None
    )
    return _staff_page(visit, notice)


@post("/staff/{staff:str}/unlock", sync_to_thread=True, status_code=200)
def take_unlock(staff: FromPath[str], visit: GivenVisit) -> Redirect:
    """Let a locked account try again."""
    unlock_account(visit.house.entrance, visit.caller, staff_id(staff))
    return Redirect("/staff?unlocked=1", status_code=SEE_OTHER)


@post("/staff/{staff:str}/code", sync_to_thread=True, status_code=200)
def take_code(staff: FromPath[str], visit: GivenVisit) -> Response[str]:
    """A one-time code, shown on this page and never again."""
    whose = staff_id(staff)
    name = visit.house.accounts.account(whose).display_name
    code = give_code(visit.house.entrance, visit.caller, whose)
    return _staff_page(visit, code_notice(name, code))


@get("/late-acts", sync_to_thread=True)
def show_late_acts(visit: GivenVisit) -> Response[str]:
    """What was done after the post of whoever did it had ended."""
    rows = tuple(late_row(one, visit.now_ms) for one in acts_since_end(visit.desk, visit.caller))
    return visit.page("late_acts.html", rows=rows)


def code_notice(name: str, code: str) -> Notice:
    """A one-time code as it is told, once."""
    return Notice(
        f"One-time code for {name}: {code}",
        "Write it down now: it is not shown again. It works once, within 14 days. They use it at "
        "“Sign in”, “Choose your password with your one-time code”.",
    )


def staff_id(text: str) -> ActorId:
    """A member of staff's id out of an address; NotFound where it is none."""
    if len(text) != 2 * ID_BYTES or not all(one in "0123456789abcdef" for one in text):
        raise NotFound("an address that names nobody")
    return ActorId(bytes.fromhex(text))


def _staff_page(visit: Visit, notice: Notice | None) -> Response[str]:
    may_unlock = may(visit.caller, "unlock_account")
    may_give = may(visit.caller, "set_password")
    if not may_unlock and not may_give:
        raise NotAllowed(f"{visit.caller.role}: staff")
    lines = tuple(
        account_line(
            one,
            is_own=one.staff == visit.caller.staff,
            may_unlock=may_unlock,
            may_give=may_give,
        )
        for one in visit.house.accounts.accounts()
    )
    gate.witness(visit.desk, visit.caller, "read", (), detail="accounts")
    return visit.page("staff.html", notice=notice, lines=lines, base="/staff")
