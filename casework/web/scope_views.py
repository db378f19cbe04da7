"""What the templates about who holds whom take: frozen structs of finished words."""

import msgspec

from casework.web.views import LeavingLine, Link, Mark


class LeftRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who left this office: the receipt, and nothing of who it was."""

    number: str
    left: str
    centre: str
    rest: str


class DeparturesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Those who are leaving an office, and the receipts of those who left."""

    as_known: str
    leaving: tuple[LeavingLine, ...] = ()
    left: tuple[LeftRow, ...] = ()
    older: Link | None = None
    is_first: bool = True


class LeftPage(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was filled in while its person left: what was typed, to be copied."""

    number: str
    when: str
    texts: tuple[str, ...]


class Ageing(msgspec.Struct, frozen=True):
    """How long something lasts already: in words, and in steps of a bar out of `most`."""

    words: str
    steps: int
    most: int


class HolderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One office that holds a person, or has not let go, or has: since when, why, what is next."""

    office: str
    state: Mark
    since: str
    about: str
    ageing: Ageing | None = None


class HeldPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person in "Who holds whom"; without a name where the reader reads no record."""

    name: str
    address: str
    about: str
    lines: tuple[HolderLine, ...]
    receipts: tuple[str, ...] = ()


class HoldersPage(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds whom, a page of it."""

    as_known: str
    asked: str = ""
    choices: tuple[Link, ...] = ()
    people: tuple[HeldPerson, ...] = ()
    found: str = ""
    empty: tuple[str, ...] = ()
    earlier: Link | None = None
    later: Link | None = None
    names_note: str = ""


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """The leaves of one office that wait for a person's word."""

    office: str
    title: str
    since: str
    about: tuple[str, ...]
    where: tuple[str, ...]
    people: tuple[Link, ...]
    more: str = ""
    actions: tuple[Link, ...] = ()


class HeldBackPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every office whose leaves wait for a person's word."""

    offices: tuple[HeldBack, ...]
    may_decide: bool
