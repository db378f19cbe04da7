"""The registers on which a person is, as one entry for each, and what is wrong with them.

Registers and codes are those of `risk_registers` (the public repository hmpps-tier). Levels and
categories are of the multi-agency public protection arrangements: a category 3 case must be at
level 2 or 3 (the public repository make-recall-decision-api says so of a registration). An entry
opened anywhere stands until somebody who saw it takes it off; of two levels the closer management
holds, of two review days the earlier.
Not confirmed against the text: what levels and categories mean (Criminal Justice Act 2003
ss.325-327B).
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from casework.records.registration import MAPPA_LEVELS
from casework.reference.reader import describe
from casework.rules.due import Due, by_day, by_the_day
from casework.rules.reviews import earliest_due
from casework.rules.rows import Finding, Row, gathered, gathered_structs, is_closed, read_day
from casework.rules.spoken import day_words
from sync_protocol.ids import RecordId

KIND: Final = "registration"
MAPPA: Final = "MAPP"
CATEGORY_3: Final = "M3"
ACTIVE_LEVELS: Final = frozenset({"M2", "M3"})
_UNREAD: Final = " The day on which it was to be reviewed cannot be read: {}."


class Registered(msgspec.Struct, frozen=True):
    """One register on which the person is, from every open entry of it."""

    register: str
    name: str
    registered_on: str
    mappa_level: str | None
    mappa_categories: tuple[str, ...]
    next_review: str | None
    records: tuple[RecordId, ...]
    is_asking: bool
    """Whether a person must look at one of its entries."""


def registers_in_force(rows: Iterable[Row], day: str) -> tuple[Registered, ...]:
    """One for each register, by its code; from the open entries alone, as of a day."""
    by_register: dict[str, list[Row]] = {}
    for row in rows:
        if not is_closed(row):
            by_register.setdefault(str(row.values.get("register")), []).append(row)
    return tuple(_one_of(code, by_register[code], day) for code in sorted(by_register))


def registration_findings(rows: Iterable[Row], day: str) -> tuple[Finding, ...]:
    """What is wrong: category 3 below level 2, a review overdue or on a day that cannot be read, an
    entry closed in part unseen.
    """
    return tuple(
        finding
        for one in registers_in_force(rows, day)
        for finding in (_wrong_level(one), _overdue(one, day), _contested(one))
        if finding is not None
    )


def registration_due(rows: Iterable[Row], day: str) -> tuple[Due, ...]:
    """The next review of every register that has one; at once where its day cannot be read."""
    found = []
    for one in registers_in_force(rows, day):
        if one.next_review is None:
            continue
        due_on, due_ms = by_the_day(one.next_review)
        unread = _UNREAD.format(one.next_review) if due_ms is not None else ""
        words = f"Review the registration: {one.name}.{unread}"
        record = one.records[0].hex()
        due = Due("registration_review", words, due_on, None, "S2", KIND, record, due_ms)
        found.append(due)
    return by_day(found)


def _one_of(code: str, rows: list[Row], day: str) -> Registered:
    levels = [row.values["mappa_level"] for row in rows if row.values.get("mappa_level")]
    reviews = [one for row in rows for one in gathered_structs(row, "reviews")]
    categories = {str(one) for row in rows for one in gathered(row, "mappa_categories")}
    return Registered(
        register=code,
        name=describe("risk_registers", code),
        registered_on=min(str(row.values.get("registered_on", "")) for row in rows),
        mappa_level=str(max(levels, key=MAPPA_LEVELS.rank)) if levels else None,
        mappa_categories=tuple(sorted(categories)),
        next_review=earliest_due(reviews, day),
        records=tuple(sorted(row.key.record for row in rows)),
        is_asking=any(row.asks for row in rows),
    )


def _wrong_level(one: Registered) -> Finding | None:
    is_third = one.register == MAPPA and CATEGORY_3 in one.mappa_categories
    if not is_third or one.mappa_level in ACTIVE_LEVELS:
        return None
    known = {None: "no level", "0": "no level yet", "M1": "level 1"}
    unknown = f"a level that is not known here ({one.mappa_level})"
    level = known.get(one.mappa_level, unknown)
    words = f"MAPPA category 3 is recorded with {level}. A category 3 case must be level 2 or 3."
    return Finding("mappa_category_3_below_level_2", "S2", words)


def _overdue(one: Registered, day: str) -> Finding | None:
    if one.next_review is None:
        return None
    if read_day(one.next_review) is None:
        words = (
            f"The day on which {one.name} is to be reviewed cannot be read: {one.next_review}. It "
            "may be overdue: review it now, and set the day of the next review."
        )
        return Finding("registration_review_unread", "S2", words)
    if one.next_review >= day:
        return None
    words = f"The review of {one.name} was due on {day_words(one.next_review)} and is overdue."
    return Finding("registration_review_overdue", "S2", words)


def _contested(one: Registered) -> Finding | None:
    if not one.is_asking:
        return None
    words = (
        f"Two offices recorded different things of the registration {one.name}, unseen by each "
        "other. It stands, with what is more cautious of both, until somebody settles it."
    )
    return Finding("registration_contested", "S1", words)
