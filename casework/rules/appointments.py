"""The contacts of a person: what is planned, what came of it, and what of that needs a person.

An outcome is required once the day of an attendance has come, and appointments that the person
must attend may not overlap (hmpps-delius-api, ContactValidationService). Where two offices gave
the same person the same hour unseen by each other, both stand and somebody must move one: the
person is not punished for a clash of ours. So a failure recorded of an appointment that was
cancelled does not count either.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.reference.reader import codes, describe
from casework.rules.outcomes import (
    DANGERS,
    NOTHING,
    Outcome,
    effective_outcome,
    outcome_words,
    outcomes_by_appointment,
)
from casework.rules.rows import Finding, Row, by_gravity, day_of, is_closed, is_ticked
from casework.rules.spoken import clock_words, listed_words, moment_words
from sync_protocol.ids import SubjectId

LIST: Final = "contact_types"
APPOINTMENTS_GROUP: Final = "Appointments"
NATIONAL_STANDARD: Final = "(NS)"
"""How the published list marks the types that count for national standards."""

DOUBTS: Final[Mapping[str, tuple[str, str]]] = {
    "cancelled": (
        "outcome_of_cancelled",
        (
            "{contact} was cancelled, and {said}. It counts neither for nor against the person "
            "until somebody settles which is right."
        ),
    ),
    "disputed": (
        "outcome_disputed",
        (
            "Of {contact}, {said}. It neither starts nor stops enforcement, and nothing is "
            "credited, until the officer decides. The time to answer a letter keeps running."
        ),
    ),
    "held": (
        "outcome_too_early",
        (
            "Of {contact}, {said}, which was before its day. It does not count: record what came "
            "of it at the time that stands."
        ),
    ),
}
"""What keeps an outcome from counting: the code of the finding, and its words."""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One appointment, when it is, and what came of it."""

    row: Row
    starts_at: int
    ends_at: int
    outcome: Outcome = NOTHING

    @property
    def type(self) -> str:
        """Its code in the list of contact types."""
        return str(self.row.values.get("type", ""))

    @property
    def day(self) -> str:
        """The day on which it is."""
        return day_of(self.starts_at)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled, and nobody gave a new time unseen by that."""
        return is_closed(self.row)

    @property
    def owner(self) -> str | None:
        """The staff id of the officer whom the person is to see."""
        officer = self.row.values.get("officer")
        found = officer.get("staff_id") if isinstance(officer, Mapping) else None
        return str(found) if found else None

    @property
    def words(self) -> str:
        """What and when, in a sentence."""
        return f"{type_words(self.type)} on {moment_words(self.starts_at)}"

    def is_of(self, field: str, record_hex: str) -> bool:
        """Whether it is about a sentence, requirement or licence."""
        return self.row.values.get(field) == record_hex


def contacts_of(appointments: Iterable[Row], outcomes: Iterable[Row]) -> tuple[Contact, ...]:
    """Every appointment with what came of it, the earliest first.

    One whose time cannot be read, as of a newer release, is at no time and clashes with nothing.
    """
    by_appointment = outcomes_by_appointment(outcomes)
    found = []
    for row in appointments:
        starts_at, ends_at = _slot(row)
        records = by_appointment.get(row.key.record.hex(), ())
        outcome = effective_outcome(records, starts_at=starts_at or None)
        found.append(Contact(row=row, starts_at=starts_at, ends_at=ends_at, outcome=outcome))
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.row.key.record)))


def is_attendance(contact_type: str) -> bool:
    """Whether the person must be there: such contacts may not overlap, and need an outcome.

    Of a type that this release does not know it is taken for granted: nothing is passed over.
    """
    known = codes(LIST).get(contact_type)
    return known is None or known.belongs_to == APPOINTMENTS_GROUP or known.says("appointment_type")


def is_national_standard(contact_type: str) -> bool:
    """Whether failing to comply with it counts towards enforcement."""
    return NATIONAL_STANDARD in describe(LIST, contact_type)


def needs_place(contact_type: str) -> bool:
    """Whether an appointment of this type must say where it is."""
    known = codes(LIST).get(contact_type)
    return known is not None and known.says("location_required")


def type_words(contact_type: str) -> str:
    """A contact type as staff say it, without the mark of national standards."""
    return describe(LIST, contact_type).replace(NATIONAL_STANDARD, "").strip()


def slot_words(slot: Any) -> str:
    """The time of an appointment as a sentence says it; as it came where it cannot be read."""
    starts_at = slot.get("starts_at") if isinstance(slot, Mapping) else slot
    return moment_words(starts_at)


def clashes(contacts: Sequence[Contact], *, now_ms: int) -> tuple[tuple[Contact, Contact], ...]:
    """The pairs that the person cannot both attend, of those not over; one may follow another."""
    planned = [
        one
        for one in contacts
        if one.starts_at and one.ends_at > now_ms and is_attendance(one.type)
        if not one.is_cancelled and one.outcome.state == "none"
    ]
    return tuple(
        (one, other)
        for at, one in enumerate(planned)
        for other in planned[at + 1 :]
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at
    )


def missing_outcomes(contacts: Iterable[Contact], *, day: str) -> tuple[Contact, ...]:
    """The appointments whose day is past and of which nobody has recorded what came of them."""
    return tuple(
        one
        for one in contacts
        if one.starts_at and one.day < day and is_attendance(one.type)
        if not one.is_cancelled and one.outcome.state in {"none", "held"}
    )


def next_contact(contacts: Iterable[Contact], *, now_ms: int) -> Contact | None:
    """The next appointment that the person must attend."""
    coming = (
        one
        for one in contacts
        if one.starts_at > now_ms and is_attendance(one.type)
        if not one.is_cancelled and one.outcome.state == "none"
    )
    return next(coming, None)


def minutes_credited(contacts: Iterable[Contact], requirement_hex: str) -> int:
    """The minutes worked under a requirement: of appointments attended and complied with alone."""
    return sum(
        one.outcome.minutes_credited
        for one in contacts
        if one.is_of("requirement", requirement_hex) and not one.is_cancelled
    )


def staff_dangers(contacts: Sequence[Contact], outcomes: Iterable[Row]) -> tuple[Finding, ...]:
    """Each danger that staff met, once, with where it was met last.

    It counts though the outcome that tells of it is disputed, or was struck out, or is of an
    appointment that is not held here: whoever goes to the door must know.
    """
    when = {one.row.key.record.hex(): one for one in contacts}
    found = []
    for danger, words in DANGERS.items():
        rows = [row for row in outcomes if is_ticked(row, danger)]
        met = [when[name] for row in rows if (name := row.values.get("appointment")) in when]
        if rows:
            last = max(met, key=lambda one: (one.starts_at, one.row.key.record), default=None)
            place = last.words if last is not None else "an appointment that is not held here"
            told = f"Take care: {words} at {place}."
            found.append(Finding(f"staff_danger_{danger}", "S1", told, rows[0].key.subjects))
    return tuple(found)


def appointment_findings(contacts: Sequence[Contact], *, now_ms: int) -> tuple[Finding, ...]:
    """What a person must look at: clashes, and outcomes that do not hold."""
    found = []
    for one, other in clashes(contacts, now_ms=now_ms):
        words = (
            f"{one.words} overlaps {other.words}. Both stand: move one, and tell the person which."
        )
        found.append(Finding("appointments_clash", "S2", words, _subjects(one)))
    for contact in contacts:
        found += _doubts(contact)
    return by_gravity(found)


def _doubts(contact: Contact) -> Iterable[Finding]:
    state = "cancelled" if contact.is_cancelled else contact.outcome.state
    if contact.outcome.state != "none" and state in DOUBTS:
        code, template = DOUBTS[state]
        words = template.format(contact=contact.words, said=_said(contact.outcome))
        yield Finding(code, "S2", words, _subjects(contact))


def _said(outcome: Outcome) -> str:
    return listed_words(
        [
            f"{one.author} recorded {outcome_words(one.code)} at {clock_words(one.written_on)}"
            for one in outcome.assertions
        ]
    )


def _slot(row: Row) -> tuple[int, int]:
    slot = row.values.get("slot")
    if not isinstance(slot, Mapping):
        return 0, 0
    starts_at, ends_at = slot.get("starts_at"), slot.get("ends_at")
    if not isinstance(starts_at, int):
        return 0, 0
    return starts_at, max(starts_at, ends_at) if isinstance(ends_at, int) else starts_at


def _subjects(contact: Contact) -> tuple[SubjectId, ...]:
    return contact.row.key.subjects
