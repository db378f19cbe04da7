"""Between the answers of a made form, which are all text, and the values that a record takes.

`read` gives the value of typed answers, `spell` the answers that stand for a value, `faults_in`
what is wrong with answers that belong together. A row or a part that was left empty is no value.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from casework.desk.value_words import member_label
from casework.records.shapes import Member, Shape
from casework.web.forms import Choice, words_of
from casework.web.made.questions import (
    ROWS_FIRST,
    SOURCE,
    STAFF,
    TEAM,
    Spot,
    asked_members,
    first_rows,
    is_filled_in,
    missing_words,
    staff_beside,
)
from casework.web.words import clock, in_london, london_ms

Answers = Mapping[str, str]


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk fills in itself, and how it reads what names somebody."""

    author: str
    now_ms: int
    today: str
    source: str
    team: str
    staff: tuple[Choice, ...]
    teams: Mapping[str, str]
    """Of staff named in the record already, who may be of another office: their team, by id."""
    person: Callable[[str], str]
    """The id in hex of the one person who has such a number; empty where none or several have."""


def is_answered(shape: Shape, path: str, answers: Answers) -> bool:
    """Whether anything was answered of a value; a source that was filled in alone is nothing."""
    if shape.sort == "struct":
        return any(
            is_answered(one.shape, f"{path}.{one.name}", answers)
            for one in asked_members(shape)
            if one.name != SOURCE
        )
    if shape.sort == "many":
        return any(_rows(shape, path, answers))
    names = (f"{path}.day", f"{path}.time") if shape.sort == "moment" else (path,)
    return any(answers.get(name) for name in names)


def read(shape: Shape, path: str, answers: Answers, filling: Filling) -> Any:
    """The value of the answers; None where none was given."""
    match shape.sort:
        case "struct":
            return _read_struct(shape, path, answers, filling)
        case "many":
            item = shape.item
            rows = _rows(shape, path, answers)
            return [read(item, row, answers, filling) for row in rows] if item else []
        case "moment":
            day, time = answers.get(f"{path}.day", ""), answers.get(f"{path}.time", "")
            return london_ms(day, time) if day and time else None
        case "tick":
            said = answers.get(path, "")
            return said == "yes" if said or not shape.may_be_none else None
        case "number":
            return int(answers[path]) if answers.get(path) else None
        case "person":
            return filling.person(answers[path]) if answers.get(path) else None
        case _:
            return answers.get(path) or None


def spell(shape: Shape, path: str, value: Any) -> dict[str, str]:
    """The answers that stand for a value, as its form would have sent them."""
    if value is None:
        return {}
    match shape.sort:
        case "struct":
            return {
                name: answer
                for one in asked_members(shape)
                for name, answer in spell(
                    one.shape, f"{path}.{one.name}", _member(value, one.name)
                ).items()
            }
        case "many":
            return _spell_many(shape, path, value)
        case "moment" if isinstance(value, int):
            day = in_london(value).date().isoformat()
            return {f"{path}.day": day, f"{path}.time": clock(value)}
        case "tick" if isinstance(value, bool):
            return {path: "yes" if value else "no" if shape.may_be_none else ""}
        case _:
            # Spelled as a browser sends it back, or a text left alone would count as changed.
            return {path: str(value).replace("\r\n", "\n").strip()}


def faults_in(shape: Shape, spot: Spot, answers: Answers, filling: Filling) -> dict[str, str]:
    """What is wrong with answers that belong together, by the question to put right."""
    path = spot.path
    if shape.sort == "struct":
        return _struct_faults(shape, spot, answers, filling)
    if shape.sort == "many":
        item = shape.item
        faults: dict[str, str] = {}
        for row in _rows(shape, path, answers):
            number = row.rpartition(".")[2]
            at = Spot(path=row, label=f"{spot.label} {number}", section=spot.section)
            faults |= faults_in(item, at, answers, filling) if item else {}
        return faults
    if not is_answered(shape, path, answers):
        missing = f"{path}.day" if shape.sort == "moment" else path
        is_required = spot.is_required and (shape.sort != "tick" or shape.may_be_none)
        return {missing: missing_words(shape, spot.whole)} if is_required else {}
    return _leaf_faults(shape, spot, answers, filling)


