"""Every door of the desk is behind the gate: no function or page reads a person past it."""

import ast
import functools
from pathlib import Path
from typing import Final

from tests.house.source import ROOT, Function, files, functions, tree, where

DESK: Final = ROOT / "casework" / "desk"
ALLOW: Final = ("gate", "allow")
SIGHTS: Final = frozenset(
    {
        ("gate", "check_person"),
        ("gate", "check_unrestricted"),
        ("sight", "sight_of"),
        ("sight", "reach_of"),
    }
)
"""What tells of one person, or of many, whether the caller may be told of them."""

WITHOUT_A_CALLER: Final = {
    "attention.keep_due": "works out ahead what a door shows after it has asked",
    "browsing.note_followed": "the node's own look at who looked at whom",
    "browsing.note_unusual": "the node's own look at who looked at whom",
    "due.states": "the node's own due jobs",
    "entry_custody._check_decided": "checks what a door is about to write",
    "entry_custody._check_departure": "checks what a door is about to write",
    "entry_custody._with_recalls_seen": "checks what a door is about to write",
    "kept_due.reading": "the snapshot of what is due, whose doors ask whom they may show",
    "one_pass.in_one_pass": "reads ahead for a page, whose functions each ask",
    "other_ways._staff_of": "whose name at the sign-in service it is, before anybody is signed in",
    "readiness._clock": "whether the node can work",
    "readiness._jobs": "whether the node can work",
    "readiness._store": "whether the node can work",
    "restored.awaited": "which offices a restored centre has not heard",
}
"""Functions that read the store and are asked by no member of staff, each with why."""

TELLS_NOBODY: Final = {
    "browsing.unusual": "officers and counts",
    "posts.acts_since_end": "acts and references, to an auditor",
    "posts.appoint": "who works where",
    "posts.post_of": "who works where",
    "posts.posts_at": "who works where",
    "quarantined.quarantined_kind": "the kind of an op by its number",
    "records.new_draft": "what a door is about to write, of a person it asked about",
    "standing.left": "receipts by number",
    "status.estate": "offices",
    "status.parked": "the numbers of ops",
    "trail.ask_for_officer": "an officer by user name",
    "trail.ask_for_person": "the reference of a number, to an auditor",
    "trail.what_was_seen": "lines of the audit: references, acts and reasons",
    "trail.who_saw": "lines of the audit: references, acts and reasons",
}
"""Doors that tell of no person, each with of what instead."""
NOT_ASKED: Final = {
    "counts": "how much is held, of whom the caller may be told",
    "new_draft": "what a door is about to write",
    "strip": "the state of the line, to anybody; of conflicts what the list shows the caller",
}
"""Doors that no action of the table stands before, each with why."""

Name = tuple[str, str]


def _modules() -> dict[str, Path]:
    return {path.stem: path for path in files() if path.parent == DESK and path.suffix == ".py"}


@functools.cache
def _defined() -> dict[Name, Function]:
    return {
        (module, one.name): one for module, path in _modules().items() for one in functions(path)
    }


@functools.cache
def _imported(module: str) -> dict[str, Name]:
    """What names of other modules of the desk stand for in this one."""
    found: dict[str, Name] = {}
    for node in ast.walk(tree(_modules()[module])):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("casework.desk."):
            origin = (node.module or "").rpartition(".")[2]
            found |= {one.asname or one.name: (origin, one.name) for one in node.names}
    return found


@functools.cache
def _calls(name: Name) -> frozenset[Name]:
    """The functions of the desk that one of them names, to call it or to hand it on."""
    module, found = name[0], set()
    for node in ast.walk(_defined()[name]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((node.value.id, node.attr))
        if isinstance(node, ast.Name):
            found.add(_imported(module).get(node.id, (module, node.id)))
    return frozenset(found & _defined().keys())


def _reached(name: Name) -> set[Name]:
    waiting, seen = [name], {name}
    while waiting:
        for one in _calls(waiting.pop()) - seen:
            seen.add(one)
            waiting.append(one)
    return seen


def _arguments(function: Function) -> set[str]:
    return {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}


def _doors() -> list[Name]:
    """What a page or the API may call on somebody's behalf."""
    return sorted(
        name
        for name, function in _defined().items()
        if {"desk", "caller"} <= _arguments(function)
        and not name[1].startswith("_")
        and name[0] not in {"gate", "sight", "writing"}
    )


def _reads_the_store(function: Function) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"reading", "reading_own"}
        for node in ast.walk(function)
        if not isinstance(node, ast.Name)
    )


def test_there_are_doors_to_look_at() -> None:
    assert len(_doors()) > 40
    assert ("people", "summary") in _doors()


def test_every_door_asks_whether_the_role_may() -> None:
    """S23: or is handed the reading of one that did."""
    open_doors = [
        ".".join(door)
        for door in _doors()
        if ALLOW not in _reached(door)
        and "reading" not in _arguments(_defined()[door])
        and door[1] not in NOT_ASKED
        and any(_reads_the_store(_defined()[one]) for one in _reached(door))
    ]
    assert open_doors == []


def test_every_door_to_a_person_asks_whether_the_caller_may_be_told_of_them() -> None:
    """S24, S43: of one person or of many, whoever reads the store."""
    past = [
        ".".join(door)
        for door in _doors()
        if not SIGHTS & _reached(door)
        and ".".join(door) not in TELLS_NOBODY
        and any(_reads_the_store(_defined()[one]) for one in _reached(door))
    ]
    assert past == []


def test_nothing_of_the_desk_reads_the_store_but_behind_a_door() -> None:
    """S24: what reads is called by a door, or is named above with why it need not be."""
    behind = {one for door in _doors() for one in _reached(door)} | {("gate", "check_still")}
    loose = {
        ".".join(name)
        for name, function in _defined().items()
        if _reads_the_store(function) and name not in behind
    }
    assert loose - WITHOUT_A_CALLER.keys() == set()


def test_pages_and_api_read_nobody_but_through_the_desk() -> None:
    """S24: not a row of the store, not a table of it."""
    folders = ("casework/web/", "server/pages/", "server/api/", "edge/pages/", "mobile_api/")
    past = [
        where(path, node.lineno)
        for path in files()
        if path.suffix == ".py" and where(path).startswith(folders)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"reading", "reading_own", "select", "records_of_all"}
    ]
    assert past == []


def test_one_function_alone_writes_and_it_asks_again_as_it_does() -> None:
    """S43: only an opening and its review are asked another question."""
    writers, others = [], []
    for path in files():
        if path.suffix != ".py" or not where(path).startswith(("casework/", "server/", "edge/")):
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            if ast.unparse(node.func) == "desk.store.write":
                writers.append(where(path))
            if any(one.arg == "check" for one in node.keywords) and "write" in ast.unparse(
                node.func
            ):
                others.append(where(path))
    assert writers == ["casework/desk/writing.py"]
    assert set(others) == {"casework/desk/opened.py"}
