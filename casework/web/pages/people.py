"""People: find one, create one, give one another number."""

from typing import Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.caller import Caller
from casework.desk.people import NewIdentifier, NewPerson, create, search
from casework.desk.records import Addition, add
from casework.reference import in_use
from casework.reference.reader import active, codes
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Choice, Field, Form
from casework.web.pages.asking import choices_of, page_of, person_of
from casework.web.shown.people import address_of, elsewhere_link, found_match
from casework.web.views import SearchPage
from casework.web.visit import GivenVisit, Visit

FIRST_NUMBERS: Final = ("NOMS", "CRN", "PNC", "CRO")


def routes() -> list[HTTPRouteHandler]:
    """The search, the form of a new person, and the form of a number."""
    numbers = Work(ask=_ask_number, save=_save_number)
    return [
        find_person,
        *form_routes("/people/new", Work(ask=_ask_new, save=_save_new)),
        *form_routes("/people/{person:str}/numbers/new", numbers),
    ]


@get("/search", sync_to_thread=True)
def find_person(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """Who is known here by this name or number; asked by GET, so it may be gone back to."""
    asked = request.query_params.get("q", "").strip()
    if not asked:
        is_empty = "q" in request.query_params
        return visit.page("search.html", view=SearchPage("", is_empty=is_empty))
    result = search(visit.desk, visit.caller, asked)
    found = tuple(found_match(match) for match in result.matches)
    elsewhere = tuple(elsewhere_link(one) for one in result.elsewhere)
    view = SearchPage(asked, found, result.is_cut, elsewhere=elsewhere)
    return visit.page("search.html", view=view)


def _ask_new(_visit: Visit, _ids: Ids) -> Asked:
    numbers = tuple(
        Field(
            name=code.lower(),
            label=in_use.identifier_types()[code].description,
            is_required=False,
            width="govuk-input--width-10",
            section="Numbers, if known",
        )
        for code in FIRST_NUMBERS
    )
    form = Form(
        title="Create a person",
        lead=("Search first: two records of one person are how warnings get missed.",),
        check_title="Check before you create this person",
        save="Create person",
        fields=(
            Field(name="last", label="Last name", when_missing="Enter the last name"),
            Field(name="first", label="First name", when_missing="Enter the first name"),
            Field(name="middle", label="Middle names", is_required=False),
            Field(
                name="born",
                label="Date of birth",
                kind="date",
                hint="For example, 27 3 1986. Leave empty if not known.",
                is_past=True,
                is_required=False,
            ),
            Field(name="sex", label="Sex", kind="radios", choices=_sexes(), is_required=False),
            *numbers,
        ),
    )
    return Asked(form=form, back="/search")


def _save_new(visit: Visit, _ids: Ids, filled: Filled) -> Receipt:
    values = filled.values
    given = [(code, values[code.lower()]) for code in FIRST_NUMBERS]
    new = NewPerson(
        first=values["first"],
        last=values["last"],
        middle=values["middle"] or None,
        date_of_birth=values["born"] or None,
        sex=values["sex"] or None,
        identifiers=tuple(NewIdentifier(code, number) for code, number in given if number),
    )
    created = create(visit.desk, visit.caller, new, confirmed=filled.is_on_purpose)
    return receipt_of(created.saved, "Person created", address_of(created.person))


def _ask_number(visit: Visit, ids: Ids) -> Asked:
    form = Form(
        title="Add a number",
        check_title="Check the number",
        save="Save number",
        fields=(
            Field(
                name="type",
                label="Kind of number",
                kind="select",
                choices=choices_of(in_use.identifier_types()),
                when_missing="Choose the kind of number",
            ),
            Field(
                name="value",
                label="Number",
                hint="As it is written. A wrong check letter is kept and marked, not refused.",
                width="govuk-input--width-20",
                when_missing="Enter the number",
            ),
        ),
    )
    return Asked(form=form, back=page_of(ids), bar=visit.bar(person_of(ids)))


def _save_number(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    values = {"type": filled.values["type"], "value": filled.values["value"]}
    saved = add(visit.desk, visit.caller, person_of(ids), Addition("identifier", values))
    return receipt_of(saved, "Number saved", page_of(ids))


def _sexes() -> tuple[Choice, ...]:
    return tuple(
        Choice(code.code, code.description)
        for code in active(codes("nomis_sex_codes").values()).values()
    )
