"""What went wrong, as a page in plain words: what it means and what to do next."""

from collections.abc import Mapping
from typing import Final

import msgspec

from casework.access.actions import NotAllowed
from casework.desk.conflicts import ConflictOver
from casework.desk.gate import HasLeft, NotHereYet, OutsideCaseload, Restricted
from casework.reference.in_use import place_name
from casework.rules import scope
from casework.web import problems
from casework.web.shown.people import address_of
from casework.web.shown.reading_lock import PAGE as LOCKED
from casework.web.views import Link, Problem
from casework.web.words import clock, day

SEARCH: Final = Link("Find a person", "/search")
HOME: Final = Link("Go to the first page", "/")


class _Words(msgspec.Struct, frozen=True):
    title: str
    paragraphs: tuple[str, ...] = ()
    links: tuple[Link, ...] = (HOME,)


SEARCH_INSTEAD: Final = (
    "If you typed the address, check it. If you followed a link, search instead."
)
NOT_KNOWN: Final = _Words(
    "Not known here",
    (
        "This page or person is not known at this office.",
        "Not known here is different from none: it may be known elsewhere.",
        SEARCH_INSTEAD,
    ),
    (SEARCH, HOME),
)
LEFT_ASK: Final = (
    "Nothing of it can be read here any more. To see it, ask the office that has this person now, "
    "or tell the centre the receipt's number."
)
WHY_HERE: Final[Mapping[str, str]] = {
    scope.IN_CUSTODY: "They are recorded as held at this prison.",
    scope.EXPECTED: "Another prison has recorded them as on the way here.",
    scope.IN_TRANSIT: "They are on the way from here to another prison.",
    scope.RELEASED: "They were released from this prison, which may still have to act.",
    scope.SUPERVISED: "An officer of this office is named as responsible for them.",
    scope.PROVIDER: "An intervention that this place delivers to them is not finished.",
    scope.LINKED: "They are linked with somebody whose record is held here.",
}
"""Why a record is on its way, by the reason that the centre gave."""
NO_REASON_HERE: Final = (
    "A record that is here names this person. Their own record is held elsewhere, or has not come."
)
ON_ITS_WAY: Final = "Their record is on its way to this office and comes by itself."
UNTIL_THEN: Final = (
    "Until it is here, nothing can be read or written on this page.",
    "Look again in a few minutes. If it does not come, ask the centre.",
    "Do not wait for it with what cannot wait: act, and write it down on paper with the time.",
    "Record it when the record is here.",
)
WATCHED: Final = "That you tried is recorded, as every reading of a record is."
NOT_SAVED: Final = "not_saved"
NOTHING_CHANGED: Final = "Nothing was changed."
REVIEWS: Final = Link("Opened with a reason", "/openings")
HELD_BACK: Final = (Link("People held back", "/held-back"), HOME)
BUSY: Final = _Words(
    "Try again in a minute",
    ("This office's computer is busy. Nothing was lost and nothing was changed.",),
)
BROKEN: Final = _Words(
    "Something is wrong with this office's computer",
    (
        "What you saw as saved is kept. What you were just doing may not be saved.",
        "Tell your site's technician now.",
        "Until it is mended, work on paper and write down the time of everything.",
    ),
)
BY_CODE: Final[Mapping[str, _Words]] = {
    "conflict_over": _Words(
        "This is settled already",
        ("What you chose was not saved: somebody here or at another office was faster.",),
        (Link("All conflicts", "/conflicts"), HOME),
    ),
    "held_back_changed": _Words("Look again before you decide", (NOTHING_CHANGED,), HELD_BACK),
    "nothing_held_back": _Words("There is nothing to decide here", (NOTHING_CHANGED,), HELD_BACK),
    "has_left": _Words(
        "This record has left this office",
        ("Everything that was written here about this person is at the centre.",),
        (Link("Receipts of those who left here", "/departures#left"), SEARCH, HOME),
    ),
    "not_here_yet": _Words("The record of this person is not here yet", UNTIL_THEN, (SEARCH, HOME)),
    "reading_locked": _Words(
        "Nothing can be read here now",
        ("Nothing is lost, and what you recorded is kept.",),
        (Link("What you can still do", LOCKED), HOME),
    ),
    "restricted": _Words("You may not open this record", (WATCHED,), (SEARCH, HOME)),
    "outside_caseload": _Words("Not of this office's caseload", (WATCHED,), (SEARCH, HOME)),
    "open_already": _Words("This record is open to you already", (NOTHING_CHANGED,)),
    "not_yours_to_review": _Words(
        "Somebody else must review this", (NOTHING_CHANGED,), (REVIEWS, HOME)
    ),
    "not_allowed": _Words("You may not do this", (WATCHED,), (SEARCH, HOME)),
    "not_your_note": _Words("Only its author may change a note", (NOTHING_CHANGED,)),
    "foreign_request": _Words("This did not come from a page of this office", (NOTHING_CHANGED,)),
    "form_token": _Words("This form is no longer valid", ("Nothing was saved.",)),
    NOT_SAVED: _Words(
        "Not saved",
        (
            "This office's computer could not save it. Nothing is half done.",
            "Go back and try again in a minute.",
            "If it still does not save, write it down on paper with the time.",
            "Tell your site's technician: the computer's disk may be full.",
        ),
    ),
}
NOT_SHOWN: Final = _Words(
    "This can't be shown now",
    (
        "Every reading of a record is recorded, and this office's computer can't record it.",
        "Nothing is lost. Try again in a minute.",
        "Tell your site's technician: the computer's disk may be full.",
    ),
)
BY_STATUS: Final[Mapping[int, _Words]] = {404: NOT_KNOWN, 500: BROKEN, 503: BUSY}
REFUSED: Final = _Words("This can't be done", (NOTHING_CHANGED,))
NO_RECORDS: Final = (
    "An administrator looks after accounts and offices, and neither reads nor changes records. "
    "Whoever works with people too signs in with an account of their own for that."
)
"""Said to whoever came upon a page that is the work of staff."""


