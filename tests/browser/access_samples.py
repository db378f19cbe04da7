"""Samples of the pages about records that were opened with a reason. All people are synthetic."""

from typing import Any, Final

import msgspec

from casework.web.shown.opened import OfficerRow, OpeningsPage
from casework.web.views import Frame, Link, Mark, OpenNow, Row, SearchPage
from tests.browser.samples import FRAME, PERSON_PAGE, UP

change = msgspec.structs.replace
OPEN_NOW: Final = OpenNow("43 minutes", "#")
WAITING: Final = Row(
    title="Opening 5F3A22B1",
    lines=(
        "Tom Beech (Leeds (HMP)) opened a record on 17 November 2026 at 02:14.",
        "Ground: Somebody's safety is at stake now.",
        "Reason given: The chaplain says that he spoke of dying.",
        "To be reviewed by the end of 20 November 2026.",
    ),
    marks=(Mark("Review overdue", "grave"),),
    links=(Link("Review", "#", "opening 5F3A22B1"),),
)
REVIEWED: Final = change(WAITING, title="Opening 0C11E9D4", marks=(), links=())

ACCESS_PAGES: Final[dict[str, tuple[str, dict[str, Any], Frame]]] = {
    "person-opened": ("person.html", {"view": PERSON_PAGE}, change(FRAME, open_now=OPEN_NOW)),
    "search-elsewhere": (
        "search.html",
        {
            "view": SearchPage(
                "har",
                elsewhere=(
                    Link("open with a reason", "#", "At Brixton (HMP):"),
                    Link("open with a reason", "#", "Where they are is not known here:"),
                ),
            )
        },
        UP,
    ),
    "openings": (
        "openings.html",
        {
            "view": OpeningsPage(
                waiting=(WAITING,),
                reviewed=(REVIEWED,),
                by_officer=(OfficerRow("Tom Beech", "Leeds (HMP)", "2 records", "1", "1"),),
            )
        },
        UP,
    ),
    "openings-none": ("openings.html", {"view": OpeningsPage((), (), ())}, UP),
}
