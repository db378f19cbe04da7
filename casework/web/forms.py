"""Forms as plain structs, and how what was typed is read: one way for every page.

A page says which questions it asks; one template shows them, one function reads the answers, one
page plays them back to be checked. Faults are sentences that say what to do, tied to their field.
This module refuses to know what an answer means: that is for the page and the desk.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from casework.web.words import iso_day

FieldKind = Literal[
    "text",
    "password",
    "long_text",
    "radios",
    "select",
    "date",
    "time",
    "checkbox",
    "number",
    "more",
]
TEXT_CHARACTERS_MAX: Final = 200
LONG_TEXT_CHARACTERS_MAX: Final = 12_000
NUMBER_DIGITS_MAX: Final = 15
ROWS_MAX: Final = 60
MORE: Final = "more "
"""How the press of a button for another row begins; the name of its field follows."""
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")


class Choice(msgspec.Struct, frozen=True):
    """One answer that may be chosen."""

    value: str
    words: str
    hint: str = ""
    group: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `when_missing` is what is said when a required answer is not there."""

    name: str
    label: str
    kind: FieldKind = "text"
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    is_required: bool = True
    when_missing: str = ""
    value: str = ""
    width: str = ""
    autocomplete: str = ""
    is_past: bool = False
    section: str = ""
    says_optional: bool = True
    """Whether the label says so where an answer may be left out."""
    is_paired: bool = False
    """Shown beside its neighbour where the screen is wide enough."""
    empty: str = "Choose one"
    """What a list says while nothing is chosen."""
    whole_label: str = ""
    """The label where nothing around it says what it belongs to; the label itself where empty."""
    row: Callable[[int], tuple["Field", ...]] | None = None
    """Of a button for another row: the questions of the row of this number."""
    tidy: Callable[[str], str] | None = None
    """Gives what was typed the spelling it is kept in, so that the check shows just that."""

    @property
    def said(self) -> str:
        """The label, by itself."""
        return self.whole_label or self.label

    @property
    def characters_max(self) -> int:
        """How long an answer may be."""
        return LONG_TEXT_CHARACTERS_MAX if self.kind == "long_text" else TEXT_CHARACTERS_MAX


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A page of questions; with `is_checked` the answers are played back before they are saved."""

    title: str
    fields: tuple[Field, ...]
    submit: str = "Continue"
    lead: tuple[str, ...] = ()
    is_checked: bool = True
    warning: str = ""
    save: str = "Save"
    check_title: str = "Check before you save"


class Answers(msgspec.Struct, frozen=True):
    """What was typed, tidied, and a sentence for each answer that can't be taken."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = {}


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """A form as a page shows it: the answers so far, what is wrong with them, and its tokens.

    `token` names this one filling-in of the form, so that saving it twice saves it once. `seen` is
    what its author had been shown of the record.
    """

    form: Form
    address: str
    token: str
    values: Mapping[str, str] = {}
    faults: Mapping[str, str] = {}
    seen: str = ""
    back: str = "/"


class Played(msgspec.Struct, frozen=True):
    """One answer played back in words."""

    label: str
    words: str
    name: str


Read = Callable[[Field, Mapping[str, str], date], tuple[str, str]]


def read_answers(form: Form, typed: Mapping[str, str], today: date) -> Answers:
    """The answers to a form, each tidied to the one spelling the pages use; never raises."""
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    for field in form.fields:
        values[field.name], fault = _READERS.get(field.kind, _read_text)(field, typed, today)
        if not fault and field.is_required and not values[field.name]:
            fault = field.when_missing or f"Enter {field.said[0].lower()}{field.said[1:]}"
        if fault:
            faults[field.name] = fault
    return Answers(values, faults)


def grown(form: Form, answers: Mapping[str, str]) -> Form:
    """The form with as many rows of each question that may be answered more than once as asked."""
    return msgspec.structs.replace(form, fields=tuple(_grown(form.fields, answers)))


def _grown(fields: Iterable[Field], answers: Mapping[str, str]) -> Iterator[Field]:
    for field in fields:
        if field.row is not None:
            for number in range(int(field.value) + 1, rows_asked(field, answers) + 1):
                yield from _grown(field.row(number), answers)
        yield field


