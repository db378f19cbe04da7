"""What somebody may show instead of a password, and how that is refused.

A passkey is proved to this node alone; an answer of the organisation's own sign-in service is
proved by its signature. Both only tell who it is: whether they may work here is asked as of anybody
who gives a password.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from sync_protocol.errors import Refused, Unavailable
from sync_protocol.ids import ActorId

TOKEN_BYTES: Final = 32
BEGUN_MS_MAX: Final = 10 * 60_000
BEGUN_MAX: Final = 1_000
T = TypeVar("T")


class NotOffered(Refused):
    """This node does not offer this way of signing in."""

    code = "not_offered"
    hint = "Sign in with your user name and password."


class SignInGone(Refused):
    """This sign-in was begun too long ago, in another browser, or is over already."""

    code = "sign_in_gone"
    hint = "Begin again on the page of signing in."


class ProviderDown(Unavailable):
    """The organisation's sign-in service cannot be reached from here."""

    code = "provider_down"
    hint = "Sign in with your user name and password, or with a passkey: both work without it."


class SignInDeclined(Refused):
    """The organisation's sign-in service let nobody in."""

    code = "sign_in_declined"
    hint = "Try again, or sign in with your user name and password."


class WrongProof(Refused):
    """What the organisation's sign-in service answered does not prove who you are."""

    code = "wrong_proof"
    hint = "Begin again; if it happens twice, tell this office's technician the time."


class UnknownSubject(Refused):
    """The organisation's sign-in service knows you, and nobody here is entered under that name."""

    code = "unknown_subject"
    hint = "Ask the centre's administrator to enter this name for your post."

    def __init__(self, subject: str = "") -> None:
        """Keep the name, which is told to its owner and to no log."""
        super().__init__()
        self.subject = subject


class AccountClosed(Refused):
    """Your account at this office is closed."""

    code = "account_closed"
    hint = "If you do work here, ask this office's administrator, or the centre."

    def __init__(self, staff: ActorId) -> None:
        """Keep whose it is, for the audit."""
        super().__init__()
        self.staff = staff


class WrongPasskey(Refused):
    """This passkey opens nothing here."""

    code = "wrong_passkey"
    hint = "Use the passkey that you made at this office, or sign in with your password."

    def __init__(self, detail: str = "", staff: ActorId | None = None) -> None:
        """Keep whose passkey it is where that is known, for the audit."""
        super().__init__(detail)
        self.staff = staff


class PasskeyCopied(WrongPasskey):
    """This passkey was used somewhere else since: there are two of it, and neither counts now."""

    code = "passkey_copied"
    hint = "Sign in with your password, remove it from your account, and tell your administrator."


class PasskeyRefused(Refused):
    """This passkey cannot be added."""

    code = "passkey_refused"
    hint = "Begin again; it must ask for your finger, face or PIN, and be new to this account."


class OneTime(Generic[T]):
    """What was begun and is to be ended once, soon, by whoever was told its token.

    In memory: a sign-in that a restart interrupts is begun again. Beyond the limit the oldest go.
    """

    def __init__(self, now_ms: Callable[[], int], chance: Callable[[int], bytes]) -> None:
        """Start with nothing."""
        self._now_ms = now_ms
        self._chance = chance
        self._begun: OrderedDict[str, tuple[int, T]] = OrderedDict()
        self._guard = threading.Lock()

    def put(self, value: T) -> str:
        """The token under which it can be taken, once."""
        token = self._chance(TOKEN_BYTES).hex()
        with self._guard:
            self._begun[token] = (self._now_ms(), value)
            while len(self._begun) > BEGUN_MAX:
                self._begun.popitem(last=False)
        return token

    def take(self, token: str) -> T | None:
        """What was put; None where it was taken already, is too old, or never was."""
        with self._guard:
            found = self._begun.pop(token, None)
        if found is None or abs(self._now_ms() - found[0]) > BEGUN_MS_MAX:
            return None
        return found[1]
