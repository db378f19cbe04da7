"""What must be looked at and what is due, of one person or of an office, from every rule at once.

Each part of the casework hands in two functions of a person's rows: `findings_of_<part>` and
`due_of_<part>`. They are listed here and nowhere else, and called on rows that were read once.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from casework.access.actions import Reach
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.everybody import Everybody
from casework.desk.kept_due import DueOfOne, KeptDue
from casework.desk.person import name_view
from casework.desk.sight import sight_of
from casework.desk.standing import is_leaving, leaving_people
from casework.desk.whole import NO_RULE_READS, Whole, read_whole, readable_kinds
from casework.desk.worked import Misfits, worked_out
from casework.records.files import OPEN_FILE
from casework.rules.custody import CustodyState
from casework.rules.custody_of_person import (
    FoldedOnce,
    custody_of_person,
    due_of_custody,
    findings_of_custody,
)
from casework.rules.due import Due, by_day, gravest_first
from casework.rules.every_version import every_version
from casework.rules.interventions_due import due_of_interventions, findings_of_interventions
from casework.rules.key_dates import FIELD
from casework.rules.licences import Condition
from casework.rules.officers import due_of_officer, findings_of_officer
from casework.rules.probation import (
    due_of_probation,
    findings_of_probation,
    licence_in_force,
)
from casework.rules.rows import Finding, Row, by_gravity, day_of
from casework.rules.safety import due_of_safety, findings_of_safety
from casework.rules.spine import due_of_spine, findings_of_spine
from sync_protocol.errors import Refused
from sync_protocol.ids import ActorId, SubjectId
from sync_protocol.io.reading import Reading

Rows = Mapping[str, Sequence[Row]]
Named = tuple[SubjectId, str, Due]
"""Something due, of whom, and their name."""
FindingsOf = Callable[[Rows, str, int], tuple[Finding, ...]]
DueOf = Callable[[Rows, str, int], tuple[Due, ...]]

FINDINGS: Final[tuple[FindingsOf, ...]] = (
    findings_of_custody,
    findings_of_interventions,
    findings_of_officer,
    findings_of_probation,
    findings_of_safety,
    findings_of_spine,
)
DUE: Final[tuple[DueOf, ...]] = (
    due_of_custody,
    due_of_interventions,
    due_of_officer,
    due_of_probation,
    due_of_safety,
    due_of_spine,
)
OFFICE_DUE_MAX: Final = 1_000
NAME_TO_COME: Final = "Name not here yet"
"""Of somebody whose record is still on its way, and whose care is not to wait for it."""
_CONTESTED: Final = "SELECT DISTINCT subject FROM conflict WHERE field = ?"


class Attention(msgspec.Struct, frozen=True):
    """What is wrong with a person's records, gravest first, and what is due, earliest first."""

    findings: tuple[Finding, ...]
    due: tuple[Due, ...]
    conditions: tuple[Condition, ...]
    """The licence conditions that bind the person, or might."""


class DueLine(msgspec.Struct, frozen=True):
    """One thing that is due, of whom, and whose work it is."""

    person: SubjectId
    person_name: str
    due: Due
    owner_name: str | None
    """None where it falls to the office, or to somebody of another one."""
    is_overdue: bool


class DueList(msgspec.Struct, frozen=True):
    """What is due at an office, overdue first; `is_cut` where there is more than is listed."""

    day: str
    lines: tuple[DueLine, ...]
    overdue: int
    is_cut: bool


class NotAtTheCentre(Refused):
    """What is due is listed at each office, for those whom it holds."""

    code = "not_at_the_centre"
    hint = "Open the list at the office, or read what is due of one person."


def attention_to_rows(rows: Rows, now_ms: int) -> Attention:
    """What every rule finds in a person's rows."""
    day, rows, misfits = day_of(now_ms), FoldedOnce(rows), Misfits()
    findings = [one for find in FINDINGS for one in worked_out(find, rows, day, now_ms, misfits)]
    due = _due_in(rows, day, now_ms, misfits)
    conditions = worked_out(_conditions, rows, day, now_ms, misfits)
    return Attention(
        by_gravity(list(dict.fromkeys([*misfits.findings(), *findings]))), due, conditions
    )


def due_in_rows(rows: Rows, now_ms: int) -> tuple[Due, ...]:
    """What every rule finds due in a person's rows, the earliest first."""
    return _due_in(FoldedOnce(rows), day_of(now_ms), now_ms, Misfits())


def _due_in(rows: FoldedOnce, day: str, now_ms: int, misfits: Misfits) -> tuple[Due, ...]:
    due = [one for find in DUE for one in worked_out(find, rows, day, now_ms, misfits)]
    return gravest_first(by_day(list(dict.fromkeys([*misfits.due(day), *due]))))


def _conditions(rows: Rows, day: str, now_ms: int) -> tuple[Condition, ...]:
    return licence_in_force(rows, day, now_ms).conditions


def read_attention(desk: Desk, caller: Caller, person: SubjectId) -> Attention:
    """What is wrong and what is due of one person, from what the caller may be shown.

    Of somebody who leaves and is not on this office's own book nothing: the next office has it all,
    and what it writes does not come here any more.
    """
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        reach = gate.check_person(desk, caller, reading, person)
        whole = read_whole(desk, reading, person, left_out=NO_RULE_READS)
        whole = shown_to(desk, caller, whole, reach)
        rows = with_every_version(reading, person, whole.rows)
        is_gone = is_leaving(desk, reading, person)
    gate.witness(desk, caller, "read", (person,), detail="findings and what is due")
    found = attention_to_rows(rows, desk.now_ms())
    if is_gone and _place_of(rows, desk.now_ms()) != desk.place.code:
        return msgspec.structs.replace(found, findings=(), due=())
    return found


