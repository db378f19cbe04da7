"""What the hub answers stays within its limits, and every answer brings the spoke on."""

from collections.abc import Sequence

import pytest

from sync_protocol.author import Act, Draft
from sync_protocol.errors import OpTooLarge
from sync_protocol.ids import SubjectId
from sync_protocol.io import hub_answer
from sync_protocol.limits import CHANGE_SET_BYTES_MAX
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Entry
from tests import toys
from tests.unit.sync_protocol.io.estate import OTHER, Estate, ids, write

OPS = 12


@pytest.fixture
def waiting(estate: Estate) -> Estate:
    """A hub with twelve safety ops that a spoke, not holding them, passed by; and one more."""
    write(estate.other, {"reason": "before"}, RecordKey("grudge", _others(), toys.record(9)))
    estate.exchange(estate.other)
    for at in range(OPS):
        write(estate.spoke, {"reason": f"noise {at} " + "x" * 200})
    estate.exchange(estate.spoke)
    estate.exchange(estate.other)
    write(estate.spoke, {"reason": "after"})
    estate.exchange(estate.spoke)
    return estate


def _others() -> tuple[SubjectId, ...]:
    return (toys.subject(8), toys.subject(9))


def _size(entries: Sequence[Entry]) -> int:
    return sum(len(one.raw.opening) + len(one.raw.body or b"") for one in entries)


@pytest.mark.parametrize("room", range(1, OPS + 3))
def test_a_reply_of_any_room_brings_the_spoke_on(
    waiting: Estate, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """INV-10: the witness of a reply filled to the last place by a backfill."""
    monkeypatch.setattr(hub_answer, "REPLY_OPS_MAX", room)
    waiting.enter(OTHER, *toys.GRUDGE_KEY.subjects)
    waiting.exchange(waiting.other, exchanges_max=40)
    assert ids(waiting.other) == ids(waiting.hub)


def test_a_reply_ends_at_its_size_over_all_subjects(
    waiting: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-14: else a node that is given many subjects at once is answered beyond every limit."""
    places = [(toys.subject(20 + at), toys.subject(40 + at)) for at in range(4)]
    for at, subjects in enumerate(places):
        key = RecordKey("grudge", subjects, toys.record(20 + at))
        write(waiting.spoke, {"reason": "x" * 300}, key)
    waiting.exchange(waiting.spoke)
    waiting.exchange(waiting.other)
    waiting.enter(OTHER, *(subject for pair in places for subject in pair))
    monkeypatch.setattr(hub_answer, "REPLY_BYTES_AIM", 1000)
    reply = waiting.ask(waiting.other)
    assert 0 < _size(reply.entries) <= 1000
    assert reply.more


def test_notices_end_at_their_size_too(waiting: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """INV-14, INV-09: great safety ops would have made every answer too large to send."""
    monkeypatch.setattr(hub_answer, "REPLY_BYTES_AIM", 1500)
    waiting.enter(OTHER, *toys.GRUDGE_KEY.subjects)
    for at in range(OPS):
        write(waiting.spoke, {"reason": f"smoke {at} " + "x" * 200})
    waiting.exchange(waiting.spoke)
    reply = waiting.ask(waiting.other)
    assert reply.more
    assert _size(reply.notices) <= 1500
    waiting.exchange(waiting.other, exchanges_max=60)
    assert ids(waiting.other) == ids(waiting.hub)


def test_an_act_that_the_hub_would_not_take_is_refused_to_its_author(estate: Estate) -> None:
    """INV-01: the witness of a segment that could never leave its node."""
    drafts = tuple(
        Draft(
            kind="grudge",
            subjects=toys.GRUDGE_KEY.subjects,
            record=toys.record(at),
            values={"reason": "x" * (CHANGE_SET_BYTES_MAX // 3)},
            happened_at=0,
        )
        for at in range(3)
    )
    with pytest.raises(OpTooLarge):
        estate.spoke.write(Act(actor=toys.actor(1), device="till-1", drafts=drafts))
    estate.spoke.write(Act(actor=toys.actor(1), device="till-1", drafts=drafts[:2]))
    estate.exchange(estate.spoke)
    assert len(ids(estate.hub)) == 2
