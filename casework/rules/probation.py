"""Probation work of one person: one answer for page, API and the list of what is due.

It takes a person's records as shown, and gives what staff must look at and do about contacts,
compliance, the licence and check-ins. It settles nothing. Where two approved versions of a licence
or of the dates stand, each is a row of its own: see `every_version`.
"""

from datetime import date
from typing import Final

import msgspec

from casework.rules.appointments import (
    Contact,
    appointment_findings,
    contacts_of,
    is_national_standard,
    missing_outcomes,
    next_contact,
    staff_dangers,
)
from casework.rules.check_ins import check_in_due, check_in_findings
from casework.rules.compliance import (
    Compliance,
    action_words,
    awaited_responses,
    compliance_findings,
    compliance_of,
    is_community,
)
from casework.rules.custody import ON_THE_BOOKS
from casework.rules.custody_of_person import custody_of_person
from casework.rules.due import Due, by_day
from casework.rules.key_dates import CURFEW, release_plan, standing_calculations
from casework.rules.licence_due import licence_due, licence_findings
from casework.rules.licences import InForce, conditions_in_force
from casework.rules.recalls import recall_of
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.responsible import read_officer
from casework.rules.rows import Finding, Row, by_gravity, is_closed
from casework.rules.spoken import day_words
from sync_protocol.ids import SubjectId
from sync_protocol.policy import Severity

KINDS: Final = ("appointment", "outcome", "enforcement", "breach", "licence", "check_in")


class ProbationCase(msgspec.Struct, frozen=True, kw_only=True):
    """How the person stands with probation, as of a moment."""

    contacts: tuple[Contact, ...]
    compliance: tuple[Compliance, ...]
    """With each sentence that has one."""
    licence: InForce
    release_day: date | None
    """The day for which the licence is prepared; None where the person is not to be released."""
    is_on_curfew: bool
    """Whether that release is one on curfew."""
    is_held: bool
    """Whether the person is on a prison's books."""
    owner_staff_id: str | None
    person: SubjectId | None


def findings_of_probation(rows: RowsByKind, day: str, now_ms: int) -> tuple[Finding, ...]:
    """What a person must look at in the probation work, the gravest first."""
    case = probation_case(rows, day, now_ms)
    about = () if case.person is None else (case.person,)
    stands = [
        msgspec.structs.replace(one, subjects=about) for one in compliance_findings(case.compliance)
    ]
    today = date.fromisoformat(day)
    return by_gravity(
        [
            *staff_dangers(case.contacts, rows.get("outcome", ())),
            *case.licence.findings,
            *licence_findings(
                rows.get("licence", ()), case.release_day, day=today, person=case.person
            ),
            *appointment_findings(case.contacts, now_ms=now_ms),
            *stands,
            *check_in_findings(rows.get("check_in", ())),
        ]
    )


def due_of_probation(rows: RowsByKind, day: str, now_ms: int) -> tuple[Due, ...]:
    """What is due: outcomes, answers, reviews, the next contact, the licence and check-ins."""
    case = probation_case(rows, day, now_ms)
    today = date.fromisoformat(day)
    return by_day(
        [
            *_outcomes_due(case, day),
            *_responses_due(rows, case, day),
            *_reviews_due(case, day),
            *_contact_due(case, rows, day, now_ms),
            *licence_due(
                rows.get("licence", ()),
                case.release_day,
                day=today,
                owner=case.owner_staff_id,
                is_on_curfew=case.is_on_curfew,
            ),
            *check_in_due(rows.get("check_in", ()), day=day),
        ]
    )


def probation_case(rows: RowsByKind, day: str, now_ms: int) -> ProbationCase:
    """Everything that the findings and the list of what is due are made from."""
    contacts = contacts_of(rows.get("appointment", ()), rows.get("outcome", ()))
    is_held = custody_of_person(rows, now_ms=now_ms).status in ON_THE_BOOKS
    plan = release_plan(standing_calculations(rows.get("key_dates", ())))
    return ProbationCase(
        contacts=contacts,
        compliance=_compliance(rows, contacts),
        licence=licence_in_force(rows, day, now_ms),
        release_day=plan.prepare_for if is_held else None,
        is_on_curfew=plan.lead is not None and CURFEW in plan.lead.dates,
        is_held=is_held,
        owner_staff_id=_owner(rows),
        person=next((row.key.subjects[0] for kind in KINDS for row in rows.get(kind, ())), None),
    )


