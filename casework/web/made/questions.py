"""The questions of a form for any declared value: one for each leaf, in sections, in rows.

A leaf is named by its path: `names.first`, `goals.2.text`. What a member of a value means is told
by its shape alone; what the desk fills in itself (who writes, and when) is not asked.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from casework.desk.value_words import PLACE_FIELDS, choice_words, member_label, sentence_case
from casework.records.shapes import Member, Shape
from casework.reference import in_use
from casework.reference.reader import BELONGS, codes
from casework.web.forms import Choice, Field, FieldKind
from casework.web.pages.asking import choices_of

ROWS_FIRST: Final = 3
INNER_ROWS_FIRST: Final = 1
FILLED_IN: Final = frozenset({"author", "written_on", "asserted_on"})
"""Members that the desk knows itself."""
GROUPED_BY: Final = {"alert_codes": "alert_types", "case_note_subtypes": "case_note_types"}
KINDS: Final[Mapping[str, FieldKind]] = {
    "text": "long_text",
    "day": "date",
    "number": "number",
    "tick": "checkbox",
}
PERSON_HINT: Final = "Their prison number, CRN or another number recorded here."
SOURCE_HINT: Final = "Who says so. Leave it as it is if you or a colleague does."
SOURCE: Final = "source"
"""Who says so: staff of this office, unless another source is chosen."""
STAFF: Final = "staff_id"
TEAM: Final = "team"
"""Staff who can be chosen are of this office."""
ENDS_OPEN: Final = frozenset({"at", "by", "from", "on", "to", "until"})
"""How labels end that no verb can stand before: "Delivered at"."""
YES_OR_NO: Final = (Choice("yes", "Yes"), Choice("no", "No"))


class Known(msgspec.Struct, frozen=True):
    """What is offered besides codes: staff of this office, and records of this person."""

    staff: tuple[Choice, ...]
    records: Callable[[str], tuple[Choice, ...]]
    """Those that a member of this name may refer to."""


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a form a value is asked for."""

    path: str
    label: str
    section: str = ""
    is_required: bool = True
    rows: int = ROWS_FIRST
    hint: str = ""

    @property
    def whole(self) -> str:
        """The label where no section is named beside it."""
        return f"{self.section}: {self.label}" if self.section else self.label


def questions(shape: Shape, spot: Spot, known: Known) -> tuple[Field, ...]:
    """The questions that a value takes."""
    if shape.sort == "struct":
        return _struct(shape, spot, known)
    if shape.sort == "record" and not spot.is_required and not known.records(_last(spot.path)):
        # Nothing is there to refer to, and nothing has to be.
        return ()
    if shape.sort == "many":
        return _many(shape, spot, known)
    if shape.sort == "moment":
        return _moment(shape, spot)
    return (_leaf(shape, spot, known),)


def asked_members(shape: Shape) -> tuple[Member, ...]:
    """The members that a form asks for, those of one answer first."""
    names = {one.name for one in shape.members}
    asked = [one for one in shape.members if not is_filled_in(one.name, names)]
    return tuple(sorted(asked, key=lambda one: one.shape.sort in {"struct", "many"}))


def is_filled_in(name: str, among: Iterable[str]) -> bool:
    """Whether the desk knows this member itself: who writes, when, and the name of staff chosen."""
    names = set(among)
    is_staffs = name.endswith("_name") and staff_beside(name) in names
    return name in FILLED_IN or is_staffs or (name == TEAM and STAFF in names)


def staff_beside(name: str) -> str:
    """The member of staff whose name a member holds: `staff_id` beside `staff_name`."""
    return f"{name.removesuffix('_name')}_id"


def _struct(shape: Shape, spot: Spot, known: Known) -> tuple[Field, ...]:
    asked = asked_members(shape)
    if len(asked) == 1 and asked[0].shape.sort not in {"struct", "many"}:
        only = msgspec.structs.replace(spot, path=f"{spot.path}.{asked[0].name}")
        return questions(asked[0].shape, only, known)
    section = spot.section or spot.label
    is_root = "." not in spot.path
    found: list[Field] = []
    for member in asked:
        is_nested = member.shape.sort in {"struct", "many"}
        label = member_label(member)
        within = label if is_root else f"{section}: {label}"
        at = Spot(
            path=f"{spot.path}.{member.name}",
            label=label,
            section=within if is_nested else section,
            is_required=spot.is_required and member.is_required and member.name != SOURCE,
            rows=first_rows(f"{spot.path}.{member.name}"),
        )
        here = questions(member.shape, at, known)
        found += [_of_source(one) for one in here] if member.name == SOURCE else here
    return tuple(found)


def first_rows(path: str) -> int:
    """How many rows a question begins with: fewer within a row of another."""
    return ROWS_FIRST if path.count(".") <= 1 else INNER_ROWS_FIRST


def _of_source(field: Field) -> Field:
    return msgspec.structs.replace(
        field, says_optional=False, empty="Staff of this office", hint=field.hint or SOURCE_HINT
    )


