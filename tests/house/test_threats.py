"""docs/threats.md is in step with what is built: controls, addresses, and classes of field.

S55: an address, a kind or a field that is new has no row there, or a row says of it what is not so.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import msgspec
import pytest

from casework.access.actions import READABLE
from casework.records import WHOLE_REGISTRY
from tests.house import source

THREATS = source.ROOT / "docs" / "threats.md"
CONTROLS = 55
WAITS = "waits"
NOT_SIGNED_IN = {"anybody", "a node"}

_NUMBER = re.compile(r"\bS([1-9]\d?)\b")
# Of any text between quotes, so that few files have to be parsed.
_SAID = re.compile(r'"""(?:(?!""").)*?\bS[1-9]', re.DOTALL)
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_TICKED = re.compile(r"`([^`]+)`")


class Control(msgspec.Struct, frozen=True):
    """A row of the table of controls: the tests it names, by file, and the rest of its words."""

    named: Mapping[str, frozenset[str]]
    """The functions named of each file; none where the file's own docstrings say the number."""
    words: str


class Address(msgspec.Struct, frozen=True):
    """A row of the table of addresses."""

    patterns: tuple[str, ...]
    who: str
    shows: str
    threats: str


class Route(msgspec.Struct, frozen=True, order=True):
    """One method of one address of an app."""

    path: str
    method: str
    is_public: bool


def test_every_control_is_listed_once_in_order() -> None:
    numbers = [cells[0] for cells in _rows("Each control, and what shows it")]
    assert numbers == [f"S{number}" for number in range(1, CONTROLS + 1)]


def test_every_control_names_a_test_or_what_it_waits_for() -> None:
    bare = [
        number for number, one in _controls().items() if not one.named and WAITS not in one.words
    ]
    assert bare == []


def test_every_test_that_a_control_names_is_there() -> None:
    """S55: the file, the function, or a docstring of the file that says the number."""
    wrong = [
        f"{number}: {file}::{name}" if name else f"{number}: {file} does not say it"
        for number, one in _controls().items()
        for file, names in one.named.items()
        for name in names or {""}
        if (name and name not in _tests_of(file)) or (not name and number not in _said_in(file))
    ]
    assert not wrong, f"Mend docs/threats.md: {wrong}"


def test_every_number_that_a_test_says_is_listed() -> None:
    """S55: so that nobody looks for the test of a control in vain."""
    controls = _controls()
    unlisted = [
        f"{number}: `{file}`"
        for file in _test_files()
        for number in sorted(_said_in(file))
        if number not in controls or file not in controls[number].named
    ]
    assert not unlisted, f"Add to their rows in docs/threats.md: {unlisted}"


@pytest.mark.slow
def test_every_address_has_its_row_and_every_row_an_address(tmp_path: Path) -> None:
    """S55: of an office and of the centre, as their apps are built."""
    rows = _addresses()
    routes = _routes(tmp_path)
    homeless = sorted({one.path for one in routes if _row_of(one.path, rows) is None})
    assert not homeless, f"Say who may ask and what worries us about: {homeless}"
    used = {pattern for one in routes for pattern in _fitting(one.path, rows)}
    idle = [pattern for row in rows for pattern in row.patterns if pattern not in used]
    assert not idle, f"No address is like these any more: {idle}"


@pytest.mark.slow
def test_every_row_says_who_may_ask(tmp_path: Path) -> None:
    """S55: an address for which nobody need be signed in stands with those of anybody or a node."""
    rows = _addresses()
    wrong = [
        one
        for one in sorted(_routes(tmp_path))
        if (row := _row_of(one.path, rows)) is not None
        and one.is_public != (row.who in NOT_SIGNED_IN)
    ]
    assert wrong == []


@pytest.mark.slow
def test_every_row_says_what_is_witnessed(tmp_path: Path) -> None:
    """S28, S55: as the test of readings has it, which looks at each address that shows somebody."""
    rows = _addresses()
    wrong = [
        one.path
        for one in sorted(_routes(tmp_path))
        if one.method == "GET"
        and (row := _row_of(one.path, rows)) is not None
        and row.shows != ("people" if _shows_people(one.path) else "nobody")
    ]
    assert wrong == []


def test_every_field_has_its_row() -> None:
    """S55: by the file that its kind lies in and its own class."""
    rows = {(file, cls): threats for file, cls, *_, threats in _fields()}
    missing = sorted(
        f"{kind.name}.{name}: {kind.file}, {spec.rule.cls}"
        for kind in WHOLE_REGISTRY.kinds.values()
        for name, spec in kind.fields.items()
        if (kind.file, spec.rule.cls) not in rows
    )
    assert missing == []
    assert all(_NUMBER.search(threats) for threats in rows.values())


def test_every_class_of_field_is_shown_to_somebody_by_the_table() -> None:
    """S23: and every field says at which places it may be written."""
    shown = frozenset().union(*READABLE.values())
    fields = [
        (f"{kind.name}.{name}", spec.rule)
        for kind in WHOLE_REGISTRY.kinds.values()
        for name, spec in kind.fields.items()
    ]
    assert len(fields) > 300
    assert [name for name, rule in fields if rule.cls not in shown or not rule.writers] == []


def test_what_is_named_as_a_threat_is_a_control() -> None:
    named = {
        number
        for table in ("Every address", "Every field", "OWASP ASVS 5.0")
        for cells in _rows(table)
        for number in _numbers(" ".join(cells))
    }
    assert named <= _controls().keys()
    assert len(named) > 30


def test_a_row_that_is_wrong_would_be_seen() -> None:
    rows = (Address(("/a/{x}*", "/b"), "staff", "people", "S1"),)
    assert _row_of("/a/{x}/more", rows) == rows[0]
    assert _row_of("/ab", rows) is None
    assert _row_of("/b/c", rows) is None
    assert _numbers("S12: of S3 and S1, not SS4 or S560") == {"S12", "S3", "S1"}


@cache
def _controls() -> Mapping[str, Control]:
    found = {}
    for number, _what, words in _rows("Each control, and what shows it"):
        named: dict[str, set[str]] = {}
        for file, name in _NAMED.findall(words):
            named.setdefault(file, set()).update({name} if name else set())
        found[number] = Control({file: frozenset(names) for file, names in named.items()}, words)
    return found


def _addresses() -> tuple[Address, ...]:
    return tuple(
        Address(tuple(_TICKED.findall(patterns)), who, shows, threats)
        for patterns, who, shows, threats in _rows("Every address")
    )


def _fields() -> list[list[str]]:
    return [[cell.strip("`") for cell in cells] for cells in _rows("Every field")]


def _rows(heading: str) -> Iterator[list[str]]:
    """The cells of each row of the table under a heading, without the two that open it."""
    text = THREATS.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"docs/threats.md has no table under {heading}"
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _row_of(path: str, rows: tuple[Address, ...]) -> Address | None:
    fitting = (row for row in rows if any(_fits(path, one) for one in row.patterns))
    return next(fitting, None)


def _fitting(path: str, rows: tuple[Address, ...]) -> Iterator[str]:
    row = _row_of(path, rows)
    return (one for one in row.patterns if _fits(path, one)) if row is not None else iter(())


def _fits(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern)


def _shows_people(path: str) -> bool:
    from tests.unit.casework.web.test_reads_are_witnessed import OF_NOBODY, OF_PEOPLE

    return path in OF_PEOPLE or ("{person}" in path and path not in OF_NOBODY)


def _routes(folder: Path) -> set[Route]:
    """Every method of every address that an office or the centre answers."""
    from tests.browser.terminal import terminal_of
    from tests.desks import Office

    found = set()
    for code in ("LEI", "N55LEE", "CENTRE"):
        (folder / code).mkdir()
        office = Office(folder / code, code)
        for route in terminal_of(office).app.routes:
            for handler in getattr(route, "route_handlers", ()):
                is_public = bool(handler.opt.get("public"))
                methods = handler.http_methods - {"OPTIONS"}
                found |= {Route(route.path_format, one, is_public) for one in methods}
        office.store.close()
    return found


@cache
def _test_files() -> tuple[str, ...]:
    names = (source.where(path) for path in source.with_suffix(".py"))
    return tuple(name for name in names if name.startswith("tests/"))


@cache
def _tests_of(file: str) -> frozenset[str]:
    path = source.ROOT / file
    if not path.is_file():
        return frozenset()
    return frozenset(one.name for one in source.functions(path))


@cache
def _said_in(file: str) -> frozenset[str]:
    """The numbers that the docstrings of a test file say."""
    path = source.ROOT / file
    if not path.is_file() or _SAID.search(path.read_text("utf-8")) is None:
        return frozenset()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = (
        ast.get_docstring(node) or ""
        for node in ast.walk(source.tree(path))
        if isinstance(node, documented)
    )
    return frozenset().union(*(_numbers(text) for text in texts))


def _numbers(text: str) -> set[str]:
    return {f"S{number}" for number in _NUMBER.findall(text) if int(number) <= CONTROLS}
