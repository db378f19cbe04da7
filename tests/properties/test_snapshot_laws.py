"""The law of the snapshot: a fold of it and of what came after is the fold of everything.

Over interleavings with late ops, repeats, ops parked and let in later, and ops of many fields.
"""

from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.digest import EMPTY, Digest
from sync_protocol.ids import OpId
from sync_protocol.merge import RecordState, apply, new_state, show
from sync_protocol.op import Op
from sync_protocol.scope import Flag, Verdict
from sync_protocol.snapshot import (
    Cut,
    Dangling,
    await_names,
    cut_at,
    is_covered,
    stand,
    stands_of,
    term_of,
)
from tests import toys
from tests.properties.strategies import canonical, histories

APPLIED, PARKED = Verdict(Flag.APPLIED), Verdict(Flag.PARKED, "not_entitled")
SUSPECT = Verdict(Flag.APPLIED | Flag.SUSPECT)


class Numbered(msgspec.Struct, frozen=True):
    """An op as the hub has it in the end, and the number that it had while it was parked."""

    op: Op
    hub_seq: int
    verdict: Verdict


Coming = Numbered | Dangling | tuple[Numbered, tuple[str, ...]]
"""What a spoke may be sent of a subject, in any order."""


class Logged(msgspec.Struct, frozen=True):
    """The hub's log in the end, a cut of it, and what the cut had parked."""

    ops: list[Numbered]
    cut: int

    def covered(self) -> list[tuple[Op, Verdict]]:
        """What the hub had at the cut, in the order of its log."""
        return [
            (one.op, one.verdict if is_covered(one.hub_seq, self.cut) else PARKED)
            for one in sorted(self.ops, key=lambda one: one.hub_seq)
            if one.verdict.is_parked or is_covered(one.hub_seq, self.cut)
        ]

    def past(self) -> list[Numbered]:
        """Covered ops, which may come by themselves at any time."""
        applied = [one for one in self.ops if not one.verdict.is_parked]
        return [one for one in applied if is_covered(one.hub_seq, self.cut)]

    def later(self) -> list[Numbered]:
        """What counts after the cut, what was parked at it and let in since included."""
        applied = [one for one in self.ops if not one.verdict.is_parked]
        return [one for one in applied if not is_covered(one.hub_seq, self.cut)]


@st.composite
def logs(draw: st.DrawFn, *, hostile: bool = False) -> Logged:
    """Histories in any order of arrival at the hub: applied, parked for ever, or let in late."""
    history = draw(histories(8, hostile=hostile))
    order = draw(st.permutations(history))
    ops = []
    for number, (op, suspect) in enumerate(order, start=1):
        fate = draw(st.sampled_from(("applied", "applied", "applied", "parked", "let in")))
        verdict = PARKED if fate == "parked" else SUSPECT if suspect else APPLIED
        ops.append(Numbered(op, number + (100 if fate == "let in" else 0), verdict))
    return Logged(ops, draw(st.integers(0, len(history) + 1)))


class Arrived:
    """A spoke that took in the snapshot of one subject."""

    def __init__(self, cut: int, told: Cut) -> None:
        """Nothing stands yet; the digest is that of what the cut covers."""
        self.cut = cut
        self.state: RecordState = new_state()
        self.digest: Digest = told.digest
        self.folded: set[OpId] = set()

    def take_fact(self, one: Numbered, fields: tuple[str, ...]) -> None:
        """An op that stands at the cut."""
        if one.op.id not in self.folded:
            stand(self.state, one.op, fields, suspect=one.verdict.is_suspect)
        self.folded.add(one.op.id)

    def take_op(self, one: Numbered) -> None:
        """An op by itself: of the past, after the cut, or a repeat."""
        if not is_covered(one.hub_seq, self.cut) and one.op.id not in self.folded:
            suspect = one.verdict.is_suspect
            apply(self.state, one.op, suspect=suspect, is_applied=self.folded.__contains__)
            self.digest = self.digest.plus(term_of(one.op.id, one.verdict.flags))
            self.folded.add(one.op.id)


def _whole(log: Logged) -> tuple[RecordState, Digest]:
    """The hub in the end: everything folded op by op."""
    state, digest = new_state(), EMPTY
    applied: set[OpId] = set()
    for one in sorted(log.ops, key=lambda one: one.hub_seq):
        if one.verdict.is_parked:
            continue
        suspect = one.verdict.is_suspect
        apply(state, one.op, suspect=suspect, is_applied=applied.__contains__)
        applied.add(one.op.id)
        digest = digest.plus(term_of(one.op.id, one.verdict.flags))
    return state, digest


def _shown(state: RecordState) -> bytes:
    standing = [state.standing[op_id] for op_id in sorted(state.standing)]
    return canonical((standing, show(toys.REGISTRY, toys.PARCEL_KEY, state)))


def _arrive(log: Logged, chance: Random, repeats: int) -> Arrived:
    """Take in a snapshot's facts and names, later ops, and some of the past, in any order."""
    told = cut_at(log.covered())
    spoke = Arrived(log.cut, told)
    by_id = {one.op.id: one for one in log.ops}
    facts = [
        (by_id[stands.op_id], stands.fields)
        for state in told.states.values()
        for stands in stands_of(state, {one.op.id: len(one.op.values) for one in log.ops})
    ]
    past = [one for one in log.past() if chance.random() < 0.5]
    later = log.later()
    coming: list[Coming] = [*facts, *told.dangling(), *later, *past]
    coming += [chance.choice(coming) for _ in range(repeats if coming else 0)]
    chance.shuffle(coming)
    for one in coming:
        if isinstance(one, Numbered):
            spoke.take_op(one)
        elif isinstance(one, tuple):
            spoke.take_fact(*one)
        else:
            await_names(spoke.state, [(one.field, one.op_id)])
    return spoke


@given(logs(), st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_fold_of_a_snapshot_and_what_is_later_is_the_fold_of_all(
    log: Logged, chance: Random, repeats: int
) -> None:
    """INV-04, INV-03: what stands, what is shown, and the digest."""
    state, digest = _whole(log)
    spoke = _arrive(log, chance, repeats)
    assert _shown(spoke.state) == _shown(state)
    assert spoke.digest == digest


@given(logs(hostile=True), st.randoms(use_true_random=False))
def test_hostile_values_arrive_as_they_stand(log: Logged, chance: Random) -> None:
    """INV-04."""
    state, digest = _whole(log)
    spoke = _arrive(log, chance, 0)
    assert _shown(spoke.state) == _shown(state)
    assert spoke.digest == digest


@given(logs(), st.randoms(use_true_random=False))
def test_only_what_counts_already_is_awaited_for_nothing(log: Logged, chance: Random) -> None:
    """INV-07: nothing that may still come stands where the whole fold would have it end."""
    state, _ = _whole(log)
    spoke = _arrive(log, chance, 0)
    applied = {one.op.id for one in log.ops if not one.verdict.is_parked}
    assert state.awaited <= spoke.state.awaited
    assert {op_id for _, op_id in spoke.state.awaited - state.awaited} <= applied


@given(logs())
def test_a_cut_is_the_fold_of_what_it_covers(log: Logged) -> None:
    """A snapshot at the end of the log says all that stands, and nothing else."""
    at_end = Logged(log.ops, 1_000)
    state, digest = _whole(at_end)
    told = cut_at(at_end.covered())
    assert told.digest == digest
    found = told.states.get(toys.PARCEL_KEY, new_state())
    assert (found.standing, found.awaited) == (state.standing, state.awaited)
