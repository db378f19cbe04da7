"""The files of the repository, as the house tests read them."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("throughcare", "server", "edge", "mobile_api", "casework", "sync_protocol")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that is committed or would be: what git lists and does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in sorted(listed.split("\0")) if name)
    return tuple(path for path in paths if path.is_file())


def with_suffix(*suffixes: str) -> tuple[Path, ...]:
    """The files whose names end so."""
    return tuple(path for path in files() if path.suffix in suffixes)


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax of one Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> list[Function]:
    """Every function and method defined in one Python file."""
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


def where(path: Path, line: int | None = None) -> str:
    """The place as an editor understands it."""
    relative = path.relative_to(ROOT).as_posix()
    return relative if line is None else f"{relative}:{line}"
