"""Verdicts and scope: what the hub says of an op, from what its writer had been told."""

import pytest

from sync_protocol.clock import hlc_bytes, pack_hlc
from sync_protocol.limits import DRIFT_MS_MAX
from sync_protocol.merge import RecordKey
from sync_protocol.op import Op
from sync_protocol.scope import (
    APPLIED,
    UNJUDGED,
    Flag,
    ScopeStep,
    Span,
    Verdict,
    act_between,
    claim_of,
    is_entitled,
    is_late,
    join_verdicts,
    judge,
    judge_sets,
    leaves_max,
    reasons_in,
    spans_by_subject,
    words_of,
)
from tests import toys

PARKED = Verdict(Flag.PARKED, "not_entitled")
TOLD = 5


def _entitled(op: Op, *spans: Span, told: int | None = TOLD) -> bool:
    return is_entitled(op, told, spans_by_subject(spans), toys.REGISTRY)


def _late(op: Op, *spans: Span, told: int | None = TOLD) -> bool:
    return is_late(op, told, spans_by_subject(spans))


def test_a_verdict_reads_as_claims() -> None:
    assert PARKED.is_parked
    assert not APPLIED.is_parked
    assert Verdict(int(Flag.APPLIED | Flag.SUSPECT)).is_suspect
    assert not UNJUDGED.is_suspect


def test_applied_beats_parked_and_takes_its_reason_away() -> None:
    assert join_verdicts(PARKED, APPLIED) == APPLIED == join_verdicts(APPLIED, PARKED)


def test_suspect_late_and_redacted_never_go_away() -> None:
    marked = Verdict(int(Flag.SUSPECT | Flag.LATE | Flag.REDACTED))
    joined = join_verdicts(marked, APPLIED)
    assert joined.flags == marked.flags | Flag.APPLIED


def test_two_reasons_join_alike_from_either_side() -> None:
    other = Verdict(Flag.PARKED, "change_set")
    assert join_verdicts(PARKED, other) == join_verdicts(other, PARKED)
    assert join_verdicts(PARKED, UNJUDGED) == PARKED


def test_a_held_subject_may_be_written_about() -> None:
    op = toys.op(1, {"label": "x"})
    assert not _entitled(op)
    assert _entitled(op, Span(toys.subject(1), 5))
    assert not _entitled(op, Span(toys.subject(2), 5))


def test_a_grant_counts_from_the_epoch_that_the_writer_knew() -> None:
    """What counts is what the node had been told, never time."""
    op = toys.op(1, {"label": "x"})
    assert not _entitled(op, Span(toys.subject(1), 6))


def test_the_node_that_created_a_subject_need_not_be_told() -> None:
    assert _entitled(toys.op(1, {"label": "x"}), Span(toys.subject(1), 0), told=0)


def test_kinds_declared_anywhere_need_no_scope() -> None:
    assert _entitled(toys.op(1, {"reason": "x"}, key=toys.GRUDGE_KEY))


def test_an_unknown_kind_needs_scope() -> None:
    key = RecordKey("novelty", (toys.subject(1),), toys.record(1))
    assert not _entitled(toys.op(1, {}, key=key))
    assert _entitled(toys.op(1, {}, key=key), Span(toys.subject(1), 1))


def test_one_side_of_a_pair_is_enough() -> None:
    key = RecordKey("novelty", toys.GRUDGE_KEY.subjects, toys.record(1))
    assert _entitled(toys.op(1, {}, key=key), Span(toys.subject(2), 1))


def test_who_is_entitled_is_applied_and_who_is_not_is_parked() -> None:
    op = toys.op(1, {"label": "x"})
    now_ms = toys.MORNING_MS + 1000
    assert judge(op, entitled=True, now_ms=now_ms) == APPLIED
    assert judge(op, entitled=False, now_ms=now_ms) == PARKED


@pytest.mark.parametrize("entitled", [True, False])
def test_a_clock_far_ahead_is_suspect_and_decides_nothing_else(*, entitled: bool) -> None:
    ahead = hlc_bytes(pack_hlc(toys.MORNING_MS + DRIFT_MS_MAX + 1, 0))
    verdict = judge(toys.op(1, {}, hlc=ahead), entitled=entitled, now_ms=toys.MORNING_MS)
    assert verdict.is_suspect
    assert verdict.is_parked is not entitled


def test_one_parked_op_parks_its_subjects_part_of_the_set() -> None:
    """INV-07: else "close this, open that" could end an alert by machine."""
    mine = [toys.op(seq, {}, change_set=toys.change_set(1, seq - 1, 2)) for seq in (1, 2)]
    other = toys.op(3, {}, key=toys.GRUDGE_KEY, change_set=toys.change_set(1, 0, 1))
    alone = toys.op(4, {})
    judged = [(mine[0], APPLIED), (mine[1], PARKED), (other, APPLIED), (alone, APPLIED)]
    assert judge_sets(judged) == [Verdict(Flag.PARKED, "change_set"), PARKED, APPLIED, APPLIED]


def test_a_set_of_which_an_op_is_missing_is_parked() -> None:
    """INV-07: what could not be read may have been the half that mattered."""
    op = toys.op(1, {}, change_set=toys.change_set(1, 0, 2))
    assert judge_sets([(op, APPLIED)]) == [Verdict(Flag.PARKED, "change_set")]


