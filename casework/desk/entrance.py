"""The entrance: sign in, sign out, lock, choose a password; each leaves its line in the audit."""

from typing import TYPE_CHECKING

import msgspec

from casework.access.accounts import Accounts, LockedOut, WrongCode, WrongSignIn
from casework.access.caller import Caller
from casework.access.sessions import Session, SessionKind, Sessions, Token
from casework.desk import gate
from casework.desk.desk import Desk
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.ids import NO_ACTOR, ActorId
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.limits import TEXT_KIND_MAX

if TYPE_CHECKING:
    # A node that offers neither never loads what they need.
    from casework.access.online import Online
    from casework.access.passkeys import Passkeys


class Entrance(msgspec.Struct, frozen=True):
    """What signing in needs; made once by the composition root."""

    desk: Desk
    accounts: Accounts
    sessions: Sessions
    online: "Online | None" = None
    """The organisation's sign-in service, where the settings name one."""
    passkeys: "Passkeys | None" = None
    """The passkeys of this node's staff, where the settings have any."""


class Entered(msgspec.Struct, frozen=True):
    """Who signed in, and the session's token, which is told once.

    `back` is the page on which they locked the screen, and `owner` names the drafts that they go
    on with; both are empty where they begin anew.
    """

    caller: Caller
    token: Token
    back: str = ""
    owner: str = ""


class SignIn(msgspec.Struct, frozen=True):
    """What is given to sign in; `before` is the token of the session that this browser has."""

    user_name: str
    password: str
    device: str
    is_kiosk: bool = False
    before: str = ""


class SecondPersonNeeded(Refused):
    """Nobody unlocks their own account."""

    code = "second_person_needed"
    hint = "Ask a senior colleague or an administrator here, or the centre."


def enter(entrance: Entrance, given: SignIn, kind: SessionKind) -> Entered:
    """A new session; WrongSignIn or LockedOut where there is none to be had.

    Whoever had locked the screen, here or elsewhere, goes on with what they were writing. Somebody
    else's session at this browser is locked, and waits for them.
    """
    check_device(given.device)
    try:
        caller = entrance.accounts.sign_in(given.user_name, given.password, given.device)
    except (WrongSignIn, LockedOut) as fault:
        witness(entrance, "sign_in_refused", fault.staff or NO_ACTOR, fault.code)
        raise
    return begin(entrance, caller, given, kind)


def enter_first(entrance: Entrance, given: SignIn, code: str, kind: SessionKind) -> Entered:
    """A new session of somebody who chose their password by a one-time code.

    WrongCode, LockedOut or WeakPassword where that may not be; it ends every session before it.
    """
    check_device(given.device)
    try:
        caller = entrance.accounts.sign_in_first(
            given.user_name, code, given.password, given.device
        )
    except (WrongCode, WrongSignIn, LockedOut) as fault:
        staff = None if isinstance(fault, WrongCode) else fault.staff
        witness(entrance, "sign_in_refused", staff or NO_ACTOR, fault.code)
        raise
    entrance.sessions.end_all(caller.staff)
    if entrance.passkeys is not None:
        # Whoever begins anew may have lost the device, or somebody may have added one of theirs.
        entrance.passkeys.remove_all(caller.staff)
    witness(entrance, "first_password", caller.staff, "")
    return begin(entrance, caller, given, kind)


def leave(entrance: Entrance, caller: Caller, token: str) -> None:
    """End the session, and what was open with a reason."""
    entrance.sessions.end(token)
    entrance.desk.openings.end_all(caller.staff)
    witness(entrance, "sign_out", caller.staff, "")


def leave_there(entrance: Entrance, caller: Caller, session: str) -> None:
    """End another of one's own sessions, by its id."""
    entrance.sessions.end_one(caller.staff, session)
    witness(entrance, "sign_out", caller.staff, f"of {session}")


def lock(entrance: Entrance, caller: Caller, token: str, back: str) -> None:
    """Lock the screen; the page `back` and what was being written wait for the password."""
    entrance.sessions.lock(token, back)
    witness(entrance, "lock", caller.staff, "")


def choose_password(entrance: Entrance, caller: Caller, old: str, new: str) -> None:
    """Replace one's own password, and end every session that the old one opened."""
    entrance.accounts.change_password(caller.staff, old, new)
    entrance.sessions.end_all(caller.staff)
    witness(entrance, "new_password", caller.staff, "")


def unlock_account(entrance: Entrance, caller: Caller, staff: ActorId) -> None:
    """Let somebody else's locked account try again; SecondPersonNeeded for one's own."""
    gate.allow(entrance.desk, caller, "unlock_account")
    if staff == caller.staff:
        raise SecondPersonNeeded
    entrance.accounts.unlock(staff)
    witness(entrance, "account_unlocked", caller.staff, staff.hex())


def give_code(entrance: Entrance, caller: Caller, staff: ActorId) -> str:
    """A one-time code for somebody else's first or forgotten password, told once."""
    gate.allow(entrance.desk, caller, "set_password")
    if staff == caller.staff:
        raise SecondPersonNeeded
    code = entrance.accounts.give_code(staff)
    witness(entrance, "code_given", caller.staff, staff.hex())
    return code


def begin(
    entrance: Entrance, caller: Caller, given: SignIn, kind: SessionKind, way: str = ""
) -> Entered:
    """A session of somebody who was let in; `way` says by what, where it was no password."""
    sessions = entrance.sessions
    own: Session | None = None
    if kind == "cookie":
        before = sessions.find(given.before) if given.before else None
        if before is not None and before.caller.staff == caller.staff:
            sessions.end(given.before)
            own = before
        else:
            sessions.put_aside(given.before)
            own = sessions.take_up(caller.staff)
    owner = own.owner if own is not None else ""
    token = sessions.begin(caller, kind, is_kiosk=given.is_kiosk, owner=owner)
    witness(entrance, "sign_in", caller.staff, f"{kind} {way}".strip())
    return Entered(caller, token, own.back if own is not None else "", owner)


def check_device(device: str) -> None:
    """Raise InvalidValue unless the audit can name the terminal so."""
    if not 0 < len(device) <= TEXT_KIND_MAX:
        raise InvalidValue(f"a terminal's name has 1 to {TEXT_KIND_MAX} characters")


def witness(entrance: Entrance, act: str, staff: ActorId, detail: str) -> None:
    """One line of the audit of signing in and out."""
    entrance.desk.store.witness([AuditLine(actor=staff, act=act, detail=detail)])