def rows_asked(field: Field, answers: Mapping[str, str]) -> int:
    """How many rows a question has by now."""
    asked = answers.get(field.name, "")
    wanted = int(asked) if asked.isdecimal() and len(asked) <= NUMBER_DIGITS_MAX else 0
    return min(max(wanted, int(field.value)), ROWS_MAX)


def with_another_row(form: Form, answers: Mapping[str, str], name: str) -> dict[str, str]:
    """The answers, with one row more of the question whose button has this name."""
    asked = next((field for field in form.fields if field.name == name and field.row), None)
    more = {} if asked is None else {name: str(rows_asked(asked, answers) + 1)}
    return {**answers, **more}


def date_parts(value: str) -> tuple[str, str, str]:
    """Day, month and year as typed, out of the stored text of a date answer."""
    year, month, day = ([*value.split("-"), "", "", ""])[:3] if value else ("", "", "")
    return day.lstrip("0"), month.lstrip("0"), year


def played_back(form: Form, answers: Mapping[str, str]) -> tuple[Played, ...]:
    """Every answer in words, in the order asked; passwords and unanswered extras are left out."""
    return tuple(
        Played(field.said, _words(field, answers.get(field.name, "")), field.name)
        for field in form.fields
        if field.kind not in {"password", "more"}
        if field.is_required or answers.get(field.name)
    )


def words_of(choices: Sequence[Choice], value: str) -> str:
    """The words of a chosen value; the value itself where no choice has it."""
    return next((one.words for one in choices if one.value == value), value)


def _words(field: Field, value: str) -> str:
    if field.kind == "date":
        return iso_day(value)
    if field.kind == "checkbox":
        return "Yes" if value else "No"
    chosen = next((one for one in field.choices if one.value == value), None)
    if chosen is None:
        return value
    return f"{chosen.group}: {chosen.words}" if chosen.group else chosen.words


def _read_text(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    value = typed.get(field.name, "").replace("\r\n", "\n").strip()
    if len(value) > field.characters_max:
        over = len(value) - field.characters_max
        return value, f"{field.said} is {over:,} characters too long: shorten it or divide it"
    return field.tidy(value) if field.tidy is not None and value else value, ""


def _read_password(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    return typed.get(field.name, ""), ""


def _read_choice(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    value = typed.get(field.name, "")
    if value and value not in {one.value for one in field.choices}:
        return "", f"{field.said}: choose one of those listed"
    return value, ""


def _read_checkbox(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    return "yes" if typed.get(field.name) == "yes" else "", ""


def _read_time(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    value = typed.get(field.name, "").strip()
    if not value:
        return "", ""
    found = _CLOCK.fullmatch(value)
    if found is None:
        return value, f"{field.said} must be a time on the 24-hour clock, like 09:30 or 21:05"
    return f"{int(found[1]):02}:{found[2]}", ""


def _read_date(field: Field, typed: Mapping[str, str], today: date) -> tuple[str, str]:
    parts = [typed.get(f"{field.name}-{part}", "").strip() for part in ("year", "month", "day")]
    if not any(parts):
        return "", ""
    value = "-".join(parts)
    missing = [word for word, part in zip(("year", "month", "day"), parts, strict=True) if not part]
    if missing:
        return value, f"{field.said} must include a {' and a '.join(reversed(missing))}"
    try:
        when = date(int(parts[0]), int(parts[1]), int(parts[2]))
    except (ValueError, OverflowError):
        # A year of ten figures is more than a date can hold.
        return value, f"{field.said} must be a real date, like 27 3 1986"
    if when.year < 1900:
        return value, f"{field.said} must have a year of four figures, like 1986"
    if field.is_past and when > today:
        return when.isoformat(), f"{field.said} must be today or in the past"
    return when.isoformat(), ""


def _read_number(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    value = typed.get(field.name, "").strip().replace(",", "")
    if value and not (value.removeprefix("-").isdecimal() and len(value) <= NUMBER_DIGITS_MAX):
        return value, f"{field.said} must be a whole number, like 6"
    return value, ""


def _read_rows(field: Field, typed: Mapping[str, str], _today: date) -> tuple[str, str]:
    return str(rows_asked(field, typed)), ""


_READERS: Final[Mapping[FieldKind, Read]] = {
    "password": _read_password,
    "radios": _read_choice,
    "select": _read_choice,
    "checkbox": _read_checkbox,
    "time": _read_time,
    "date": _read_date,
    "number": _read_number,
    "more": _read_rows,
}
