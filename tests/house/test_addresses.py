"""Nothing committed names a package registry or a path of the machine it was written on."""

import json
import re
from pathlib import Path

import pytest

from tests.house import source

# Written in pieces, so that this file does not name what it looks for.
_REGISTRY = re.compile(
    "|".join(
        (
            r"index" + r"-url",
            r"find" + r"-links",
            r"registry\s*=\s*" + r"[\"']?https?:",
            r"https?://[^\s/\"']*(" + r"pypi|npmjs|pythonhosted|artifactory|nexus" + ")",
            r"file://" + r"/",
        )
    )
)
_MACHINE_PATH = re.compile(r"(?<![\w.$}>*-])/(" + r"work|farm|root|home/[a-z]+|Users" + r")/[\w.]")
LOCKS = ("requirements.lock", "requirements-run.lock", "requirements-npm.lock")


def test_no_file_names_a_registry() -> None:
    assert not _found(_REGISTRY)


def test_no_file_names_a_path_of_a_machine() -> None:
    assert not _found(_MACHINE_PATH)


def test_the_front_end_lock_resolves_nothing() -> None:
    lock = json.loads((source.ROOT / "package-lock.json").read_bytes())
    packages = lock["packages"]
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    blocks = _locked(source.ROOT / name)
    assert blocks
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+", pinned) for pinned in blocks)
    assert all(hashes for hashes in blocks.values())


def test_a_node_runs_what_was_tested() -> None:
    tested = _locked(source.ROOT / "requirements.lock")
    run = _locked(source.ROOT / "requirements-run.lock")
    assert {pinned: tested.get(pinned) for pinned in run} == run


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (_REGISTRY, "pip install --index" + "-url x"),
        (_REGISTRY, "https://registry.npm" + "js.org/idb"),
        (_MACHINE_PATH, "open('/" + "work/main/x')"),
        (_MACHINE_PATH, "see /" + "root/.cache"),
    ],
)
def test_an_address_would_be_seen(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [
        source.where(path, number)
        for path in source.files()
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def _text(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8")


def _locked(path: Path) -> dict[str, frozenset[str]]:
    """Each pinned package of a lock file with its hashes."""
    blocks: dict[str, frozenset[str]] = {}
    for block in re.split(r"\n(?=[a-z])", path.read_text("utf-8")):
        hashes = frozenset(re.findall(r"sha256:[0-9a-f]{64}", block))
        if hashes:
            blocks[block.split()[0]] = hashes
    return blocks
