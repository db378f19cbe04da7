"""Unusual looking: which of an officer's day a person should ask about, by rules that can be read.

Every rule has its number and its ground, and says in one sentence what it saw. None of them is
proof: each asks a person to ask. They are counted over what the audit holds, by ids alone. What
is an officer's work is never unusual: their caseload, whoever they wrote about, and the wing on
which they are that day, of which a roll check opens everybody.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from casework.rules.rows import LONDON
from sync_protocol.ids import SubjectId

UNRELATED_IN_A_DAY: Final = 40
"""More people in a day who are nobody's of theirs than a duty manager opens on two wings."""
UNACTED_IN_A_DAY: Final = 20
UNACTED_SHARE: Final = 0.9
RESTRICTED_IN_A_DAY: Final = 2
NIGHT_PEOPLE: Final = 5
NIGHT_FROM_HOUR: Final = 22
NIGHT_TO_HOUR: Final = 6
OPENED_WITH_REASON_IN_A_DAY: Final = 3
AGAIN_DAYS: Final = 4
AGAIN_WITHIN_DAYS: Final = 14
RARE_SURNAME_MAX: Final = 3
"""A surname that no more people here have tells of a relative; a common one of nothing."""

OPENING_ACTS: Final = frozenset({"read", "export"})
LISTS: Final = (
    "board", "caseload", "conflicts,", "departures", "due,", "feed", "held back", "interrupted",
    "leaving", "who holds whom",
)  # fmt: skip
"""What a line of a list begins with: it shows that somebody is there, and opens no record."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit, as the rules need it: whom an officer did what to, and when."""

    person: SubjectId
    at_ms: int
    act: str
    detail: str = ""


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an officer's work and of who may be close to them.

    `ties` are the people for whom the record names them, or of whom they wrote lately; `wings` say
    where people were; `close` are those who share a rare surname or an address with them.
    """

    ties: Collection[SubjectId] = frozenset()
    wings: Mapping[SubjectId, str] = {}
    close: Collection[SubjectId] = frozenset()


class Unusual(msgspec.Struct, frozen=True):
    """Something about an officer's day that a person should ask about."""

    code: str
    words: str
    count: int


def unusual_in_day(looks: Iterable[Look], officer: Officer) -> tuple[Unusual, ...]:
    """What is unusual in what one officer did within one day, by every rule."""
    day = tuple(looks)
    found = (
        many_unrelated(day, officer),
        nothing_done(day, officer),
        close_to_them(day, officer),
        restricted_hits(day),
        at_night(day, officer),
        opened_with_reason(day),
    )
    return tuple(one for one in found if one is not None)


def unrelated(looks: Collection[Look], officer: Officer) -> frozenset[SubjectId]:
    """The people opened that day who are not of the officer's work.

    Not counted: who is of their caseload, whom they wrote about that day, whom they gave a reason
    for, and the one wing of which they opened most.
    """
    given = {"write", "break_glass"}
    work = {one.person for one in looks if one.act in given} | set(officer.ties)
    rest = frozenset(one.person for one in looks if is_opening(one)) - work
    wings = Counter(officer.wings[one] for one in rest if officer.wings.get(one))
    wing = max(sorted(wings), key=lambda name: wings[name], default="")
    return frozenset(one for one in rest if not wing or officer.wings.get(one) != wing)


def is_opening(look: Look) -> bool:
    """Whether a line tells that a record was opened, and not only named in a list."""
    return look.act in OPENING_ACTS and not look.detail.startswith(LISTS)


def many_unrelated(looks: Collection[Look], officer: Officer) -> Unusual | None:
    """Many people outside one's work in a day.

    Ground: the inspections of police databases found by volume most of those who looked without a
    purpose; the threshold is above every normal day of the synthetic traffic.
    """
    count = len(unrelated(looks, officer))
    if count <= UNRELATED_IN_A_DAY:
        return None
    words = f"Opened {count} people in a day who are neither of their caseload nor of their wing."
    return Unusual("many_unrelated", words, count)


