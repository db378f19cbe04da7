"""Who was responsible for a person from when to when, across every move, overlaps and gaps shown.

One officer is responsible for the whole sentence. The history is read from every naming that was
ever written, wherever it was: each lasts until the first day of one that took its place. Of two
named apart, neither is released from duty until somebody has settled it, so both last until the
day on which that was written.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import msgspec

from casework.rules.responsible import Naming, Officer
from casework.rules.rows import day_of, read_day
from sync_protocol.clock import Hlc, hlc_ms
from sync_protocol.ids import OpId


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's time as the responsible one; `until` is the first day after it, None: lasts."""

    officer: Officer
    since: date
    until: date | None
    namings: tuple[Naming, ...]
    """Who named them: the first naming, and each that named the same officer again."""

    def covers(self, day: date) -> bool:
        """Whether the officer was responsible on that day."""
        return self.since <= day and (self.until is None or day < self.until)


class Stretch(msgspec.Struct, frozen=True):
    """Days from one to before another; `until` None: it lasts."""

    since: date
    until: date | None


class OfficerHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Every spell, the days on which two were responsible, and those on which nobody was."""

    spells: tuple[Spell, ...] = ()
    overlaps: tuple[Stretch, ...] = ()
    gaps: tuple[Stretch, ...] = ()
    corrected: tuple[Naming, ...] = ()
    """Namings whose place was taken before their first day: they made nobody responsible."""

    def on(self, day: date) -> tuple[Spell, ...]:
        """Who was responsible on a day."""
        return tuple(one for one in self.spells if one.covers(day))


def officer_history(
    namings: Iterable[Naming],
    *,
    sentenced_on: date | None = None,
    ended_on: date | None = None,
) -> OfficerHistory:
    """The history from every naming known; `ended_on` is the day on which supervision ended.

    The same whatever order the namings come in.
    """
    known = {one.op_id: one for one in namings}
    lasting: list[Spell] = []
    corrected: list[Naming] = []
    for naming in sorted(known.values(), key=lambda one: (one.hlc, one.op_id)):
        since = _since(naming)
        until = _until(naming, known, ended_on)
        if until is not None and until <= since:
            corrected.append(naming)
        else:
            officer = naming.officer
            lasting.append(Spell(officer=officer, since=since, until=until, namings=(naming,)))
    spells = _joined(lasting)
    return OfficerHistory(
        spells=spells,
        overlaps=_overlaps(spells),
        gaps=_gaps(spells, sentenced_on, ended_on),
        corrected=tuple(corrected),
    )


def _since(naming: Naming) -> date:
    """The first day named; the day it was written where that day cannot be read."""
    return read_day(naming.officer.effective_from) or _written_on(naming)


def _written_on(naming: Naming) -> date:
    return date.fromisoformat(day_of(hlc_ms(Hlc(naming.hlc))))


def _until(naming: Naming, known: Mapping[OpId, Naming], ended_on: date | None) -> date | None:
    """The first day on which another had this one's place; None where it is still theirs."""
    ends = [] if ended_on is None else [ended_on]
    for other in _takers(naming, known):
        # Who settles between two may choose a day gone by; nobody was released on that day.
        is_settling = naming.op_id in other.replaces and len(other.replaces) > 1
        ends.append(max(_since(other), _written_on(other)) if is_settling else _since(other))
    return min(ends, default=None)


def _takers(naming: Naming, known: Mapping[OpId, Naming]) -> tuple[Naming, ...]:
    """Every naming that took this one's place, at once or through others."""
    taken, takers = {naming.op_id}, dict[OpId, Naming]()
    is_growing = True
    while is_growing:
        found = {
            op_id: one
            for op_id, one in known.items()
            if op_id not in takers and taken.intersection(one.replaces)
        }
        takers |= found
        taken |= found.keys()
        is_growing = bool(found)
    return tuple(takers.values())


def _joined(spells: Iterable[Spell]) -> tuple[Spell, ...]:
    """Spells of one officer in one team that touch, as one; the earliest first."""
    found: list[Spell] = []
    for spell in sorted(spells, key=lambda one: (one.since, one.namings[0].hlc)):
        at = next((n for n, one in enumerate(found) if _goes_on(one, spell)), None)
        if at is None:
            found.append(spell)
            continue
        earlier = found[at]
        ends = (earlier.until, spell.until)
        until = None if None in ends else max(end for end in ends if end is not None)
        namings = (*earlier.namings, *spell.namings)
        found[at] = msgspec.structs.replace(earlier, until=until, namings=namings)
    return tuple(found)


def _goes_on(one: Spell, other: Spell) -> bool:
    same = (one.officer.staff_id, one.officer.team, one.officer.side) == (
        other.officer.staff_id,
        other.officer.team,
        other.officer.side,
    )
    return same and (one.until is None or other.since <= one.until)


def _overlaps(spells: tuple[Spell, ...]) -> tuple[Stretch, ...]:
    """The days on which more than one officer was responsible."""
    if not spells:
        return ()
    first = min(one.since for one in spells)
    return _stretches(spells, Stretch(first, None), wanted=lambda count: count > 1)


def _gaps(
    spells: tuple[Spell, ...], sentenced_on: date | None, ended_on: date | None
) -> tuple[Stretch, ...]:
    """The days of the sentence on which nobody was."""
    firsts = [one.since for one in spells] + ([sentenced_on] if sentenced_on is not None else [])
    if not firsts:
        return ()
    begins = sentenced_on if sentenced_on is not None else min(firsts)
    return _stretches(spells, Stretch(begins, ended_on), wanted=lambda count: count == 0)


def _stretches(
    spells: tuple[Spell, ...], within: Stretch, *, wanted: Callable[[int], bool]
) -> tuple[Stretch, ...]:
    """The days within which as many officers were responsible as is wanted, joined."""
    days = {within.since, *(one.since for one in spells)}
    days |= {one.until for one in spells if one.until is not None}
    inside = sorted(
        day for day in days if day >= within.since and (within.until is None or day < within.until)
    )
    found: list[Stretch] = []
    for day, until in zip(inside, [*inside[1:], within.until], strict=True):
        count = len({one.officer.staff_id for one in spells if one.covers(day)})
        if not wanted(count):
            continue
        if found and found[-1].until == day:
            found[-1] = Stretch(found[-1].since, until)
        else:
            found.append(Stretch(day, until))
    return tuple(found)
