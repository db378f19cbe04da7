"""Errors: four families, each error with a code of its own and a hint."""

import pytest

import sync_protocol.author
import sync_protocol.causality
from sync_protocol.errors import (
    BadSignature,
    Corrupt,
    PeerFault,
    Refused,
    ThroughcareError,
    Unavailable,
)

FAMILIES = (Refused, PeerFault, Unavailable, Corrupt)
MODULES = (sync_protocol.author, sync_protocol.causality)


def _concrete() -> list[type[ThroughcareError]]:
    assert MODULES, "importing them is what makes their errors known"
    found: list[type[ThroughcareError]] = []
    waiting: list[type[ThroughcareError]] = list(FAMILIES)
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += one.__subclasses__()
    return [one for one in found if one.__module__.startswith("sync_protocol")]


def test_there_is_no_fifth_family() -> None:
    direct = ThroughcareError.__subclasses__()
    assert {one for one in direct if one.__module__.startswith("sync_protocol")} == set(FAMILIES)


@pytest.mark.parametrize("error", _concrete(), ids=lambda error: error.__name__)
def test_an_error_says_what_happened_then_what_to_do(error: type[ThroughcareError]) -> None:
    assert (error.__doc__ or "").strip().splitlines()[0].endswith((".", "missing"))
    assert error.code.isidentifier()
    assert error.hint or error is Refused


def test_a_code_names_one_error() -> None:
    """An error may refine another under the same code; two that are unrelated may not share one."""
    for one in _concrete():
        namesakes = [other for other in _concrete() if other.code == one.code]
        assert all(issubclass(one, other) or issubclass(other, one) for other in namesakes)


def test_the_text_is_sentence_detail_and_hint() -> None:
    text = str(BadSignature("node ab12"))
    assert text == (
        "A signature does not verify over the bytes received. node ab12 "
        "Check that the estate file holds this node's present public key."
    )
    assert BadSignature("node ab12").detail == "node ab12"


def test_the_text_leaves_out_what_is_empty() -> None:
    assert str(Refused()) == "The caller asked for what the rules forbid; nothing was changed."
