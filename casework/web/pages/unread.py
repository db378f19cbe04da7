"""Recording while nothing can be read: what is locked and why, and forms that name a number."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from casework.desk import gate
from casework.desk.reading_lock import tenure
from casework.desk.records import Addition, add
from casework.desk.unread import person_numbered
from casework.desk.words import kind_name
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Field, Form
from casework.web.made.work import Made
from casework.web.pages import alerts, notes
from casework.web.pages.asking import now_values
from casework.web.shown.kinds import may_add
from casework.web.shown.reading_lock import PAGE, lock_lines
from casework.web.views import Link, Problem
from casework.web.visit import GivenVisit, Visit
from sync_protocol.errors import NotFound
from sync_protocol.ids import ID_BYTES, SubjectId

NUMBER: Final = "number"
ASKED_NUMBER: Final = Field(
    name=NUMBER,
    label="The person's number",
    hint="Their prison number, CRN or another number recorded here. Nothing of them is shown.",
    when_missing="Enter a number of the person",
)
KINDS: Final = ("incident", "self_harm_monitoring")
"""Beside notes and alerts, what cannot wait; each has a form that shows nothing of anybody."""
NOBODY: Final = SubjectId(bytes(ID_BYTES))
NOT_HERE: Final = (
    "Nobody here, or more than one, has this number. Check it, or write it down on paper"
)


def routes() -> list[HTTPRouteHandler]:
    """The page that says what is locked, and its forms."""
    note = Work(ask=_ask_note, save=_save_note, check=_check_note)
    alert = Work(ask=_ask_alert, save=_save_alert, check=_check_alert)
    made = Work(ask=_ask_made, save=_save_made, check=_check_made)
    return [
        show_locked,
        *form_routes(f"{PAGE}/note", note),
        *form_routes(f"{PAGE}/alert", alert),
        *form_routes(f"{PAGE}/records/{{kind:str}}", made),
    ]


@get(PAGE, sync_to_thread=True)
def show_locked(visit: GivenVisit) -> Response[str]:
    """Why nothing can be read, and what may still be recorded."""
    gate.allow(visit.desk, visit.caller, "write")
    registry, place = visit.desk.registry, visit.desk.place.kind
    offered = [name for name in KINDS if may_add(registry.known(name), place)]
    links = (
        Link("Add a note", f"{PAGE}/note"),
        Link("Raise an alert", f"{PAGE}/alert"),
        *(Link(f"Add: {kind_name(one).lower()}", f"{PAGE}/records/{one}") for one in offered),
    )
    why = tenure(visit.desk).why_locked
    title = "Nothing can be read here now" if why else "Record by number"
    view = Problem(status=200, title=title, paragraphs=lock_lines(why), links=links, reference="")
    return visit.page("problem.html", view=view)


def _asked(form: Form, values: Mapping[str, str]) -> Asked:
    numbered = msgspec.structs.replace(form, fields=(ASKED_NUMBER, *form.fields))
    return Asked(form=numbered, back=PAGE, values=values)


def _ids(visit: Visit, values: Mapping[str, str]) -> Ids:
    return {"person": person_numbered(visit.desk, visit.caller, values[NUMBER]).hex()}


def _number_fault(visit: Visit, values: Mapping[str, str]) -> dict[str, str]:
    try:
        _ids(visit, values)
    except NotFound:
        return {NUMBER: NOT_HERE}
    return {}


def _ask_note(visit: Visit, _ids: Ids) -> Asked:
    return _asked(notes.new_form(), now_values(visit))


def _check_note(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    return {**notes.check_new(visit, ids, values), **_number_fault(visit, values)}


def _save_note(visit: Visit, _: Ids, filled: Filled) -> Receipt:
    saved = notes.save_new(visit, _ids(visit, filled.values), filled)
    return msgspec.structs.replace(saved, go=PAGE)


def _ask_alert(visit: Visit, _ids: Ids) -> Asked:
    return _asked(alerts.new_form(), {"from": visit.today.isoformat()})


def _check_alert(visit: Visit, _: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    return {**alerts.day_faults(values), **_number_fault(visit, values)}


def _save_alert(visit: Visit, _: Ids, filled: Filled) -> Receipt:
    saved = alerts.save_new(visit, _ids(visit, filled.values), filled)
    return msgspec.structs.replace(saved, go=PAGE)


def _made(visit: Visit, ids: Ids) -> Made:
    name = ids["kind"]
    if name not in KINDS or not may_add(visit.desk.registry.known(name), visit.desk.place.kind):
        raise NotFound("an address that names no form")
    return Made(visit, NOBODY, visit.desk.registry.known(name), is_unread=True)


def _ask_made(visit: Visit, ids: Ids) -> Asked:
    made = _made(visit, ids)
    name = kind_name(made.kind.name).lower()
    form = Form(
        title=f"Add: {name}",
        check_title=f"Check before you save: {name}",
        save="Save",
        fields=made.fields(),
    )
    return _asked(form, made.opening())


def _check_made(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    return {**_made(visit, ids).faults(values), **_number_fault(visit, values)}


def _save_made(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    made = _made(visit, ids)
    person = person_numbered(visit.desk, visit.caller, filled.values[NUMBER])
    addition = Addition(made.kind.name, made.values(filled.values))
    saved = add(visit.desk, visit.caller, person, addition)
    return receipt_of(saved, f"Saved: {kind_name(made.kind.name).lower()}", PAGE)
