"""Risk levels: every level shown as it is, and a lower one only on purpose."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler

from casework.desk.writing import FieldChange
from casework.records.risk import SECURITY_CATEGORIES
from casework.reference.reader import describe
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Choice, Field, Form, words_of
from casework.web.pages.asking import page_of, person_of
from casework.web.pages.single import read_single, seen_of, write_single
from casework.web.shown.cards import CELL_SHARING, GROUPS, LEVELS, SETTINGS
from casework.web.visit import Visit
from casework.web.words import listed

LEVEL_CHOICES: Final = tuple(Choice(value, words) for value, words in LEVELS.items())
SHARING_CHOICES: Final = tuple(Choice(value, words) for value, words in CELL_SHARING.items())
NOT_SET: Final = "Not known here"
CATEGORIES: Final = tuple(
    Choice(code, describe("security_category_codes", code)) for code in SECURITY_CATEGORIES.names
)


def routes() -> list[HTTPRouteHandler]:
    """The form of risk levels."""
    work = Work(ask=_ask, save=_save, check=_check, words=_changed_words, follows=True)
    return form_routes("/people/{person:str}/risk", work)


def level_fields(place_kind: str) -> tuple[Field, ...]:
    """Every level that staff of such a place may set."""
    grid = tuple(
        Field(
            name=f"{group}_{setting}",
            label=f"{words}, {where}",
            kind="select",
            choices=LEVEL_CHOICES,
            is_required=False,
            empty=NOT_SET,
            says_optional=False,
            is_paired=True,
            section="Risk of serious harm to others",
        )
        for group, words in GROUPS.items()
        for setting, where in SETTINGS.items()
    )
    harm = Field(
        name="self_harm",
        label="Self-harm",
        kind="select",
        choices=LEVEL_CHOICES,
        is_required=False,
        empty=NOT_SET,
        says_optional=False,
        section="Risk to this person",
    )
    return (*grid, harm, *(_prison_fields() if place_kind == "prison" else ()))


def _prison_fields() -> tuple[Field, ...]:
    return (
        Field(
            name="csra",
            label="Cell sharing risk",
            kind="select",
            choices=SHARING_CHOICES,
            is_required=False,
            empty=NOT_SET,
            says_optional=False,
            is_paired=True,
            section="In prison",
        ),
        Field(
            name="security_category",
            label="Security category",
            kind="select",
            choices=CATEGORIES,
            is_required=False,
            empty=NOT_SET,
            says_optional=False,
            is_paired=True,
            section="In prison",
        ),
    )


def _ask(visit: Visit, ids: Ids) -> Asked:
    person = person_of(ids)
    record = read_single(visit, person, "risk")
    levels = level_fields(visit.desk.place.kind)
    now = _levels_now(record.values if record else {}, levels)
    fields = tuple(_with_now(one, now[one.name]) for one in levels)
    form = Form(
        title="Change risk levels",
        lead=("Each level is shown as it stands. Change only what you know to be different.",),
        check_title="Check the risk levels",
        save="Save risk levels",
        fields=(
            *fields,
            Field(
                name="reason",
                label="Why",
                kind="long_text",
                section="Your reason",
                when_missing="Write why the level changes",
            ),
            Field(
                name="lower",
                label="I am lowering a level on purpose",
                kind="checkbox",
                is_required=False,
                hint="Tick only if a level goes down. A level goes up without this.",
            ),
        ),
    )
    bar = visit.bar(person)
    return Asked(form=form, back=page_of(ids), bar=bar, seen=seen_of(record), values=now)


def _check(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    record = read_single(visit, person_of(ids), "risk")
    fields = level_fields(visit.desk.place.kind)
    now = _levels_now(record.values if record else {}, fields)
    faults = {
        one.name: f"{one.label} is set and can't be emptied: choose a level"
        for one in fields
        if now[one.name] and not values[one.name]
    }
    if not faults and values == {**values, **now}:
        faults[fields[0].name] = "Nothing is changed: change a level, or go back"
    lowered = [one.label.lower() for one in fields if _is_lower(one, now, values)]
    if lowered and values["lower"] != "yes" and not faults:
        faults["lower"] = f"This lowers {listed(lowered)}. Tick if you mean it"
    return faults


def _save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    person = person_of(ids)
    record = read_single(visit, person, "risk")
    fields = level_fields(visit.desk.place.kind)
    now = _levels_now(record.values if record else {}, fields)
    values: dict[str, Any] = {
        one.name: filled.values[one.name]
        for one in fields
        if filled.values[one.name] and filled.values[one.name] != now[one.name]
    }
    values["grounds"] = {
        "text": filled.values["reason"],
        "author": visit.caller.display_name,
        "written_on": visit.now_ms,
    }
    saved = write_single(visit, person, "risk", values, filled)
    return receipt_of(saved, "Risk levels saved", page_of(ids))


def _levels_now(shown: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, str]:
    return {one.name: str(shown.get(one.name) or "") for one in fields}


def _is_lower(field: Field, now: Mapping[str, str], values: Mapping[str, str]) -> bool:
    order = [one.value for one in field.choices]
    before, after = now[field.name], values[field.name]
    if not before or after not in order:
        return False
    # A level of a newer release outranks every one that is known here.
    return before not in order or order.index(after) < order.index(before)


def _with_now(field: Field, now: str) -> Field:
    """The field, with the level that stands among its choices, also where it is not known here."""
    if not now or now in {one.value for one in field.choices}:
        return field
    return msgspec.structs.replace(field, choices=(*field.choices, Choice(now, now)))


def _changed_words(change: FieldChange) -> tuple[str, str]:
    for field in level_fields("prison"):
        if field.name == change.field:
            return field.label, words_of(field.choices, str(change.value))
    text = change.value.get("text", "") if isinstance(change.value, dict) else str(change.value)
    return "Reason given", str(text)