def _place_of(rows: Rows, now_ms: int) -> str | None:
    (custody,) = worked_out(_custody, rows, day_of(now_ms), now_ms, Misfits())
    return custody.place


def _custody(rows: Rows, _day: str, now_ms: int) -> tuple[CustodyState, ...]:
    return (custody_of_person(rows, now_ms=now_ms),)


def with_every_version(reading: Reading, person: SubjectId, rows: Rows) -> Rows:
    """The rows, and a record once more for each further approved version of it that stands.

    Only where a version is in conflict is anything more read.
    """
    if not any(FIELD in row.asks for of_kind in rows.values() for row in of_kind):
        return rows
    return every_version(rows, reading.conflicts(person))


def shown_to(desk: Desk, caller: Caller, whole: Whole, reach: Reach = "own") -> Whole:
    """The rows of which the caller may be shown all: no rule tells of what is closed to them."""
    readable = readable_kinds(desk, caller, reach)
    rows = {kind: of_kind for kind, of_kind in whole.rows.items() if kind in readable}
    return msgspec.structs.replace(whole, rows=rows)


def office_due(desk: Desk, caller: Caller, *, owner: ActorId | None = None) -> DueList:
    """What is due of everyone whom this office holds, or of those one officer owns, overdue first.

    NotAtTheCentre at the centre, which holds everybody.
    """
    gate.allow(desk, caller, "see_due")
    if desk.place.kind == "centre":
        raise NotAtTheCentre
    with desk.kept_due.reading(desk.store, desk.registry, _open_kinds(desk, caller)) as reading:
        sight = sight_of(desk, caller, reading)
        gone = {one.person for one in leaving_people(desk, caller, reading)}
        now_ms = desk.now_ms()
        known = _due_of_all(desk.kept_due, reading, now_ms)
    wanted = None if owner is None else owner.hex()
    found = [
        (person, one.name or NAME_TO_COME, due)
        for person, one in known.items()
        if person not in gone and sight.is_listed(person)
        for due in one.due
        if wanted is None or due.owner_staff_id == wanted
    ]
    # However long the list is, nothing grave is cut off it.
    grave = sum(due.severity == "S1" for _, _, due in found)
    first = sorted(found, key=_in_order)[: max(OFFICE_DUE_MAX, grave)]
    named = list(dict.fromkeys(person for person, _, _ in first))
    gate.witness(desk, caller, "read", named, detail=f"due, {len(first)} shown")
    day = day_of(now_ms)
    overdue = sum(due.is_overdue(day, now_ms) for _, _, due in found)
    return DueList(day, _lines(desk, first, now_ms), overdue, is_cut=len(found) > len(first))


def keep_due(desk: Desk) -> None:
    """Work out what is due of whoever changed, or is past a turn, before anybody asks for it.

    Where nobody has asked since the start nothing is kept, and nothing done. Nobody is shown any
    of it, so there is nothing to witness.
    """
    kinds = desk.kept_due.kinds
    if kinds:
        with desk.kept_due.reading(desk.store, desk.registry, kinds) as reading:
            _due_of_all(desk.kept_due, reading, desk.now_ms())


def owner_name(desk: Desk, due: Due) -> str | None:
    """The name of whoever's work it is, where it is known here."""
    owner = due.owner_staff_id
    return desk.staff_name(ActorId(bytes.fromhex(owner))) if owner is not None else None


def _due_of_all(kept: KeptDue, everybody: Everybody, now_ms: int) -> Mapping[SubjectId, DueOfOne]:
    """What is due of everybody held, whatever anybody may be shown of it."""
    contested = {SubjectId(row[0]) for row in everybody.select(_CONTESTED, (FIELD,))}

    def work_out(person: SubjectId, rows: Rows, as_of_ms: int) -> DueOfOne:
        known = rows.get("person")
        name = name_view(known[0]).full if known else None
        whole = with_every_version(everybody, person, rows) if person in contested else rows
        is_held = everybody.is_more_than_a_pair(rows)
        return DueOfOne(name, due_in_rows(whole, as_of_ms) if is_held else (), is_held)

    # Which version of several in conflict is an approved one is no row's, and is always looked up.
    return kept.of_all(everybody, now_ms, work_out, anew=contested)


def _in_order(one: Named) -> tuple[bool, str, str, str]:
    _, name, due = one
    return (due.severity != "S1", due.due_on, due.severity, name)


def _lines(desk: Desk, named: Iterable[Named], now_ms: int) -> tuple[DueLine, ...]:
    day = day_of(now_ms)
    once = msgspec.structs.replace(desk, staff_name=functools.cache(desk.staff_name))
    return tuple(
        DueLine(person, name, due, owner_name(once, due), is_overdue=due.is_overdue(day, now_ms))
        for person, name, due in named
    )


def _open_kinds(desk: Desk, caller: Caller) -> list[str]:
    """The kinds of the open file that the caller may be shown and that some rule reads."""
    readable = readable_kinds(desk, caller).keys() - NO_RULE_READS
    return sorted(name for name in readable if desk.registry.kinds[name].file == OPEN_FILE)
