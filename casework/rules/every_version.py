"""A person's rows with every approved version that stands, for rules that plan with them all.

A row shows one version. Where two were approved unseen by each other, the other is among the sides
of the open conflict: its dates might be right, and its conditions might bind.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from casework.rules.key_dates import FIELD, a_row_a_side
from casework.rules.licences import is_approved
from casework.rules.rows import Row
from casework.rules.severity import Conflict
from sync_protocol.merge import RecordKey


def every_version(
    rows: Mapping[str, Sequence[Row]], conflicts: Iterable[Conflict]
) -> dict[str, tuple[Row, ...]]:
    """The rows by kind, a record once more for each further approved version of it."""
    approved: dict[RecordKey, list[Any]] = {}
    for conflict in conflicts:
        if conflict.field == FIELD:
            found = approved.setdefault(conflict.key, [])
            for side in conflict.sides:
                if is_approved(side.value) and side.value not in found:
                    found.append(side.value)
    return {
        kind: tuple(one for row in of_kind for one in a_row_a_side(row, approved.get(row.key, ())))
        for kind, of_kind in rows.items()
    }
