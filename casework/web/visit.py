"""One request by somebody who is signed in: what its page is given, and the frame around it."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response

from casework.access.accounts import Accounts
from casework.access.caller import Caller
from casework.desk import status
from casework.desk.desk import Desk
from casework.desk.people import summary
from casework.web.drafts import Drafts
from casework.web.shell import Shell
from casework.web.shown.people import identity_bar
from casework.web.strip import strip_of
from casework.web.views import Frame, IdentityBar, Link, Notice
from casework.web.words import in_london
from sync_protocol.errors import NotFound
from sync_protocol.ids import ID_BYTES, RecordId, SubjectId


class House(msgspec.Struct, frozen=True):
    """What all pages of a node share; made once by its app.

    `first_pages` are this place's own, the one that opens after signing in first; those named in
    `for_administrators` are all that an administrator is offered.
    """

    desk: Desk
    shell: Shell
    drafts: Drafts
    accounts: Accounts
    first_pages: tuple[Link, ...]
    for_administrators: tuple[Link, ...] = ()

    def frame(self, path: str = "", caller: Caller | None = None, csrf: str = "") -> Frame:
        """The frame of a page, whoever is signed in or nobody."""
        told = status.strip(self.desk)
        return Frame(
            site=self.desk.place.name,
            strip=strip_of(told.line, told.now_ms),
            signed_in_as=caller.display_name if caller else "",
            navigation=self._navigation(caller, told.conflicts, path),
            csrf=csrf,
        )

    def _navigation(self, caller: Caller | None, conflicts: int, path: str) -> tuple[Link, ...]:
        if caller is None:
            return ()
        links = self.for_administrators
        if caller.role == "staff":
            settle = Link(f"Conflicts ({conflicts})", "/conflicts")
            links = (*self.first_pages, Link("Find a person", "/search"), settle)
        change = msgspec.structs.replace
        return tuple(change(link, is_current=link.address == path) for link in links)


class Visit(msgspec.Struct, frozen=True):
    """A request of a signed-in member of staff."""

    house: House
    caller: Caller
    csrf: str
    owner: str
    """Whose drafts these are: a name of the session that tells nothing about its token."""
    path: str

    @property
    def desk(self) -> Desk:
        """The desk worked at."""
        return self.house.desk

    @property
    def now_ms(self) -> int:
        """The node's clock."""
        return self.house.desk.now_ms()

    @property
    def today(self) -> date:
        """The day on the wall in London."""
        return in_london(self.now_ms).date()

    def page(
        self, template: str, status_code: int = 200, notice: Notice | None = None, **page: Any
    ) -> Response[str]:
        """A page in its frame."""
        frame = self.house.frame(self.path, self.caller, self.csrf)
        framed = msgspec.structs.replace(frame, notice=notice)
        return self.house.shell.page(template, framed, status_code, **page)

    def bar(self, person: SubjectId) -> IdentityBar:
        """The identity bar of a person."""
        return identity_bar(summary(self.desk, self.caller, person), self.now_ms)

    def saved_notice(self, token: str | None) -> Notice | None:
        """What was just saved under this token, to be told on top of the next page."""
        draft = self.house.drafts.find(self.owner, token) if token else None
        if draft is None or draft.receipt is None:
            return None
        return Notice(draft.receipt.title, receipt_words(self, draft.receipt.number))


def receipt_words(visit: Visit, number: str) -> str:
    """What a receipt promises: saved here for good, and whether the centre has it yet."""
    if visit.desk.line is None:
        return f"Saved at the centre. Receipt {number}."
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
