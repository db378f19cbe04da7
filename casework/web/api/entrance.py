"""Sign in for a bearer token, sign out, choose a new password."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import Body

from casework.access.caller import Role
from casework.access.sessions import IDLE_MS_MAX, WHOLE_MS_MAX
from casework.desk.entrance import SignIn, choose_password, enter, leave
from casework.web.api.answers import GivenCaller, GivenEntrance
from casework.web.api.bodies import PasswordBody, SignInBody
from casework.web.sessions import token_of
from sync_protocol.ids import ActorId


class SignedIn(msgspec.Struct, frozen=True):
    """The token to send as `Authorization: Bearer`, and when it ends."""

    token: str
    staff: ActorId
    display_name: str
    role: Role
    idle_ms_max: int
    whole_ms_max: int


class Me(msgspec.Struct, frozen=True):
    """Who is signed in."""

    staff: ActorId
    display_name: str
    role: Role


@post("/sign-in", opt={"public": True}, sync_to_thread=True, status_code=200)
def sign_in(data: Annotated[SignInBody, Body()], entrance: GivenEntrance) -> SignedIn:
    """A session's bearer token, told once."""
    entered = enter(entrance, SignIn(data.user_name, data.password, data.device), "bearer")
    caller = entered.caller
    return SignedIn(
        token=entered.token,
        staff=caller.staff,
        display_name=caller.display_name,
        role=caller.role,
        idle_ms_max=IDLE_MS_MAX,
        whole_ms_max=WHOLE_MS_MAX,
    )


@post("/sign-out", sync_to_thread=True, status_code=204)
def sign_out(request: Request[Any, Any, Any], entrance: GivenEntrance, caller: GivenCaller) -> None:
    """Ends this session."""
    leave(entrance, caller, token_of(request))


@post("/password", sync_to_thread=True, status_code=204)
def new_password(
    data: Annotated[PasswordBody, Body()], entrance: GivenEntrance, caller: GivenCaller
) -> None:
    """Replaces one's own password and ends all of one's sessions."""
    choose_password(entrance, caller, data.old, data.new)


@get("/me", sync_to_thread=False)
def me(caller: GivenCaller) -> Me:
    """Who is signed in."""
    return Me(caller.staff, caller.display_name, caller.role)
