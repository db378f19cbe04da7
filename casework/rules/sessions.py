"""The sessions of an intervention: which count, what came of each, and how many are left.

A session that was rescheduled is superseded by the one that says it is instead of it, as
hmpps-interventions-service keeps superseded appointments with a pointer to their successor.
Attendance is what each who was there says; where two differ it is disputed, and counts neither as
held nor as missed until a person settles it: a false absence and a missed one both do harm.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from casework.rules.rows import Finding, Row, gathered_structs, is_closed
from casework.rules.spoken import moment_words
from sync_protocol.ids import RecordId

Result = Literal["planned", "held", "not_held", "disputed"]

CAME: Final = frozenset({"YES", "LATE"})
ASSESSMENT: Final = "SUPPLIER_ASSESSMENT"


class Session(msgspec.Struct, frozen=True):
    """One session as the rules see it; ids in hex, as a record names another."""

    record: RecordId
    intervention: str
    is_assessment: bool
    place: str
    planned_ms: int
    instead_of: str | None
    result: Result
    was_attended: bool
    is_cancelled: bool
    is_superseded: bool = False
    row: Row | None = None

    @property
    def hex(self) -> str:
        """Its id as other records name it."""
        return self.record.hex()

    @property
    def counts(self) -> bool:
        """Whether it stands: neither cancelled nor superseded, but what was held stands."""
        return self.result == "held" or not (self.is_cancelled or self.is_superseded)


def read_sessions(rows: Iterable[Row]) -> tuple[Session, ...]:
    """Every session of a person, in the order in which they were planned to be held."""
    read = [_read(row) for row in rows]
    taken = {one.instead_of for one in read if one.instead_of and not one.is_cancelled}
    marked = [
        msgspec.structs.replace(one, is_superseded=True) if one.hex in taken else one
        for one in read
    ]
    return tuple(sorted(marked, key=lambda one: (one.planned_ms, one.record)))


def of_intervention(sessions: Iterable[Session], record: RecordId) -> tuple[Session, ...]:
    """The sessions of one referral or programme that stand."""
    return tuple(one for one in sessions if one.counts and one.intervention == record.hex())


def deliveries(sessions: Iterable[Session]) -> tuple[Session, ...]:
    """Those of the service itself, without the assessment before it."""
    return tuple(one for one in sessions if not one.is_assessment)


def held_count(sessions: Iterable[Session]) -> int:
    """How many sessions of the service took place, each once."""
    return sum(one.result == "held" for one in deliveries(sessions))


def session_findings(sessions: Iterable[Session]) -> tuple[Finding, ...]:
    """Disputed attendance, one session rescheduled twice, and what somebody is concerned about."""
    known = list(sessions)
    found = [_disputed(one) for one in known if one.result == "disputed"]
    found += [_concern(one) for one in known if _concerns(one)]
    found += [_held_but_cancelled(one) for one in known if _is_held_unseen(one)]
    counted = [one for one in known if one.counts]
    twice = Counter(one.instead_of for one in counted if one.instead_of is not None)
    found += [_twice(counted, hex_id) for hex_id, times in sorted(twice.items()) if times > 1]
    return tuple(found)


def _read(row: Row) -> Session:
    values = row.values
    result, was_attended = _result(gathered_structs(row, "attendance"))
    planned = values.get("planned_at")
    return Session(
        record=row.key.record,
        intervention=str(values.get("intervention", "")),
        is_assessment=values.get("appointment_type") == ASSESSMENT,
        place=str(values.get("delivered_at", "")),
        planned_ms=planned if isinstance(planned, int) else 0,
        instead_of=values.get("instead_of"),
        result=result,
        was_attended=was_attended,
        is_cancelled=is_closed(row),
        row=row,
    )


def _result(told: list[Mapping[str, Any]]) -> tuple[Result, bool]:
    """What came of it, and whether the person came, by everything that was said."""
    said = {
        (one.get("attended"), one.get("took_place"), one.get("no_session_reason")) for one in told
    }
    if not said:
        return "planned", False
    if len(said) > 1:
        return "disputed", False
    attended, took_place, _ = said.pop()
    return ("held" if took_place else "not_held"), attended in CAME


def _is_held_unseen(session: Session) -> bool:
    """Held, though somebody who had not seen it cancelled it or gave it another time."""
    return session.result == "held" and (session.is_cancelled or session.is_superseded)


def _when(session: Session) -> str:
    return moment_words(session.planned_ms)


def _disputed(session: Session) -> Finding:
    words = (
        f"It is disputed what came of the session of {_when(session)}: {_told(session)}. "
        "It counts neither as held nor as missed until somebody settles it."
    )
    return Finding("session_disputed", "S2", words, _subjects(session))


def _told(session: Session) -> str:
    told = gathered_structs(session.row, "attendance") if session.row is not None else []
    return " and ".join(f"{one.get('author')} says {_attendance(one)}" for one in told)


def _attendance(told: Mapping[str, Any]) -> str:
    came = {"YES": "that they came", "LATE": "that they came late", "NO": "that they did not come"}
    said = came.get(str(told.get("attended")), f"{told.get('attended')}")
    return (
        f"{said}, and that the session {'took' if told.get('took_place') else 'did not take'} place"
    )


def _concerns(session: Session) -> list[Mapping[str, Any]]:
    return gathered_structs(session.row, "concerns")


def _concern(session: Session) -> Finding:
    said = " ".join(f"{one.get('author')}: {one.get('text')}" for one in _concerns(session))
    words = f"A concern was raised at the session of {_when(session)}. {said}"
    return Finding("session_concern", "S2", words, _subjects(session))


def _held_but_cancelled(session: Session) -> Finding:
    done = "cancelled" if session.is_cancelled else "given another time"
    words = (
        f"The session of {_when(session)} was held, and {done} by somebody who had not seen that. "
        "It counts as held."
    )
    return Finding("session_held_unseen", "S2", words, _subjects(session))


def _twice(sessions: Iterable[Session], hex_id: str) -> Finding:
    new = [one for one in sessions if one.instead_of == hex_id]
    times = " and ".join(_when(one) for one in new)
    words = f"One session was given another time twice: {times}. Both stand until one is cancelled."
    return Finding("session_rescheduled_twice", "S2", words, _subjects(new[0]))


def _subjects(session: Session) -> Any:
    return session.row.key.subjects if session.row is not None else ()
