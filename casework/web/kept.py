"""What was typed into a form whose session had ended: kept on the page, never lost.

The text goes back to the browser that sent it and comes again with the next press; the node keeps
nothing of it, since nobody was signed in.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response

from casework.access.caller import Caller
from casework.access.sessions import form_token
from casework.web.csrf import FIELD
from casework.web.visit import House, local_path

PREFIX: Final = "kept."
NOT_KEPT: Final = frozenset({FIELD, "password", "old", "new", "again", "code"})
NEVER_FROM: Final = frozenset(
    {
        "/sign-in",
        "/sign-in/online",
        "/sign-in/passkey",
        "/sign-out",
        "/password",
        "/passkeys/new",
        "/first-password",
        "/lock",
        "/terminal",
    }
)


class Kept(msgspec.Struct, frozen=True):
    """What was typed, and where it was to be sent."""

    address: str
    typed: tuple[tuple[str, str], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """What was written in words, for somebody to see that it is theirs."""
        return tuple(value for _, value in self.typed if " " in value.strip())


NOTHING_KEPT: Final = Kept("", ())


def kept_of(path: str, form: Mapping[str, str]) -> Kept:
    """What is worth keeping of a form sent to `path`; never a password."""
    if path in NEVER_FROM:
        return NOTHING_KEPT
    typed = tuple((name, value) for name, value in form.items() if name not in NOT_KEPT)
    return Kept(path, typed)


def kept_in(sign_in: Mapping[str, str]) -> Kept:
    """What the page of signing in carried along."""
    typed = tuple(
        (name.removeprefix(PREFIX), value)
        for name, value in sign_in.items()
        if name.startswith(PREFIX)
    )
    address = local_path(sign_in.get("kept_for", ""))
    return Kept(address, typed) if address else NOTHING_KEPT


def kept_page(house: House, caller: Caller, token: str, kept: Kept) -> Response[str]:
    """The page on which somebody who is signed in now goes on with what was typed before."""
    frame = house.frame("", caller, form_token(token))
    return house.shell.page("kept.html", frame, 200, kept=kept)
