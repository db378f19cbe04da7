"""Signing in without a password: at the organisation's own service, or by a passkey.

Each only proves who it is. Whoever is locked, closed here, or not named by the centre any more is
refused as with a password; and each leaves its line in the audit, the refused ones too.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from casework.access.accounts import LockedOut, WrongSignIn
from casework.access.caller import Caller
from casework.access.proofs import (
    AccountClosed,
    NotOffered,
    ProviderDown,
    SignInDeclined,
    SignInGone,
    UnknownSubject,
    WrongPasskey,
    WrongProof,
)
from casework.access.sessions import SessionKind, SignInNeeded
from casework.desk.entrance import Entered, Entrance, SignIn, begin, check_device, witness
from casework.records.post import OnlineName
from sync_protocol.ids import NO_ACTOR, ActorId

if TYPE_CHECKING:
    from casework.access.online import Begun, Online
    from casework.access.passkeys import Passkey, Passkeys

ONLINE: Final = "online"
PASSKEY: Final = "passkey"
JUST_MS_MAX: Final = 5 * 60_000
"""For how long somebody without a password here counts as just signed in."""
NOT_LET_IN: Final = (WrongSignIn, LockedOut, AccountClosed)
"""How somebody is refused who has proved who they are."""
NO_ANSWER: Final = (SignInGone, SignInDeclined, WrongProof, ProviderDown)
"""How it ends where the service proves nobody."""


class Carried(msgspec.Struct, frozen=True):
    """What a sign-in at the service takes along: the terminal that began it, and its page."""

    given: SignIn
    page: Any = None


class EnteredOnline(msgspec.Struct, frozen=True):
    """Who signed in at the service, and the page that they came from."""

    entered: Entered
    page: Any


def begin_online(entrance: Entrance, given: SignIn, page: Any = None) -> "Begun":
    """Where the browser goes on; ProviderDown where the service cannot be reached."""
    check_device(given.device)
    return online_of(entrance).begin(Carried(given, page))


def enter_online(
    entrance: Entrance, answer: Mapping[str, str], binding: str, kind: SessionKind
) -> EnteredOnline:
    """A new session of whoever the service names; UnknownSubject where the centre has bound nobody.

    Raises as `Online.finish` where the answer proves nothing, and as a password where it does.
    """
    try:
        proved = online_of(entrance).finish(answer, binding)
    except NO_ANSWER as fault:
        witness(entrance, "sign_in_refused", NO_ACTOR, f"{ONLINE} {fault.code}")
        raise
    carried = proved.carried
    assert isinstance(carried, Carried), "what was begun here carries what was put there"
    staff = _staff_of(entrance, OnlineName(proved.issuer, proved.subject))
    if staff is None:
        witness(entrance, "sign_in_refused", NO_ACTOR, f"{ONLINE} {UnknownSubject.code}")
        raise UnknownSubject(proved.subject)
    entered = _let_in(entrance, staff, carried.given, kind, ONLINE)
    return EnteredOnline(entered, carried.page)


def ask_passkey(entrance: Entrance) -> str:
    """What a browser is asked to sign in by; nothing where this node has no passkeys."""
    return entrance.passkeys.ask() if entrance.passkeys is not None else ""


def enter_by_passkey(entrance: Entrance, given: SignIn, answer: str, kind: SessionKind) -> Entered:
    """A new session of whoever the passkey is; WrongPasskey, or as a password."""
    check_device(given.device)
    try:
        staff = passkeys_of(entrance).proved(answer)
    except WrongPasskey as fault:
        witness(entrance, "sign_in_refused", fault.staff or NO_ACTOR, f"{PASSKEY} {fault.code}")
        raise
    return _let_in(entrance, staff, given, kind, PASSKEY)


def own_passkeys(entrance: Entrance, caller: Caller) -> Sequence["Passkey"]:
    """One's own passkeys; none where this node has none."""
    return entrance.passkeys.of(caller.staff) if entrance.passkeys is not None else ()


def invite_passkey(entrance: Entrance, caller: Caller) -> str:
    """What the browser of somebody who is signed in is asked to make a passkey by."""
    account = entrance.accounts.account(caller.staff)
    return passkeys_of(entrance).invite(caller.staff, account.user_name, account.display_name)


def add_passkey(
    entrance: Entrance, caller: Caller, *, name: str, password: str, answer: str, began_ms: int
) -> None:
    """Add a passkey of one's own; the password is asked again, or who left a screen open adds one.

    Whoever has no password here yet must have signed in just now: SignInNeeded.
    """
    passkeys = passkeys_of(entrance)
    if not entrance.accounts.account(caller.staff).is_waiting:
        entrance.accounts.check_own(caller.staff, password)
    elif not 0 <= entrance.desk.now_ms() - began_ms <= JUST_MS_MAX:
        raise SignInNeeded
    added = passkeys.register(caller.staff, name, answer)
    witness(entrance, "passkey_added", caller.staff, added.id)


def remove_passkey(entrance: Entrance, caller: Caller, passkey: str) -> None:
    """Remove one of one's own passkeys."""
    passkeys_of(entrance).remove(caller.staff, passkey)
    witness(entrance, "passkey_removed", caller.staff, passkey)


def online_of(entrance: Entrance) -> "Online":
    """The organisation's sign-in service; NotOffered where the settings name none."""
    if entrance.online is None:
        raise NotOffered(ONLINE)
    return entrance.online


def passkeys_of(entrance: Entrance) -> "Passkeys":
    """The passkeys of this node; NotOffered where the settings have none."""
    if entrance.passkeys is None:
        raise NotOffered(PASSKEY)
    return entrance.passkeys


def _staff_of(entrance: Entrance, name: OnlineName) -> ActorId | None:
    posts = entrance.accounts.posts
    if posts is None:
        return None
    with entrance.desk.store.reading() as reading:
        return posts.named_online(reading, name)


def _let_in(
    entrance: Entrance, staff: ActorId, given: SignIn, kind: SessionKind, way: str
) -> Entered:
    try:
        caller = entrance.accounts.enter_proved(staff, given.device)
    except NOT_LET_IN as fault:
        witness(entrance, "sign_in_refused", staff, f"{way} {fault.code}")
        raise
    return begin(entrance, caller, given, kind, way)
