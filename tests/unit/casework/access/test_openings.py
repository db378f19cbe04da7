"""An opening ends by whichever clock gives it less, and in any case with the program."""

from casework.access.openings import OPEN_MS, Openings
from sync_protocol.ids import ActorId, RecordId, SubjectId

ASH, BIRCH = ActorId(b"a" * 16), ActorId(b"b" * 16)
ONE, OTHER = SubjectId(b"1" * 16), SubjectId(b"2" * 16)
RECORD = RecordId(b"r" * 16)


class _Steady:
    def __init__(self) -> None:
        self.now = 5_000

    def __call__(self) -> int:
        return self.now


def test_one_person_is_open_to_one_officer() -> None:
    """S27: to nobody else, and nobody else to them."""
    openings = Openings(_Steady())
    openings.begin(ASH, ONE, RECORD, 1_000)
    assert openings.find(ASH, ONE, 1_000) is not None
    assert openings.find(ASH, OTHER, 1_000) is None
    assert openings.find(BIRCH, ONE, 1_000) is None
    assert [one.person for one in openings.of(ASH, 1_000)] == [ONE]


def test_it_ends_after_an_hour_by_either_clock_and_at_once_by_one_put_back() -> None:
    """S27."""
    for node_ms, steady_ms, is_open in (
        (OPEN_MS - 1, 0, True),
        (0, OPEN_MS - 1, True),
        (OPEN_MS, 0, False),
        (0, OPEN_MS, False),
        (-1, OPEN_MS // 2, False),
    ):
        steady = _Steady()
        openings = Openings(steady)
        opening = openings.begin(ASH, ONE, RECORD, 1_000_000)
        steady.now += steady_ms
        now_ms = 1_000_000 + node_ms
        assert (openings.find(ASH, ONE, now_ms) is not None) == is_open
        assert bool(openings.of(ASH, now_ms)) == is_open
        left_ms = OPEN_MS - max(node_ms, steady_ms) if is_open else 0
        assert openings.left_ms(opening, now_ms) == left_ms


def test_it_is_ended_by_hand_and_by_signing_out() -> None:
    openings = Openings(_Steady())
    for staff in (ASH, BIRCH):
        for person in (ONE, OTHER):
            openings.begin(staff, person, RECORD, 0)
    assert openings.end(ASH, ONE) is not None
    assert openings.end(ASH, ONE) is None
    assert [one.person for one in openings.of(ASH, 0)] == [OTHER]
    openings.end_all(ASH)
    assert openings.of(ASH, 0) == ()
    assert len(openings.of(BIRCH, 0)) == 2
