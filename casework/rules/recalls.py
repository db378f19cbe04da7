"""Whether a recall is in force, of which type, and what is to be decided or signed still.

A decision counts once it is signed by a senior probation officer (SPO) and an assistant chief
officer (ACO), as the make-recall-decision service has it. Where a decision to recall and one
against are both signed, the recall holds, which restricts and can be put right within hours. Where
one recall is for a fixed term and another is standard, the standard one counts: it has no automatic
day of release.
Not confirmed against the text: that in an emergency the ACO's signature alone will do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.records.recall import RECALL_TYPES
from casework.reference.reader import codes, describe
from casework.rules.rows import (
    DAY_MS,
    Finding,
    Row,
    by_gravity,
    gathered,
    gathered_structs,
    is_closed,
    is_ticked,
)
from casework.rules.spoken import clock_words
from sync_protocol.ids import RecordId

SIGNED: Final = 2
PARTLY: Final = 1

SAME_RECALL_MS: Final = 14 * DAY_MS
"""Two recalls decided within this time, of which one names no release, are of one release."""

GRADES: Final = frozenset({"SPO", "ACO"})
SENT: Final = frozenset({"SENT_TO_PPCS", "BOOKING_ON_STARTED", "BOOKED_TO_PPUD"})


class RecallState(msgspec.Struct, frozen=True):
    """What a recall comes to.

    `decided_ms` is when recall was first decided, None where it was not; `weight` and
    `weight_against` say how far each decision is signed; `days` is the length of a fixed term.
    """

    record: RecordId
    is_open: bool
    decided_ms: int | None
    decided_against_ms: int | None
    weight: int
    weight_against: int
    type: str | None
    is_type_disputed: bool
    releases: frozenset[str]
    is_sent: bool

    @property
    def is_in_force(self) -> bool:
        """Whether the person may be arrested on it: decided, fully signed, and not withdrawn."""
        return self.is_open and self.decided_ms is not None and self.weight == SIGNED

    @property
    def days(self) -> int | None:
        """After how many days a fixed-term recall ends by itself; None where none does."""
        return days_of(self.type)


def recall_of(row: Row) -> RecallState:
    """What one recall comes to; the same in whatever order its parts came."""
    decisions = gathered_structs(row, "decision")
    return RecallState(
        record=row.key.record,
        is_open=not is_closed(row),
        decided_ms=_first_decided(decisions, "RECALL"),
        decided_against_ms=_first_decided(decisions, "NO_RECALL"),
        weight=_weight(row, "RECALL"),
        weight_against=_weight(row, "NO_RECALL"),
        type=row.values.get("type"),
        is_type_disputed="type" in row.asks,
        releases=frozenset(str(one) for one in gathered(row, "release")),
        is_sent=row.values.get("stage") in SENT,
    )


def days_of(recall_type: str | None) -> int | None:
    """The length of a fixed-term recall; None of any other type."""
    known = codes("recall_types").get(recall_type or "")
    days = known.columns.get("days") if known is not None else None
    return int(days) if days else None


def recall_type_in_force(recalls: Sequence[RecallState]) -> str | None:
    """The type that counts of several recalls in force of one release: the standard before any."""
    types = [one.type for one in recalls if one.is_in_force and one.type is not None]
    return max(types, key=RECALL_TYPES.rank, default=None)


def of_one_release(recalls: Sequence[RecallState]) -> list[list[RecallState]]:
    """The recalls in groups, each of those that are about one release."""
    groups: list[list[RecallState]] = []
    for recall in recalls:
        same = [group for group in groups if any(_are_of_one(recall, other) for other in group)]
        joined = [recall, *(one for group in same for one in group)]
        groups = [group for group in groups if group not in same] + [joined]
    return groups


def recall_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """What somebody must settle about a person's recalls, the gravest first."""
    recalls = sorted(
        (recall_of(row) for row in rows if not is_closed(row)), key=lambda one: one.record
    )
    found = [
        finding
        for group in of_one_release(recalls)
        for finding in (_decisions(group), _types(group))
        if finding is not None
    ]
    return by_gravity(found)


def ahead_findings(rows: Iterable[Row], *, now_ms: int) -> tuple[Finding, ...]:
    """The signed recalls dated after now, which count for nothing until their moment."""
    decided = sorted(
        one.decided_ms
        for one in map(recall_of, rows)
        if one.is_in_force and one.decided_ms is not None and one.decided_ms > now_ms
    )
    return tuple(
        Finding(
            "recall_dated_ahead",
            "S1",
            f"A signed recall is dated ahead: decided at {clock_words(moment)}. Until then it does "
            "not count, and the licence conditions stay in force. Find out when it was decided, "
            "and record that.",
        )
        for moment in dict.fromkeys(decided)
    )


def _first_decided(decisions: Iterable[Mapping[str, Any]], verdict: str) -> int | None:
    moments = [one.get("decided_at") for one in decisions if one.get("verdict") == verdict]
    return min((moment for moment in moments if isinstance(moment, int)), default=None)


def _weight(row: Row, verdict: str) -> int:
    signatures = gathered_structs(row, "signature")
    grades = {one.get("grade") for one in signatures if one.get("verdict") == verdict}
    is_enough = grades >= GRADES or ("ACO" in grades and is_ticked(row, "is_emergency"))
    return SIGNED if is_enough else PARTLY if grades else 0


def _are_of_one(one: RecallState, other: RecallState) -> bool:
    if one.releases and other.releases:
        return bool(one.releases & other.releases)
    moments = [_moment(one), _moment(other)]
    return None in moments or abs((moments[0] or 0) - (moments[1] or 0)) <= SAME_RECALL_MS


def _moment(recall: RecallState) -> int | None:
    return recall.decided_ms if recall.decided_ms is not None else recall.decided_against_ms


def _decisions(group: Sequence[RecallState]) -> Finding | None:
    for_, against = _strongest(group, against=False), _strongest(group, against=True)
    if for_ is None or against is None:
        return None
    told = (
        f"Recall was decided at {clock_words(for_[1])} and no recall at {clock_words(against[1])}"
    )
    if for_[0] == against[0] == SIGNED:
        words = f"{told}, and both are signed. The recall holds until a senior officer settles it."
        return Finding("recall_decisions_differ", "S1", words)
    if for_[0] == SIGNED:
        return Finding("recall_decisions_differ", "S2", f"{told}. The recall is the one signed.")
    holds = "No recall is the one signed" if against[0] == SIGNED else "Neither is signed yet"
    return Finding("recall_decisions_differ", "S2", f"{told}. {holds}.")


def _strongest(group: Sequence[RecallState], *, against: bool) -> tuple[int, int] | None:
    """How far the decision is signed, at most, and when it was first made."""
    made = [
        (one.weight_against, one.decided_against_ms) if against else (one.weight, one.decided_ms)
        for one in group
    ]
    moments = [moment for _, moment in made if moment is not None]
    if not moments:
        return None
    return (max(weight for weight, moment in made if moment is not None), min(moments))


def _types(group: Sequence[RecallState]) -> Finding | None:
    counted = [one for one in group if one.is_in_force] or group
    types = {one.type for one in counted if one.type is not None}
    if len(types) < 2 and not any(one.is_type_disputed for one in counted):
        return None
    shown = max(types, key=RECALL_TYPES.rank)
    shown_words = _lower(describe("recall_types", shown))
    lasts = "the longest" if days_of(shown) is not None else "without an automatic day of release"
    words = (
        f"Two types of recall are recorded for one release. It counts as {shown_words}, {lasts}, "
        "until the public protection casework section settles it."
    )
    return Finding("recall_types_differ", "S1", words)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
