"""Case notes: add one, add to one's own, withdraw one's own."""

from collections.abc import Mapping

from litestar.handlers import HTTPRouteHandler

from casework.desk.notes import (
    NewNote,
    NoteView,
    NotYourNote,
    add_note,
    amend_note,
    read_notes,
    retract_note,
)
from casework.reference import in_use
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Field, Form
from casework.web.pages.asking import (
    choices_of,
    future_fault,
    moment_typed,
    now_values,
    page_of,
    person_of,
    when_fields,
)
from casework.web.visit import Visit, record_id
from casework.web.words import clock, day
from sync_protocol.causality import SeenToken
from sync_protocol.errors import NotFound

TEXT_HINT = "Write what you saw and heard. Give names and times. Say what you did about it."


def routes() -> list[HTTPRouteHandler]:
    """The forms of case notes."""
    return [
        *form_routes(
            "/people/{person:str}/notes/new", Work(ask=_ask_new, save=save_new, check=check_new)
        ),
        *form_routes(
            "/people/{person:str}/notes/{record:str}/amend",
            Work(ask=_ask_amendment, save=_save_amendment),
        ),
        *form_routes(
            "/people/{person:str}/notes/{record:str}/retract",
            Work(ask=_ask_retraction, save=_save_retraction),
        ),
    ]


def new_form() -> Form:
    """What is asked for a new note."""
    subtypes = choices_of(in_use.case_note_subtypes(), in_use.case_note_types())
    return Form(
        title="Add a note",
        check_title="Check your note",
        save="Save note",
        fields=(
            Field(
                name="subtype",
                label="Type of note",
                kind="select",
                choices=subtypes,
                when_missing="Choose the type of note",
            ),
            *when_fields("it happened"),
            Field(
                name="text",
                label="What happened",
                kind="long_text",
                hint=TEXT_HINT,
                when_missing="Write what happened",
            ),
            Field(
                name="sensitive",
                label="Sensitive: only for staff who need it",
                kind="checkbox",
                is_required=False,
            ),
        ),
    )


def _ask_new(visit: Visit, ids: Ids) -> Asked:
    bar = visit.bar(person_of(ids))
    return Asked(form=new_form(), back=page_of(ids), bar=bar, values=now_values(visit))


def check_new(visit: Visit, _ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with the answers about a new note, taken together."""
    return future_fault(visit, values)


def save_new(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    """Save a new note, and go to the person's page."""
    note_type, _, subtype = filled.values["subtype"].partition("/")
    new = NewNote(
        type=note_type,
        subtype=subtype,
        text=filled.values["text"],
        occurred_ms=moment_typed(filled.values),
        is_sensitive=filled.values["sensitive"] == "yes",
    )
    saved = add_note(visit.desk, visit.caller, person_of(ids), new)
    return receipt_of(saved, "Note saved", page_of(ids))


def _ask_amendment(visit: Visit, ids: Ids) -> Asked:
    note = _own_note(visit, ids)
    form = Form(
        title="Add to your note",
        lead=("The note stays as it is. What you add is shown under it.", *_told(note)),
        check_title="Check what you add",
        save="Save addition",
        fields=(
            Field(
                name="text",
                label="What you add",
                kind="long_text",
                when_missing="Write what you want to add",
            ),
        ),
    )
    return Asked(form=form, back=page_of(ids), bar=visit.bar(person_of(ids)))


def _save_amendment(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    text = filled.values["text"]
    note = record_id(ids["record"])
    saved = amend_note(visit.desk, visit.caller, person_of(ids), note, text)
    return receipt_of(saved, "Addition saved", page_of(ids))


def _ask_retraction(visit: Visit, ids: Ids) -> Asked:
    note = _own_note(visit, ids)
    form = Form(
        title="Withdraw your note",
        lead=(
            "Nobody is shown its text any more. That you wrote it and withdrew it stays.",
            "The text is kept for those who must look into it later.",
            *_told(note),
        ),
        submit="Withdraw this note",
        is_checked=False,
        fields=(),
    )
    bar = visit.bar(person_of(ids))
    return Asked(form=form, back=page_of(ids), bar=bar, seen=note.seen)


def _save_retraction(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    seen = SeenToken(filled.seen)
    note = record_id(ids["record"])
    saved = retract_note(visit.desk, visit.caller, person_of(ids), note, seen)
    return receipt_of(saved, "Note withdrawn", page_of(ids))


def _own_note(visit: Visit, ids: Ids) -> NoteView:
    wanted = record_id(ids["record"])
    for note in read_notes(visit.desk, visit.caller, person_of(ids)):
        if note.record == wanted:
            if not note.is_own:
                raise NotYourNote
            return note
    raise NotFound(f"case_note {wanted.hex()}")


def _told(note: NoteView) -> tuple[str, ...]:
    when = f"{day(note.occurred_ms)} at {clock(note.occurred_ms)}"
    first = f"{note.type_name}: {note.subtype_name}, {when}"
    return (f"{first}:", *(f"“{one.text}”" for one in note.texts))
