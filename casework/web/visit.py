"""One request by somebody who is signed in: what its page is given, and the frame around it."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from casework.access.accounts import Accounts
from casework.access.actions import may
from casework.access.caller import Caller
from casework.access.sessions import KIOSK_MS_MAX, Session, form_token
from casework.desk import status
from casework.desk.desk import Desk
from casework.desk.entrance import Entrance
from casework.desk.first_answer import Asked, first_answer
from casework.desk.opened import minutes_left
from casework.desk.people import summary
from casework.web.drafts import Draft, Drafts, Receipt
from casework.web.sessions import session_of, token_of
from casework.web.shell import Shell
from casework.web.shown.interventions import LINK as INTERRUPTED
from casework.web.shown.people import identity_bar
from casework.web.strip import strip_of
from casework.web.views import Banner, Frame, IdentityBar, Link, Notice, OpenNow, Strip
from casework.web.words import counted, in_london
from sync_protocol.errors import NotFound
from sync_protocol.ids import ID_BYTES, RecordId, SubjectId


def local_path(text: str) -> str:
    """An address of this node to go on to; empty for any other."""
    parts = urlsplit(text)
    is_local = not parts.scheme and not parts.netloc and text.startswith("/")
    return text if is_local and not text.startswith(("//", "/\\")) else ""


PEOPLE: Final = "/people/"
DUE: Final = Link("What is due", "/due")
OPENINGS: Final = Link("Opened with a reason", "/openings")
WHO_SAW_WHOM: Final = Link("Who saw whom", "/audit")
POSTS: Final = "/posts"
"""Whoever may not appoint is not offered the page of who works where."""
KIOSK_AHEAD_MS: Final = 20_000

BannersOf = Callable[[Desk, Caller, str], tuple[Banner, ...]]


def nothing_to_say(_desk: Desk, _caller: Caller, _path: str) -> tuple[Banner, ...]:
    """Most places have nothing that every page must say."""
    return ()


class House(msgspec.Struct, frozen=True):
    """What all pages of a node share; made once by its app.

    `first_pages` are this place's own, the one that opens after signing in first; those named in
    `for_administrators` are all that an administrator is offered.
    """

    entrance: Entrance
    cookie_name: str
    shell: Shell
    drafts: Drafts
    first_pages: tuple[Link, ...]
    for_administrators: tuple[Link, ...] = ()
    banners: BannersOf = nothing_to_say
    """What every page says on top, to whoever is signed in, at an address."""

    @property
    def desk(self) -> Desk:
        """The desk worked at."""
        return self.entrance.desk

    @property
    def accounts(self) -> Accounts:
        """The accounts of this node's staff."""
        return self.entrance.accounts

    def home(self, caller: Caller) -> str:
        """The page that opens after signing in."""
        if may(caller, "read") and not may(caller, "see_boards"):
            return DUE.address
        pages = self.first_pages if may(caller, "read") else self._without_records(caller)
        if may(caller, "review_openings") and not pages:
            return OPENINGS.address
        return pages[0].address if pages else "/administration"

    def frame(
        self,
        path: str = "",
        caller: Caller | None = None,
        csrf: str = "",
        notice: Notice | None = None,
    ) -> Frame:
        """The frame of a page, whoever is signed in or nobody."""
        told = status.strip(self.desk, caller)
        return Frame(
            site=self.desk.place.name,
            strip=strip_of(told.line, told.now_ms),
            signed_in_as=caller.display_name if caller else "",
            navigation=self._navigation(caller, told.conflicts, path),
            csrf=csrf,
            notice=notice,
            banners=self.banners(self.desk, caller, path) if caller else (),
            open_now=self._open_now(caller, path) if caller else None,
        )

    def _open_now(self, caller: Caller, path: str) -> OpenNow | None:
        """On every page about a person whose record the caller opened with a reason."""
        if not path.startswith(PEOPLE):
            return None
        named = path.removeprefix(PEOPLE).partition("/")[0]
        try:
            left = minutes_left(self.desk, caller, person_id(named))
        except NotFound:
            # A page that is about no person, as that of somebody new.
            return None
        if left is None:
            return None
        return OpenNow(counted(left, "minute"), f"{PEOPLE}{named}/break-glass/end")

    def _navigation(self, caller: Caller | None, conflicts: int, path: str) -> tuple[Link, ...]:
        if caller is None:
            return ()
        links = self._without_records(caller)
        if may(caller, "read"):
            first = self.first_pages if may(caller, "see_boards") else (DUE,)
            settle = Link(f"Conflicts ({conflicts})", "/conflicts")
            links = (*first, INTERRUPTED, Link("Find a person", "/search"), settle)
        if may(caller, "review_openings"):
            links = (*links, OPENINGS)
        change = msgspec.structs.replace
        return tuple(
            change(link, is_current=link.address == path)
            for link in links
            if link.address != POSTS or may(caller, "appoint")
        )

    def _without_records(self, caller: Caller) -> tuple[Link, ...]:
        """The pages of whoever reads no record: an auditor's, or an administrator's."""
        own = (WHO_SAW_WHOM,) if may(caller, "read_audit") else ()
        return (*own, *self.for_administrators)


