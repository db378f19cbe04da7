"""What is being typed is kept for its own session only, bounded, and forgotten with it."""

from collections.abc import Iterator
from itertools import count

from casework.web import drafts as module
from casework.web.drafts import KEPT_MS_MAX, Draft, Drafts, Receipt


def _drafts(now: list[int]) -> Drafts:
    numbers: Iterator[int] = count(1)
    return Drafts(lambda: now[0], lambda size: next(numbers).to_bytes(size, "big"))


def test_a_draft_is_found_by_its_own_session_only() -> None:
    drafts = _drafts([0])
    token = drafts.begin("ash", seen="s", values={"a": "b"})
    found = drafts.find("ash", token)
    assert found is not None
    assert (found.seen, found.values) == ("s", {"a": "b"})
    assert drafts.find("birch", token) is None
    drafts.forget("ash")
    assert drafts.find("ash", token) is None


def test_a_draft_ends_after_a_days_work() -> None:
    now = [0]
    drafts = _drafts(now)
    token = drafts.begin("ash", seen="", values={})
    now[0] = KEPT_MS_MAX + 1
    assert drafts.find("ash", token) is None


def test_the_drafts_untouched_longest_go_first() -> None:
    drafts = _drafts([0])
    first = drafts.begin("ash", seen="", values={})
    second = drafts.begin("ash", seen="", values={})
    drafts.keep("ash", first, Draft(0, receipt=Receipt("Saved", "LEI-1", "/")))
    for _ in range(module.DRAFTS_MAX - 1):
        drafts.begin("birch", seen="", values={})
    assert drafts.find("ash", second) is None
    assert drafts.find("ash", first) is not None
