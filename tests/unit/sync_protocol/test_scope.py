"""Verdicts and scope: what the hub says of an op, from what its writer had been told."""

import pytest

from sync_protocol.clock import hlc_bytes, pack_hlc
from sync_protocol.limits import DRIFT_MS_MAX
from sync_protocol.merge import RecordKey
from sync_protocol.op import Op
from sync_protocol.scope import (
    APPLIED,
    CREATED,
    UNJUDGED,
    Flag,
    Grant,
    ScopeStep,
    Verdict,
    grants_by_subject,
    is_entitled,
    join_verdicts,
    judge,
    judge_sets,
    steps_between,
)
from sync_protocol.seal import ScopeEpoch
from tests import toys

PARKED = Verdict(Flag.PARKED, "not_entitled")
EPOCH = ScopeEpoch(toys.incarnation(1), 5)


def _entitled(op: Op, *grants: Grant) -> bool:
    return is_entitled(op, EPOCH, grants_by_subject(grants), toys.REGISTRY)


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
    assert _entitled(op, Grant(toys.subject(1), 5, "here"))
    assert not _entitled(op, Grant(toys.subject(2), 5, "here"))


def test_a_grant_counts_from_the_epoch_that_the_writer_knew() -> None:
    """What counts is what the node had been told, never time."""
    op = toys.op(1, {"label": "x"})
    assert not _entitled(op, Grant(toys.subject(1), 6, "here"))


def test_the_node_that_created_a_subject_need_not_be_told() -> None:
    assert _entitled(toys.op(1, {"label": "x"}), Grant(toys.subject(1), 99, CREATED))


def test_kinds_declared_anywhere_need_no_scope() -> None:
    assert _entitled(toys.op(1, {"reason": "x"}, key=toys.GRUDGE_KEY))


def test_an_unknown_kind_needs_scope() -> None:
    key = RecordKey("novelty", (toys.subject(1),), toys.record(1))
    assert not _entitled(toys.op(1, {}, key=key))
    assert _entitled(toys.op(1, {}, key=key), Grant(toys.subject(1), 1, "here"))


def test_one_side_of_a_pair_is_enough() -> None:
    key = RecordKey("novelty", toys.GRUDGE_KEY.subjects, toys.record(1))
    assert _entitled(toys.op(1, {}, key=key), Grant(toys.subject(2), 1, "here"))


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


def test_subjects_enter_once_and_in_order() -> None:
    reasons = {toys.subject(number): f"reason {number}" for number in (1, 2, 3)}
    steps = steps_between([toys.subject(2)], reasons, last_number=7)
    entering = sorted((toys.subject(1), toys.subject(3)))
    assert steps == [
        ScopeStep(8, entering[0], is_enter=True, reason=reasons[entering[0]]),
        ScopeStep(9, entering[1], is_enter=True, reason=reasons[entering[1]]),
    ]


def test_grants_are_found_by_subject() -> None:
    one, two = Grant(toys.subject(1), 1, "a"), Grant(toys.subject(1), 2, "b")
    assert grants_by_subject([one, two]) == {toys.subject(1): [one, two]}
