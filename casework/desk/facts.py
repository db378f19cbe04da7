"""What the store shows of people, read once in one snapshot, of one or of a whole prison."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from casework.desk.desk import Desk
from casework.desk.officers import KIND as OFFICERS
from casework.desk.officers import responsibility_of
from casework.desk.worked import MISFITS, Misfits, Rows, worked_out
from casework.rules.alerts import alerts_in_force
from casework.rules.custody import KINDS as FOLDED
from casework.rules.custody import CustodyState
from casework.rules.custody_findings import releases_before_sentence
from casework.rules.custody_of_person import custody_of_person, folded_rows, other_findings
from casework.rules.every_version import every_version
from casework.rules.key_dates import FIELD
from casework.rules.officers import LIBERTY_KINDS, liberty_day
from casework.rules.people import preferred_name, preferred_value
from casework.rules.responsible import Responsibility
from casework.rules.rosh import rosh
from casework.rules.rows import Finding, Row, day_of, gathered_structs
from casework.rules.severity import severity_of
from sync_protocol.ids import SubjectId, singleton_record
from sync_protocol.io.reading import OpenConflict, Reading, Shown
from sync_protocol.policy import Severity

ONE_BY_ONE_MAX: Final = 40
"""Of more people than this, whole tables are read: one query a kind, not one for each person."""

KINDS: Final = (
    *("person", "identifier", "alert", "cell", "risk", "offender_manager"),
    *("movement", "release", "recall", "temporary_absence", "seen_in_community"),
)
CUSTODY: Final = frozenset(FOLDED).intersection(KINDS)
SENTENCE: Final = "sentence"
"""Read besides of whoever was released, to compare the days."""


class Facts(msgspec.Struct, frozen=True):
    """What the store shows of a person; `person` is None where nobody recorded who it is."""

    id: SubjectId
    person: Shown | None
    identifiers: Sequence[Shown]
    alerts: Sequence[Shown]
    cell: Shown | None
    risk: Shown | None
    offender_manager: Shown | None
    responsibility: Responsibility
    custody_rows: Sequence[Row]
    """What custody is folded from: movements, releases and recalls."""
    custody: CustodyState
    custody_findings: Sequence[Finding]
    """What is wrong beyond where the person is: recalls, temporary absences, sightings, a release
    before its sentence; and first which records were left out, as a value of theirs breaks a rule.
    """
    is_custody_in_doubt: bool
    """Whether a record that says where the person is was left out: they may be here even so."""
    conflicts: Sequence[OpenConflict]
    severities: Sequence[Severity]


def read_facts(desk: Desk, reading: Reading, person: SubjectId) -> Facts:
    """The facts of one person."""
    rows = {kind: reading.records(kind, person) for kind in KINDS}
    rows[SENTENCE] = reading.records(SENTENCE, person) if rows["release"] else []
    return _facts(desk, reading, person, rows, reading.conflicts(person))


def read_many(
    desk: Desk, reading: Reading, people: Collection[SubjectId]
) -> dict[SubjectId, Facts]:
    """The facts of many people, in the order given."""
    if len(people) <= ONE_BY_ONE_MAX:
        return {person: read_facts(desk, reading, person) for person in people}
    rows: dict[SubjectId, dict[str, list[Shown]]] = {
        person: {kind: [] for kind in (*KINDS, SENTENCE)} for person in people
    }
    for kind in KINDS:
        for row in reading.records_of_all(kind):
            of_person = rows.get(row.key.subjects[0])
            if of_person is not None:
                of_person[kind].append(row)
    for person in people:
        if rows[person]["release"]:
            rows[person][SENTENCE] = reading.records(SENTENCE, person)
    conflicts: dict[SubjectId, list[OpenConflict]] = {person: [] for person in people}
    for conflict in reading.conflicts():
        for subject in conflict.key.subjects:
            if subject in conflicts:
                conflicts[subject].append(conflict)
    return {
        person: _facts(desk, reading, person, rows[person], conflicts[person]) for person in people
    }


def severity_in(desk: Desk, reading: Reading, conflict: OpenConflict) -> Severity:
    """How grave an open conflict is, by its field and by what the record shows.

    One that cannot be weighed, because a value is not as it should be, counts as grave.
    """
    try:
        return _weighed(desk, reading, conflict)
    except MISFITS:
        return "S1"


def _weighed(desk: Desk, reading: Reading, conflict: OpenConflict) -> Severity:
    key = conflict.key
    shown = reading.record(key.kind, key.subjects, key.record)
    values = shown.values if shown is not None else {}
    day = day_of(desk.now_ms())
    liberty = None
    if key.kind == OFFICERS:
        near = {kind: reading.records(kind, key.subjects[0]) for kind in LIBERTY_KINDS}
        is_asking = any(FIELD in row.asks for row in near["key_dates"])
        conflicts = reading.conflicts(key.subjects[0]) if is_asking else ()
        liberty = liberty_day(every_version(near, conflicts), day)
    standing = [side.value for side in conflict.sides]
    return severity_of(
        key.kind,
        conflict.field,
        values,
        day=day,
        liberty_day=liberty,
        sides=len(standing),
        standing=standing,
    )


def _facts(
    desk: Desk,
    reading: Reading,
    person: SubjectId,
    rows: dict[str, list[Shown]],
    conflicts: Sequence[OpenConflict],
) -> Facts:
    now_ms, misfits = desk.now_ms(), Misfits()
    day = day_of(now_ms)
    # Custody is folded without sentences here: an end that they tell of needs the key dates too.
    folded = {kind: rows[kind] for kind in KINDS}
    worked_out(_first_lines, folded, day, now_ms, misfits)
    (custody,) = worked_out(_custody, folded, day, now_ms, misfits)
    beyond = worked_out(_beyond, folded, day, now_ms, misfits)
    early = worked_out(_early, rows, day, now_ms, misfits)
    left_out = misfits.findings()
    rows = {kind: [one for one in rows[kind] if misfits.fits(one)] for kind in KINDS}
    officer = _only(rows["offender_manager"], person)
    return Facts(
        id=person,
        person=_only(rows["person"], person),
        identifiers=rows["identifier"],
        alerts=rows["alert"],
        cell=_only(rows["cell"], person),
        risk=_only(rows["risk"], person),
        offender_manager=officer,
        responsibility=responsibility_of(reading, officer, conflicts, day=day),
        custody_rows=folded_rows(rows),
        custody=custody,
        custody_findings=(*left_out, *beyond, *early),
        is_custody_in_doubt=any(kind in CUSTODY for kind, _ in misfits.rows),
        conflicts=conflicts,
        severities=[severity_in(desk, reading, conflict) for conflict in conflicts],
    )


def _first_lines(rows: Rows, day: str, _now_ms: int) -> tuple[object, ...]:
    """What the first lines of every page are made of."""
    person = next(iter(rows.get("person", ())), None)
    risk = next(iter(rows.get("risk", ())), None)
    return (
        preferred_name(person),
        [one["value"] for one in gathered_structs(person, "date_of_birth")],
        preferred_value(person, "sex"),
        alerts_in_force(rows.get("alert", ()), day=day),
        rosh(risk),
    )


def _custody(rows: Rows, _day: str, now_ms: int) -> tuple[CustodyState, ...]:
    return (custody_of_person(rows, now_ms=now_ms),)


def _beyond(rows: Rows, _day: str, now_ms: int) -> tuple[Finding, ...]:
    return other_findings(rows, now_ms=now_ms)


def _early(rows: Rows, _day: str, _now_ms: int) -> tuple[Finding, ...]:
    people = sorted({row.key.subjects[0] for row in rows.get("release", ())})
    found = releases_before_sentence(rows.get("release", ()), rows.get(SENTENCE, ()))
    return tuple(msgspec.structs.replace(one, subjects=tuple(people)) for one in found)


def _only(rows: Sequence[Shown], person: SubjectId) -> Shown | None:
    """The one record of a kind that exists at most once, under the name every node gives it."""
    return next(
        (row for row in rows if row.key.record == singleton_record(person, row.key.kind)), None
    )
