"""Scope and verdicts: which node may hold a subject, and what the hub says of an op.

Implements PROTOCOL.md, Verdicts and Scope. Which reasons exist is for the application to say; here
a reason is a word, and a node holds a subject as long as it has one. What counts is what a node
had been told when it wrote, never time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec

from sync_protocol.clock import is_suspect
from sync_protocol.ids import (
    A_COUNT,
    A_MOMENT,
    A_WORD,
    AN_ID,
    ChangeSetId,
    IncarnationId,
    NodeId,
    SubjectId,
)
from sync_protocol.limits import LEAVES_PERCENT, REASONS_MAX
from sync_protocol.op import Op
from sync_protocol.schema import Registry
from sync_protocol.seal import A_SIGNATURE, step_claim

CREATED: Final = "created"
"""The reason of the node that created a subject: a provisional reception."""
GRANTED: Final = "granted"
"""The reason of a temporary grant, which the hub ends by itself."""

Reasons = frozenset[str]
NO_REASON: Final[Reasons] = frozenset()
COMMA: Final = ","
Act = Literal["enter", "reasons", "leave"]
REASONS: Final = msgspec.Meta(max_length=REASONS_MAX)


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
UNREADABLE: Final = Verdict(Flag.PARKED, "unreadable")
NOT_ENTITLED: Final = "not_entitled"
REVOKED: Final = "revoked"
"""It came after its node was revoked: it is held in quarantine until two people have judged it."""


class Span(msgspec.Struct, frozen=True, gc=False):
    """Between which numbers of a node's scope epochs it held a subject; kept for ever.

    `to_number` is that of the step by which it left, None while it holds the subject. Until the
    node has said that it let go (`is_sealed`), it may finish what it had begun to write.
    """

    subject: SubjectId
    from_number: int
    to_number: int | None = None
    is_sealed: bool = False

    def covers(self, told: int | None) -> bool:
        """Whether a node that had been told so much might write about the subject.

        None stands for what an earlier incarnation of the hub had told: any span counts then.
        """
        if told is None:
            return True
        is_before_end = self.to_number is None or not self.is_sealed or told < self.to_number
        return self.from_number <= told and is_before_end


class ScopeStep(msgspec.Struct, frozen=True, array_like=True):
    """One numbered change of what a node may hold, signed by the hub.

    A grant begins with an `enter`; `ends` of the others is the number of the enter step whose grant
    they change or end, so that neither touches a later one.
    """

    number: Annotated[int, A_COUNT]
    act: Act
    subject: Annotated[SubjectId, AN_ID]
    reasons: Annotated[tuple[Annotated[str, A_WORD], ...], REASONS] = ()
    ends: Annotated[int, A_COUNT] = 0
    at_ms: Annotated[int, A_MOMENT] = 0
    signature: Annotated[bytes, A_SIGNATURE] = b""

    @property
    def is_enter(self) -> bool:
        """Whether a grant begins."""
        return self.act == "enter"

    @property
    def is_leave(self) -> bool:
        """Whether a grant ends."""
        return self.act == "leave"


def claim_of(step: ScopeStep, incarnation: IncarnationId, node: NodeId) -> bytes:
    """The bytes that the hub signs of a step."""
    words = (step.act.encode(), step.subject, *(reason.encode() for reason in step.reasons))
    return step_claim(incarnation, node, (step.number, step.ends, max(0, step.at_ms)), words)


def join_verdicts(one: Verdict, other: Verdict) -> Verdict:
    """Both judgements together: applied beats parked; suspect, late and redacted stay."""
    flags = one.flags | other.flags
    if flags & Flag.APPLIED:
        return Verdict(flags & ~Flag.PARKED)
    return Verdict(flags, max(one.reason, other.reason))


def is_entitled(op: Op, told: int | None, spans: "SpansOf", registry: Registry) -> bool:
    """Whether the writer might write this, from the scope epoch that it had been `told`.

    `spans` are those of the writing node, by subject. Kinds declared `anywhere` (creation, safety)
    need no scope. One side of a pair is enough.
    """
    kind = registry.kinds.get(op.header.kind)
    if kind is not None and kind.is_anywhere:
        return True
    return any(one.covers(told) for one in _spans_about(op, spans))


def is_late(op: Op, told: int | None, spans: "SpansOf") -> bool:
    """Whether all that entitled the writer has ended at the hub since."""
    covering = [one for one in _spans_about(op, spans) if one.covers(told)]
    return bool(covering) and all(one.to_number is not None for one in covering)


def judge(
    op: Op, *, entitled: bool, now_ms: int, late: bool = False, why_not: str = NOT_ENTITLED
) -> Verdict:
    """The hub's verdict of one op by itself; a change set is judged by `judge_sets`.

    `why_not` is the reason of parking where its writer was not entitled.
    """
    marked = Flag.SUSPECT if is_suspect(op.hlc, now_ms) else Flag.UNJUDGED
    if not entitled:
        return Verdict(Flag.PARKED | marked, why_not)
    if late:
        marked |= Flag.LATE
    return Verdict(Flag.APPLIED | marked) if marked else APPLIED


def judge_sets(judged: Sequence[tuple[Op, Verdict]]) -> list[Verdict]:
    """Verdicts with each change set judged whole, subject by subject.

    One parked op parks all of that subject's part, and so does one that is missing, since it could
    not be read: else "close this, open that" could end an alert by machine (INV-07).
    """
    here = Counter(set_of(op) for op, _ in judged if op.header.change_set is not None)
    if not here:
        return [verdict for _, verdict in judged]
    parked = {
        set_of(op)
        for op, verdict in judged
        if op.header.change_set is not None
        and (verdict.is_parked or here[set_of(op)] < op.header.change_set.count)
    }
    return [_with_its_set(op, verdict, parked) for op, verdict in judged]


def act_between(before: Reasons | None, after: Reasons) -> Act | None:
    """The step from the reasons of a present grant (None without one) to these; None where equal.

    However often they changed meanwhile, what counts is where they began and where they are.
    """
    if before is None:
        return "enter" if after else None
    if not after:
        return "leave"
    return None if after == before else "reasons"


SpansOf = Mapping[SubjectId, Sequence[Span]]
"""The spans of one node, by subject."""


def spans_by_subject(spans: Iterable[Span]) -> dict[SubjectId, list[Span]]:
    """The spans of one node, by subject."""
    by_subject: dict[SubjectId, list[Span]] = {}
    for span in spans:
        by_subject.setdefault(span.subject, []).append(span)
    return by_subject


def reasons_in(words: str) -> Reasons:
    """The reasons in words divided by commas, as a table has them."""
    return frozenset(words.split(COMMA)) if words else NO_REASON


def words_of(reasons: Reasons) -> str:
    """The reasons in a table's words; none may hold a comma."""
    assert not any(COMMA in one or not one for one in reasons), "a reason is a word"
    return COMMA.join(sorted(reasons))


def leaves_max(held: int, floor: int) -> int:
    """How many of the subjects that a node holds may leave it within an hour unasked."""
    return max(held * LEAVES_PERCENT // 100, floor)


def _spans_about(op: Op, spans: SpansOf) -> list[Span]:
    return [one for subject in op.header.subjects for one in spans.get(subject, ())]


_SetOf = tuple[ChangeSetId, tuple[SubjectId, ...]] | None


def set_of(op: Op) -> _SetOf:
    """Which part of which change set an op belongs to; None where it stands alone."""
    change_set = op.header.change_set
    return None if change_set is None else (change_set.id, op.header.subjects)


def _with_its_set(op: Op, verdict: Verdict, parked: set[_SetOf]) -> Verdict:
    if verdict.is_parked or set_of(op) not in parked:
        return verdict
    kept = verdict.flags & ~Flag.APPLIED
    return Verdict(kept | Flag.PARKED, "change_set")
