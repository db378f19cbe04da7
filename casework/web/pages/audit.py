"""The auditor's pages: who saw this person, what did this officer see, what was unusual.

Nothing of a record is read here: people are references, and officers are staff.
"""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from casework.access.caller import Caller
from casework.desk.browsing import OUTCOMES, Reviewed, review, unusual
from casework.desk.trail import (
    ask_for_officer,
    ask_for_person,
    chains,
    check_not_own,
    officer_name,
    what_was_seen,
    who_saw,
)
from casework.web.audit_views import AuditStart
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes
from casework.web.forms import Choice, Field, Form
from casework.web.shown.audit import (
    PAGE,
    chain_words,
    lines_page,
    unusual_row,
)
from casework.web.shown.holding import reference_of
from casework.web.visit import GivenVisit, Visit, person_id
from sync_protocol.ids import ActorId

MOMENT_DIGITS_MAX: Final = 15
OUTCOME: Final = Field(
    name="outcome",
    label="What did you find?",
    kind="radios",
    choices=tuple(Choice(code, words) for code, words in OUTCOMES.items()),
    when_missing="Choose what you found",
)
WHY: Final = Field(
    name="why",
    label="In your words",
    kind="long_text",
    hint="Whom you asked, and what they said. Write nothing of what a record says.",
    when_missing="Write what you found",
)


def routes() -> list[HTTPRouteHandler]:
    """The auditor's pages."""
    work = Work(ask=_ask, save=_save)
    return [
        show_audit,
        show_who_saw,
        show_what_was_seen,
        *form_routes(f"{PAGE}/unusual/{{officer:str}}/{{day:str}}/{{code:str}}", work),
    ]


@get(PAGE, sync_to_thread=True)
def show_audit(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """Where to begin: a person or an officer, what was unusual, and every node's trail."""
    asked = request.query_params.get("q", "").strip()
    desk, caller = visit.desk, visit.caller
    person = ask_for_person(desk, caller, asked) if asked else None
    officer = ask_for_officer(desk, caller, asked) if asked and person is None else None
    if person is not None:
        return _who_saw(request, visit, person.hex())
    if officer is not None:
        return _what_was_seen(request, visit, officer.hex())
    found = chains(desk, caller)
    view = AuditStart(
        asked=asked,
        fault="Nobody here has this reference, number or user name." if asked else "",
        unusual=tuple(unusual_row(one) for one in unusual(desk, caller)),
        chains=tuple(chain_words(one, visit.now_ms) for one in found),
        faults=tuple(f"{one.place}: {fault}" for one in found for fault in one.faults),
    )
    notice = visit.saved_notice(request.query_params.get("saved"))
    return visit.page("audit.html", notice=notice, view=view)


@get(f"{PAGE}/people/{{person:str}}", sync_to_thread=True)
def show_who_saw(
    request: Request[Caller, str, State], person: FromPath[str], visit: GivenVisit
) -> Response[str]:
    """Who saw this person."""
    return _who_saw(request, visit, person)


@get(f"{PAGE}/officers/{{officer:str}}", sync_to_thread=True)
def show_what_was_seen(
    request: Request[Caller, str, State], officer: FromPath[str], visit: GivenVisit
) -> Response[str]:
    """What this officer saw."""
    return _what_was_seen(request, visit, officer)


def _who_saw(request: Request[Any, Any, Any], visit: Visit, text: str) -> Response[str]:
    person = person_id(text)
    found = who_saw(visit.desk, visit.caller, person, before_ms=_before(request))
    title = f"Who saw {reference_of(person)}"
    view = lines_page(title, found, f"{PAGE}/people/{text}", visit.now_ms)
    return visit.page("audit_lines.html", view=view)


def _what_was_seen(request: Request[Any, Any, Any], visit: Visit, text: str) -> Response[str]:
    officer = ActorId(person_id(text))
    found = what_was_seen(visit.desk, visit.caller, officer, before_ms=_before(request))
    title = f"What {officer_name(visit.desk, officer)} saw and did"
    view = lines_page(title, found, f"{PAGE}/officers/{text}", visit.now_ms)
    return visit.page("audit_lines.html", view=view)


def _before(request: Request[Any, Any, Any]) -> int:
    text = request.query_params.get("before", "")
    return int(text) if text.isdecimal() and len(text) <= MOMENT_DIGITS_MAX else 0


def _ask(visit: Visit, ids: Ids) -> Asked:
    officer = ActorId(person_id(ids["officer"]))
    check_not_own(visit.desk, visit.caller, officer)
    found = [
        one
        for one in unusual(visit.desk, visit.caller)
        if (one.officer, one.day, one.code) == (officer, ids["day"], ids["code"])
    ]
    form = Form(
        title="What came of asking",
        lead=tuple(f"{one.officer_name}: {one.words}" for one in found),
        save="Save what you found",
        fields=(OUTCOME, WHY),
    )
    return Asked(form=form, back=PAGE)


def _save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    officer = ActorId(person_id(ids["officer"]))
    outcome, why = filled.values["outcome"], filled.values["why"]
    review(visit.desk, visit.caller, Reviewed(officer, ids["day"], ids["code"], outcome, why))
    return Receipt("Saved: what you found", "", PAGE)
