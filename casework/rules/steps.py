"""What happened to a person's custody, step by step, read from what was recorded.

A step is a movement, a release or a recall in force. A release record and the movement by which the
person left are one step, whichever of the two came first and wherever they were written.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.rules.movement_reasons import LICENCE_REASONS, Sort, sort_of
from casework.rules.recalls import recall_of
from casework.rules.rows import HOUR_MS, Row, is_closed
from sync_protocol.ids import RecordId

SAME_RELEASE_MS: Final = 12 * HOUR_MS
"""A release and a departure on release from one prison within this time are one."""

POST_RECALL_REASONS: Final = frozenset({"PD"})
"""A release after a recall: its author knew of the recall."""


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
    def sort(self) -> Sort:
        """What happened, by type and reason."""
        return sort_of(self.type, self.reason, "IN" if self.is_in else "OUT", self.to_place)


class LetGo(msgspec.Struct, frozen=True):
    """One release as the fold reads it: a release record, the movement of one, or both as one.

    `recalls_seen` are the recalls, in hex, that were shown to whoever recorded it; `is_on_purpose`
    that it was recorded although a recall is in force.
    """

    occurred_at: int
    record: RecordId
    from_place: str | None
    reason: str
    licence: str | None = None
    recalls_seen: frozenset[str] = frozenset()
    is_on_purpose: bool = False

    @property
    def is_on_licence(self) -> bool:
        """Whether the person serves the rest of a sentence outside."""
        return self.licence is not None or self.reason in LICENCE_REASONS

    def had_seen(self, recall: RecordId) -> bool:
        """Whether whoever released knew of this recall."""
        return recall.hex() in self.recalls_seen or self.reason in POST_RECALL_REASONS


class CalledBack(msgspec.Struct, frozen=True):
    """One recall in force as the fold reads it; `releases` are those it names, in hex."""

    occurred_at: int
    record: RecordId
    releases: frozenset[str]
    is_fixed_term: bool


Step = Move | LetGo | CalledBack


def steps_in_order(rows: Iterable[Row], *, as_of_ms: int) -> list[Step]:
    """The steps that count as of a moment, in the order in which they happened.

    Of one moment the recall comes first, then the departure, then the reception: so a release at
    the very moment of a recall is one that the recall forbids.
    """
    counted = [row for row in rows if not is_closed(row) and not is_unread(row)]
    moves = [read_move(row) for row in counted if row.key.kind == "movement"]
    releases = [_read_release(row) for row in counted if row.key.kind == "release"]
    recalls = [back for row in counted if (back := _read_recall(row)) is not None]
    steps = [step for step in _joined(moves, releases, counted) if step.occurred_at <= as_of_ms]
    steps += [back for back in recalls if back.occurred_at <= as_of_ms]
    return sorted(steps, key=_order)


def moves_in_order(rows: Iterable[Row], *, as_of_ms: int) -> list[Move]:
    """The movements that count, in the order in which they happened."""
    moves = [
        read_move(row)
        for row in rows
        if row.key.kind == "movement" and not is_closed(row) and not is_unread(row)
    ]
    return sorted((move for move in moves if move.occurred_at <= as_of_ms), key=_order)


def told_ms(row: Row) -> int | None:
    """When a movement happened; None where a newer release says it in a way unread here."""
    told = row.values.get("occurred_at", 0)
    return told if isinstance(told, int) else None


def is_unread(row: Row) -> bool:
    """Whether an open row says when it happened in a way that this release cannot read."""
    return not is_closed(row) and told_ms(row) is None


def read_move(row: Row) -> Move:
    """A movement's row as a step."""
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


def _read_release(row: Row) -> LetGo:
    values: Mapping[str, Any] = row.values
    return LetGo(
        occurred_at=told_ms(row) or 0,
        record=row.key.record,
        from_place=values.get("from_place"),
        reason=str(values.get("reason", "")),
        licence=values.get("licence"),
        recalls_seen=frozenset(str(one) for one in values.get("recalls_seen") or ()),
        is_on_purpose=bool(values.get("despite_recall")),
    )


def _read_recall(row: Row) -> CalledBack | None:
    if row.key.kind != "recall":
        return None
    recall = recall_of(row)
    if not recall.is_in_force or recall.decided_ms is None:
        return None
    return CalledBack(recall.decided_ms, row.key.record, recall.releases, recall.days is not None)


def _joined(moves: Sequence[Move], releases: Sequence[LetGo], rows: Iterable[Row]) -> list[Step]:
    """The movements and releases, each release and its departure as one, at the departure's time.

    The nearest are joined first; a release that names its movement is nearest to that one.
    """
    named = {row.key.record: row.values.get("movement") for row in rows}
    pairs = sorted(
        (
            named[release.record] != move.record.hex(),
            abs(move.occurred_at - release.occurred_at),
            *(move.record, release.record),
        )
        for move in moves
        if move.sort == "release"
        for release in releases
        if _are_one(move, release, named[release.record])
    )
    release_of: dict[RecordId, RecordId] = {}
    for *_, move_id, release_id in pairs:
        if move_id not in release_of and release_id not in release_of.values():
            release_of[move_id] = release_id
    by_id = {release.record: release for release in releases}
    steps: list[Step] = [
        release for release in releases if release.record not in release_of.values()
    ]
    for move in moves:
        release = by_id.get(release_of.get(move.record, move.record))
        steps.append(_step_of(move, release))
    return steps


def _are_one(move: Move, release: LetGo, named: Any) -> bool:
    is_soon = abs(move.occurred_at - release.occurred_at) <= SAME_RELEASE_MS
    return named == move.record.hex() or (is_soon and move.from_place == release.from_place)


def _step_of(move: Move, release: LetGo | None) -> Step:
    if release is not None:
        return msgspec.structs.replace(release, occurred_at=move.occurred_at)
    if move.sort != "release":
        return move
    return LetGo(move.occurred_at, move.record, move.from_place, move.reason)


def _order(step: Step) -> tuple[int, int, RecordId]:
    if isinstance(step, CalledBack):
        return (step.occurred_at, 0, step.record)
    is_in = isinstance(step, Move) and step.is_in
    return (step.occurred_at, 2 if is_in else 1, step.record)