class Visit(msgspec.Struct, frozen=True):
    """A request of a signed-in member of staff."""

    house: House
    caller: Caller
    csrf: str
    owner: str
    """Whose drafts these are: a name of the session that tells nothing about its token."""
    path: str
    session: Session

    @property
    def desk(self) -> Desk:
        """The desk worked at."""
        return self.house.desk

    def at(self, desk: Desk) -> "Visit":
        """The same visit at another view of the desk."""
        change = msgspec.structs.replace
        entrance = change(self.house.entrance, desk=desk)
        return change(self, house=change(self.house, entrance=entrance))

    @property
    def now_ms(self) -> int:
        """The node's clock."""
        return self.house.desk.now_ms()

    @property
    def today(self) -> date:
        """The day on the wall in London."""
        return in_london(self.now_ms).date()

    def page(
        self,
        template: str,
        status_code: int = 200,
        notice: Notice | None = None,
        strip: Strip | None = None,
        **page: Any,
    ) -> Response[str]:
        """A page in its frame; with the strip as it was read before the page, where it was."""
        frame = self.house.frame(self.path, self.caller, self.csrf, notice)
        # The script is ahead of the node, so that what was typed is kept before the session locks.
        lock_ms = KIOSK_MS_MAX - KIOSK_AHEAD_MS if self.session.is_kiosk else 0
        frame = msgspec.structs.replace(frame, lock_after_ms=lock_ms)
        if strip is not None:
            frame = msgspec.structs.replace(frame, strip=strip)
        return self.house.shell.page(template, frame, status_code, **page)

    def strip(self) -> Strip:
        """How the line is, and whether everything is sent."""
        told = status.strip(self.desk)
        return strip_of(told.line, told.now_ms)

    def bar(self, person: SubjectId) -> IdentityBar:
        """The identity bar of a person."""
        return identity_bar(summary(self.desk, self.caller, person), self.now_ms)

    def draft(self, token: str) -> Draft | None:
        """What was typed under a form's token; of a form that is saved already, its receipt.

        A receipt outlives this program and this session: a browser whose form was saved and never
        answered sends it again to the node's next start, perhaps after signing in anew.
        """
        draft = self.house.drafts.find(self.owner, token)
        if draft is not None:
            return draft
        receipt = first_answer(self.desk, self.form_asked(token), Receipt)
        return Draft(self.now_ms, receipt=receipt) if receipt is not None else None

    def form_asked(self, token: str) -> Asked:
        """The key under which a form is saved once; none for a form without a token."""
        return Asked(self.caller.staff, f"form {token}" if token else None, b"form")

    def saved_notice(self, token: str | None) -> Notice | None:
        """What was just saved under this token, to be told on top of the next page."""
        draft = self.draft(token) if token else None
        if draft is None or draft.receipt is None:
            return None
        return Notice(draft.receipt.title, receipt_words(self, draft.receipt.number))


def visit_of(house: House, connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """The visit of a request that came through the session gate."""
    session = session_of(connection)
    return Visit(
        house=house,
        caller=session.caller,
        csrf=form_token(token_of(connection)),
        owner=session.owner,
        path=connection.url.path,
        session=session,
    )


GivenHouse = NamedDependency[SkipValidation[House]]
GivenVisit = NamedDependency[SkipValidation[Visit]]


def receipt_words(visit: Visit, number: str) -> str:
    """What a receipt promises: saved here for good, and whether the centre has it yet."""
    if visit.desk.line is None:
        return f"Saved at the centre. Receipt {number}." if number else "Saved at the centre."
    return f"Saved on this office's computer. Receipt {number}. It goes to the centre by itself."


def person_id(text: str) -> SubjectId:
    """A person's id out of an address; NotFound where it is none."""
    return SubjectId(_id_bytes(text))


def record_id(text: str) -> RecordId:
    """A record's id out of an address; NotFound where it is none."""
    return RecordId(_id_bytes(text))


def _id_bytes(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != ID_BYTES or raw.hex() != text:
        raise NotFound("an address that names no record")
    return raw
