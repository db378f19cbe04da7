"""What a person is in the middle of: unfinished referrals and programmes, read alike.

A course is what must follow the person when they move: who delivers it and where, what of it is
done, and who is to be told.
"""

from collections.abc import Iterable

import msgspec

from casework.reference.in_use import delivery_units
from casework.rules.interventions import Referral, referrals
from casework.rules.programmes import ON_PROGRAMME, is_open, programme_words, status_of
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.rows import Row
from casework.rules.sessions import Session, deliveries, held_count, of_intervention, read_sessions


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished referral or programme; staff by their ids, places by their codes."""

    row: Row
    title: str
    provider: str
    delivered_at: str
    sessions: tuple[Session, ...]
    sessions_planned: int
    is_begun: bool
    caseworker: str | None
    referred_by: str | None

    @property
    def kind(self) -> str:
        """The kind of record it is."""
        return self.row.key.kind

    @property
    def sessions_left(self) -> int:
        """How many sessions are still to be held."""
        return max(0, self.sessions_planned - held_count(self.sessions))

    @property
    def left_words(self) -> str:
        """What is left of it, to stand in a sentence."""
        if not self.sessions_planned:
            return "no session of it has been planned"
        is_are = "is" if self.sessions_left == 1 else "are"
        sessions = "session" if self.sessions_planned == 1 else "sessions"
        return f"{self.sessions_left} of {self.sessions_planned} {sessions} {is_are} left"

    @property
    def place(self) -> str:
        """Where it is being delivered: where its last session is or was."""
        return self.sessions[-1].place if self.sessions else self.delivered_at

    def place_before(self, moment_ms: int) -> str:
        """Where it was being delivered until a moment: where its last session before was."""
        before = [one.place for one in self.sessions if one.planned_ms < moment_ms]
        return before[-1] if before else self.delivered_at


def courses(rows_by_kind: RowsByKind) -> tuple[Course, ...]:
    """Everything that a person is in the middle of."""
    sessions = read_sessions(rows_by_kind.get("intervention_session", ()))
    programmes = sorted(rows_by_kind.get("programme", ()), key=lambda row: row.key.record)
    return (
        *(_of_referral(one) for one in referrals(rows_by_kind) if one.is_unfinished),
        *(_of_programme(row, sessions) for row in programmes if is_open(row)),
    )


def is_prison(place: str) -> bool:
    """Whether a place is one of custody; a code that no list knows is taken for a prison."""
    return place not in delivery_units()


def _of_referral(referral: Referral) -> Course:
    values = referral.row.values
    caseworker = referral.caseworker or {}
    return Course(
        row=referral.row,
        title=referral.title,
        provider=str(values.get("provider", "")),
        delivered_at=str(values.get("delivered_at", "")),
        sessions=referral.sessions,
        sessions_planned=referral.sessions_planned,
        is_begun=bool(referral.sessions),
        caseworker=caseworker.get("staff_id"),
        referred_by=_staff_id(referral.row),
    )


def _of_programme(row: Row, sessions: Iterable[Session]) -> Course:
    own = of_intervention(sessions, row.key.record)
    planned = row.values.get("sessions_planned")
    return Course(
        row=row,
        title=programme_words(row),
        provider=str(row.values.get("provider", "")),
        delivered_at=str(row.values.get("delivered_at", "")),
        sessions=own,
        sessions_planned=max(planned if isinstance(planned, int) else 0, len(deliveries(own))),
        is_begun=bool(own) or status_of(row) == ON_PROGRAMME,
        caseworker=None,
        referred_by=_staff_id(row),
    )


def _staff_id(row: Row) -> str | None:
    told = row.values.get("referred_by")
    return told.get("staff_id") if isinstance(told, dict) else None
