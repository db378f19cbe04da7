"""What is written while an office is away: casework of the usual mix, with text of real entropy.

A change's values take 277 bytes on average in messagepack; every other change is a case note.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec

from bench.workloads import CHANGES_PER_PERSON, Change, caseload
from sync_protocol.ids import SubjectId
from tests.toys import MORNING_MS

DAY_MS: Final = 24 * 60 * 60 * 1000


class Story(msgspec.Struct, frozen=True):
    """What is written: who is known at first, and then by the office and by everybody else."""

    known: tuple[Change, ...]
    office: tuple[Change, ...]
    others: tuple[Change, ...]


def story_of(days: int, ops: int) -> Story:
    """So many changes on each side, about the same people, spread over so many days.

    A record that a change made is changed on by the same side; what a person has but one of, by
    both: so there are conflicts, as there would be.
    """
    people = 2 * ops // (CHANGES_PER_PERSON - 1) + 5
    known: dict[SubjectId, Change] = {}
    sides: tuple[list[Change], list[Change]] = ([], [])
    side_of: dict[bytes, int] = {}
    turn = 0
    for change in caseload(people):
        if change.subject not in known:
            known[change.subject] = change
            continue
        turn += 1
        is_single = change.kind in ("person", "risk")
        side = turn % 2 if is_single else side_of.setdefault(change.record, turn % 2)
        sides[side].append(change)
    office, others = (tuple(_dated(side, days, ops)) for side in sides)
    assert len(office) == len(others) == ops
    return Story(tuple(_dated(known.values(), 1, len(known), MORNING_MS)), office, others)


def _dated(
    changes: Iterable[Change], days: int, ops: int, began_ms: int = MORNING_MS + DAY_MS
) -> Iterator[Change]:
    """The first so many, evenly over so many days."""
    for place, change in enumerate(islice(changes, ops)):
        at_ms = began_ms + place * days * DAY_MS // ops
        yield msgspec.structs.replace(change, happened_at=at_ms)