def nothing_done(looks: Collection[Look], officer: Officer) -> Unusual | None:
    """Views after which nothing is done: no entry, no appointment, no movement, by that officer.

    Ground: NHS privacy officers look for records opened without activity. Whoever works with a
    record writes in some of those that they open.
    """
    opened = {one.person for one in looks if is_opening(one)}
    apart = unrelated(looks, officer)
    is_most = len(apart) >= UNACTED_SHARE * len(opened)
    if len(apart) < UNACTED_IN_A_DAY or not is_most:
        return None
    words = (
        f"Opened {len(opened)} people in a day, {len(apart)} of them outside their work, and wrote "
        "nothing about those."
    )
    return Unusual("nothing_done", words, len(apart))


def close_to_them(looks: Collection[Look], officer: Officer) -> Unusual | None:
    """Somebody with the officer's own rare surname or address.

    Ground: the most frequent misuse in published police cases is of oneself, family and former
    partners. Whoever is of their work is not counted, nor a surname that many have.
    """
    count = len(unrelated(looks, officer) & frozenset(officer.close))
    if not count:
        return None
    people = "somebody" if count == 1 else f"{count} people"
    words = f"Opened {people} with their own rare surname or address, outside their work."
    return Unusual("close_to_them", words, count)


def restricted_hits(looks: Collection[Look]) -> Unusual | None:
    """Refused at restricted records more than once.

    Ground: whoever is refused once may have mistaken a name; of two people in a day, rarely.
    """
    refused = [one for one in looks if one.act == "refused" and one.detail == "restricted"]
    people = {one.person for one in refused}
    if len(people) < RESTRICTED_IN_A_DAY:
        return None
    words = f"Was refused the restricted records of {len(people)} people in a day."
    return Unusual("restricted_hits", words, len(people))


def at_night(looks: Collection[Look], officer: Officer) -> Unusual | None:
    """Records outside one's work, opened between 22:00 and 06:00 in London.

    Ground: at night a prison watches those on its wings and writes of it; who else is opened then
    can wait for the day. Hours of duty are not known here, so only this much is said.
    """
    night = [one for one in looks if _is_night(one.at_ms)]
    count = len(unrelated(night, officer))
    if count < NIGHT_PEOPLE:
        return None
    words = f"Opened {count} people outside their work between 22:00 and 06:00."
    return Unusual("at_night", words, count)


def opened_with_reason(looks: Collection[Look]) -> Unusual | None:
    """Records opened with a reason from outside the caseload, again and again.

    Ground: NHS Spine alerts a privacy officer at each self-claimed relationship, and counts them
    by person; three in a day are no emergency any more.
    """
    people = {one.person for one in looks if one.act == "break_glass"}
    if len(people) < OPENED_WITH_REASON_IN_A_DAY:
        return None
    words = f"Opened {len(people)} people in a day with a reason, from outside their caseload."
    return Unusual("opened_with_reason", words, len(people))


def again_and_again(looks: Iterable[Look], officer: Officer) -> Unusual | None:
    """One person outside one's work, on four days within a fortnight; `looks` are of those days.

    Ground: who follows one person (a former partner, a case in the news) opens few records.
    """
    by_day: dict[str, list[Look]] = {}
    for one in looks:
        by_day.setdefault(day_in_london(one.at_ms), []).append(one)
    days = Counter(one for day in by_day.values() for one in unrelated(day, officer))
    most = max(days.values(), default=0)
    if most < AGAIN_DAYS:
        return None
    words = (
        f"Opened the same person, who is outside their work, on {most} days within "
        f"{AGAIN_WITHIN_DAYS}."
    )
    return Unusual("again_and_again", words, most)


def day_in_london(at_ms: int) -> str:
    """The day on the wall in London."""
    return datetime.fromtimestamp(at_ms / 1000, LONDON).date().isoformat()


def _is_night(at_ms: int) -> bool:
    hour = datetime.fromtimestamp(at_ms / 1000, LONDON).hour
    return hour >= NIGHT_FROM_HOUR or hour < NIGHT_TO_HOUR
