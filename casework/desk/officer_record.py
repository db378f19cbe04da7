"""Who is, was and will be responsible for a person: what the page of the responsible officer shows.

Read in one snapshot: the records that the rules ask, and every op that ever named an officer.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Source, source_of
from casework.desk.officers import KIND, named_in_log
from casework.desk.worked import Misfits, Rows, worked_out
from casework.records.files import file_subject
from casework.rules.due import Due
from casework.rules.every_version import every_version
from casework.rules.handover import Tick, checklist
from casework.rules.key_work import key_worker_findings
from casework.rules.officer_history import Spell, Stretch, officer_history
from casework.rules.officers import OfficerCase, due_of_officer, officer_case
from casework.rules.responsible import Officer
from casework.rules.rows import Finding, day_of, is_closed
from casework.rules.tier import Tier
from casework.rules.tier_inputs import tier_of
from sync_protocol.ids import SubjectId
from sync_protocol.io.reading import Reading, Shown

KINDS: Final = (
    "person",
    "sentence",
    "key_dates",
    "movement",
    "release",
    "recall",
    "registration",
    "risk",
    KIND,
    "responsibility_override",
    "handover",
    "early_allocation",
    "parole",
    "key_worker",
    "predictors",
)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's time as the responsible one, and everybody who named them."""

    officer: Officer
    since: date
    until: date | None
    named_by: tuple[Source, ...]


class OfficerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of the responsible officer shows."""

    case: OfficerCase
    served: tuple[Served, ...]
    overlaps: tuple[Stretch, ...]
    gaps: tuple[Stretch, ...]
    ticks: tuple[Tick, ...]
    handover: Shown | None
    key_work: dict[str, Any]
    """The key worker's allocation; empty where none is recorded."""
    tier: Tier
    findings: tuple[Finding, ...]
    due: tuple[Due, ...]


def read_officer_record(desk: Desk, caller: Caller, person: SubjectId) -> OfficerRecord:
    """The record of one person, as of today; first is said which records had to be left out."""
    gate.allow(desk, caller, "read")
    now_ms = desk.now_ms()
    day = day_of(now_ms)
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        shown = {kind: _records(desk, reading, person, kind) for kind in KINDS}
        rows = every_version(shown, reading.conflicts(person))
        officers = shown[KIND]
        namings = named_in_log(reading, officers[0].key) if officers else ()
        workers = shown["key_worker"]
        allocations = named_in_log(reading, workers[0].key, "allocation") if workers else ()
    gate.witness(desk, caller, "read", (person,), detail="responsible officer")
    misfits = Misfits()
    (case,) = worked_out(_case, rows, day, now_ms, misfits)
    (tier,) = worked_out(_tier, rows, day, now_ms, misfits)
    due = worked_out(due_of_officer, rows, day, now_ms, misfits)
    over = all(is_closed(one) for one in rows["sentence"]) and bool(rows["sentence"])
    history = officer_history(
        namings, sentenced_on=case.sentenced_on, ended_on=case.ends_on if over else None
    )
    handover = next(iter(shown["handover"]), None)
    allocated = [one.values.get("allocation") for one in workers]
    key_work = next((dict(one) for one in allocated if isinstance(one, Mapping)), {})
    return OfficerRecord(
        case=case,
        served=tuple(_served(desk, spell) for spell in history.spells),
        overlaps=history.overlaps,
        gaps=history.gaps,
        ticks=checklist(handover),
        handover=handover,
        key_work=key_work,
        tier=tier,
        findings=(
            *misfits.findings(),
            *case.findings,
            *key_worker_findings(allocations, person),
        ),
        due=due,
    )


def _case(rows: Rows, day: str, now_ms: int) -> tuple[OfficerCase, ...]:
    return (officer_case(rows, day, now_ms),)


def _tier(rows: Rows, day: str, now_ms: int) -> tuple[Tier, ...]:
    return (tier_of(rows, day, now_ms),)


def _records(desk: Desk, reading: Reading, person: SubjectId, kind: str) -> Sequence[Shown]:
    declared = desk.registry.kinds.get(kind)
    if declared is None:
        return ()
    return reading.records(kind, file_subject(person, declared.file))


def _served(desk: Desk, spell: Spell) -> Served:
    return Served(
        officer=spell.officer,
        since=spell.since,
        until=spell.until,
        named_by=tuple(
            source_of(desk, naming.node, naming.actor, naming.hlc) for naming in spell.namings
        ),
    )
