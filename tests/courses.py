"""What an intervention's records hold, made small, for tests. All people are synthetic."""

from typing import Any, Final

from tests import toys
from tests.casefile import MORNING_MS, Row, row

DAY_MS: Final = 86_400_000
CASEWORKER: Final = toys.actor(7).hex()
REFERRER: Final = toys.actor(8).hex()
OUTCOME: Final = "Service User increases their employability."


def hex_of(record: int) -> str:
    """A record's id as another names it."""
    return toys.record(record).hex()


def step(left: str | None, to: str) -> dict[str, Any]:
    """A step of a status machine."""
    return {"from": left, "to": to}


def referral_values(**values: Any) -> dict[str, Any]:
    """A new referral at Leeds."""
    usual = {
        "contract_type": "ETE",
        "services": [
            {
                "service_category": "Education, Training and Employment (ETE)",
                "complexity_level": "LOW",
                "desired_outcomes": [OUTCOME],
            }
        ],
        "provider": "Northern Skills",
        "reference": None,
        "referred_by": {"staff_id": REFERRER, "staff_name": "Rowan", "team": "LEI"},
        "delivered_at": "LEI",
        "status": step(None, "sent"),
        "conclusion": None,
    }
    return usual | values


def caseworker(name: str = "Linden", since: str = "2026-11-01") -> dict[str, Any]:
    """Somebody of the provider, who works with the person."""
    return {"staff_id": CASEWORKER, "staff_name": name, "assigned_on": since}


def plan_version(sessions: int = 8, *, approved: bool = True) -> dict[str, Any]:
    """A version of an action plan."""
    activity = {"desired_outcome": OUTCOME, "description": "Practise interviews."}
    content = {"activities": [activity], "sessions_planned": sessions, "submitted_on": "2026-11-02"}
    return {"approved": approved, "content": content}


def attendance(
    came: str = "YES", *, took_place: bool = True, author: str = "Ash"
) -> dict[str, Any]:
    """What somebody says came of a session."""
    reason = None if took_place else "POP_UNACCEPTABLE"
    told = {"attended": came, "took_place": took_place, "no_session_reason": reason}
    return told | {"author": author, "written_on": MORNING_MS}


def session_values(days: float = 0, place: str = "LEI", **values: Any) -> dict[str, Any]:
    """A session of record 1, so many days from the morning."""
    usual = {
        "intervention": hex_of(1),
        "appointment_type": "SERVICE_DELIVERY",
        "session_type": "ONE_TO_ONE",
        "delivery": "IN_PERSON_MEETING_OTHER",
        "delivered_at": place,
        "planned_at": MORNING_MS + round(days * DAY_MS),
        "minutes": 60,
        "instead_of": None,
        "status": "open",
    }
    return usual | values


def conclusion(kind: str = "COMPLETED", *seen: int, reason: str | None = None) -> dict[str, Any]:
    """An ending by somebody who had seen these sessions."""
    sessions = [hex_of(one) for one in seen]
    return {
        "kind": kind,
        "reason": reason,
        "concluded_on": "2026-11-22",
        "sessions_seen": sessions,
    }


def report_values(achievement: str = "ACHIEVED", minutes: int = 0) -> dict[str, Any]:
    """An end-of-service report of record 1."""
    reached = [{"desired_outcome": OUTCOME, "achievement": achievement}]
    at_ms = MORNING_MS + minutes * 60_000
    return {"referral": hex_of(1), "occurred_at": at_ms, "reached": reached}


def referral(record: int = 1, status: str = "sessions", **values: Any) -> Row:
    """A referral as shown."""
    usual = referral_values() | {"status": status, "caseworkers": [caseworker()]}
    asks = values.pop("asks", None)
    return row("referral", record, asks=asks, **(usual | values))


def plan(record: int = 2, sessions: int = 8, **values: Any) -> Row:
    """The approved plan of record 1, as shown."""
    usual = {"referral": hex_of(1), "version": plan_version(sessions), "pending": "closed"}
    asks = values.pop("asks", None)
    return row("action_plan", record, asks=asks, **(usual | values))


def session(record: int, days: float = 0, place: str = "LEI", **values: Any) -> Row:
    """A session as shown."""
    return row("intervention_session", record, **session_values(days, place, **values))


def held(record: int, days: float, place: str = "LEI") -> Row:
    """A session that took place, as shown."""
    return session(record, days, place, attendance=[attendance()])
