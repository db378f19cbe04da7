"""Opening a record with a reason, ending that, and the list of whoever reviews it."""

from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from casework.desk.opened import (
    break_glass,
    end_opening,
    openings,
    read_opening,
    review,
    where_is,
)
from casework.web.drafts import Receipt
from casework.web.flow import SEE_OTHER, Asked, Filled, Ids, Typed, Work, form_routes, receipt_of
from casework.web.forms import Choice, Field, Form
from casework.web.pages.asking import page_of, person_of
from casework.web.shown.opened import GROUND_WORDS, opening_words, openings_page
from casework.web.visit import OPENINGS, GivenVisit, Visit, person_id, record_id

OPEN_AT: Final = "/people/{person:str}/break-glass"
JUSTIFIED: Final = (
    Choice("yes", "Yes: there was a good reason"),
    Choice("no", "No: the information security lead must be told"),
)


def routes() -> list[HTTPRouteHandler]:
    """The form that opens, the button that ends, the list, and the form of a review."""
    return [
        *form_routes(OPEN_AT, Work(ask=_ask_open, save=_save_open)),
        end_now,
        show_openings,
        *form_routes("/openings/{record:str}/review", Work(ask=_ask_review, save=_save_review)),
    ]


@post(f"{OPEN_AT}/end", sync_to_thread=True, status_code=200)
def end_now(person: FromPath[str], data: Typed, visit: GivenVisit) -> Response[None]:
    """Close the record; who has work with the person reads it again as before."""
    del data
    end_opening(visit.desk, visit.caller, person_id(person))
    return Redirect("/search", status_code=SEE_OTHER)


@get(OPENINGS.address, sync_to_thread=True)
def show_openings(visit: GivenVisit) -> Response[str]:
    """What waits for a review, and how often each officer has opened a record."""
    view = openings_page(openings(visit.desk, visit.caller), visit.now_ms)
    return visit.page("openings.html", view=view)


def _ask_open(visit: Visit, ids: Ids) -> Asked:
    place = where_is(visit.desk, visit.caller, person_of(ids))
    where = f"This person is at {place}" if place else "Where this person is, is not known here"
    form = Form(
        title="Open this record with a reason",
        lead=(
            f"{where}, and is not of this office's caseload.",
            "The record opens to you alone, for 60 minutes, or until you end it.",
            "Your name, the time and what you write here are kept.",
            "Somebody of another unit reviews it within three working days.",
        ),
        check_title="Check before the record opens",
        save="Open the record",
        fields=(
            Field(
                name="ground",
                label="On what ground do you open it?",
                kind="radios",
                choices=tuple(Choice(code, words) for code, words in GROUND_WORDS.items()),
                when_missing="Choose the ground on which you open it",
            ),
            Field(
                name="reason",
                label="Why do you need it now?",
                kind="long_text",
                hint="Who asked you, and what you have to do. Write no names of victims.",
                when_missing="Write why you need it now",
            ),
        ),
    )
    return Asked(form=form, back="/search")


def _save_open(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    values = filled.values
    saved = break_glass(
        visit.desk,
        visit.caller,
        person_of(ids),
        ground=values["ground"],
        reason=values["reason"],
    )
    return receipt_of(saved, "The record is open to you for 60 minutes", page_of(ids))


def _ask_review(visit: Visit, ids: Ids) -> Asked:
    line = read_opening(visit.desk, visit.caller, record_id(ids["record"]))
    form = Form(
        title=f"Review opening {line.reference}",
        lead=opening_words(line, visit.now_ms),
        check_title="Check your review",
        save="Save review",
        fields=(
            Field(
                name="justified",
                label="Was there a good reason?",
                kind="radios",
                choices=JUSTIFIED,
                when_missing="Say whether there was a good reason",
            ),
            Field(
                name="text",
                label="What you found",
                kind="long_text",
                hint="Whom you asked, and what they said.",
                when_missing="Write what you found",
            ),
        ),
    )
    return Asked(form=form, back=OPENINGS.address)


def _save_review(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    saved = review(
        visit.desk,
        visit.caller,
        record_id(ids["record"]),
        is_justified=filled.values["justified"] == "yes",
        text=filled.values["text"],
    )
    return receipt_of(saved, "Review saved", OPENINGS.address)
