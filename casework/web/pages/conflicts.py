"""Conflicts: those open here, and one in two columns to be settled with a reason."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.caller import Caller
from casework.desk.conflicts import (
    ConflictId,
    ConflictView,
    Settlement,
    list_conflicts,
    read_conflict,
    settle,
)
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Choice, Field, Form
from casework.web.pages.asking import CELL_WANTED, cell_key
from casework.web.pages.officer import assignment_of, officer_fields
from casework.web.pages.risk import level_fields
from casework.web.shown.conflicts import (
    conflict_line,
    conflict_side,
    conflict_title,
    meanwhile,
)
from casework.web.shown.people import address_of
from casework.web.views import ConflictPage
from casework.web.visit import GivenVisit, Visit
from sync_protocol.causality import SeenToken

NEITHER: Final = "neither"


def routes() -> list[HTTPRouteHandler]:
    """The list, and the form of one."""
    work = Work(ask=_ask, save=_save, check=_check)
    return [all_conflicts, *form_routes("/conflicts/{conflict:str}", work)]


@get("/conflicts", sync_to_thread=True)
def all_conflicts(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """Every conflict open here, gravest first."""
    found = list_conflicts(visit.desk, visit.caller)
    lines = tuple(conflict_line(one, visit.now_ms) for one in found)
    notice = visit.saved_notice(request.query_params.get("saved"))
    return visit.page("conflicts.html", notice=notice, lines=lines)


def _ask(visit: Visit, ids: Ids) -> Asked:
    conflict = read_conflict(visit.desk, visit.caller, ConflictId(ids["conflict"]))
    choices = [Choice(side.op_id.hex(), side.value_text) for side in conflict.sides]
    entry = _entry_fields(visit, conflict)
    choices += [Choice(NEITHER, "Neither")] if entry else []
    bar = visit.bar(conflict.subjects[0])
    form = Form(
        title=conflict_title(conflict),
        is_checked=False,
        fields=(
            Field(
                name="chosen",
                label="Which is right?",
                kind="radios",
                choices=tuple(choices),
                when_missing="Choose which is right",
            ),
            Field(
                name="reason",
                label="Why",
                kind="long_text",
                hint="Both offices read this. Say what you checked.",
                when_missing="Write why this is right",
            ),
            *entry,
        ),
    )
    view = ConflictPage(
        bar=bar,
        title=conflict_title(conflict),
        why=conflict.why_text,
        meanwhile=meanwhile(conflict),
        sides=tuple(conflict_side(side, visit.now_ms) for side in conflict.sides),
    )
    return Asked(
        form=form,
        back="/conflicts",
        bar=bar,
        seen=conflict.seen,
        template="conflict.html",
        more={"conflict": view},
    )


def _check(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    if values["chosen"] != NEITHER:
        return {}
    conflict = read_conflict(visit.desk, visit.caller, ConflictId(ids["conflict"]))
    if conflict.kind == "cell" and not cell_key(visit.desk.place.code, values["entered"]):
        return {"entered": CELL_WANTED}
    return {
        field.name: field.when_missing or f"Enter {field.label.lower()}"
        for field in _entry_fields(visit, conflict)
        if not values[field.name]
    }


def _save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    conflict = read_conflict(visit.desk, visit.caller, ConflictId(ids["conflict"]))
    chosen = filled.values["chosen"]
    if chosen == NEITHER:
        value = _entered(visit, conflict, filled.values)
    else:
        value = next(side.value for side in conflict.sides if side.op_id.hex() == chosen)
    settlement = Settlement(value, filled.values["reason"], SeenToken(filled.seen))
    saved = settle(visit.desk, visit.caller, conflict.id, settlement)
    return receipt_of(saved, "Conflict settled", address_of(conflict.subjects[0]))


def _entry_fields(visit: Visit, conflict: ConflictView) -> tuple[Field, ...]:
    """What may be entered where neither side is right; none where no other value is possible."""
    if (conflict.kind, conflict.field) == ("offender_manager", "assignment"):
        return tuple(_optional(field) for field in officer_fields(visit))
    if conflict.kind == "risk":
        fields = level_fields("prison")
        return tuple(_named("entered", one) for one in fields if one.name == conflict.field)
    make = _PLAIN_FIELDS.get(conflict.field)
    return (make(conflict),) if make is not None else ()


def _entered(visit: Visit, conflict: ConflictView, values: Mapping[str, str]) -> Any:
    if conflict.kind == "offender_manager":
        return assignment_of(visit, values["staff"], values["from"], values["side"])
    if conflict.kind == "cell":
        return cell_key(visit.desk.place.code, values["entered"])
    return values["entered"]


def _named(name: str, field: Field) -> Field:
    return Field(
        name=name,
        label=field.label,
        kind=field.kind,
        choices=field.choices,
        is_required=False,
        says_optional=False,
        when_missing="Choose the level",
    )


def _optional(field: Field) -> Field:
    return Field(
        name=field.name,
        label=field.label,
        kind=field.kind,
        hint=field.hint,
        choices=field.choices,
        is_required=False,
        says_optional=False,
        when_missing=field.when_missing,
    )


def _day_field(conflict: ConflictView) -> Field:
    return Field(
        name="entered",
        label=conflict.field_name,
        kind="date",
        is_required=False,
        says_optional=False,
        when_missing="Enter the day",
    )


def _line_field(conflict: ConflictView) -> Field:
    return Field(name="entered", label=conflict.field_name, is_required=False, says_optional=False)


_PLAIN_FIELDS: Final[Mapping[str, Callable[[ConflictView], Field]]] = {
    "active_from": _day_field,
    "active_to": _day_field,
    "location": _line_field,
    "authorised_by": _line_field,
}
