"""Where a person is, and whether anybody must look: folded from what happened, never stored.

The rules are those by which prison and probation reconcile today (the service between prison
custody status and Delius): steps count in the order in which they happened, not in which they were
told; a reception is stronger than the sender's book; a release needs somebody sentenced, in custody
or recalled (A, D, C), and a recall somebody released or on temporary licence (B, R); a release with
reason MRG is none; hospital and removal centres are custody; and where two prisons say that they
received the same person, both rolls show them. What does not fit is kept, held and shown, and moves
nobody. Only prisons record movements: nobody else says where a person in custody is.

Beyond it: a recall in force outlasts a release that had not seen it, and a recall of somebody who
has not been released is one of the release to come.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from casework.rules.custody_findings import (
    departure_not_counted,
    no_place,
    present_findings,
    reception_findings,
    released_despite,
    released_twice,
    unable_to_recall,
    unable_to_release,
)
from casework.rules.movement_reasons import (
    RECALL_REASONS,
    TRANSFER_IN_REASONS,
    Sort,
    custody_code_in,
    custody_code_out,
    custody_code_released,
)
from casework.rules.rows import Finding, Row, by_gravity, day_of
from casework.rules.sentence_ends import SentenceEnds, sentence_ends
from casework.rules.steps import (
    SAME_RELEASE_MS,
    CalledBack,
    LetGo,
    Move,
    Step,
    is_unread,
    moves_in_order,
    steps_in_order,
    told_ms,
)
from casework.rules.whereabouts import (
    LEAVING,
    ON_THE_BOOKS,
    OUT_STATUS,
    OVERDUE_AFTER_MS,
    TRAVEL_MS,
    CustodyState,
    Status,
)

__all__ = [
    "KINDS",
    "ON_THE_BOOKS",
    "OVERDUE_AFTER_MS",
    "TRAVEL_MS",
    "CustodyState",
    "Move",
    "Status",
    "custody_state",
    "moves_in_order",
    "told_ms",
]

KINDS: Final = ("movement", "release", "recall", "sentence", "key_dates")
"""What custody is folded from; the last two tell only when a sentence served outside has ended."""

MAY_BE_RELEASED: Final = frozenset({"A", "D", "C"})
NOT_ON_LICENCE: Final = frozenset({"P", "T", "AT"})


def custody_state(rows: Iterable[Row], *, as_of_ms: int) -> CustodyState:
    """Where a person is as of a moment, by what was recorded of them: `KINDS`, in one sequence.

    Later steps do not count. The same for the same rows in whatever order they come. Those struck
    out do not count, which is how a finding about a wrong step ends.
    """
    counted = [row for row in rows if row.key.kind in KINDS]
    ends = sentence_ends(counted)
    state = CustodyState()
    for step in steps_in_order(counted, as_of_ms=as_of_ms):
        state = _after(state, step, ends)
    code = ends.code_on(state.code, day_of(as_of_ms))
    unread = [_UNREAD] if any(is_unread(row) for row in counted) else []
    found = by_gravity([*present_findings(state, as_of_ms), *state.findings, *unread])
    subjects = tuple(sorted({row.key.subjects[0] for row in counted}))
    named = tuple(msgspec.structs.replace(finding, subjects=subjects) for finding in found)
    return msgspec.structs.replace(state, code=code, findings=named)


_UNREAD: Final = Finding(
    "movement_unread",
    "S1",
    "A movement written by a newer release cannot be read here and does not count. "
    "Find out where the person is.",
)


def _after(state: CustodyState, step: Step, ends: SentenceEnds) -> CustodyState:
    if isinstance(step, CalledBack):
        return _after_recall(state, step, ends)
    if isinstance(step, LetGo):
        return _after_release(state, step)
    return _after_in(state, step) if step.is_in else _after_out(state, step)


def _after_in(state: CustodyState, move: Move) -> CustodyState:
    """A reception places the person where it says, whatever any other book says.

    One on recall carries the recall out; any other leaves it in force.
    """
    if move.to_place is None:
        return _noting(state, no_place(move))
    is_still_there = state.is_present and state.place == move.to_place
    is_recall = move.reason in RECALL_REASONS
    is_transfer = move.reason in TRANSFER_IN_REASONS
    odd = reception_findings(state, move, is_recall=is_recall, is_transfer=is_transfer)
    also_at, is_contradicted = _other_book(state, move)
    return CustodyState(
        status="in_custody",
        code=custody_code_in(move.reason, state.code, move.to_place),
        place=move.to_place,
        since_ms=state.since_ms if is_still_there else move.occurred_at,
        also_at=also_at,
        also_since_ms=_other_since(state, also_at),
        is_contradicted=is_contradicted,
        last_release=state.last_release,
        licensed=None if is_recall else state.licensed,
        recall=None if is_recall else state.recall,
        recall_ends=None if is_recall else state.recall_ends,
        findings=(*_lasting(state), *odd),
    )


def _after_out(state: CustodyState, move: Move) -> CustodyState:
    """A departure counts where the person is; the book of a prison they had left does not."""
    sort = move.sort
    if sort == "administrative":
        return state
    place = move.from_place or state.place
    if state.status != "unknown" and place != state.place:
        return _out_from_elsewhere(state, move.from_place, sort)
    has_left = sort in LEAVING
    return msgspec.structs.replace(
        state,
        status=OUT_STATUS[sort],
        code=custody_code_out(sort, move.reason, state.code),
        place=None if has_left else place,
        since_ms=move.occurred_at,
        transit_from=place if sort == "transfer" else None,
        transit_to=move.to_place if sort == "transfer" else None,
        former_place=place if has_left else None,
        is_in_error=False,
        findings=_lasting(state),
    )


def _after_release(state: CustodyState, step: LetGo) -> CustodyState:
    """A release counts where the person is held, sentenced, and under no recall it had not seen."""
    if _is_told_already(state, step):
        return _noting(state, released_twice(step))
    place = step.from_place or state.place
    if state.status != "unknown" and place != state.place:
        return _out_from_elsewhere(state, step.from_place, "release", step)
    if not _may_be_released(state, step):
        return _noting(state, unable_to_release(state, step))
    left = msgspec.structs.replace(
        state,
        place=None,
        since_ms=step.occurred_at,
        transit_from=None,
        transit_to=None,
        former_place=place,
        last_release=step,
        findings=_lasting(state),
    )
    if state.recall is None:
        return _let_go(left, step)
    if step.is_on_purpose and step.had_seen(state.recall.record):
        return _noting(_let_go(left, step), released_despite(step, state.recall))
    return msgspec.structs.replace(
        left, status="unlawfully_at_large", code="C", recall_ends=step, is_in_error=True
    )


def _let_go(state: CustodyState, step: LetGo) -> CustodyState:
    """In the community, with a release that a recall may end where it is on licence."""
    return msgspec.structs.replace(
        state,
        status="in_community",
        code=custody_code_released(step.reason, is_on_licence=step.is_on_licence),
        licensed=step if step.is_on_licence else None,
        recall=None,
        recall_ends=None,
        is_in_error=False,
    )


def _after_recall(state: CustodyState, step: CalledBack, ends: SentenceEnds) -> CustodyState:
    """A recall ends the open release; without one it is of the release to come.

    Of two recalls of one release the first counts: who is recalled cannot be recalled again.
    """
    if state.status == "dead" or state.recall is not None:
        return state
    is_outside = state.status in {"in_community", "unlawfully_at_large"}
    if is_outside and ends.code_on(state.code, day_of(step.occurred_at)) in NOT_ON_LICENCE:
        return _noting(state, unable_to_recall(step))
    state = msgspec.structs.replace(
        state, recall=step, recall_ends=state.licensed, licensed=None, is_in_error=False
    )
    if state.status == "in_community":
        return msgspec.structs.replace(
            state, status="unlawfully_at_large", code="C", since_ms=step.occurred_at
        )
    is_present = state.is_in_custody and state.status != "temporarily_absent"
    return state if is_present else msgspec.structs.replace(state, code="C")


def _is_told_already(state: CustodyState, step: LetGo) -> bool:
    """Whether the person has just been released by that prison: one release in two records."""
    last = state.last_release
    is_outside = state.status in {"in_community", "unlawfully_at_large"}
    if not is_outside or last is None or last.from_place != step.from_place:
        return False
    return step.occurred_at - last.occurred_at <= SAME_RELEASE_MS


def _may_be_released(state: CustodyState, step: LetGo) -> bool:
    """Whether the status allows it; of somebody first heard of as released nothing is known."""
    if state.status == "unknown" or state.code in MAY_BE_RELEASED:
        return True
    return state.code == "I" and not step.is_on_licence


def _other_book(state: CustodyState, move: Move) -> tuple[str | None, bool]:
    """The other prison whose book still holds the person, and whether both cannot be true."""
    if not state.is_present or state.place == move.to_place or state.since_ms is None:
        is_other = state.also_at != move.to_place
        return (state.also_at, state.is_contradicted) if is_other else (None, False)
    is_soon = move.occurred_at - state.since_ms <= TRAVEL_MS
    is_dispute = state.is_contradicted and move.to_place == state.also_at
    return (state.place, is_soon or is_dispute)


def _other_since(state: CustodyState, also_at: str | None) -> int | None:
    """Since when the other prison's book has held the person."""
    if also_at is None:
        return None
    return state.since_ms if also_at == state.place else state.also_since_ms


def _out_from_elsewhere(
    state: CustodyState, from_place: str | None, sort: Sort, released: LetGo | None = None
) -> CustodyState:
    """Whoever is not in that prison's custody cannot leave it: it is noted, and nothing moves.

    Of two prisons whose books both hold the person, the one that sends them on closes its book.
    """
    origin = from_place or ""
    is_other_book = bool(origin) and origin == state.also_at
    found = unable_to_release(state, released) if released is not None else None
    if is_other_book and sort in LEAVING:
        state = msgspec.structs.replace(
            state, also_at=None, also_since_ms=None, is_contradicted=False
        )
    if found is not None:
        return _noting(state, found)
    if is_other_book:
        return state
    return _noting(state, departure_not_counted(state, origin))


def _noting(state: CustodyState, finding: Finding) -> CustodyState:
    return msgspec.structs.replace(state, findings=(*state.findings, finding))


def _lasting(state: CustodyState) -> tuple[Finding, ...]:
    """What a later movement does not put right: it ends when the wrong one is struck out."""
    return tuple(finding for finding in state.findings if finding.severity != "S3")
