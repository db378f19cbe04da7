"""The one responsible officer: name another, from a day on."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from casework.desk.writing import FieldChange
from casework.reference.in_use import place_name
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Choice, Field, Form, words_of
from casework.web.pages.asking import page_of, person_of, staff_choices
from casework.web.pages.single import read_single, seen_of, write_single
from casework.web.visit import Visit
from casework.web.words import iso_day

SIDES = (
    Choice("prison", "In custody", "Prison offender manager"),
    Choice("community", "In the community", "Community offender manager"),
)

REASONS = (
    Choice("first_allocation", "First allocation"),
    Choice("moved", "The person moved"),
    Choice("handover", "Handover to the community"),
    Choice("recalled", "The person was recalled"),
    Choice("released", "The person was released"),
    Choice("continuity", "Continuity: this officer knows the person"),
    Choice("suitability", "This officer suits the case better"),
    Choice("no_staff", "Nobody of the recommended grade is available"),
    Choice("officer_left", "The officer before has left"),
    Choice("other", "Another reason"),
)


def routes() -> list[HTTPRouteHandler]:
    """The form of the responsible officer."""
    work = Work(ask=_ask, save=_save, words=_changed_words)
    return form_routes("/people/{person:str}/officer", work)


def assignment_of(visit: Visit, staff: str, effective_from: str, side: str) -> dict[str, Any]:
    """An assignment of a member of this office's staff."""
    return {
        "staff_id": staff,
        "staff_name": words_of(staff_choices(visit), staff),
        "team": visit.desk.place.code,
        "side": side,
        "effective_from": effective_from,
    }


def officer_fields(visit: Visit) -> tuple[Field, ...]:
    """Who is responsible, for which side, and from when."""
    return (
        Field(
            name="staff",
            label="Officer",
            kind="select",
            choices=staff_choices(visit),
            hint="Staff of this office. Another office names its own officers.",
            when_missing="Choose the officer",
        ),
        Field(
            name="side",
            label="Responsible for this person",
            kind="radios",
            choices=SIDES,
            when_missing="Choose in custody or in the community",
        ),
        Field(
            name="from",
            label="Responsible from",
            kind="date",
            when_missing="Enter the first day",
        ),
    )


def usual_side(visit: Visit) -> str:
    """The side for which staff of this place are usually responsible."""
    return "prison" if visit.desk.place.kind == "prison" else "community"


REASON = Field(
    name="reason",
    label="Why this officer",
    kind="select",
    choices=REASONS,
    is_required=False,
)


def _ask(visit: Visit, ids: Ids) -> Asked:
    person = person_of(ids)
    record = read_single(visit, person, "offender_manager")
    form = Form(
        title="Change responsible officer",
        lead=("One officer is responsible for the whole sentence, in custody and out.",),
        check_title="Check the responsible officer",
        save="Save responsible officer",
        fields=(*officer_fields(visit), REASON),
    )
    values = {"from": visit.today.isoformat(), "side": usual_side(visit)}
    seen = seen_of(record)
    return Asked(form=form, back=page_of(ids), bar=visit.bar(person), seen=seen, values=values)


def _save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    values = filled.values
    assignment = assignment_of(visit, values["staff"], values["from"], values["side"])
    if values["reason"]:
        assignment["reason"] = values["reason"]
    saved = write_single(
        visit, person_of(ids), "offender_manager", {"assignment": assignment}, filled
    )
    return receipt_of(saved, "Responsible officer saved", page_of(ids))


def _changed_words(change: FieldChange) -> tuple[str, str]:
    value = change.value if isinstance(change.value, dict) else {}
    words = (
        f"{value.get('staff_name', '')}, {place_name(str(value.get('team', '')))},"
        f" from {iso_day(str(value.get('effective_from', '')))}"
    )
    return "Responsible officer", words
