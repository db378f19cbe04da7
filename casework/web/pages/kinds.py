"""Records of any kind: all of one kind on a page, add one, change one; made from the Registry."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from casework.access.caller import Caller
from casework.desk.entries import Entry, earlier
from casework.desk.entry import HAPPENED
from casework.desk.records import (
    Addition,
    Change,
    RecordView,
    add,
    change,
    read_all,
    read_entries,
)
from casework.desk.value_words import field_lines, label_of
from casework.desk.words import kind_name
from casework.desk.writing import FieldChange, Saved
from casework.records import REGISTRY
from casework.records.files import file_subject
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Form
from casework.web.made.work import Made
from casework.web.pages.asking import page_of, person_of
from casework.web.shown.entries import entry_rows, entry_words
from casework.web.shown.kinds import (
    add_link,
    change_links,
    kind_meaning,
    kind_title,
    may_add,
    record_row,
    record_title,
    refuse_unless_writer,
    why_not,
)
from casework.web.shown.named import namer, with_names
from casework.web.shown.people import said_by
from casework.web.views import KindPage, Link
from casework.web.visit import GivenVisit, Visit, person_id, record_id
from sync_protocol.causality import SeenToken
from sync_protocol.errors import NotFound
from sync_protocol.ids import singleton_record
from sync_protocol.policy import Fixed
from sync_protocol.schema import Kind

PAGE_MAX: Final = 50
KEPT_BELOW: Final = (
    "Put right what is wrong. What it said before stays in the record, below what you write now."
)
OF_KIND: Final = "/people/{person:str}/records/{kind:str}"


def routes() -> list[HTTPRouteHandler]:
    """The page of a kind, and the forms of its records."""
    changing = Work(
        ask=_ask_change, save=_save_change, check=_check, words=_changed_words, follows=True
    )
    adding = Work(ask=_ask_new, save=_save_new, check=_check, words=_changed_words)
    correcting = Work(ask=_ask_correct, save=_save_change, check=_check, words=_changed_words)
    return [
        show_kind,
        *form_routes(f"{OF_KIND}/new", adding),
        *form_routes(f"{OF_KIND}/{{record:str}}/change", changing),
        *form_routes(f"{OF_KIND}/{{record:str}}/entries/{{field:str}}/{{entry:str}}", correcting),
    ]


@get(OF_KIND, sync_to_thread=True)
def show_kind(
    person: FromPath[str],
    kind: FromPath[str],
    request: Request[Caller, str, State],
    visit: GivenVisit,
) -> Response[str]:
    """Every record of one kind, the latest to happen first, a page at a time."""
    asked = request.query_params.get("page", "1")
    page = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    notice = visit.saved_notice(request.query_params.get("saved"))
    return visit.page(
        "kind.html", notice=notice, view=_kind_page(visit, person, kind, max(page, 1))
    )


def _kind_page(visit: Visit, person: str, name: str, page: int) -> KindPage:
    kind = visit.desk.registry.known(name)
    place = visit.desk.place.kind
    records = read_all(visit.desk, visit.caller, person_id(person), name)
    first = (page - 1) * PAGE_MAX
    shown = records[first : first + PAGE_MAX]
    at = f"/people/{person}/records/{name}"
    name_of = namer(visit)
    return KindPage(
        bar=visit.bar(person_id(person)),
        title=kind_title(name),
        meaning=kind_meaning(kind),
        rows=tuple(
            record_row(kind, one, visit.now_ms, change_links(kind, one, person, place), name_of)
            for one in shown
        ),
        empty="Nothing of this kind has reached this office.",
        add=None if records and kind.is_singleton else add_link(kind, person, place),
        why_not="" if may_add(kind, place) else why_not(kind),
        before=Link("Later ones", f"{at}?page={page - 1}") if page > 1 else None,
        after=Link("Earlier ones", f"{at}?page={page + 1}")
        if len(records) > first + PAGE_MAX
        else None,
    )


def _made(visit: Visit, ids: Ids) -> Made:
    """The form that an address names; NotAllowed where this place writes no such thing."""
    kind = visit.desk.registry.known(ids["kind"])
    person = person_of(ids)
    is_new = "record" not in ids
    refuse_unless_writer(kind, visit.desk.place.kind, is_new=is_new)
    if is_new:
        return Made(visit, person, kind)
    record = _record(visit, ids, kind)
    entries = read_entries(visit.desk, visit.caller, person, kind.name, record.record)
    return Made(visit, person, kind, record, entries, _entry(ids, entries))


def _entry(ids: Ids, entries: Iterable[Entry]) -> Entry | None:
    """The entry that an address names, also where it was put right meanwhile."""
    if "entry" not in ids:
        return None
    wanted = (ids["field"], ids["entry"])
    for one in (found for top in entries for found in (top, *earlier(top))):
        if (one.field, one.op.hex()) == wanted:
            return one
    raise NotFound("an address that names no entry")


def _record(visit: Visit, ids: Ids, kind: Kind) -> RecordView:
    wanted = record_id(ids["record"])
    for one in read_all(visit.desk, visit.caller, person_of(ids), kind.name):
        if one.record == wanted:
            return one
    raise NotFound(f"{kind.name} {wanted.hex()}")


def _ask_new(visit: Visit, ids: Ids) -> Asked:
    made = _made(visit, ids)
    name = kind_name(made.kind.name).lower()
    form = Form(
        title=f"Add: {name}",
        lead=(kind_meaning(made.kind),),
        check_title=f"Check before you save: {name}",
        save="Save",
        fields=made.fields(),
    )
    bar = visit.bar(made.person)
    return Asked(form=form, back=page_of(ids), bar=bar, values=made.opening())


def _ask_change(visit: Visit, ids: Ids) -> Asked:
    made = _made(visit, ids)
    record = made.record
    assert record is not None, "a record that is changed is there"
    name = kind_name(made.kind.name).lower()
    form = Form(
        title=f"Change: {name}",
        lead=_stands(made),
        check_title=f"Check before you save: {name}",
        save="Save",
        fields=made.fields(),
    )
    return Asked(
        form=form,
        back=_kind_address(ids),
        bar=visit.bar(made.person),
        seen=record.seen,
        values=made.opening(),
        template="change.html",
        more={"entries": entry_rows(made, f"{_kind_address(ids)}/{ids['record']}/entries")},
    )


def _ask_correct(visit: Visit, ids: Ids) -> Asked:
    made = _made(visit, ids)
    record, entry = made.record, made.entry
    assert record is not None, "an entry is of a record"
    assert entry is not None, "the address names it"
    label = label_of(made.kind.name, made.kind.fields[entry.field]).lower()
    form = Form(
        title=f"Correct: {label}",
        lead=(entry_words(made, entry), KEPT_BELOW),
        check_title=f"Check before you save: {label}",
        save="Save the correction",
        fields=made.fields(),
    )
    return Asked(
        form=form,
        back=f"{_kind_address(ids)}/{ids['record']}/change",
        bar=visit.bar(made.person),
        seen=record.seen,
        values=made.opening(),
    )


def _stands(made: Made) -> tuple[str, ...]:
    """What is there and cannot be typed over, before the questions."""
    kind, record = made.kind, made.record
    assert record is not None, "a record that is changed is there"
    record = with_names(kind, record, made.name_of)
    lines = [record_title(kind, record)]
    for spec in kind.fields.values():
        if isinstance(spec.rule.policy, Fixed):
            said = field_lines(spec, record.values.get(spec.name))
            lines += [f"{label_of(kind.name, spec)}: {line}" for line in said]
    for part in made.parts:
        draft = next((one for one in reversed(made.entries) if one.field == part.name), None)
        if part.draft is not None and draft is not None:
            by = said_by(draft.source, made.visit.now_ms)
            lines.append(
                f"{part.label}: below is the draft of {by}. What was approved before it stays in "
                "force until this one is approved."
            )
    return tuple(dict.fromkeys(lines))


def _check(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    return _made(visit, ids).faults(values)


def _save_new(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    made = _made(visit, ids)
    values = made.values(filled.values)
    addition = Addition(
        kind=made.kind.name,
        values=values,
        other=made.other(filled.values),
        happened_ms=_happened(values),
    )
    if filled.seen:
        saved = _over(visit, made, addition, filled)
    else:
        saved = add(visit.desk, visit.caller, made.person, addition)
    return receipt_of(saved, f"{kind_title(made.kind.name)} saved", page_of(ids))


def _over(visit: Visit, made: Made, addition: Addition, filled: Filled) -> Saved:
    """Of a kind that a person has once: written over what stood there meanwhile, as was seen."""
    subject = file_subject(made.person, made.kind.file)
    wanted = Change(
        kind=made.kind.name,
        record=singleton_record(subject, made.kind.name),
        values=addition.values,
        seen=SeenToken(filled.seen),
        on_purpose=filled.is_on_purpose,
    )
    return change(visit.desk, visit.caller, made.person, wanted)


def _save_change(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    made = _made(visit, ids)
    wanted = Change(
        kind=made.kind.name,
        record=record_id(ids["record"]),
        values=made.values(filled.values),
        seen=SeenToken(filled.seen),
        on_purpose=filled.is_on_purpose,
        corrects=(made.entry.op,) if made.entry is not None else (),
    )
    saved = change(visit.desk, visit.caller, made.person, wanted)
    title = "Correction" if made.entry is not None else kind_title(made.kind.name)
    return receipt_of(saved, f"{title} saved", _kind_address(ids))


def _changed_words(change: FieldChange) -> tuple[str, str]:
    kind = REGISTRY.kinds.get(change.kind)
    spec = kind.fields.get(change.field) if kind is not None else None
    if spec is None:
        return change.field.replace("_", " ").capitalize(), str(change.value)
    return label_of(change.kind, spec), "; ".join(field_lines(spec, change.value))


def _happened(values: Mapping[str, Any]) -> int | None:
    moment = values.get(HAPPENED)
    return moment if isinstance(moment, int) else None


def _kind_address(ids: Ids) -> str:
    return f"/people/{ids['person']}/records/{ids['kind']}"
