"""Movements in and out of this prison, and from cell to cell."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from casework.desk.people import summary
from casework.desk.records import Addition, add
from casework.reference import in_use
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Field, Form
from casework.web.pages.asking import (
    CELL_WANTED,
    cell_key,
    choices_of,
    future_fault,
    moment_typed,
    now_values,
    other_prison_field,
    page_of,
    person_of,
    when_fields,
)
from casework.web.pages.single import read_single, seen_of, write_single
from casework.web.shown.people import identity_bar
from casework.web.views import Link
from casework.web.visit import GivenVisit, Visit, person_id


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way in or out: which types of movement it is, and which other prison it names."""

    name: str
    title: str
    hint: str
    direction: str
    types: tuple[str, ...]
    other: str = ""
    is_other_required: bool = False
    usual_reason: str = ""


WAYS: Final = (
    Way(
        name="in",
        title="Reception: arrived here",
        hint="From court, from another prison, on recall, or back from outside.",
        direction="IN",
        types=("ADM",),
        other="Came from which prison",
    ),
    Way(
        name="transfer",
        title="Transfer: left for another prison",
        hint="The other prison is told, and expects them.",
        direction="OUT",
        types=("TRN",),
        other="Going to which prison",
        is_other_required=True,
        usual_reason="TRN/NOTR",
    ),
    Way(
        name="court",
        title="Court: left for a hearing",
        hint="Expected back. Record a reception when they return.",
        direction="OUT",
        types=("CRT",),
        usual_reason="CRT/CRT",
    ),
    Way(
        name="away",
        title="Temporary absence: hospital, escorted or on licence",
        hint="Expected back. Record a reception when they return.",
        direction="OUT",
        types=("TAP",),
    ),
    Way(
        name="release",
        title="Release: left for good",
        hint="Released, or discharged at court.",
        direction="OUT",
        types=("REL",),
    ),
)


def routes() -> list[HTTPRouteHandler]:
    """The choice of a movement, its forms, and the form of the cell."""
    forms = [
        route
        for way in WAYS
        for route in form_routes(f"/people/{{person:str}}/movements/{way.name}", _work(way))
    ]
    cell = Work(ask=_ask_cell, save=_save_cell, check=_check_cell)
    return [choose_movement, *forms, *form_routes("/people/{person:str}/cell", cell)]


@get("/people/{person:str}/movements/new", sync_to_thread=True)
def choose_movement(person: FromPath[str], visit: GivenVisit) -> Response[str]:
    """Which movement is to be recorded."""
    known = summary(visit.desk, visit.caller, person_id(person))
    page = f"/people/{person}"
    ways = tuple((Link(way.title, f"{page}/movements/{way.name}"), way.hint) for way in WAYS)
    bar = identity_bar(known, visit.now_ms)
    is_here = known.custody.place_code == visit.desk.place.code
    return visit.page("movement.html", bar=bar, ways=ways, back=page, is_here=is_here)


def _work(way: Way) -> Work:
    def ask(visit: Visit, ids: Ids) -> Asked:
        return _ask(visit, ids, way)

    def check(visit: Visit, _ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
        return future_fault(visit, values)

    def save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
        values = _movement(visit, way, filled.values)
        addition = Addition("movement", values, happened_ms=moment_typed(filled.values))
        saved = add(visit.desk, visit.caller, person_of(ids), addition)
        return receipt_of(saved, f"{way.title.partition(':')[0]} recorded", page_of(ids))

    return Work(ask=ask, save=save, check=check)


def _ask(visit: Visit, ids: Ids, way: Way) -> Asked:
    reasons = {
        key: code
        for one in way.types
        for key, code in in_use.movement_reasons(one).items()
        if code.columns.get("usual_direction", way.direction) in {way.direction, ""}
    }
    other = other_prison_field(visit, "other", way.other, is_required=way.is_other_required)
    form = Form(
        title=way.title,
        check_title="Check the movement",
        save="Record movement",
        fields=(
            Field(
                name="reason",
                label="Reason",
                kind="select",
                choices=choices_of(reasons),
                when_missing="Choose the reason",
            ),
            *((other,) if way.other else ()),
            *when_fields("it happened"),
            Field(
                name="escort",
                label="Escort",
                kind="select",
                choices=choices_of(in_use.escort_types()),
                is_required=False,
            ),
            Field(name="note", label="Note", kind="long_text", is_required=False),
        ),
    )
    values = {**now_values(visit), "reason": way.usual_reason}
    return Asked(form=form, back=page_of(ids), bar=visit.bar(person_of(ids)), values=values)


def _movement(visit: Visit, way: Way, typed: Mapping[str, str]) -> dict[str, Any]:
    movement_type, _, reason = typed["reason"].partition("/")
    here, other = visit.desk.place.code, typed.get("other") or None
    is_in = way.direction == "IN"
    note = {"note": typed["note"]} if typed["note"] else {}
    return {
        "type": movement_type,
        "reason": reason,
        "direction": way.direction,
        "from_place": other if is_in else here,
        "to_place": here if is_in else other,
        "escort": typed["escort"] or None,
        "occurred_at": moment_typed(typed),
        **note,
    }


def _ask_cell(visit: Visit, ids: Ids) -> Asked:
    person = person_of(ids)
    record = read_single(visit, person, "cell")
    place = visit.desk.place.code
    form = Form(
        title="Move cell",
        check_title="Check the cell",
        save="Save cell",
        fields=(
            Field(
                name="cell",
                label="New cell",
                hint="Wing, landing and cell, like A-1-003",
                width="govuk-input--width-10",
                when_missing="Enter the cell",
                tidy=lambda typed: cell_key(place, typed) or typed,
            ),
        ),
    )
    now = str(record.values.get("location") or "") if record else ""
    bar = visit.bar(person)
    values = {"cell": now.removeprefix(f"{place}-")}
    return Asked(form=form, back=page_of(ids), bar=bar, seen=seen_of(record), values=values)


def _check_cell(visit: Visit, _ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    if cell_key(visit.desk.place.code, values["cell"]):
        return {}
    return {"cell": CELL_WANTED}


def _save_cell(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    values = {"location": cell_key(visit.desk.place.code, filled.values["cell"])}
    saved = write_single(visit, person_of(ids), "cell", values, filled)
    return receipt_of(saved, "Cell saved", page_of(ids))