def _leaf_faults(shape: Shape, spot: Spot, answers: Answers, filling: Filling) -> dict[str, str]:
    path, said = spot.path, answers.get(spot.path, "")
    if shape.sort == "moment":
        missing = [part for part in ("day", "time") if not answers.get(f"{path}.{part}")]
        return {f"{path}.{part}": f"{spot.whole} must have a {part} too" for part in missing}
    if shape.sort == "number":
        return _number_faults(shape, spot, int(said))
    if shape.sort == "person" and not filling.person(said):
        return {path: f"{spot.whole}: nobody known here, or more than one, has this number"}
    most = shape.characters_max
    if most is not None and len(said) > most:
        return {path: f"{spot.whole} must be {most:,} characters or fewer"}
    return {}


def _number_faults(shape: Shape, spot: Spot, number: int) -> dict[str, str]:
    if shape.least is not None and number < shape.least:
        return {spot.path: f"{spot.whole} must be {shape.least:,} or more"}
    if shape.most is not None and number > shape.most:
        return {spot.path: f"{spot.whole} must be {shape.most:,} or less"}
    return {}


def _struct_faults(shape: Shape, spot: Spot, answers: Answers, filling: Filling) -> dict[str, str]:
    if not spot.is_required and not is_answered(shape, spot.path, answers):
        return {}
    section = spot.section or spot.label
    is_only = len(asked_members(shape)) == 1
    faults: dict[str, str] = {}
    for one in asked_members(shape):
        is_required = one.is_required and one.shape.sort not in {"tick", "many"}
        is_required = is_required and one.name != SOURCE
        at = Spot(
            path=f"{spot.path}.{one.name}",
            label=spot.label if is_only else member_label(one),
            section=spot.section if is_only else section,
            is_required=is_required and not one.shape.may_be_none,
        )
        faults |= faults_in(one.shape, at, answers, filling)
    return faults


def _read_struct(
    shape: Shape, path: str, answers: Answers, filling: Filling
) -> dict[str, Any] | None:
    if not is_answered(shape, path, answers):
        return None
    asked = asked_members(shape)
    value = {one.name: read(one.shape, f"{path}.{one.name}", answers, filling) for one in asked}
    required = {one.name for one in shape.members if one.is_required}
    if SOURCE in value and value[SOURCE] is None:
        value[SOURCE] = filling.source
    kept = {name: one for name, one in value.items() if one is not None or name in required}
    return {**kept, **filled_in(shape.members, kept, filling)}


def filled_in(
    members: tuple[Member, ...], value: Mapping[str, Any], filling: Filling
) -> dict[str, Any]:
    """What the desk knows itself of these members: who writes, when, and the names of staff."""
    names = {one.name for one in members}
    found: dict[str, Any] = {}
    for one in members:
        if not is_filled_in(one.name, names):
            continue
        if one.name == "author":
            found[one.name] = filling.author
        elif one.name == TEAM:
            staff = value.get(STAFF)
            found |= {TEAM: filling.teams.get(str(staff), filling.team)} if staff else {}
        elif one.name.endswith("_name"):
            staff = value.get(staff_beside(one.name))
            found |= {one.name: words_of(filling.staff, str(staff))} if staff else {}
        else:
            is_day = one.shape.sort == "day"
            found[one.name] = filling.today if is_day else filling.now_ms
    return found


def _rows(shape: Shape, path: str, answers: Answers) -> list[str]:
    """The paths of the rows in which anything was answered."""
    item = shape.item
    asked = answers.get(f"{path}.rows", "")
    count = int(asked) if asked.isdecimal() else ROWS_FIRST
    rows = [f"{path}.{number}" for number in range(1, count + 1)]
    return [row for row in rows if item is not None and is_answered(item, row, answers)]


def _spell_many(shape: Shape, path: str, value: Any) -> dict[str, str]:
    if not isinstance(value, list | tuple) or shape.item is None:
        return {}
    spelled = {f"{path}.rows": str(max(first_rows(path), len(value) + 1))}
    for number, one in enumerate(value, 1):
        spelled |= spell(shape.item, f"{path}.{number}", one)
    return spelled


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None
