"""One person as a readable document: asked for with a reason, printed or kept as it is."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, FromPath

from casework.desk.export import REASON_CHARACTERS_MAX, Reader, export_person
from casework.web.forms import Choice, Field, Form, FormPage, read_answers
from casework.web.shown.export import document_of
from casework.web.visit import GivenVisit, Visit, person_id

Typed = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
READERS = (
    Choice("person", "The person themselves", "Alerts that must not be shared are left out."),
    Choice("staff", "Staff, a court or the Parole Board", "Every alert is in it."),
)
FORM = Form(
    title="Make a document of this record",
    lead=(
        "Every kind of record, every value that stands, who wrote it and when.",
        "The restricted file and the victim file are never part of it.",
    ),
    is_checked=False,
    submit="Make the document",
    fields=(
        Field(
            name="reader",
            label="Who is it for?",
            kind="radios",
            choices=READERS,
            when_missing="Choose who the document is for",
        ),
        Field(
            name="why",
            label="Who asked for it, and on what ground?",
            hint="It is kept with your name.",
            when_missing="Write who asked for it, and on what ground",
        ),
    ),
)


def routes() -> list[HTTPRouteHandler]:
    """The question, and the document."""
    return [ask_export, show_export]


@get("/people/{person:str}/export", sync_to_thread=True)
def ask_export(person: FromPath[str], visit: GivenVisit) -> Response[str]:
    """For whom, and why."""
    return _form(visit, person, {}, {})


@post("/people/{person:str}/export", sync_to_thread=True, status_code=200)
def show_export(person: FromPath[str], data: Typed, visit: GivenVisit) -> Response[str]:
    """The document; nothing is changed by it but the audit."""
    answers = read_answers(FORM, data, visit.today)
    if answers.faults:
        return _form(visit, person, answers.values, answers.faults)
    reader: Reader = "staff" if answers.values["reader"] == "staff" else "person"
    why = answers.values["why"][:REASON_CHARACTERS_MAX]
    found = export_person(visit.desk, visit.caller, person_id(person), why=why, reader=reader)
    return visit.page("export.html", view=document_of(visit.desk.registry, found))


def _form(
    visit: Visit, person: str, values: Mapping[str, str], faults: Mapping[str, str]
) -> Response[Any]:
    address = f"/people/{person}/export"
    view = FormPage(
        form=FORM, address=address, token="", values=values, faults=faults, back=f"/people/{person}"
    )
    status = 422 if faults else 200
    return visit.page("form.html", status, view=view, bar=visit.bar(person_id(person)))
