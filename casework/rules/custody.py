"""Where a person is, and whether anybody must look: folded from their movements, never stored.

The rules are those by which prison and probation reconcile today: movements count in the order in
which they happened, not in which they were told; a reception is stronger than the sender's book;
a release needs somebody in custody to release; and where two prisons say that they received the
same person, both rolls show them. Only prisons record movements: nobody else says where a person
in custody is.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from casework.reference.in_use import short_place_name as place_words
from casework.rules.movement_reasons import (
    RECALL_REASONS,
    TRANSFER_IN_REASONS,
    Sort,
    custody_code_in,
    custody_code_out,
    sort_of,
)
from casework.rules.rows import HOUR_MS, Finding, Row, by_gravity, is_closed
from sync_protocol.ids import RecordId

Status = Literal[
    "unknown",
    "in_custody",
    "at_court",
    "temporarily_absent",
    "in_hospital",
    "in_transit",
    "in_community",
    "unlawfully_at_large",
    "dead",
]

OVERDUE_AFTER_MS: Final = 12 * HOUR_MS
"""Out for a transfer or to court and received nowhere: longer than any day's escort takes."""

TRAVEL_MS: Final = 2 * HOUR_MS
"""Received at two prisons within this time, with no departure between: one of them is wrong."""

ON_THE_BOOKS: Final[frozenset[Status]] = frozenset(
    {"in_custody", "at_court", "temporarily_absent", "in_hospital"}
)
LEAVING: Final[frozenset[Sort]] = frozenset({"transfer", "release", "at_large", "death"})
OUT_STATUS: Final[Mapping[Sort, Status]] = {
    "court": "at_court",
    "absence": "temporarily_absent",
    "hospital": "in_hospital",
    "transfer": "in_transit",
    "release": "in_community",
    "at_large": "unlawfully_at_large",
    "death": "dead",
}


class Move(msgspec.Struct, frozen=True):
    """One movement as the fold reads it."""

    occurred_at: int
    record: RecordId
    is_in: bool
    type: str
    reason: str
    from_place: str | None
    to_place: str | None

    @property
    def order(self) -> tuple[int, bool, RecordId]:
        """By when it happened; of one moment, the departure first."""
        return (self.occurred_at, self.is_in, self.record)


class CustodyState(msgspec.Struct, frozen=True):
    """Where a person is as of a moment, on whose books, since when, and what is wrong with that.

    `place` is the prison whose books the person is on, also while at court or in hospital;
    `also_at` another prison whose book still says that it holds them, and `is_contradicted` that
    both cannot be true; `code` probation's custody status where movements tell it;
    `former_place` the prison that last let them go.
    """

    status: Status = "unknown"
    code: str | None = None
    place: str | None = None
    since_ms: int | None = None
    transit_from: str | None = None
    transit_to: str | None = None
    also_at: str | None = None
    is_contradicted: bool = False
    former_place: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def is_in_custody(self) -> bool:
        """Whether somebody has to hold the person: on a prison's books, or between two."""
        return self.status in ON_THE_BOOKS or self.status == "in_transit"

    @property
    def is_present(self) -> bool:
        """Whether the person is inside the walls of `place`."""
        return self.status == "in_custody"


def custody_state(rows: Iterable[Row], *, as_of_ms: int) -> CustodyState:
    """Where the person of these movements is, as of a moment; later movements do not count.

    The same for the same movements in whatever order they come. Those struck out do not count,
    which is how a finding about a wrong movement ends.
    """
    counted = list(rows)
    state = CustodyState()
    for move in moves_in_order(counted, as_of_ms=as_of_ms):
        state = _after_in(state, move) if move.is_in else _after_out(state, move)
    unread = [_UNREAD] if any(_is_unread(row) for row in counted) else []
    found = by_gravity([*_present_findings(state, as_of_ms), *state.findings, *unread])
    subjects = tuple(sorted({row.key.subjects[0] for row in counted}))
    named = tuple(msgspec.structs.replace(finding, subjects=subjects) for finding in found)
    return msgspec.structs.replace(state, findings=named)


def moves_in_order(rows: Iterable[Row], *, as_of_ms: int) -> list[Move]:
    """The movements that count, in the order in which they happened."""
    moves = [_read_move(row) for row in rows if not is_closed(row) and not _is_unread(row)]
    counted = [move for move in moves if move.occurred_at <= as_of_ms]
    return sorted(counted, key=lambda move: move.order)


def told_ms(row: Row) -> int | None:
    """When a movement happened; None where a newer release says it in a way unread here."""
    told = row.values.get("occurred_at", 0)
    return told if isinstance(told, int) else None


def _is_unread(row: Row) -> bool:
    return not is_closed(row) and told_ms(row) is None


_UNREAD: Final = Finding(
    "movement_unread",
    "S1",
    "A movement written by a newer release cannot be read here and does not count. "
    "Find out where the person is.",
)


def _read_move(row: Row) -> Move:
    values: Mapping[str, Any] = row.values
    return Move(
        occurred_at=told_ms(row) or 0,
        record=row.key.record,
        is_in=values.get("direction") == "IN",
        type=str(values.get("type", "")),
        reason=str(values.get("reason", "")),
        from_place=values.get("from_place"),
        to_place=values.get("to_place"),
    )


def _after_in(state: CustodyState, move: Move) -> CustodyState:
    """A reception places the person where it says, whatever any other book says."""
    if move.to_place is None:
        return _noting(state, _no_place(move))
    is_still_there = state.is_present and state.place == move.to_place
    also_at, is_contradicted = _other_book(state, move)
    return CustodyState(
        status="in_custody",
        code=custody_code_in(move.reason, state.code),
        place=move.to_place,
        since_ms=state.since_ms if is_still_there else move.occurred_at,
        also_at=also_at,
        is_contradicted=is_contradicted,
        findings=(*_lasting(state), *_findings_of_reception(state, move)),
    )


