"""Scope and verdicts: which node may hold a subject, and what the hub says of an op.

Implements PROTOCOL.md, Verdicts and Scope (first form: subjects enter, none leaves yet). Which
reasons exist is for the application to say; here a reason is a word. What counts is what a node
had been told when it wrote, never time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

import msgspec

from sync_protocol.clock import is_suspect
from sync_protocol.ids import A_COUNT, A_WORD, AN_ID, ChangeSetId, NodeId, SubjectId
from sync_protocol.op import Op
from sync_protocol.schema import Registry
from sync_protocol.seal import ScopeEpoch

CREATED: Final = "created"
"""The reason of the node that created a subject: a provisional reception."""


class Flag:
    """What the hub judged of an op, as bits. All but PARKED only ever come; APPLIED ends PARKED.

    Plain integers: an enumeration's arithmetic was a tenth of the time of taking ops in.
    """

    UNJUDGED: Final = 0
    APPLIED: Final = 1
    PARKED: Final = 2
    SUSPECT: Final = 4
    LATE: Final = 8
    REDACTED: Final = 16


class Verdict(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A judgement and, where the op is parked, why."""

    flags: int
    reason: str = ""

    @property
    def is_parked(self) -> bool:
        """Whether the op neither stands nor replaces."""
        return bool(self.flags & Flag.PARKED)

    @property
    def is_suspect(self) -> bool:
        """Whether its writer's clock was more than five minutes ahead."""
        return bool(self.flags & Flag.SUSPECT)


UNJUDGED: Final = Verdict(0)
APPLIED: Final = Verdict(Flag.APPLIED)
MISPLACED: Final = Verdict(Flag.PARKED, "misplaced")


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """A node may hold a subject for a reason, since this number of the node's scope epochs."""

    subject: SubjectId
    number: int
    reason: str


class ScopeStep(msgspec.Struct, frozen=True, array_like=True):
    """One numbered change of what a node may hold."""

    number: Annotated[int, A_COUNT]
    subject: Annotated[SubjectId, AN_ID]
    is_enter: bool
    reason: Annotated[str, A_WORD]


def join_verdicts(one: Verdict, other: Verdict) -> Verdict:
    """Both judgements together: applied beats parked; suspect, late and redacted stay."""
    flags = one.flags | other.flags
    if flags & Flag.APPLIED:
        return Verdict(flags & ~Flag.PARKED)
    return Verdict(flags, max(one.reason, other.reason))


def is_entitled(
    op: Op, epoch: ScopeEpoch, grants: Mapping[SubjectId, Sequence[Grant]], registry: Registry
) -> bool:
    """Whether the writer might write this, from what it had been told at `epoch`.

    `grants` are those of the writing node, by subject. Kinds declared `anywhere` (creation, safety)
    need no scope; nor does the node that created the subject. One side of a pair is enough.
    """
    kind = registry.kinds.get(op.header.kind)
    if kind is not None and kind.is_anywhere:
        return True
    for subject in op.header.subjects:
        for grant in grants.get(subject, ()):
            if grant.reason == CREATED or grant.number <= epoch.number:
                return True
    return False


def judge(op: Op, *, entitled: bool, now_ms: int) -> Verdict:
    """The hub's verdict of one op by itself; a change set is judged by `judge_sets`."""
    suspect = Flag.SUSPECT if is_suspect(op.hlc, now_ms) else Flag.UNJUDGED
    if entitled and not suspect:
        return APPLIED
    if not entitled:
        return Verdict(Flag.PARKED | suspect, "not_entitled")
    return Verdict(Flag.APPLIED | suspect)


def judge_sets(judged: Sequence[tuple[Op, Verdict]]) -> list[Verdict]:
    """Verdicts with each change set judged whole, subject by subject.

    One parked op parks all of that subject's part, and so does one that is missing, since it could
    not be read: else "close this, open that" could end an alert by machine (INV-07).
    """
    here = Counter(_set_of(op) for op, _ in judged if op.header.change_set is not None)
    if not here:
        return [verdict for _, verdict in judged]
    parked = {
        _set_of(op)
        for op, verdict in judged
        if op.header.change_set is not None
        and (verdict.is_parked or here[_set_of(op)] < op.header.change_set.count)
    }
    return [_with_its_set(op, verdict, parked) for op, verdict in judged]


def steps_between(
    before: Iterable[SubjectId], reasons: Mapping[SubjectId, str], last_number: int
) -> list[ScopeStep]:
    """The steps that let a node hold the subjects of `reasons` that are not in `before` yet."""
    held = frozenset(before)
    entering = sorted(subject for subject in reasons if subject not in held)
    return [
        ScopeStep(last_number + place, subject, is_enter=True, reason=reasons[subject])
        for place, subject in enumerate(entering, start=1)
    ]


def grants_by_subject(grants: Iterable[Grant]) -> dict[SubjectId, list[Grant]]:
    """The grants of one node, by subject."""
    by_subject: dict[SubjectId, list[Grant]] = {}
    for grant in grants:
        by_subject.setdefault(grant.subject, []).append(grant)
    return by_subject


_SetOf = tuple[ChangeSetId, tuple[SubjectId, ...]] | None


def _set_of(op: Op) -> _SetOf:
    """Which part of which change set an op belongs to; None where it stands alone."""
    change_set = op.header.change_set
    return None if change_set is None else (change_set.id, op.header.subjects)


def _with_its_set(op: Op, verdict: Verdict, parked: set[_SetOf]) -> Verdict:
    if verdict.is_parked or _set_of(op) not in parked:
        return verdict
    kept = verdict.flags & ~Flag.APPLIED
    return Verdict(kept | Flag.PARKED, "change_set")


Holder = tuple[NodeId, SubjectId, str]
"""A node, a subject it may hold, and the reason."""
