"""One word per idea: the names we give are the field's words, not those that say too little."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import source

BANNED = {
    "client": "say node, spoke or terminal",
    "slave": "say spoke",
    "event": "say op, or name what happened",
    "delta": "say op, or name the difference",
    "journal": "say op log",
    "parent": "say replaces",
    "head": "say standing",
    "offset": "say cursor",
    "watermark": "say cursor",
    "cache": "say projection",
    "delete": "say retract, redact, evict or remove",
    "update": "find the verb: amend, fold, write, renew",
    "data": "say what it is",
    "info": "say what it is",
    "manager": "say what it does (only the kind offender_manager keeps the word)",
    "helper": "say what it does",
    "util": "say what it does",
    "utility": "say what it does",
    "utilities": "say what it does",
    "process": "find the verb",
    "handle": "find the verb",
    "viewmodel": "say projection",
}

# Words that somebody else's interface or the field forces on us; each with the reason.
ALLOWED_NAMES = {
    "xDelete": "SQLite calls it",
    "parent": "pathlib.Path calls it",
    "data_received": "asyncio.Protocol calls it",
    "handle_data": "html.parser.HTMLParser calls it",
    "handle_starttag": "html.parser.HTMLParser calls it",
    "handle_endtag": "html.parser.HTMLParser calls it",
}
# The record kind, which the field calls so, and the library sqlite-utils, which is called so.
ALLOWED_PHRASES = ("offender_manager", "OffenderManager", "OFFENDER_MANAGER", "sqlite_utils")
# Litestar hands a request's body to the parameter of this name, and to no other.
LITESTAR_BODY = "data"
LITESTAR_PLACES = ("api", "pages", "web")

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def test_no_name_of_ours_says_too_little() -> None:
    faults = [
        f"{source.where(path, line)} {name}: {BANNED[word]}"
        for path in source.with_suffix(".py")
        for name, line in _names(path)
        for word in banned_words(name)
        if not _is_request_body(path, name)
    ]
    assert not faults, "Choose other words:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    "name",
    [
        "delete_person",
        "EventLog",
        "http_utils",
        "HTTPClient",
        "sync_info",
        "process",
        "_handle",
        "HEAD",
    ],
)
def test_a_banned_word_is_seen_inside_a_name(name: str) -> None:
    assert banned_words(name)


@pytest.mark.parametrize(
    "name",
    ["offender_manager", "OffenderManagerChange", "handle_data", "as_sqlite_utils", "headers"],
)
def test_a_forced_or_different_word_is_let_through(name: str) -> None:
    assert not banned_words(name)


def banned_words(name: str) -> list[str]:
    """The words of a name that the house does not use."""
    if name in ALLOWED_NAMES:
        return []
    for phrase in ALLOWED_PHRASES:
        name = name.replace(phrase, "")
    words = [word.lower() for word in _WORD.findall(name)]
    return [banned for word in words for banned in {word, word.removesuffix("s")} & {*BANNED}]


def _names(path: Path) -> Iterator[tuple[str, int]]:
    """Every name this file defines: itself, functions, classes, parameters, variables."""
    yield path.stem, 1
    for node in ast.walk(source.tree(path)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store(), value=ast.Name(id="self")):
                yield node.attr, node.lineno
            case ast.alias(asname=str()):
                assert node.asname is not None
                yield node.asname, node.lineno


def _is_request_body(path: Path, name: str) -> bool:
    return name == LITESTAR_BODY and any(part in LITESTAR_PLACES for part in path.parts)
