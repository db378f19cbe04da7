"""Samples of the pages about people who move. All people are synthetic."""

from typing import Any, Final

import msgspec

from casework.web.scope_views import (
    Ageing,
    DeparturesPage,
    HeldBack,
    HeldBackPage,
    HeldPerson,
    HolderLine,
    HoldersPage,
    LeftPage,
    LeftRow,
)
from casework.web.shown.interventions import CountRow, InterruptedPage, InterruptedRow
from casework.web.views import Banner, Frame, LeavingLine, Link, Mark, Strip
from tests.browser.access_samples import ACCESS_PAGES
from tests.browser.audit_samples import AUDIT_PAGES
from tests.browser.enrolment_samples import ENROLMENT_PAGES
from tests.browser.samples import BAR, BOARD, FOUND, FRAME, NODES, OWN_PAGES, PERSON_PAGE, UP

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
    "Entries may be missing: Leeds (HMP) is out of contact",
    (
        "Leeds (HMP) has been out of contact since 09:14 (2 h 5 min ago) and may hold entries.",
        "Phone them before you rely on something not being in this record.",
    ),
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

INTERRUPTED: Final = InterruptedPage(
    as_known=AS_KNOWN,
    lines=(
        InterruptedRow(
            name="Daniel Hargreaves",
            number="A1234BC",
            address="#",
            record="#",
            title="Accommodation with Northern Homes",
            moved="Leeds to Brixton, 1 November 2026",
            rests="21 days",
            left="3 of 8 sessions",
            officer="Tom Beech",
        ),
    ),
    by_place=(CountRow("Brixton", "1", "21 days"),),
    by_provider=(CountRow("Northern Homes", "1", "21 days"),),
)

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
    "interrupted": ("interrupted.html", {"view": INTERRUPTED}, FRAME),
    "interrupted-none": (
        "interrupted.html",
        {"view": InterruptedPage(as_known=AS_KNOWN, lines=(), by_place=(), by_provider=())},
        UP,
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
HELD: Final = (
    HolderLine(
        office="Leeds (HMP)",
        state=Mark("Out of contact", "grave"),
        since="they left 20 Nov 15:10",
        about=(
            "Out of contact since 20 Nov 14:52 (1 day 20 h): it may hold entries that have not "
            "arrived. It had 3 entries to send when it last said so. Phone the office."
        ),
        ageing=Ageing("1 day 20 h", 4, 5),
    ),
    HolderLine(
        office="Brixton (HMP)",
        state=Mark("Holds the record", "good"),
        since="since 20 Nov 15:40",
        about="In custody there; responsible officer works there.",
    ),
)
RECEIPT: Final = "Hull (HMP) let go 3 October 2026 at 16:40, 214 entries. Receipt 0C11E9D4"
HELD_PERSON: Final = HeldPerson(
    name="Daniel James Hargreaves",
    address="#",
    about="Born 3 March 1988 · A1234BC · X123456",
    lines=HELD,
    receipts=(RECEIPT,),
)
CHOICES: Final = (
    Link("Not let go of (3 people)", "#", is_current=True),
    Link("Everybody", "#"),
)
BREAKER: Final = HeldBack(
    office="Leeds (HMP)",
    title="47 people of 912 would leave Leeds (HMP)",
    since="Held back since 09:12 (2 h 7 min).",
    about=(
        "Up to 45 may leave this office within an hour without being asked about.",
        "A wing that moves looks like this; so does a list that was emptied by mistake.",
    ),
    where=("Brixton (HMP): 38", "No other office: 9"),
    people=(Link("Daniel James Hargreaves", "#"), Link("Ben Okoro", "#")),
    more="and 45 people more",
)
ALARM: Final = Banner(
    "More people than usual would leave",
    (
        "47 people of 912 would leave Leeds (HMP). Held back since 09:12.",
        "Nobody has left yet. An administrator must confirm it or cancel it.",
    ),
    "grave",
    (Link("Look and decide", "#"),),
)
CENTRE: Final = change(
    UP,
    site="The centre",
    strip=Strip("centre", "This is the centre.", "What is saved here is saved for everyone."),
    navigation=(
        Link("Offices", "#"),
        Link("Who holds whom", "#", is_current=True),
        Link("Parked changes", "#"),
    ),
)
CENTRE_PAGES: Final[dict[str, tuple[str, dict[str, Any], Frame]]] = {
    "nodes-alarm": (
        "nodes.html",
        {
            "view": change(
                NODES, not_let_go=Link("3 people not let go of by the office they left", "#")
            )
        },
        change(CENTRE, banners=(ALARM,)),
    ),
    "holders": (
        "holders.html",
        {
            "view": HoldersPage(
                as_known=AS_KNOWN,
                choices=CHOICES,
                people=(HELD_PERSON, change(HELD_PERSON, name="Ben Okoro", lines=HELD[1:])),
                later=Link("Further in this list", "#"),
                earlier=Link("Earlier in this list", "#"),
            )
        },
        CENTRE,
    ),
    "holders-none": (
        "holders.html",
        {
            "view": HoldersPage(
                as_known=AS_KNOWN,
                choices=CHOICES,
                empty=("Nobody is listed.", "Every office has let go of whoever left it."),
                names_note="Staff at the centre see their names on this same page.",
            )
        },
        CENTRE,
    ),
    "held-back": (
        "held_back.html",
        {"view": HeldBackPage(offices=(BREAKER,), may_decide=False)},
        CENTRE,
    ),
    "held-back-decide": (
        "held_back.html",
        {
            "view": HeldBackPage(
                offices=(
                    change(
                        BREAKER,
                        people=(Link("Person …0a1b2c3d", ""),),
                        actions=(
                            Link("Confirm: they leave", "#", "Leeds (HMP)"),
                            Link("Cancel: they stay", "#", "Leeds (HMP)"),
                        ),
                    ),
                ),
                may_decide=True,
            )
        },
        CENTRE,
    ),
    "held-back-none": (
        "held_back.html",
        {"view": HeldBackPage(offices=(), may_decide=True)},
        CENTRE,
    ),
}
PAGES: Final = {
    **OWN_PAGES,
    **SCOPE_PAGES,
    **CENTRE_PAGES,
    **ACCESS_PAGES,
    **AUDIT_PAGES,
    **ENROLMENT_PAGES,
}