def _many(shape: Shape, spot: Spot, known: Known) -> tuple[Field, ...]:
    item = shape.item
    assert item is not None, "several are of something"
    named = spot.section or spot.label

    def row(number: int) -> tuple[Field, ...]:
        at = Spot(
            path=f"{spot.path}.{number}",
            label=f"{spot.label} {number}",
            section=f"{named} {number}" if item.sort == "struct" else named,
            is_required=False,
            hint=shape.told.hint if number == 1 else "",
        )
        return questions(item, at, known)

    first = tuple(field for number in range(1, spot.rows + 1) for field in row(number))
    if not first:
        # Nothing is there to refer to: another row would ask nothing either.
        return ()
    button = Field(
        name=f"{spot.path}.rows",
        kind="more",
        label=f"Add another row: {named.lower()}",
        value=str(spot.rows),
        is_required=False,
        row=row,
    )
    return (*first, button)


def _moment(shape: Shape, spot: Spot) -> tuple[Field, ...]:
    common = {"section": spot.section, "is_required": spot.is_required}
    day = Field(
        name=f"{spot.path}.day",
        label=f"{spot.label}: day",
        whole_label=f"{spot.whole}: day",
        kind="date",
        hint=shape.told.hint or spot.hint,
        when_missing=f"{spot.whole}: enter the day",
        **common,  # type: ignore[arg-type] # One mapping serves both fields.
    )
    time = Field(
        name=f"{spot.path}.time",
        label=f"{spot.label}: time",
        whole_label=f"{spot.whole}: time",
        kind="time",
        hint="On the 24-hour clock, like 09:30",
        when_missing=f"{spot.whole}: enter the time",
        **common,  # type: ignore[arg-type] # One mapping serves both fields.
    )
    return (day, time)


def _leaf(shape: Shape, spot: Spot, known: Known) -> Field:
    plain = Field(
        name=spot.path,
        label=spot.label,
        whole_label=spot.whole,
        hint=shape.told.hint or spot.hint,
        section=spot.section,
        is_required=spot.is_required,
        when_missing=missing_words(shape, spot.whole),
    )
    change = msgspec.structs.replace
    if spot.path in PLACE_FIELDS:
        return change(
            plain, kind="select", choices=_places(), when_missing="Choose the prison or unit"
        )
    if shape.sort == "record":
        return _record(plain, known.records(_last(spot.path)))
    if shape.sort == "person":
        return change(plain, hint=plain.hint or PERSON_HINT)
    if shape.sort == "choice" or (shape.sort == "tick" and shape.may_be_none):
        is_tick = shape.sort == "tick"
        choices = YES_OR_NO if is_tick else offered(shape)
        return change(
            plain, kind="select", choices=choices, empty="Not known" if is_tick else "Choose one"
        )
    if shape.sort == "staff":
        return change(plain, kind="select", choices=known.staff)
    return change(
        plain,
        kind=KINDS.get(shape.sort, "text"),
        is_required=plain.is_required and shape.sort != "tick",
    )


def _places() -> tuple[Choice, ...]:
    prisons = ((code, one.description, "Prisons") for code, one in in_use.prisons().items())
    units = (
        (code, one.description, "Probation delivery units")
        for code, one in in_use.delivery_units().items()
    )
    found = (Choice(code, words, group=group) for code, words, group in (*prisons, *units))
    return tuple(sorted(found, key=lambda one: (one.group, one.words)))


def _last(path: str) -> str:
    """The name of the member asked for; of a row, of the member of which it is one."""
    return next(part for part in reversed(path.split(".")) if not part.isdecimal())


def missing_words(shape: Shape, label: str) -> str:
    """What is said where an answer is missing."""
    verb = "Choose" if shape.sort in {"choice", "staff", "record"} else "Enter"
    if ": " in label or label.rpartition(" ")[2] in ENDS_OPEN:
        return f"{label}: {verb.lower()} it"
    return f"{verb} {label[:1].lower()}{label[1:]}"


def offered(shape: Shape) -> tuple[Choice, ...]:
    """The codes or words that may be chosen, in order of their words; a type's own in its order."""
    listed = shape.listed
    if shape.choices:
        return tuple(
            Choice(word, sentence_case(choice_words(shape, word))) for word in shape.choices
        )
    assert listed is not None, "what may be chosen is listed somewhere"
    found = in_use.offered(listed.list, listed.group)
    names = GROUPED_BY.get(listed.list)
    is_grouped = not listed.group and listed.list in BELONGS
    return choices_of(found, codes(names) if names else {}) if is_grouped else choices_of(found)


def _record(plain: Field, records: tuple[Choice, ...]) -> Field:
    """A choice of records where there are any of that kind; else the id, which somebody copied."""
    if records:
        return msgspec.structs.replace(plain, kind="select", choices=records)
    hint = plain.hint or "No such record is here yet. Add it first."
    return msgspec.structs.replace(plain, hint=hint)
