"""Size and shape: what fits on a page is read, what does not is skimmed."""

import ast
import re

from tests.house import source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
LINE_CHARACTERS_MAX = 100
POSITIONAL_MAX = 5
# A template carries sentences, which are read on the page and not in the file.
TEMPLATE_SUFFIX = ".html"
CODE_SUFFIXES = (".py", ".js", ".mjs", ".css", ".sh", ".sql")

# What is said to a checker at the end of a line does not lengthen the line; ruff agrees.
_PRAGMA = re.compile(r"\s*# (noqa|type: ignore|pragma)\b.*$")


def test_no_file_is_longer_than_its_limit() -> None:
    paths = source.with_suffix(*CODE_SUFFIXES, TEMPLATE_SUFFIX)
    lengths = {path: path.read_bytes().count(b"\n") for path in paths}
    assert lengths
    too_long = [f"{source.where(p)}: {n} lines" for p, n in lengths.items() if n > FILE_LINES_MAX]
    assert not too_long, f"Split these at a seam (limit {FILE_LINES_MAX}): {too_long}"


def test_no_line_is_longer_than_its_limit() -> None:
    too_long = [
        f"{source.where(path, number)}: {len(line)} characters"
        for path in source.with_suffix(*CODE_SUFFIXES)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if len(_PRAGMA.sub("", line)) > LINE_CHARACTERS_MAX
    ]
    assert not too_long, f"Break these lines (limit {LINE_CHARACTERS_MAX}): {too_long}"


def test_no_function_is_longer_than_its_limit() -> None:
    too_long = [
        f"{source.where(path, function.lineno)} {function.name}: {_lines(function)} lines"
        for path in source.with_suffix(".py")
        for function in source.functions(path)
        if _lines(function) > FUNCTION_LINES_MAX
    ]
    assert not too_long, f"Move steps into functions (limit {FUNCTION_LINES_MAX}): {too_long}"


def test_no_function_takes_too_many_positional_parameters() -> None:
    too_many = [
        f"{source.where(path, function.lineno)} {function.name}: {_positional(function)}"
        for path in source.with_suffix(".py")
        for function in source.functions(path)
        if _positional(function) > POSITIONAL_MAX
    ]
    assert not too_many, f"Make these keyword-only (limit {POSITIONAL_MAX}): {too_many}"


def _lines(function: source.Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def _positional(function: source.Function) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    is_bound = names[:1] in (["self"], ["cls"])
    return len(names) - is_bound


def test_a_long_function_would_be_seen() -> None:
    body = "\n".join(f"    step_{number}()" for number in range(FUNCTION_LINES_MAX))
    function = ast.parse(f"def long():\n{body}\n").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert _lines(function) == FUNCTION_LINES_MAX + 1
