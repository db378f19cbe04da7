"""The prison officer who meets a person regularly through their time in one prison."""

from typing import Annotated

import msgspec

from casework.records.values import Code, Day, Line, Listed, StaffId, Told
from casework.records.writers import PRISON
from sync_protocol.policy import Latest, Rule
from sync_protocol.schema import Record


class KeyWork(msgspec.Struct, frozen=True):
    """Who is key worker in which prison, from when, and how it ended where it has."""

    staff_id: StaffId
    staff_name: Line
    prison: Annotated[Code, Listed("establishments")]
    effective_from: Day
    allocation_reason: Annotated[Code, Listed("keyworker_reference", "allocation_reason")]
    ended_on: Day | None = None
    deallocation_reason: (
        Annotated[Code, Listed("keyworker_reference", "deallocation_reason")] | None
    ) = None


class KeyWorker(Record, kind="key_worker", singleton=True):
    """The key worker; of two named apart the later, and the other is told."""

    allocation: Annotated[
        KeyWork,
        Rule(
            Latest(),
            writers=PRISON,
            cls="P1",
            severity="S3",
            why="Nothing is lost by meeting one officer rather than another; the other is told.",
        ),
        Told("Who meets the person, from which day, and why they were chosen.", "Key worker"),
    ]