def licence_in_force(rows: RowsByKind, day: str, now_ms: int) -> InForce:
    """The licence conditions that bind the person on a day, or might."""
    return conditions_in_force(
        rows.get("licence", ()),
        day=day,
        recalled_ms=_recalled_ms(rows, now_ms),
        releases=rows.get("release", ()),
    )


def _compliance(rows: RowsByKind, contacts: tuple[Contact, ...]) -> tuple[Compliance, ...]:
    """How they stand with each sentence, held here or only named by a contact."""
    sentences = {row.key.record.hex(): row for row in rows.get("sentence", ())}
    named = {str(name) for one in contacts if (name := one.row.values.get("sentence"))}
    return tuple(
        compliance_of(
            name,
            sentences.get(name),
            contacts,
            enforcements=rows.get("enforcement", ()),
            breaches=rows.get("breach", ()),
        )
        for name in sorted(named | sentences.keys())
        if name not in sentences or not is_closed(sentences[name])
    )


def _recalled_ms(rows: RowsByKind, now_ms: int) -> int | None:
    """When the last recall in force was decided; a licence that began later is of a release after
    it. One dated ahead does not count until its moment, as in custody.
    """
    recalls = [recall_of(row) for row in rows.get("recall", ())]
    decided = [one.decided_ms for one in recalls if one.is_in_force and one.decided_ms is not None]
    return max((moment for moment in decided if moment <= now_ms), default=None)


def _owner(rows: RowsByKind) -> str | None:
    row = next(iter(rows.get("offender_manager", ())), None)
    assignment = row.values.get("assignment") if row is not None else None
    return read_officer(assignment).staff_id or None if assignment is not None else None


def _outcomes_due(case: ProbationCase, day: str) -> list[Due]:
    found = []
    for one in missing_outcomes(case.contacts, day=day):
        severity: Severity = "S2" if is_national_standard(one.type) else "S3"
        words = f"Record what came of {one.words}."
        owner = one.owner or case.owner_staff_id
        found.append(Due("outcome_missing", words, one.day, owner, severity, *_about(one.row)))
    return found


def _responses_due(rows: RowsByKind, case: ProbationCase, day: str) -> list[Due]:
    """The clock of an answer runs on, whatever becomes of the outcome that began it."""
    found = []
    for row, due_on in awaited_responses(rows.get("enforcement", ())):
        action = action_words(str(row.values.get("action", "")))
        words = f"{action}: the person's answer is due by {day_words(due_on)}."
        severity: Severity = "S2" if due_on < day else "S3"
        owner = case.owner_staff_id
        found.append(Due("response_due", words, due_on, owner, severity, *_about(row)))
    return found


def _reviews_due(case: ProbationCase, day: str) -> list[Due]:
    found = []
    for one in case.compliance:
        owner, about = case.owner_staff_id, ("sentence", one.sentence)
        if one.is_review_due:
            words = f"Review enforcement: {len(one.failures)} failures to comply."
            due_on = one.failures[-1]
            found.append(Due("enforcement_review", words, due_on, owner, "S2", *about))
        elif one.does_review_wait:
            words = "Decide which outcome is right: a review of enforcement depends on it."
            found.append(Due("settle_outcome", words, day, owner, "S2", *about))
    return found


def _contact_due(case: ProbationCase, rows: RowsByKind, day: str, now_ms: int) -> list[Due]:
    """The next appointment, or that somebody under supervision in the community has none."""
    coming = next_contact(case.contacts, now_ms=now_ms)
    if coming is not None:
        words = f"Next contact: {coming.words}."
        owner = coming.owner or case.owner_staff_id
        return [Due("next_contact", words, coming.day, owner, "S3", *_about(coming.row))]
    is_supervised = bool(case.licence.versions) or any(
        is_community(row) for row in rows.get("sentence", ()) if not is_closed(row)
    )
    if case.is_held or not is_supervised:
        return []
    words = "The person is under supervision and has no appointment to come: make one."
    return [Due("no_next_contact", words, day, case.owner_staff_id, "S2", "appointment")]


def _about(row: Row) -> tuple[str, str]:
    return row.key.kind, row.key.record.hex()
