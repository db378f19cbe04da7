"""The hub's session for one request: check, store, answer; nothing is kept of it."""

from typing import Any

import pytest

from sync_protocol.cursor import START, Cursor
from sync_protocol.departure import Permit, Receipted
from sync_protocol.errors import (
    BadMessage,
    Replayed,
    UnsupportedProtocol,
)
from sync_protocol.limits import (
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_OLDEST,
    WAIT_MS_MAX,
)
from sync_protocol.messages import (
    Entry,
    Fault,
    Hello,
    OwnRange,
    Repaired,
    Request,
)
from sync_protocol.scope import ScopeStep
from sync_protocol.session import (
    HUB_TABLE,
    Answer,
    Append,
    HubSession,
    HubState,
    Send,
    Stored,
    has_news,
    wait_ms_of,
)
from tests import toys
from tests.unit.sync_protocol.session_parts import HERE, TICK, hello_of, reply_of

HUB_INPUTS = (TICK, reply_of(), Stored(), Request(hello_of(1)))


@pytest.mark.parametrize("state", HubState)
@pytest.mark.parametrize("came", HUB_INPUTS, ids=lambda one: type(one).__name__)
def test_what_is_not_in_the_hubs_table_raises_and_changes_nothing(
    state: HubState, came: Any
) -> None:
    if (state, type(came)) in HUB_TABLE:
        return
    session = HubSession(HERE, 0)
    session.state = state
    with pytest.raises(BadMessage) as caught:
        session.receive(came)
    assert caught.value.detail == f"{type(came).__name__} while {state.value}"
    assert session.state is state


def test_the_hub_stores_then_answers_then_sends() -> None:
    """INV-02: nothing is admitted to before it is durable."""
    session, request, reply = HubSession(HERE, 3), Request(hello_of(4)), reply_of(4)
    assert session.receive(request) == (Append(request),)
    assert session.receive(Stored()) == (Answer(request, may_wait=False),)
    assert session.receive(reply) == (Send(reply),)
    assert session.state is HubState.DONE


def test_who_may_wait_is_answered_again_when_something_may_be_new() -> None:
    session, request = HubSession(HERE, 0), Request(hello_of(1, wait_ms=1))
    session.receive(request)
    assert session.receive(Stored()) == (Answer(request, may_wait=True),)
    assert session.receive(TICK) == (Answer(request, may_wait=True),)


@pytest.mark.parametrize(
    ("hello", "code", "detail"),
    [
        (hello_of(4, newest=PROTOCOL_VERSION_OLDEST - 1), UnsupportedProtocol.code, " to 0"),
        (hello_of(4, oldest=PROTOCOL_VERSION + 1), UnsupportedProtocol.code, "2 to "),
        (hello_of(3), Replayed.code, "3 after 3"),
        (hello_of(2), Replayed.code, "2 after 3"),
        (
            hello_of(4, cursor=Cursor(toys.incarnation(2))),
            "wrong_receiver",
            toys.incarnation(2).hex(),
        ),
    ],
)
def test_what_the_hub_cannot_answer_it_refuses_and_says_how_to_go_on(
    hello: Hello, code: str, detail: str
) -> None:
    session = HubSession(HERE, 3)
    (sent,) = session.receive(Request(hello))
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Fault)
    assert (sent.message.code, sent.message.count) == (code, 3)
    assert detail in sent.message.detail
    assert sent.message.incarnation == HERE
    assert session.state is HubState.DONE


def test_a_node_that_never_heard_from_this_hub_is_answered() -> None:
    request = Request(hello_of(4, cursor=START))
    assert HubSession(HERE, 3).receive(request) == (Append(request),)


@pytest.mark.parametrize(
    ("asked", "held"), [(-1, 0), (0, 0), (5, 5), (WAIT_MS_MAX + 1, WAIT_MS_MAX)]
)
def test_no_request_is_held_beyond_the_limit(asked: int, held: int) -> None:
    """INV-14."""
    assert wait_ms_of(hello_of(1, wait_ms=asked)) == held


NEWS = (
    {"entries": (Entry(toys.raw_op(1, {}), 1, 1),)},
    {"notices": (Entry(toys.raw_op(1, {}), 1, 1),)},
    {"steps": (ScopeStep(1, "enter", toys.subject(1), ("here",)),)},
    {"own": (OwnRange(1, 1, 1, 1, "", b""),)},
    {"more": True},
    {"repaired": Repaired()},
    {"digest_equal": False},
    {"permits": (Permit(toys.subject(1), 1, b"", 0),)},
    {"unproven": (toys.subject(1),)},
    {"receipted": (Receipted(toys.subject(1), 1, "sealed"),)},
    {"elsewhere": ()},
    {"incarnation": toys.incarnation(2)},
)


@pytest.mark.parametrize("parts", NEWS, ids=lambda parts: next(iter(parts)))
def test_anything_to_tell_is_told_at_once(parts: dict[str, Any]) -> None:
    assert has_news(reply_of(**parts), Cursor(HERE), had_runs=False)


def test_taking_something_in_is_news_and_silence_is_none() -> None:
    assert has_news(reply_of(), Cursor(HERE), had_runs=True)
    assert not has_news(reply_of(), Cursor(HERE), had_runs=False)
    assert not has_news(reply_of(digest_equal=True), Cursor(HERE), had_runs=False)
