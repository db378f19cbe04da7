"""Samples of the pages about people who move. All people are synthetic."""

from typing import Any, Final

import msgspec

from casework.web.scope_views import DeparturesPage, LeftPage, LeftRow
from casework.web.views import Banner, Frame, LeavingLine, Link, Mark
from tests.browser.samples import BAR, BOARD, FOUND, FRAME, OWN_PAGES, PERSON_PAGE, UP

change = msgspec.structs.replace
LEFT_HERE: Final = Link("Receipts of those who left here", "#")
LEAVING: Final = (
    LeavingLine(person=FOUND, since="09:14", age="2 h 5 min", to_send="3 entries"),
    LeavingLine(person=FOUND, since="10:40", age="39 min", to_send="Nothing: all is at the centre"),
)
LEAVING_BANNER: Final = Banner(
    "Leaving: 3 entries to send",
    (
        "Since 09:14 (2 h 5 min ago) this person is no longer this office's.",
        "You can still read, and write what you have to.",
        "3 entries written here must still reach the centre.",
    ),
    "warn",
    (LEFT_HERE,),
)
MISSING_BANNER: Final = Banner(
    "Entries may be missing: another office has not let go of this record",
    ("Leeds (HMP) has not let go since 09:14 (2 h 5 min).", "Phone them."),
    "warn",
)
ARRIVING_BANNER: Final = Banner(
    "Arriving: not received here yet",
    ("Their record is here already.", "When they are in front of you, record the reception."),
    "calm",
    (Link("Record the reception", "#"),),
)


def _person(mark: Mark, *banners: Banner) -> dict[str, Any]:
    return {"view": change(PERSON_PAGE, bar=change(BAR, standing=mark), banners=banners)}


LEFT: Final = tuple(
    LeftRow(number=number, left=left, centre=centre, rest=rest)
    for number, left, centre, rest in (
        (
            "5F3A22B1",
            "Today at 11:02",
            "On its way to the centre",
            "Locked here for 35 days; only the centre can open it",
        ),
        (
            "0C11E9D4",
            "3 October 2026 at 16:40",
            "The centre has the receipt",
            "Destroyed here 7 Nov 16:45",
        ),
    )
)
AS_KNOWN: Final = "As known here at 11:19 on 22 November 2026."

SCOPE_PAGES: Final[dict[str, tuple[str, dict[str, Any], Frame]]] = {
    "person-leaving": (
        "person.html",
        _person(Mark("Leaving: 3 entries to send", "warn"), LEAVING_BANNER),
        FRAME,
    ),
    "person-arriving": (
        "person.html",
        _person(Mark("Arriving", "calm"), ARRIVING_BANNER, MISSING_BANNER),
        UP,
    ),
    "board-leaving": ("board.html", {"view": change(BOARD, leaving=LEAVING)}, FRAME),
    "departures": (
        "departures.html",
        {
            "view": DeparturesPage(
                as_known=AS_KNOWN, leaving=LEAVING, left=LEFT, older=Link("Older receipts", "#")
            )
        },
        FRAME,
    ),
    "departures-none": ("departures.html", {"view": DeparturesPage(as_known=AS_KNOWN)}, UP),
    "left": (
        "left.html",
        {
            "view": LeftPage(
                number="5F3A22B1",
                when="Today at 11:02",
                texts=("Said goodbye to his brother.\nQuiet since.",),
            )
        },
        UP,
    ),
}
PAGES: Final = {**OWN_PAGES, **SCOPE_PAGES}
