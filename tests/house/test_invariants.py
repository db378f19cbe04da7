"""Every invariant PROTOCOL.md states is cited by a test, and nobody cites one it does not state.

An invariant is stated by a line that opens with its number: a heading, a list item, a table row or
a paragraph. One that the code cannot break yet says so with the words "does not apply yet".
"""

import re
from functools import cache

from tests.house import source

PROTOCOL = source.ROOT / "sync_protocol" / "PROTOCOL.md"
NOT_YET = "does not apply yet"

_NUMBER = re.compile(r"\bINV-\d\d\b")
_STATED = re.compile(r"^[\s|*#>-]*(?:\d+\.\s+)?[\s*`]*(INV-\d\d)\b")


def test_every_invariant_that_applies_is_cited_by_a_test() -> None:
    applying = {number for number, text in _stated().items() if NOT_YET not in text}
    assert applying, f"{source.where(PROTOCOL)} states no invariant"
    uncited = sorted(applying - _cited_by_tests())
    assert not uncited, f"Cite these from the test that would fail without them: {uncited}"


def test_nobody_cites_an_invariant_that_is_not_stated() -> None:
    stated = set(_stated())
    strangers = [
        f"{source.where(path)}: {number}"
        for path in source.with_suffix(".py", ".md")
        for number in sorted(_numbers(path.read_text("utf-8")) - stated)
    ]
    assert not strangers, f"PROTOCOL.md does not state these: {strangers}"


def test_the_invariants_are_numbered_without_a_gap() -> None:
    numbers = sorted(_stated())
    assert numbers == [f"INV-{number:02}" for number in range(1, len(numbers) + 1)]


@cache
def _stated() -> dict[str, str]:
    """Each invariant with the text from its number to the next number or blank line."""
    stated: dict[str, str] = {}
    current: str | None = None
    for line in PROTOCOL.read_text("utf-8").splitlines():
        opening = _STATED.match(line)
        if opening is not None:
            current = opening[1]
        elif not line.strip():
            current = None
        if current is not None:
            stated[current] = f"{stated.get(current, '')} {line.strip()}"
    return stated


@cache
def _cited_by_tests() -> frozenset[str]:
    tests = [
        path
        for path in source.files()
        if path.is_relative_to(source.ROOT / "tests")
        and not path.is_relative_to(source.ROOT / "tests" / "house")
    ]
    return frozenset().union(*(_numbers(path.read_text("utf-8", "replace")) for path in tests))


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))
