"""What came of an appointment, from everything that anybody recorded of it.

Recorded twice under one code, it is one outcome. Under different codes it is disputed: a false
breach and a missed breach are both harmful, so it neither starts nor stops enforcement, no day or
hour is credited for it yet, and the officer decides; the time to answer a letter keeps running.
What endangered staff counts from whoever saw it. Codes and their meaning are those of Delius, as
published in hmpps-manage-people-on-probation-ui.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from casework.reference.reader import codes, describe
from casework.rules.rows import Row, day_of, gathered_structs, is_closed, is_ticked
from sync_protocol.ids import RecordId

LIST: Final = "contact_outcomes"

State = Literal["none", "agreed", "disputed", "held"]
"""`held`: recorded for a day that had not come, and no absence that may be permitted ahead."""

DANGERS: Final[Mapping[str, str]] = {
    "threatened_staff": "staff were threatened",
    "weapon_seen": "a weapon was seen",
    "dangerous_animal": "there was a dangerous animal",
    "unknown_others_present": "others whom staff did not know were present",
    "under_the_influence": "the person was under the influence of drink or drugs",
}
"""What staff observed, as a sentence says it; the gravest first."""


class Assertion(msgspec.Struct, frozen=True):
    """An outcome as one member of staff recorded it."""

    code: str
    author: str
    written_on: int
    attended: bool | None
    complied: bool | None
    enforceable: bool | None
    minutes_credited: int | None
    record: RecordId


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one appointment, and what of it counts."""

    state: State
    assertions: tuple[Assertion, ...] = ()
    dangers: tuple[str, ...] = ()
    """Which of `DANGERS` anybody ticked."""

    @property
    def agreed(self) -> Assertion | None:
        """The outcome that counts; None while there is none, or two."""
        return self.assertions[0] if self.state == "agreed" else None

    @property
    def is_credited(self) -> bool:
        """Whether the person attended and complied, undisputed: then days and hours count."""
        agreed = self.agreed
        return agreed is not None and agreed.attended is True and agreed.complied is True

    @property
    def is_failure(self) -> bool:
        """Whether the person failed to comply, undisputed."""
        return self.agreed is not None and self.agreed.complied is False

    @property
    def may_be_failure(self) -> bool:
        """Whether it is disputed, and one of those who recorded it says that they failed."""
        return self.state == "disputed" and any(one.complied is False for one in self.assertions)

    @property
    def minutes_credited(self) -> int:
        """The minutes that count towards hours: none until all who recorded them agree."""
        said = {one.minutes_credited for one in self.assertions}
        return (said.pop() or 0) if self.is_credited and len(said) == 1 else 0


NOTHING: Final = Outcome(state="none")


def outcomes_by_appointment(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The outcome records of each appointment, by its id in hex."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row.values.get("appointment", "")), []).append(row)
    return found


def effective_outcome(rows: Iterable[Row], *, starts_at: int | None = None) -> Outcome:
    """The outcome from every record of it, in whatever order they come.

    `starts_at` is when the appointment begins. Before its day only an absence that is permitted
    can be known (hmpps-delius-api, ContactValidationService): anything else is held.
    """
    rows = list(rows)
    said = sorted(
        (one for row in rows if not is_closed(row) for one in _assertions(row)),
        key=lambda one: (one.written_on, one.record, one.code),
    )
    counted = [one for one in said if not _came_too_early(one, starts_at)]
    dangers = tuple(danger for danger in DANGERS if any(is_ticked(row, danger) for row in rows))
    if counted:
        state: State = "agreed" if len({one.code for one in counted}) == 1 else "disputed"
        return Outcome(state=state, assertions=tuple(counted), dangers=dangers)
    return Outcome(state="held" if said else "none", assertions=tuple(said), dangers=dangers)


def is_permissible_absence(code: str) -> bool:
    """Whether an outcome says that the person is rightly absent, which may be known ahead."""
    known = codes(LIST).get(code)
    return (
        known is not None and _flag(known.columns, "attended") is False and known.says("complied")
    )


def outcome_words(code: str) -> str:
    """An outcome as staff say it."""
    return describe(LIST, code)


def flags_of(code: str) -> dict[str, bool | None]:
    """Whether a code says attended, complied, enforceable; None where it does not say."""
    known = codes(LIST).get(code)
    columns: Mapping[str, str] = known.columns if known is not None else {}
    return {name: _flag(columns, name) for name in ("attended", "complied", "enforceable")}


def _assertions(row: Row) -> Iterable[Assertion]:
    for said in gathered_structs(row, "assertion"):
        code = str(said.get("code", ""))
        # What was recorded with it counts; a list that changed since does not change the past.
        flags = {name: _known(said.get(name), listed) for name, listed in flags_of(code).items()}
        minutes, written_on = said.get("minutes_credited"), said.get("written_on")
        yield Assertion(
            code=code,
            author=str(said.get("author", "")),
            written_on=written_on if isinstance(written_on, int) else 0,
            attended=flags["attended"],
            complied=flags["complied"],
            enforceable=flags["enforceable"],
            minutes_credited=minutes if isinstance(minutes, int) else None,
            record=row.key.record,
        )


def _came_too_early(said: Assertion, starts_at: int | None) -> bool:
    if starts_at is None or is_permissible_absence(said.code):
        return False
    return day_of(said.written_on) < day_of(starts_at)


def _known(said: Any, listed: bool | None) -> bool | None:
    return said if isinstance(said, bool) else listed


def _flag(columns: Mapping[str, str], name: str) -> bool | None:
    return {"true": True, "false": False}.get(columns.get(name, ""))
