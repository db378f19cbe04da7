"""The documents are in step with the program: links lead somewhere, every command is described."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from tests.house import source

README = source.ROOT / "README.md"
README_LINES_MAX = 120

_CODE = re.compile(r"^(```|~~~).*?^\1[^\n]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:")
_TARGETS = re.compile(r"^\.PHONY:((?:[^\n]|\\\n)*)$", re.MULTILINE)


def test_the_readme_fits_on_two_pages() -> None:
    assert README.read_text("utf-8").count("\n") < README_LINES_MAX


def test_every_relative_link_leads_to_a_file() -> None:
    links = list(_links())
    assert links
    broken = [f"{source.where(path)} -> {link}" for path, link in links if not _leads(path, link)]
    assert not broken, f"Mend these links: {broken}"


def test_every_command_is_described() -> None:
    from throughcare.cli import main

    documents = [README, *(source.ROOT / "docs").rglob("*.md")]
    text = "\n".join(path.read_text("utf-8") for path in documents)
    silent = [name for name in _commands(main, "throughcare") if name not in text]
    assert not silent, f"Describe these in README.md or docs/: {silent}"


def test_every_make_target_says_what_it_does() -> None:
    makefile = (source.ROOT / "Makefile").read_text("utf-8")
    targets = [name for match in _TARGETS.findall(makefile) for name in match.split()]
    assert {"setup", "demo", "check", "test"} <= set(targets)
    silent = [n for n in targets if not re.search(rf"^{n}:.*## \w", makefile, re.MULTILINE)]
    assert not silent, f"Say after ## what these do: {silent}"


@pytest.mark.parametrize("link", ["no/such/file.md", "README.md#no-such-heading"])
def test_a_broken_link_would_be_seen(link: str) -> None:
    assert not _leads(README, link)


def _links() -> Iterator[tuple[Path, str]]:
    for path in source.with_suffix(".md"):
        for link in _LINK.findall(_CODE.sub("", path.read_text("utf-8"))):
            if not _ELSEWHERE.match(link):
                yield path, link


def _leads(path: Path, link: str) -> bool:
    """Whether the file is there and, where the link names a heading, has that heading."""
    name, _, anchor = unquote(link).partition("#")
    target = (path.parent / name).resolve() if name else path
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in _anchors(target)


def _anchors(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    spoken = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in spoken}


def _commands(command: click.Command, name: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield name
        return
    for child, member in command.commands.items():
        if not member.hidden:
            yield from _commands(member, f"{name} {child}")
