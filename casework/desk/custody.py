"""A person's custody, read from what the store shows."""

from collections.abc import Mapping, Sequence

from casework.desk.desk import Desk
from casework.rules.custody import KINDS, CustodyState, custody_state
from sync_protocol.ids import SubjectId
from sync_protocol.io.reading import Reading, Shown


def custody_rows(reading: Reading, person: SubjectId) -> Mapping[str, Sequence[Shown]]:
    """The records that custody is folded from, by kind."""
    return {kind: reading.records(kind, person) for kind in KINDS}


def read_custody(desk: Desk, reading: Reading, person: SubjectId) -> CustodyState:
    """Where the person is now."""
    rows = custody_rows(reading, person)
    every = [row for of_kind in rows.values() for row in of_kind]
    return custody_state(every, as_of_ms=desk.now_ms())
