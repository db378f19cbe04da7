"""Every module opens by saying what it is for."""

import ast

from tests.house import source


def test_every_module_has_a_docstring() -> None:
    silent = [
        source.where(path)
        for path in source.with_suffix(".py")
        if not (ast.get_docstring(source.tree(path)) or "").rstrip().endswith((".", "!", "?"))
    ]
    assert not silent, f"Open these with a paragraph in whole sentences: {silent}"
