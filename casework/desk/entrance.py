"""The entrance: sign in, sign out, choose a new password; each leaves its line in the audit."""

import msgspec

from casework.access.accounts import Accounts, LockedOut, WrongSignIn
from casework.access.caller import Caller
from casework.access.sessions import SessionKind, Sessions, Token
from casework.desk.desk import Desk
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import NO_ACTOR, ActorId
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.limits import TEXT_KIND_MAX


class Entrance(msgspec.Struct, frozen=True):
    """What signing in needs; made once by the composition root."""

    desk: Desk
    accounts: Accounts
    sessions: Sessions


class Entered(msgspec.Struct, frozen=True):
    """Who signed in, and the session's token, which is told once."""

    caller: Caller
    token: Token


class SignIn(msgspec.Struct, frozen=True):
    """What is given to sign in."""

    user_name: str
    password: str
    device: str


def enter(entrance: Entrance, given: SignIn, kind: SessionKind) -> Entered:
    """A new session; WrongSignIn or LockedOut where there is none to be had."""
    if not 0 < len(given.device) <= TEXT_KIND_MAX:
        raise InvalidValue(f"a terminal's name has 1 to {TEXT_KIND_MAX} characters")
    try:
        caller = entrance.accounts.sign_in(given.user_name, given.password, given.device)
    except (WrongSignIn, LockedOut) as fault:
        _witness(entrance, "sign_in_refused", fault.staff or NO_ACTOR, fault.code)
        raise
    token = entrance.sessions.begin(caller, kind)
    _witness(entrance, "sign_in", caller.staff, kind)
    return Entered(caller, token)


def leave(entrance: Entrance, caller: Caller, token: str) -> None:
    """End the session, and what was open with a reason."""
    entrance.sessions.end(token)
    entrance.desk.openings.end_all(caller.staff)
    _witness(entrance, "sign_out", caller.staff, "")


def choose_password(entrance: Entrance, caller: Caller, old: str, new: str) -> None:
    """Replace one's own password, and end every session that the old one opened."""
    entrance.accounts.change_password(caller.staff, old, new)
    entrance.sessions.end_all(caller.staff)
    _witness(entrance, "new_password", caller.staff, "")


def _witness(entrance: Entrance, act: str, staff: ActorId, detail: str) -> None:
    entrance.desk.store.witness([AuditLine(actor=staff, act=act, detail=detail)])
