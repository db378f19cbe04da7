"""A figure that nobody read in its text says so where it stands, and is in the table of them."""

import re
from pathlib import Path

from tests.house import source

TABLE = source.ROOT / "docs" / "decisions" / "0018-figures-to-confirm.md"
SAID = "Not confirmed against the text:"
_LOOSE = re.compile(r"not (yet )?(confirmed|verified|checked) against", re.IGNORECASE)
_ROW = re.compile(r"^\| `(casework/[\w/]+\.py)` \|", re.MULTILINE)


def test_every_figure_to_confirm_is_in_the_table_and_no_other() -> None:
    said = {source.where(path) for path in _modules() if SAID in path.read_text("utf-8")}
    rows = _ROW.findall(TABLE.read_text("utf-8"))
    assert said
    assert sorted(rows) == sorted(set(rows)), "one row a module"
    assert set(rows) == said, f"Only in one of the two: {sorted(set(rows) ^ said)}"


def test_it_is_said_in_one_form() -> None:
    loose = [
        f"{source.where(path)}: {found.group()}"
        for path in _modules()
        for found in _LOOSE.finditer(path.read_text("utf-8").replace(SAID, ""))
    ]
    assert not loose, f"Say {SAID!r} instead: {loose}"


def _modules() -> list[Path]:
    return sorted((source.ROOT / "casework").rglob("*.py"))
