"""Every module opens by saying what it is for."""

import ast
from pathlib import Path

from tests.house import source


def test_every_module_has_a_docstring() -> None:
    silent = [
        source.where(path)
        for path in source.with_suffix(".py")
        if not _opening(path).endswith((".", ":", "!", "?"))
    ]
    assert not silent, f"Open these with a paragraph in whole sentences: {silent}"


def _opening(path: Path) -> str:
    """The first paragraph of the module's docstring; a table or a drawing may follow it."""
    return (ast.get_docstring(source.tree(path)) or "").partition("\n\n")[0]