def view_of(fault: Exception, problem: problems.Problem, *, is_reading: bool) -> Problem:
    """The page's words for a problem: what it means here, then its own hint.

    Whoever `is_reading` wrote nothing that could be saved.
    """
    first: tuple[Link, ...] = ()
    if isinstance(fault, ConflictOver):
        first = (Link("Open the person's page", address_of(fault.person)),)
    if isinstance(fault, OutsideCaseload):
        at = f"{address_of(fault.person)}/break-glass"
        first = (Link("Open this record with a reason", at),)
    words = BY_CODE.get(problem.code) or BY_STATUS.get(problem.status, REFUSED)
    if is_reading and problem.code == NOT_SAVED:
        words = NOT_SHOWN
    own = (problem.title, problem.hint) if words not in (NOT_KNOWN, BUSY, BROKEN) else ()
    told = tuple(one for one in own if one and problem.code != NOT_SAVED)
    if isinstance(fault, Restricted) and fault.messages:
        # Whoever restricted the record knows whom to ask: our own advice might send them elsewhere.
        told = (problem.title, *fault.messages)
    if isinstance(fault, HasLeft):
        told = (f"Receipt {fault.number}, {day(fault.at_ms)} at {clock(fault.at_ms)}.", LEFT_ASK)
    if isinstance(fault, NotHereYet):
        told = _known_of(fault)
    return Problem(
        status=problem.status,
        title=words.title,
        paragraphs=(*told, *words.paragraphs),
        links=(*first, *words.links),
        reference=problem.code,
    )


def _known_of(fault: NotHereYet) -> tuple[str, ...]:
    """What this office was told of somebody who is to come, and no more than that."""
    why = tuple(words for reason, words in WHY_HERE.items() if reason in fault.reasons)
    where = (
        (f"As far as is known here they are at {place_name(fault.place)}.",) if fault.place else ()
    )
    first = (*why, ON_ITS_WAY) if fault.reasons else (NO_REASON_HERE,)
    return (*first, *where)


def for_administrator(view: Problem, pages: tuple[Link, ...]) -> Problem:
    """The same for whoever reads no record: offered is what they can do, which is `pages`."""
    kept = (one for one in view.links if one in {*HELD_BACK, HOME})
    told = tuple(one for one in view.paragraphs if one != SEARCH_INSTEAD)
    is_of_staff = view.reference == NotAllowed.code
    return msgspec.structs.replace(
        view,
        paragraphs=(*told, NO_RECORDS) if is_of_staff else told,
        links=tuple(dict.fromkeys((*pages, *kept))),
    )
