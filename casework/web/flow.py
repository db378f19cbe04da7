"""The course of every form: ask, check, save once, and what to do when somebody was faster.

A page gives its `Work`: what to ask, and how to save. Everything else is here: each answer to a
POST is a redirect, so going back never asks to send a form again; what was typed is kept under the
form's token; a second press or a second tab finds the first one's receipt; what changed meanwhile
is shown before anything is written over it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body
from litestar.response import Redirect

from casework.desk.first_answer import answer_once
from casework.desk.gate import HasLeft
from casework.desk.people import PossibleDuplicate
from casework.desk.writing import FieldChange, Saved, StaleRecord
from casework.web.drafts import Draft, Receipt
from casework.web.forms import MORE, Form, FormPage, grown, read_answers, with_another_row
from casework.web.scope_views import LeftPage
from casework.web.shown.people import found_candidate, said_by
from casework.web.views import Changed, IdentityBar, Link
from casework.web.visit import GivenVisit, Visit, receipt_words
from casework.web.words import moment
from sync_protocol.errors import InvalidValue, NotSaved, Refused

Typed = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Ids = Mapping[str, str]
SEE_OTHER: Final = 303
ROWS: Final = ".rows"
"""How the name ends that says how many rows a question has: not an answer."""
STEPS: Final = frozenset({"form", "csrf", "seen", "seen_now", "step"})
KEEP: Final = "keep"
"""The step of a form that is kept as it stands, because the screen locks."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a form asks, of whom, and what its author is shown while answering."""

    form: Form
    back: str
    bar: IdentityBar | None = None
    seen: str = ""
    values: Mapping[str, str] = {}
    template: str = "form.html"
    more: Mapping[str, Any] = {}


