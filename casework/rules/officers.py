"""What staff must know and do about the responsible officer: one answer for page, API and list.

It takes a person's records as shown and gives who leads by the rules, what contradicts that, and
what is due. It settles nothing: two officers named apart both stay responsible.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from casework.reference.in_use import short_place_name
from casework.rules.custody_of_person import custody_of_person
from casework.rules.due import Due, by_day
from casework.rules.handover import Reminded, current_review, early_outcome, reminders
from casework.rules.key_dates import planned_release, standing_calculations
from casework.rules.recalls import recall_of
from casework.rules.responsibility import Ruling, decided, responsibility_on
from casework.rules.responsibility_inputs import Held, RowsByKind, content_of, inputs_of
from casework.rules.responsible import Officer, contested_severity, has_begun, read_officer
from casework.rules.rows import Finding, Row, by_gravity, day_of, is_closed, read_day
from casework.rules.spoken import day_words
from casework.rules.whereabouts import ON_THE_BOOKS, CustodyState
from sync_protocol.ids import SubjectId

REPORT_DAYS: Final = 28
"""How long before it is due a parole report is on the list."""

LIBERTY_KINDS: Final = ("key_dates", "release", "recall")
"""What says on which days somebody is released or recalled."""

LEADING_SIDE: Final[Mapping[str, str]] = {
    "CustodyOnly": "prison",
    "CustodyWithCom": "prison",
    "Community": "community",
}


class OfficerCase(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads by the rules, and the officers as the record names them."""

    ruling: Ruling
    responsible: Officer | None
    supporting: Officer | None
    co_working: Officer | None
    """None where the one recorded is the responsible officer."""
    is_contested: bool
    handover: Row | None
    liberty_day: str | None
    sentenced_on: date | None
    ends_on: date | None
    """The last day of the sentence, its licence or supervision, as calculated."""
    findings: tuple[Finding, ...]

    @property
    def has_community_officer(self) -> bool:
        """Whether a community offender manager is named, to lead or to support."""
        named = (self.responsible, self.supporting)
        return any(one is not None and one.side == "community" for one in named)

    @property
    def owner_staff_id(self) -> str | None:
        """Whose the tasks are; both officers see them while it is contested."""
        return self.responsible.staff_id if self.responsible is not None else None


def findings_of_officer(rows: RowsByKind, day: str, now_ms: int) -> tuple[Finding, ...]:
    """What is wrong about who is responsible, the gravest first."""
    return officer_case(rows, day, now_ms).findings


def due_of_officer(rows: RowsByKind, day: str, now_ms: int) -> tuple[Due, ...]:
    """What is due of who is responsible, of the handover, parole and early allocation."""
    case = officer_case(rows, day, now_ms)
    today = date.fromisoformat(day)
    known = Reminded(
        row=case.handover,
        has_community_officer=case.has_community_officer,
        owner_staff_id=case.owner_staff_id,
        day=today,
    )
    return by_day(
        [
            *reminders(case.ruling, known),
            *_settle_due(case, rows, day),
            *_parole_due(case, rows, today),
            *_early_due(rows, day),
        ]
    )


def officer_case(rows: RowsByKind, day: str, now_ms: int) -> OfficerCase:
    """Who leads and who is named, as of a day."""
    row = next(iter(rows.get("offender_manager", ())), None)
    held = _held(rows, now_ms)
    override = next(iter(rows.get("responsibility_override", ())), None)
    person = _person(rows)
    today = date.fromisoformat(day)
    inputs = inputs_of(rows, held, today)
    ruling = decided(responsibility_on(inputs, today), override, person)
    responsible = _officer(row, "assignment")
    co_working = _officer(row, "co_working")
    is_same = _is_same(co_working, responsible)
    case = OfficerCase(
        ruling=ruling,
        responsible=responsible,
        supporting=_supporting(row, responsible),
        co_working=None if is_same else co_working,
        is_contested=row is not None and "assignment" in row.asks,
        handover=next(iter(rows.get("handover", ())), None),
        liberty_day=liberty_day(rows, day),
        sentenced_on=inputs.sentenced_on,
        ends_on=_ends_on(rows),
        findings=ruling.findings,
    )
    found = [*ruling.findings, *_officer_findings(case, person, day)]
    if is_same:
        found.append(_co_working_finding(responsible, person))
    return msgspec.structs.replace(case, findings=by_gravity(found))


def _officer_findings(case: OfficerCase, person: SubjectId | None, day: str) -> list[Finding]:
    about = () if person is None else (person,)
    lead, leads = case.responsible, case.ruling.leads
    found: list[Finding] = []
    if lead is None:
        if leads is not None:
            words = "Nobody is named as the responsible officer of a person under sentence."
            found.append(Finding("nobody_responsible", "S2", words, about))
        return found
    if case.is_contested:
        words = (
            f"Two officers are recorded as responsible; {_named(lead)} leads. Both stay "
            "responsible and both see the tasks until somebody settles it."
        )
        severity = contested_severity(day, case.liberty_day)
        found.append(Finding("responsibility_contested", severity, words, about))
    wanted = LEADING_SIDE.get(leads or "", lead.side)
    if lead.side != wanted and has_begun(lead, day):
        who = "the community" if wanted == "community" else "the prison"
        words = (
            f"By the rules {who} is responsible ({case.ruling.reason_words}), and "
            f"{_named(lead)} is named for the other side."
        )
        found.append(Finding("officer_of_the_other_side", "S2", words, about))
    if _is_same(case.supporting, lead):
        words = f"{_named(lead)} is recorded as responsible and as supporting."
        found.append(Finding("supporting_is_responsible", "S3", words, about))
    return found


