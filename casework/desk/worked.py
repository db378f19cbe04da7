"""Works the rules out of a person's rows though a record among them breaks one.

What came from another release, or from a node that lies, may hold any value. One such record must
not hide everything else that staff have to know of the person, nor take the office's list down: it
is left out, and said to be.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from casework.desk.words import kind_name
from casework.rules.due import Due
from casework.rules.rows import Finding, Row

Rows = Mapping[str, Sequence[Row]]
Result = TypeVar("Result")
Rule = Callable[[Rows, str, int], Iterable[Result]]

MISFITS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a value that does not fit makes of a rule that reads it."""
CODE: Final = "record_not_read"


class Misfits(msgspec.Struct):
    """The records that were left out, each once, in the order in which they were met."""

    rows: dict[tuple[str, bytes], Row] = {}

    def fits(self, row: Row) -> bool:
        """Whether a record was not left out."""
        return (row.key.kind, row.key.record) not in self.rows

    def findings(self) -> tuple[Finding, ...]:
        """That they were left out: one finding each."""
        return tuple(Finding(CODE, "S1", _words(row), row.key.subjects) for row in self._ordered())

    def due(self, day: str) -> tuple[Due, ...]:
        """That somebody must look at them: one line each, due on this day."""
        return tuple(
            Due(CODE, _words(row), day, None, "S1", row.key.kind, row.key.record.hex())
            for row in self._ordered()
        )

    def _ordered(self) -> list[Row]:
        return [self.rows[one] for one in sorted(self.rows)]


def worked_out(
    rule: Rule[Result], rows: Rows, day: str, now_ms: int, misfits: Misfits
) -> tuple[Result, ...]:
    """What a rule finds in the rows; those that break it are left out and added to `misfits`."""
    try:
        return tuple(rule(rows, day, now_ms))
    except MISFITS:
        kept = _that_fit(rule, rows, (day, now_ms), misfits)
        return tuple(rule(kept, day, now_ms))


def _that_fit(
    rule: Rule[Result], rows: Rows, when: tuple[str, int], misfits: Misfits
) -> dict[str, Sequence[Row]]:
    """The rows with which the rule comes to an end, taken in a kind at a time."""
    kept: dict[str, Sequence[Row]] = {}
    for kind in sorted(rows):
        if _ends(rule, {**kept, kind: rows[kind]}, when):
            kept[kind] = rows[kind]
            continue
        sound: list[Row] = []
        for row in rows[kind]:
            if _ends(rule, {**kept, kind: [*sound, row]}, when):
                sound.append(row)
            else:
                misfits.rows[(kind, row.key.record)] = row
        kept[kind] = sound
    return kept


def _ends(rule: Rule[Result], rows: Rows, when: tuple[str, int]) -> bool:
    try:
        tuple(rule(rows, *when))
    except MISFITS:
        return False
    return True


def _words(row: Row) -> str:
    return (
        f"{kind_name(row.key.kind)}: a value of this record is not as it should be, so it is left "
        "out of all that is worked out here, and of what is due. Open it, read it as it stands, "
        "and tell the estate's administrator."
    )
