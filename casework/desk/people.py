"""People: search, create with a look for duplicates, and the summary that opens a page."""

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Source
from casework.desk.records import Saved
from sync_protocol.errors import Refused
from sync_protocol.ids import RecordId, SubjectId

SEARCH_MAX = 50


class PersonName(msgspec.Struct, frozen=True):
    """One name somebody goes or went by."""

    first: str
    last: str
    middle: str | None = None
    kind: str = "legal"

    @property
    def full(self) -> str:
        """As it is read out: first, middle, last."""
        return " ".join(part for part in (self.first, self.middle, self.last) if part)


class IdentifierView(msgspec.Struct, frozen=True):
    """A number of an outside system, and whether its check letter is right."""

    record: RecordId
    type: str
    type_name: str
    value: str
    check: str


class Custody(msgspec.Struct, frozen=True):
    """Where somebody is held, as the movements known here say."""

    status: str
    """A code of casework.rules.custody, e.g. "in_custody", "released", "unknown"."""
    status_text: str
    place_code: str | None
    place_name: str | None
    since_ms: int | None
    cell: str | None


class Flag(msgspec.Struct, frozen=True):
    """An active alert as the identity bar shows it."""

    record: RecordId
    code: str
    text: str
    severity: str
    is_contested: bool


class Responsible(msgspec.Struct, frozen=True):
    """An officer named as responsible; where two are, both are until somebody settles it."""

    staff_id: str
    staff_name: str
    team: str
    side: str
    effective_from: str
    source: Source


class PersonMatch(msgspec.Struct, frozen=True):
    """One line of a search result."""

    id: SubjectId
    name: str
    date_of_birth: str | None
    custody: Custody
    identifiers: tuple[IdentifierView, ...]


class SearchResult(msgspec.Struct, frozen=True):
    """The best matches; `is_cut` says that there were more than were asked for."""

    matches: tuple[PersonMatch, ...]
    is_cut: bool


class NewIdentifier(msgspec.Struct, frozen=True):
    """A number given when somebody is first recorded."""

    type: str
    value: str


class NewPerson(msgspec.Struct, frozen=True):
    """What is asked when somebody is first recorded."""

    first: str
    last: str
    middle: str | None = None
    date_of_birth: str | None = None
    sex: str | None = None
    identifiers: tuple[NewIdentifier, ...] = ()
    source: str = "entered"


class DuplicateCandidate(msgspec.Struct, frozen=True):
    """Somebody already known who may be the same; a person decides, never the machine."""

    id: SubjectId
    name: str
    date_of_birth: str | None
    why: tuple[str, ...]
    """What agrees: "identifier", "name", "date_of_birth", "similar_name"."""


class PossibleDuplicate(Refused):
    """Somebody already recorded may be the same person."""

    code = "possible_duplicate"
    hint = "Open the people listed; if it is none of them, send again with confirmed=true."

    def __init__(self, candidates: tuple[DuplicateCandidate, ...]) -> None:
        """Keep the candidates for the page or the answer."""
        super().__init__(f"{len(candidates)} candidates")
        self.candidates = candidates


class Created(msgspec.Struct, frozen=True):
    """The new person and the receipt."""

    person: SubjectId
    saved: Saved
    candidates: tuple[DuplicateCandidate, ...]


class Summary(msgspec.Struct, frozen=True):
    """What the identity bar and the overview of a person show."""

    id: SubjectId
    name: PersonName
    other_names: tuple[PersonName, ...]
    date_of_birth: str | None
    other_dates_of_birth: tuple[str, ...]
    age: int | None
    sex: str | None
    identifiers: tuple[IdentifierView, ...]
    custody: Custody
    flags: tuple[Flag, ...]
    responsible: tuple[Responsible, ...]
    """The leading one first; more than one is contested; empty: none known here."""
    rosh: str | None
    """The highest of the risk grid, or None where nothing is recorded."""
    conflicts: int
    conflicts_s1: int
    last_written_ms: int
    is_at_centre: bool
    """Whether the centre has everything shown here."""


def search(desk: Desk, caller: Caller, text: str, *, limit: int = SEARCH_MAX) -> SearchResult:
    """People whose names or identifiers begin with the words of `text`."""
    raise NotImplementedError


def candidates(desk: Desk, caller: Caller, new: NewPerson) -> tuple[DuplicateCandidate, ...]:
    """People already known here who may be the same as `new`, likeliest first."""
    raise NotImplementedError


def create(desk: Desk, caller: Caller, new: NewPerson, *, confirmed: bool = False) -> Created:
    """Record a new person; PossibleDuplicate where one may exist and nobody confirmed."""
    raise NotImplementedError


def summary(desk: Desk, caller: Caller, person: SubjectId, *, why: str = "") -> Summary:
    """What is known of a person here, or NotFound."""
    raise NotImplementedError
