"""The page of the responsible officer: who leads and why, who was, and the handover's ticks."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from casework.access.caller import Caller
from casework.desk.conflicts import list_conflicts
from casework.desk.officer_record import OfficerRecord, read_officer_record
from casework.desk.records import RecordView
from casework.rules.handover import EVERY_TICK, TICK_WORDS
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Choice, Field, Form, FormPage
from casework.web.officer_views import ResponsibilityPage
from casework.web.pages.asking import person_of
from casework.web.pages.single import read_single, seen_of, write_single
from casework.web.shown.officer import (
    due_lines,
    fact_lines,
    lead_banner,
    rests_on,
    served_lines,
    warning_rows,
)
from casework.web.shown.officer_picture import officer_picture
from casework.web.views import Link
from casework.web.visit import GivenVisit, Visit, person_id
from sync_protocol.ids import SubjectId
from sync_protocol.policy import CLOSED, OPEN

RESOURCING: Final = (
    Choice("standard", "Standard", "Contact the community officer, send the handover report"),
    Choice("enhanced", "Enhanced", "Review OASys, contact the community officer, hold a meeting"),
)
MORE: Final = (
    ("offender_manager", "Supporting and co-working officers"),
    ("responsibility_override", "Decide otherwise than the rules"),
    ("early_allocation", "Early allocation"),
    ("parole", "Parole reviews"),
    ("key_worker", "Key worker"),
    ("complexity", "Complexity of need"),
)
"""What else bears on who is responsible, and the words under which it is found."""

DATES: Final = {"meeting_on": "Handover meeting on", "handed_over_on": "Handed over on"}


def routes() -> list[HTTPRouteHandler]:
    """The page, and the form of the handover that stands on it."""
    work = Work(ask=_ask, save=_save, check=_check, follows=True)
    return [responsibility_page, *form_routes("/people/{person:str}/handover", work)]


@get("/people/{person:str}/responsibility", sync_to_thread=True)
def responsibility_page(
    person: FromPath[str], request: Request[Caller, str, State], visit: GivenVisit
) -> Response[str]:
    """Who is, was and will be responsible, and what is due of it."""
    strip = visit.strip()
    view = _page(visit, person_id(person))
    notice = visit.saved_notice(request.query_params.get("saved"))
    return visit.page("responsibility.html", notice=notice, strip=strip, view=view)


def _page(visit: Visit, person: SubjectId) -> ResponsibilityPage:
    desk, caller, today = visit.desk, visit.caller, visit.today
    record = read_officer_record(desk, caller, person)
    conflicts = list_conflicts(desk, caller, person=person)
    at = f"/people/{person.hex()}"
    return ResponsibilityPage(
        bar=visit.bar(person),
        warnings=warning_rows(record, conflicts),
        lead=lead_banner(record.case.ruling),
        facts=fact_lines(record, today),
        rests_on=rests_on(record.case.ruling.versions),
        picture=officer_picture(record, today),
        served=served_lines(record, today, visit.now_ms),
        due=due_lines(record.due, today),
        handover=_handover_form(visit, person, record),
        links=(
            Link("Change responsible officer", f"{at}/officer"),
            *(Link(words, f"{at}/records/{kind}") for kind, words in MORE),
        ),
    )


def _handover_form(visit: Visit, person: SubjectId, record: OfficerRecord) -> FormPage:
    """The form as it stands on the page, open for one filling-in."""
    values = _values(record.handover.values if record.handover is not None else {})
    seen = record.handover.seen if record.handover is not None else ""
    return FormPage(
        form=_form(record),
        address=f"/people/{person.hex()}/handover",
        token=visit.house.drafts.begin(visit.owner, seen=seen, values=values),
        values=values,
        seen=seen,
        back=f"/people/{person.hex()}/responsibility",
    )


def _ask(visit: Visit, ids: Ids) -> Asked:
    person = person_of(ids)
    record = read_officer_record(visit.desk, visit.caller, person)
    shown = read_single(visit, person, "handover")
    return Asked(
        form=_form(record),
        back=_back(ids),
        bar=visit.bar(person),
        seen=seen_of(shown),
        values=_values(shown.values if shown is not None else {}),
    )


def _form(record: OfficerRecord) -> Form:
    ticks = tuple(
        Field(
            name=tick.field,
            label=tick.words,
            kind="checkbox",
            is_required=False,
            hint="Somebody took this tick off without seeing it." if tick.is_asking else "",
        )
        for tick in record.ticks
    )
    dates = tuple(
        Field(name=name, label=label, kind="date", is_required=False)
        for name, label in DATES.items()
    )
    resourcing = Field(
        name="resourcing",
        label="How the case is resourced",
        kind="radios",
        choices=RESOURCING,
        when_missing="Choose standard or enhanced",
    )
    return Form(
        title="Handover to the community",
        fields=(*ticks, *dates, resourcing),
        submit="Save handover",
        is_checked=False,
    )


def _values(shown: Mapping[str, Any]) -> dict[str, str]:
    """What stands, as the form's answers."""
    ticks = {name: "yes" if shown.get(name) == OPEN else "" for name in EVERY_TICK}
    dates = {name: str(shown.get(name) or "") for name in DATES}
    return {**ticks, **dates, "resourcing": str(shown.get("resourcing") or "standard")}


def _changed(record: RecordView | None, typed: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the answers change, each in the record's own terms."""
    shown: Mapping[str, Any] = record.values if record is not None else {}
    asks: Mapping[str, str] = record.asks if record is not None else {}
    stands = _values(shown)
    changed = {name: said for name, said in typed.items() if said != stands.get(name)}
    # A tick in doubt that is left as it is stands confirmed by whoever saw the doubt.
    changed |= {name: typed[name] for name in asks if name in TICK_WORDS and name in typed}
    if "resourcing" in typed and shown.get("resourcing") is None:
        changed["resourcing"] = typed["resourcing"]
    return {name: _stored(name, said) for name, said in changed.items()}


def _stored(name: str, said: str) -> str | None:
    if name in TICK_WORDS:
        return OPEN if said == "yes" else CLOSED
    return said or None


def _check(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    if _changed(read_single(visit, person_of(ids), "handover"), values):
        return {}
    return {"": "Nothing is changed: set or take off a tick, or go back"}


def _save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    person = person_of(ids)
    values = _changed(read_single(visit, person, "handover"), filled.values)
    saved = write_single(visit, person, "handover", values, filled)
    return receipt_of(saved, "Handover saved", _back(ids))


def _back(ids: Ids) -> str:
    return f"/people/{ids['person']}/responsibility"
