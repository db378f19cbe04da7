"""Answers are read one way for every page, and a fault is a sentence that says what to do."""

from datetime import date

import pytest

from casework.web.forms import (
    LONG_TEXT_CHARACTERS_MAX,
    Choice,
    Field,
    Form,
    date_parts,
    played_back,
    read_answers,
)

TODAY = date(2026, 11, 22)
COLOURS = (Choice("r", "Red", group="Warm"), Choice("b", "Blue"))


def _read(field: Field, **typed: str) -> tuple[str, str]:
    answers = read_answers(Form(title="A form", fields=(field,)), typed, TODAY)
    return answers.values[field.name], answers.faults.get(field.name, "")


def test_text_is_tidied_and_asked_for_when_missing() -> None:
    field = Field(name="text", label="What happened", kind="long_text")
    assert _read(field, text=" a\r\nb ") == ("a\nb", "")
    assert _read(field) == ("", "Enter what happened")
    long = "x" * (LONG_TEXT_CHARACTERS_MAX + 3)
    assert "3 characters too long" in _read(field, text=long)[1]


@pytest.mark.parametrize(
    ("typed", "value", "fault"),
    [
        (("22", "11", "2026"), "2026-11-22", ""),
        (("1", "2", "1986"), "1986-02-01", ""),
        (("31", "2", "2026"), "2026-2-31", "must be a real date"),
        (("x", "2", "2026"), "2026-2-x", "must be a real date"),
        (("1", "", "2026"), "2026--1", "must include a month"),
        (("", "", "2026"), "2026--", "must include a day and a month"),
        (("1", "2", "86"), "86-2-1", "a year of four figures"),
        (("23", "11", "2026"), "2026-11-23", "must be today or in the past"),
        (("", "", ""), "", "Enter the day"),
    ],
)
def test_a_date_is_read_or_refused_with_a_reason(
    typed: tuple[str, str, str], value: str, fault: str
) -> None:
    field = Field(name="born", label="Day", kind="date", is_past=True, when_missing="Enter the day")
    parts = dict(zip(("born-day", "born-month", "born-year"), typed, strict=True))
    read, said = _read(field, **parts)
    assert read == value
    assert fault in said
    assert bool(fault) == bool(said)


def test_a_date_half_typed_is_shown_as_it_was_typed() -> None:
    assert date_parts("2026--1") == ("1", "", "2026")
    assert date_parts("2026-11-02") == ("2", "11", "2026")
    assert date_parts("") == ("", "", "")


@pytest.mark.parametrize(
    ("typed", "value"), [("9:30", "09:30"), ("0930", "09:30"), ("21.05", "21:05"), ("", "")]
)
def test_a_time_is_read_as_people_type_it(typed: str, value: str) -> None:
    field = Field(name="time", label="Time", kind="time", is_required=False)
    assert _read(field, time=typed) == (value, "")


def test_a_time_that_is_none_is_kept_and_refused() -> None:
    value, fault = _read(Field(name="time", label="Time", kind="time"), time="25:00")
    assert value == "25:00"
    assert "24-hour clock" in fault


@pytest.mark.parametrize("kind", ["radios", "select"])
def test_only_what_was_offered_can_be_chosen(kind: str) -> None:
    field = Field(name="colour", label="Colour", kind=kind, choices=COLOURS)  # type: ignore[arg-type]
    assert _read(field, colour="r") == ("r", "")
    assert _read(field, colour="green")[1] == "Colour: choose one of those listed"
    assert _read(field)[1] == "Enter colour"


def test_answers_are_played_back_in_words_and_no_password_is() -> None:
    form = Form(
        title="A form",
        fields=(
            Field(name="colour", label="Colour", kind="select", choices=COLOURS),
            Field(name="day", label="Day", kind="date"),
            Field(name="sure", label="Sure", kind="checkbox", is_required=False),
            Field(name="extra", label="Extra", is_required=False),
            Field(name="secret", label="Secret", kind="password"),
        ),
    )
    played = played_back(form, {"colour": "r", "day": "2026-11-22", "sure": "yes", "secret": "x"})
    assert [(one.label, one.words) for one in played] == [
        ("Colour", "Warm: Red"),
        ("Day", "22 November 2026"),
        ("Sure", "Yes"),
    ]