def test_a_set_parked_whole_keeps_that_its_clock_was_suspect() -> None:
    suspect = Verdict(int(Flag.APPLIED | Flag.SUSPECT))
    mine = [toys.op(seq, {}, change_set=toys.change_set(1, seq - 1, 2)) for seq in (1, 2)]
    first = judge_sets([(mine[0], suspect), (mine[1], PARKED)])[0]
    assert first == Verdict(int(Flag.PARKED | Flag.SUSPECT), "change_set")


def test_a_set_without_a_parked_op_stays_applied() -> None:
    op = toys.op(1, {}, change_set=toys.change_set(1, 0, 1))
    assert judge_sets([(op, APPLIED)]) == [APPLIED]


def test_whoever_has_let_go_may_not_write_on() -> None:
    """INV-05: before it let go it may finish what it had begun, told or not."""
    op = toys.op(1, {"label": "x"})
    ended = Span(toys.subject(1), 2, 4)
    sealed = Span(toys.subject(1), 2, 4, is_sealed=True)
    assert [_entitled(op, ended, told=told) for told in (1, 3, 4, 9)] == [False, True, True, True]
    assert [_entitled(op, sealed, told=told) for told in (1, 3, 4, 9)] == [
        False,
        True,
        False,
        False,
    ]


def test_what_an_earlier_incarnation_had_told_may_be_lost() -> None:
    """INV-01: any span counts then, and none is none."""
    op = toys.op(1, {"label": "x"})
    assert _entitled(op, Span(toys.subject(1), 2, 4, is_sealed=True), told=None)
    assert not _entitled(op, told=None)


def test_late_is_what_was_entitled_by_a_span_that_has_ended() -> None:
    op = toys.op(1, {"label": "x"})
    ended, again = Span(toys.subject(1), 2, 4), Span(toys.subject(1), 6)
    assert _late(op, ended, told=3)
    assert _late(op, ended, again, told=3)
    assert not _late(op, ended, again, told=6)
    assert not _late(op, told=3)


def test_a_late_op_is_applied_and_marked() -> None:
    verdict = judge(toys.op(1, {}), entitled=True, late=True, now_ms=toys.MORNING_MS + 1000)
    assert verdict == Verdict(Flag.APPLIED | Flag.LATE)


def test_a_late_op_of_a_clock_far_ahead_is_marked_as_both() -> None:
    ahead = hlc_bytes(pack_hlc(toys.MORNING_MS + DRIFT_MS_MAX + 1, 0))
    op = toys.op(1, {}, hlc=ahead)
    verdict = judge(op, entitled=True, late=True, now_ms=toys.MORNING_MS)
    assert verdict == Verdict(Flag.APPLIED | Flag.SUSPECT | Flag.LATE)


@pytest.mark.parametrize(
    ("before", "after", "act"),
    [
        (None, set(), None),
        (None, {"here"}, "enter"),
        ({"here"}, {"here"}, None),
        ({"here"}, {"here", "soon"}, "reasons"),
        ({"here", "soon"}, {"soon"}, "reasons"),
        ({"soon"}, set(), "leave"),
    ],
)
def test_a_subject_leaves_with_its_last_reason(
    before: set[str] | None, after: set[str], act: str | None
) -> None:
    held = None if before is None else frozenset(before)
    assert act_between(held, frozenset(after)) == act


def test_reasons_are_words_in_one_order() -> None:
    reasons = frozenset({"soon", "here"})
    assert words_of(reasons) == "here,soon"
    assert reasons_in("here,soon") == reasons
    assert reasons_in("") == frozenset()
    with pytest.raises(AssertionError):
        words_of(frozenset({"here,soon"}))


def test_the_hubs_claim_binds_every_part_of_a_step() -> None:
    step = ScopeStep(3, "leave", toys.subject(1), ("here", "soon"), 2, 9)
    claims = {
        claim_of(one, toys.incarnation(which), toys.node(node))
        for one, which, node in (
            (step, 1, 1),
            (step, 2, 1),
            (step, 1, 2),
            (ScopeStep(4, "leave", toys.subject(1), ("here", "soon"), 2, 9), 1, 1),
            (ScopeStep(3, "enter", toys.subject(1), ("here", "soon"), 2, 9), 1, 1),
            (ScopeStep(3, "leave", toys.subject(2), ("here", "soon"), 2, 9), 1, 1),
            (ScopeStep(3, "leave", toys.subject(1), ("heresoon",), 2, 9), 1, 1),
            (ScopeStep(3, "leave", toys.subject(1), ("here", "soon"), 1, 9), 1, 1),
            (ScopeStep(3, "leave", toys.subject(1), ("here", "soon"), 2, 1), 1, 1),
            (ScopeStep(3, "leave", toys.subject(1), ("here", "soon"), 2, 0), 1, 1),
        )
    }
    assert len(claims) == 10
    assert (step.is_enter, step.is_leave) == (False, True)


@pytest.mark.parametrize(("held", "most"), [(0, 20), (400, 20), (401, 20), (1000, 50)])
def test_a_twentieth_may_leave_within_the_hour(held: int, most: int) -> None:
    assert leaves_max(held, 20) == most


def test_spans_are_found_by_subject() -> None:
    one, two = Span(toys.subject(1), 1, 3), Span(toys.subject(1), 5)
    assert spans_by_subject([one, two]) == {toys.subject(1): [one, two]}