class Filled(msgspec.Struct, frozen=True):
    """The answers, what their author had seen, and whether they are to stand beside others."""

    values: Mapping[str, str]
    seen: str
    is_on_purpose: bool


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One thing staff do by a form.

    `check` finds what is wrong with answers taken together; `save` writes and names the page to go
    to; `words` says what a changed field holds, for somebody whose form it made stale. A form that
    `follows` its record opens with what stands there: an answer left as it was shown goes on saying
    what stands, so that saving another never puts back what somebody else has changed.
    """

    ask: Callable[[Visit, Ids], Asked]
    save: Callable[[Visit, Ids, Filled], Receipt]
    check: Callable[[Visit, Ids, Mapping[str, str]], Mapping[str, str]] | None = None
    words: Callable[[FieldChange], tuple[str, str]] | None = None
    follows: bool = False


def receipt_of(saved: Saved, title: str, go: str) -> Receipt:
    """The receipt of something saved, and where to go on."""
    return Receipt(title, saved.number, go)


def form_routes(path: str, work: Work) -> list[HTTPRouteHandler]:
    """The three routes of one form: the questions, the check, and what is sent."""

    @get(path, sync_to_thread=True)
    def show(request: Request[Any, Any, Any], visit: GivenVisit) -> Response[Any]:
        draft = visit.draft(request.query_params.get("form", ""))
        typed = draft.values if draft is not None else {}
        return _unless_left(visit, typed, lambda: show_form(request, visit, work))

    @get(f"{path}/check", sync_to_thread=True)
    def check(request: Request[Any, Any, Any], visit: GivenVisit) -> Response[Any]:
        draft = visit.draft(request.query_params.get("form", ""))
        typed = draft.values if draft is not None else {}
        return _unless_left(visit, typed, lambda: show_check(request, visit, work))

    @post(path, sync_to_thread=True, status_code=200)
    def take(request: Request[Any, Any, Any], data: Typed, visit: GivenVisit) -> Response[Any]:
        return _unless_left(visit, data, lambda: take_form(request, visit, work, data))

    return [show, check, take]


def show_form(request: Request[Any, Any, Any], visit: Visit, work: Work) -> Response[Any]:
    """The questions, with the answers so far and what is wrong with them."""
    token = request.query_params.get("form", "")
    draft = visit.draft(token)
    if draft is not None and draft.receipt is not None:
        return _already_saved(visit, draft.receipt, request.url.path)
    asked = _asked(visit, request, work, draft.values if draft is not None else {})
    if draft is None:
        token = visit.house.drafts.begin(visit.owner, seen=asked.seen, values=asked.values)
        return _to(request.url.path, token)
    view = _form_page(request, asked, token, draft)
    status = 422 if draft.faults else 200
    return visit.page(asked.template, status, view=view, bar=asked.bar, **asked.more)


def show_check(request: Request[Any, Any, Any], visit: Visit, work: Work) -> Response[Any]:
    """The answers played back; or what changed meanwhile; or who may be the same person."""
    path = request.url.path.removesuffix("/check")
    token = request.query_params.get("form", "")
    draft = visit.draft(token)
    if draft is None or draft.faults:
        return _to(path, token)
    if draft.receipt is not None:
        return _already_saved(visit, draft.receipt, path)
    asked = _asked(visit, request, work, draft.values)
    view = _form_page(request, asked, token, draft)
    page: dict[str, Any] = {
        "view": view,
        "bar": asked.bar,
        "typed": _hidden(asked.form, draft.values),
    }
    if draft.changes:
        changes = _changes(visit, work, draft)
        return visit.page("stale.html", 409, **page, changes=changes, seen_now=draft.seen_now)
    if draft.candidates:
        candidates = tuple(found_candidate(one) for one in draft.candidates)
        return visit.page("duplicates.html", 409, **page, candidates=candidates)
    return visit.page("check.html", **page)


def take_form(
    request: Request[Any, Any, Any], visit: Visit, work: Work, typed: Mapping[str, str]
) -> Response[Any]:
    """Take what was typed one step further."""
    drafts, token = visit.house.drafts, typed.get("form", "")
    with drafts.one_at_a_time(visit.owner, token):
        # A draft lost in a restart begins again from what the form itself carries.
        draft = visit.draft(token) or Draft(visit.now_ms, typed.get("seen", ""))
        if draft.receipt is not None:
            return _to(draft.receipt.go, token, "saved")
        asked = _asked(visit, request, work, typed)
        answers = read_answers(asked.form, typed, visit.today)
        if typed.get("step", "").startswith(MORE):
            row = typed["step"].removeprefix(MORE)
            values = with_another_row(asked.form, answers.values, row)
            draft = msgspec.structs.replace(draft, values=values, faults={})
            drafts.keep(visit.owner, token, draft)
            # Nothing is checked before all of it is there.
            return _to(request.url.path, token, place=f"#{row}")
        if typed.get("step") == KEEP:
            drafts.keep(
                visit.owner, token, msgspec.structs.replace(draft, values=answers.values, faults={})
            )
            return _to(request.url.path, token)
        left = _left_as_shown(draft, answers.values, asked) if work.follows else {}
        values, faults = {**answers.values, **left}, dict(answers.faults)
        if work.check is not None and not faults:
            faults |= work.check(visit, request.path_params, values)
        shown = {**draft.shown, **left}
        draft = Draft(draft.began_ms, draft.seen, values, faults, shown=shown)
        drafts.keep(visit.owner, token, draft)
        step = typed.get("step", "check" if asked.form.is_checked else "save")
        if faults:
            return _to(request.url.path, token)
        if step == "check":
            return _to(f"{request.url.path}/check", token)
        seen = typed.get("seen_now", "") if step == "again" else draft.seen
        filled = Filled(draft.values, seen, is_on_purpose=step == "on_purpose")
        return _save(request, visit, work, (token, draft, filled))


def _asked(
    visit: Visit, request: Request[Any, Any, Any], work: Work, answers: Mapping[str, str]
) -> Asked:
    """What is asked, with as many rows as the answers so far have."""
    asked = work.ask(visit, request.path_params)
    return msgspec.structs.replace(asked, form=grown(asked.form, answers))


def _unless_left(
    visit: Visit, typed: Mapping[str, str], answer: Callable[[], Response[Any]]
) -> Response[Any]:
    """The answer; of a record that was let go of meanwhile, what was typed, to be copied."""
    try:
        return answer()
    except HasLeft as gone:
        texts = tuple(text for name, text in typed.items() if name not in STEPS and " " in text)
        if not texts:
            raise
        view = LeftPage(number=gone.number, when=moment(gone.at_ms, visit.now_ms), texts=texts)
        return visit.page("left.html", 410, view=view)


def _left_as_shown(draft: Draft, values: Mapping[str, str], asked: Asked) -> dict[str, str]:
    """What stands now, of each question that its author left as it was shown.

    A question may take several answers, `slot.starts_at` and `slot.ends_at`: together they are one
    value, and whoever changed one of them wrote all of it. It is never put together of two hands.
    """
    if not draft.shown:
        return {}
    changed = {
        _question(name)
        for name in {*draft.shown, *values}
        if not name.endswith(ROWS) and values.get(name, "") != draft.shown.get(name, "")
    }
    names = {*draft.shown, *asked.values}
    return {name: asked.values.get(name, "") for name in names if _question(name) not in changed}


def _question(name: str) -> str:
    return name.partition(".")[0]


def _save(
    request: Request[Any, Any, Any],
    visit: Visit,
    work: Work,
    drafted: tuple[str, Draft, Filled],
) -> Response[Any]:
    token, draft, filled = drafted
    change = msgspec.structs.replace
    try:
        receipt = answer_once(
            visit.desk,
            visit.form_asked(token),
            Receipt,
            lambda: work.save(visit, request.path_params, filled),
        )
    except StaleRecord as stale:
        kept = change(draft, changes=stale.changes, seen_now=stale.seen)
    except PossibleDuplicate as found:
        kept = change(draft, candidates=found.candidates)
    except NotSaved as fault:
        return _not_saved(request, visit, work, (token, draft, fault.code))
    except Refused as refused:
        kept = change(draft, faults={"": refusal_words(refused)})
        visit.house.drafts.keep(visit.owner, token, kept)
        return _to(request.url.path, token)
    else:
        visit.house.drafts.keep(visit.owner, token, Draft(draft.began_ms, receipt=receipt))
        return _to(receipt.go, token, "saved")
    visit.house.drafts.keep(visit.owner, token, kept)
    return _to(f"{request.url.path}/check", token)


def refusal_words(refused: Refused) -> str:
    """Why it was refused and what to do, without the ids that an operator would want."""
    if isinstance(refused, InvalidValue) and refused.detail:
        # What does not fit is told by the desk in words for whoever typed it.
        return f"{refused.detail[:1].upper()}{refused.detail[1:]}. {refused.hint}"
    sentence = (type(refused).__doc__ or "").strip().splitlines()[0]
    return f"{sentence} {refused.hint}".strip()


def _not_saved(
    request: Request[Any, Any, Any], visit: Visit, work: Work, drafted: tuple[str, Draft, str]
) -> Response[Any]:
    token, draft, code = drafted
    asked = _asked(visit, request, work, draft.values)
    view = _form_page(request, asked, token, draft)
    typed = _hidden(asked.form, draft.values)
    return visit.page("unsaved.html", 503, view=view, typed=typed, step="save", code=code)


def _form_page(request: Request[Any, Any, Any], asked: Asked, token: str, draft: Draft) -> FormPage:
    return FormPage(
        form=asked.form,
        address=request.url.path.removesuffix("/check"),
        token=token,
        values=draft.values,
        faults=draft.faults,
        seen=draft.seen,
        back=asked.back,
    )


def _already_saved(visit: Visit, receipt: Receipt, path: str) -> Response[Any]:
    again = Link("Fill in this form again, empty", path)
    links = (Link("Go on", receipt.go), *((again,) if "/conflicts/" not in path else ()))
    words = receipt_words(visit, receipt.number)
    return visit.page("saved.html", receipt=words, links=links)


def _changes(visit: Visit, work: Work, draft: Draft) -> tuple[Changed, ...]:
    in_words = work.words or _plain_words
    return tuple(
        Changed(*in_words(change), f"Written by {said_by(change.source, visit.now_ms)}")
        for change in draft.changes
    )


def _plain_words(change: FieldChange) -> tuple[str, str]:
    return change.field.replace("_", " ").capitalize(), str(change.value)


def _hidden(form: Form, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The answers as hidden inputs, spelled as the form itself would send them."""
    sent: list[tuple[str, str]] = []
    for field in form.fields:
        value = values.get(field.name, "")
        if field.kind == "date":
            parts = [*value.split("-"), "", "", ""][:3]
            names = (f"{field.name}-{part}" for part in ("year", "month", "day"))
            sent += zip(names, parts, strict=True)
        else:
            sent.append((field.name, value))
    return tuple(sent)


def _to(path: str, token: str, name: str = "form", place: str = "") -> Redirect:
    mark = "&" if "?" in path else "?"
    return Redirect(f"{path}{mark}{urlencode({name: token})}{place}", status_code=SEE_OTHER)
