"""What the templates take: frozen structs of finished words, and nothing a template must work out.

A view is built from what the desk answers by the pure functions of `casework.web.shown`. Ids are
hex text here, because they go into addresses. `Mark` is a tag that is always words; its tone only
repeats in colour what the words say.
"""

from typing import Literal

import msgspec

Tone = Literal["grave", "warn", "calm", "good", "plain"]
Known = Literal["held", "none", "not_known"]


class Mark(msgspec.Struct, frozen=True):
    """A short tag in words: "Not yet at the centre", "Contested", an alert flag."""

    words: str
    tone: Tone = "plain"
    title: str = ""
    is_unsent: bool = False
    """Whether it goes once everything written here has reached the centre."""


class Link(msgspec.Struct, frozen=True):
    """A place to go; `about` is added for those who only hear the link."""

    words: str
    address: str
    about: str = ""
    is_current: bool = False


class Strip(msgspec.Struct, frozen=True):
    """The status of the line: the sentence that matters, then the rest."""

    state: Literal["up", "down", "starting", "centre"]
    lead: str
    rest: str
    is_all_sent: bool = False


class Notice(msgspec.Struct, frozen=True):
    """What just happened, shown once on top of the next page."""

    title: str
    text: str = ""
    is_success: bool = True


class OpenNow(msgspec.Struct, frozen=True):
    """What every page of a record says that was opened with a reason, and how to end it."""

    left: str
    """For how long it stays open: "59 minutes"."""
    end_at: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every page shows around its own content."""

    site: str
    strip: Strip
    signed_in_as: str = ""
    navigation: tuple[Link, ...] = ()
    csrf: str = ""
    notice: Notice | None = None
    banners: tuple["Banner", ...] = ()
    open_now: OpenNow | None = None
    lock_after_ms: int = 0
    """After how long untouched the screen locks; nought where the session only ends."""


class OfficerSide(msgspec.Struct, frozen=True):
    """One person named as responsible officer, and who named them."""

    name: str
    team: str
    side: str
    since: str
    recorded: str


class Officer(msgspec.Struct, frozen=True):
    """The responsible officer: one, several (contested), none, or not known here."""

    known: Known
    sides: tuple[OfficerSide, ...] = ()
    later: tuple[str, ...] = ()
    """Who takes over on a later day: "From 1 December 2026: Tom Byrne (Hull (HMP))"."""

    @property
    def is_contested(self) -> bool:
        """Whether more than one officer is named; each stays responsible until it is settled."""
        return len(self.sides) > 1


class IdentityBar(msgspec.Struct, frozen=True, kw_only=True):
    """Who this is, on top of every page about a person."""

    person: str
    name: str
    other_names: tuple[str, ...] = ()
    born: str = ""
    born_marks: tuple[Mark, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    custody: str = ""
    place: str = ""
    flags: tuple[Mark, ...] = ()
    officer: Officer = Officer("not_known")
    standing: Mark | None = None
    """Where they stand at this office: "Arriving", "Here", "Leaving: 2 entries to send"."""


class Banner(msgspec.Struct, frozen=True):
    """What must be known before the rest of a page is read, and what to do about it."""

    title: str
    lines: tuple[str, ...]
    tone: Tone = "plain"
    links: tuple[Link, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record in a card: what it says, small print, marks, and what may be done with it."""

    title: str
    lines: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()
    address: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a person's record; an empty one says whether that means none or not known."""

    name: str
    title: str
    known: Known
    rows: tuple[Row, ...] = ()
    empty: str = ""
    closed: tuple[Row, ...] = ()
    closed_title: str = ""
    as_of: str = ""
    action: Link | None = None
    all_of_it: Link | None = None
    """Where the rest is, of more than a page should hold."""


class RecordGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds that belong together on the page of a person: a card for each that holds anything."""

    name: str
    title: str
    count: int
    cards: tuple[Card, ...] = ()
    above: tuple[Link, ...] = ()
    """Kinds with a card of their own further up."""
    empty: str = ""
    """In one line, of which kinds nothing is here."""
    adds: tuple[Link, ...] = ()


class DuePage(msgspec.Struct, frozen=True, kw_only=True):
    """What is due at an office, overdue first, of everybody or of one officer."""

    day: str
    choices: tuple[Link, ...]
    overdue: tuple[Row, ...] = ()
    later: tuple[Row, ...] = ()
    empty: str = ""
    cut: str = ""


class KindPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every record of one kind of a person."""

    bar: IdentityBar
    title: str
    meaning: str
    rows: tuple[Row, ...]
    empty: str
    add: Link | None = None
    why_not: str = ""
    before: Link | None = None
    after: Link | None = None