def _after_out(state: CustodyState, move: Move) -> CustodyState:
    """A departure counts where the person is; the book of a prison they had left does not."""
    sort = sort_of(move.type, move.reason, "OUT")
    if sort == "administrative":
        return state
    place = move.from_place or state.place
    if state.status != "unknown" and place != state.place:
        return _out_from_elsewhere(state, move, sort)
    has_left = sort in LEAVING
    return CustodyState(
        status=OUT_STATUS[sort],
        code=custody_code_out(sort, move.reason, state.code),
        place=None if has_left else place,
        since_ms=move.occurred_at,
        transit_from=place if sort == "transfer" else None,
        transit_to=move.to_place if sort == "transfer" else None,
        also_at=state.also_at,
        is_contradicted=state.is_contradicted,
        former_place=place if has_left else None,
        findings=_lasting(state),
    )


def _other_book(state: CustodyState, move: Move) -> tuple[str | None, bool]:
    """The other prison whose book still holds the person, and whether both cannot be true."""
    if not state.is_present or state.place == move.to_place or state.since_ms is None:
        is_other = state.also_at != move.to_place
        return (state.also_at, state.is_contradicted) if is_other else (None, False)
    is_soon = move.occurred_at - state.since_ms <= TRAVEL_MS
    is_dispute = state.is_contradicted and move.to_place == state.also_at
    return (state.place, is_soon or is_dispute)


def _out_from_elsewhere(state: CustodyState, move: Move, sort: Sort) -> CustodyState:
    """Whoever is not in that prison's custody cannot leave it: it is noted, and nothing moves.

    Of two prisons whose books both hold the person, the one that sends them on closes its book.
    """
    origin = move.from_place or ""
    is_other_book = bool(origin) and origin == state.also_at
    if is_other_book and sort in LEAVING:
        state = msgspec.structs.replace(state, also_at=None, is_contradicted=False)
    if sort == "release":
        words = (
            f"{place_words(origin)} recorded a release of somebody who was not in its custody. "
            "Check where the person is, and whether they were released in error."
        )
        return _noting(state, Finding("release_not_from_custody", "S1", words))
    if is_other_book:
        return state
    if state.place is None:
        words = f"{place_words(origin)} recorded a departure of somebody it had not received."
        return _noting(state, Finding("departure_without_reception", "S2", words))
    words = (
        f"{place_words(origin)} recorded a departure after {place_words(state.place)} had received "
        "the person. The reception counts."
    )
    return _noting(state, Finding("departure_after_reception", "S3", words))


def _findings_of_reception(state: CustodyState, move: Move) -> tuple[Finding, ...]:
    here = place_words(move.to_place or "")
    found: list[Finding] = []
    if state.is_in_custody and move.reason in RECALL_REASONS:
        words = f"{here} recorded a reception on recall of somebody who had not been released."
        found.append(Finding("recall_without_release", "S2", words))
    if state.status == "in_community" and move.reason in TRANSFER_IN_REASONS:
        words = f"{here} recorded a transfer in of somebody who had been released."
        found.append(Finding("transfer_after_release", "S1", words))
    if state.status == "dead":
        words = f"{here} recorded a reception of somebody recorded as dead."
        found.append(Finding("reception_after_death", "S1", words))
    return tuple(found)


def _present_findings(state: CustodyState, as_of_ms: int) -> list[Finding]:
    """What is wrong now, and ends by itself when the next movement puts it right."""
    found = [_two_books(state), _at_large(state), _overdue(state, as_of_ms)]
    return [finding for finding in found if finding is not None]


def _two_books(state: CustodyState) -> Finding | None:
    if state.also_at is None:
        return None
    there = place_words(state.also_at)
    here = place_words(state.place or state.transit_to or state.former_place or "elsewhere")
    if state.is_contradicted:
        words = (
            f"{there} and {here} both recorded receiving this person within two hours. The later, "
            f"{here}, is shown. Find out where the person is."
        )
        return Finding("in_two_places", "S1", words)
    words = f"{there} has not recorded that the person left, and {here} has received them since."
    return Finding("departure_missing", "S2", words)


def _at_large(state: CustodyState) -> Finding | None:
    if state.status != "unlawfully_at_large":
        return None
    words = f"Unlawfully at large since leaving {place_words(state.former_place or 'custody')}."
    return Finding("unlawfully_at_large", "S1", words)


def _overdue(state: CustodyState, as_of_ms: int) -> Finding | None:
    """Out for twelve hours without being received; absences have no time of return to be late."""
    if state.status not in {"in_transit", "at_court"} or state.since_ms is None:
        return None
    out_ms = as_of_ms - state.since_ms
    if out_ms < OVERDUE_AFTER_MS:
        return None
    left = place_words(state.transit_from or state.place or "custody")
    where = "to court" if state.status == "at_court" else _towards(state.transit_to)
    words = (
        f"Left {left} {where} {out_ms // HOUR_MS} hours ago and has been received nowhere since."
    )
    return Finding("overdue", "S1", words)


def _towards(place: str | None) -> str:
    return f"for {place_words(place)}" if place else "on transfer"


def _no_place(move: Move) -> Finding:
    words = f"A reception ({move.type}) was recorded without saying where."
    return Finding("reception_without_place", "S2", words)


def _noting(state: CustodyState, finding: Finding) -> CustodyState:
    return msgspec.structs.replace(state, findings=(*state.findings, finding))


def _lasting(state: CustodyState) -> tuple[Finding, ...]:
    """What a later movement does not put right: it ends when the wrong one is struck out."""
    return tuple(finding for finding in state.findings if finding.severity != "S3")