def _co_working_finding(lead: Officer | None, person: SubjectId | None) -> Finding:
    named = _named(lead) if lead is not None else "The officer"
    words = (
        f"{named} was named responsible in one place and co-working in another: they are "
        "responsible, and nobody is co-working."
    )
    about = () if person is None else (person,)
    return Finding("co_working_is_responsible", "S3", words, about)


def _settle_due(case: OfficerCase, rows: RowsByKind, day: str) -> list[Due]:
    found = []
    row = next(iter(rows.get("offender_manager", ())), None)
    if case.is_contested and row is not None:
        words = "Settle who is the responsible officer: two are recorded."
        severity = contested_severity(day, case.liberty_day)
        record = row.key.record.hex()
        found.append(Due("settle_responsibility", words, day, None, severity, row.key.kind, record))
    if case.responsible is None and case.ruling.leads is not None:
        words = "Name the responsible officer: nobody is named."
        found.append(Due("name_officer", words, day, None, "S2", "offender_manager"))
    return found


def _parole_due(case: OfficerCase, rows: RowsByKind, today: date) -> list[Due]:
    review = current_review(rows.get("parole", ()))
    due_on = read_day(str(review.values.get("custody_report_due_on"))) if review else None
    if review is None or due_on is None or today < due_on - timedelta(days=REPORT_DAYS):
        return []
    words = f"The prison's report for the parole review is due on {day_words(due_on)}."
    severity: Any = "S2" if today > due_on else "S3"
    record = review.key.record.hex()
    owner = case.owner_staff_id
    return [Due("parole_report", words, due_on.isoformat(), owner, severity, "parole", record)]


def _early_due(rows: RowsByKind, day: str) -> list[Due]:
    waiting = [
        one
        for one in rows.get("early_allocation", ())
        if not is_closed(one)
        and early_outcome(one) == "discretionary"
        and one.values.get("community_decision") is None
    ]
    words = "The community must decide whether it takes the case over early."
    return [
        Due(
            "early_allocation_decision",
            words,
            str(one.values.get("assessed_on") or day),
            None,
            "S3",
            "early_allocation",
            one.key.record.hex(),
        )
        for one in waiting
    ]


def _held(rows: RowsByKind, now_ms: int) -> Held:
    state = custody_of_person(rows, now_ms=now_ms)
    return Held(
        prison=state.place if state.status in ON_THE_BOOKS else None,
        is_recalled=state.recall is not None or _was_received_on_recall(rows, state, now_ms),
    )


def _was_received_on_recall(rows: RowsByKind, state: CustodyState, now_ms: int) -> bool:
    """Whether the person is in custody on a recall decided since they were last let go.

    One dated ahead does not count until its moment, as in custody, which says that there is one.
    """
    if not state.is_in_custody or state.last_release is None:
        return False
    recalls = [recall_of(one) for one in rows.get("recall", ())]
    decided = [one.decided_ms for one in recalls if one.is_in_force and one.decided_ms is not None]
    return any(state.last_release.occurred_at <= moment <= now_ms for moment in decided)


def liberty_day(rows: RowsByKind, day: str) -> str | None:
    """The day of release or recall nearest to a day, planned or past; None where none is known.

    Planned is what the key dates plan, of every calculation that stands: a curfew or parole that
    was approved, or release after a recall, before the dates by law.
    """
    today = date.fromisoformat(day)
    calculations = standing_calculations(rows.get("key_dates", ()))
    planned = (planned_release(one) for one in calculations)
    days = [one for one in planned if one is not None]
    for kind in ("release", "recall"):
        for one in rows.get(kind, ()):
            days += [] if is_closed(one) else _days_of(one)
    nearest = min(days, key=lambda one: abs((one - today).days), default=None)
    return nearest.isoformat() if nearest is not None else None


def _ends_on(rows: RowsByKind) -> date | None:
    """The last day of sentence, licence or supervision that any calculation gives."""
    return max(
        _key_days(rows, "sentence_expiry", "licence_expiry", "supervision_end"), default=None
    )


def _key_days(rows: RowsByKind, *names: str) -> list[date]:
    contents = [content_of(one) for one in rows.get("key_dates", ())]
    told = (one.get(name) for one in contents for name in names)
    return [day for one in told if (day := read_day(str(one))) is not None]


def _days_of(row: Row) -> list[date]:
    decisions = row.values.get("decision") or ()
    moments = [one.get("decided_at") for one in decisions if isinstance(one, Mapping)]
    moments.append(row.values.get("occurred_at"))
    return [date.fromisoformat(day_of(one)) for one in moments if isinstance(one, int)]


def _supporting(row: Row | None, lead: Officer | None) -> Officer | None:
    """Who supports: as the record's own field says, else as the assignment does."""
    named = _officer(row, "supporting")
    if named is not None or lead is None or not lead.supporting_id:
        return named
    other: Any = "community" if lead.side == "prison" else "prison"
    return Officer(
        staff_id=lead.supporting_id,
        staff_name=lead.supporting_name or "",
        team="",
        side=other,
        effective_from=lead.effective_from,
    )


def _officer(row: Row | None, field: str) -> Officer | None:
    told = row.values.get(field) if row is not None else None
    return read_officer(told) if told is not None else None


def _is_same(one: Officer | None, other: Officer | None) -> bool:
    return one is not None and other is not None and one.staff_id == other.staff_id


def _named(officer: Officer) -> str:
    return f"{officer.staff_name} ({short_place_name(officer.team)})"


def _person(rows: Mapping[str, Sequence[Row]]) -> SubjectId | None:
    kinds = ("person", "offender_manager", "key_dates", "sentence", "responsibility_override")
    known = (one.key.subjects[0] for kind in kinds for one in rows.get(kind, ()))
    return next(known, None)