class RiskCell(msgspec.Struct, frozen=True):
    """One level of risk in words; contested when places that did not see each other differ."""

    words: str
    mark: Mark | None = None


class RiskLine(msgspec.Struct, frozen=True):
    """A group of people at risk, with the level in custody and in the community."""

    group: str
    custody: RiskCell
    community: RiskCell


class RiskGrid(msgspec.Struct, frozen=True):
    """The risk of serious harm in one line and as a table, and the other risk levels as rows."""

    known: Known
    overall: str = ""
    lines: tuple[RiskLine, ...] = ()
    rows: tuple[Row, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the timeline: what, when it happened, who wrote it, and how it travelled."""

    anchor: str
    title: str
    when: str
    machine_when: str
    text: tuple[str, ...] = ()
    author: str = ""
    source: str = ""
    lag: str = ""
    marks: tuple[Mark, ...] = ()
    additions: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    is_withdrawn: bool = False


class TimelineDay(msgspec.Struct, frozen=True):
    """The entries of one day, newest first."""

    day: str
    entries: tuple[Entry, ...]


class PersonPage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page of a person."""

    bar: IdentityBar
    banners: tuple[Banner, ...] = ()
    warnings: tuple[Row, ...] = ()
    actions: tuple[Link, ...] = ()
    main_cards: tuple[Card, ...] = ()
    side_cards: tuple[Card, ...] = ()
    risk: RiskGrid = RiskGrid("not_known")
    risk_link: Link | None = None
    officer_link: Link | None = None
    timeline: tuple[TimelineDay, ...] = ()
    older: Link | None = None
    is_on_older: bool = False
    groups: tuple[RecordGroup, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One person in a list: enough to know that it is the right one, nothing more."""

    name: str
    address: str
    born: str = ""
    numbers: str = ""
    place: str = ""
    flags: tuple[Mark, ...] = ()
    note: str = ""
    standing: Mark | None = None


class SearchPage(msgspec.Struct, frozen=True):
    """A search and what was found; `asked` is empty before the first search."""

    asked: str
    found: tuple[Found, ...] = ()
    is_cut: bool = False
    is_empty: bool = False
    """Whether it was sent with nothing typed."""
    elsewhere: tuple[Link, ...] = ()
    """Those outside the caseload: where each is, and the way to open the record with a reason."""


class Figure(msgspec.Struct, frozen=True):
    """One figure on top of a page, with what it counts."""

    words: str
    number: int
    about: str = ""


class BoardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One person on the wing board."""

    cell: str
    person: Found
    state: str


class LeavingLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is no longer this office's, and what has still to reach the centre."""

    person: Found
    since: str
    age: str
    to_send: str


class Wing(msgspec.Struct, frozen=True):
    """The people of one wing, by cell."""

    name: str
    lines: tuple[BoardLine, ...]


class BoardPage(msgspec.Struct, frozen=True, kw_only=True):
    """The roll, what contradicts itself, and everyone by cell."""

    as_known: str
    figures: tuple[Figure, ...]
    choices: tuple[Link, ...] = ()
    contradictions: tuple[Row, ...] = ()
    wings: tuple[Wing, ...] = ()
    leaving: tuple[LeavingLine, ...] = ()


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a caseload."""

    person: Found
    since: str = ""
    marks: tuple[Mark, ...] = ()


class OfficerCases(msgspec.Struct, frozen=True):
    """The people of one officer."""

    name: str
    lines: tuple[CaseLine, ...]


class CaseloadPage(msgspec.Struct, frozen=True, kw_only=True):
    """The people for whom the officers of an office are responsible."""

    as_known: str
    officers: tuple[OfficerCases, ...] = ()
    leaving: tuple[LeavingLine, ...] = ()


class ConflictLine(msgspec.Struct, frozen=True, kw_only=True):
    """One open conflict in a list."""

    title: str
    address: str
    about: str
    person: str
    severity: Mark
    since: str


class ConflictSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a conflict: the value, and who, where, when and by which clock."""

    op: str
    words: str
    author: str
    source: str
    happened: str
    recorded: str
    reached: str
    clock_words: str
    marks: tuple[Mark, ...] = ()
    text: str = ""
    """What the author wrote with it."""


class ConflictPage(msgspec.Struct, frozen=True, kw_only=True):
    """One conflict to settle: what is shown meanwhile, the sides, and the form."""

    bar: IdentityBar
    title: str
    why: str
    meanwhile: str
    sides: tuple[ConflictSide, ...]


class Changed(msgspec.Struct, frozen=True):
    """One thing somebody else changed while a form was being filled in."""

    label: str
    words: str
    by: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A page that says what went wrong and what to do next, in plain words."""

    status: int
    title: str
    paragraphs: tuple[str, ...]
    links: tuple[Link, ...] = ()
    reference: str = ""
