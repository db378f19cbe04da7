"""What staff must know of a synthetic person: alerts that come and go, risk, and limits."""

from typing import Any, Final

from casework.records.files import RESTRICTED_FILE, file_subject
from casework.rules.rows import DAY_MS
from sync_protocol.ids import RecordId
from throughcare.people import circumstances
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Site
from throughcare.people.pen import WrittenDraft

ALERT_CHANGES_PER_DAY: Final = 0.012
OPEN_ALERTS_MAX: Final = 6
REVIEWS_PER_DAY: Final = 1 / 200
COMPLEXITIES: Final = ("LOW", "MEDIUM", "HIGH")
CLOSED_TEXTS: Final = (
    "Reviewed with the person; no longer needed.",
    "Six months without concern; closed at the safety meeting.",
    "Recorded for another reason; replaced by the support plan.",
)
COMPLEXITY_TEXTS: Final = (
    "First custody; settles when told what comes next.",
    "Long sentence, several services at work; weekly contact wanted.",
    "Known on the wing, works, asks for help when it is needed.",
)
LIMIT_TEXT: Final = "The person is related to a member of staff."
LIMIT_MESSAGE: Final = "You may not open this record. Ask the head of the unit."


def assess(life: Life, at_ms: int, by: Member, *, prison: str | None) -> None:
    """Levels for every group and setting, with the grounds."""
    values: dict[str, Any] = dict(circumstances.draw_risk(life.chance, prison=prison))
    grounds = by.signed(life.chance.choice(circumstances.GROUNDS), at_ms)
    life.pen.act(at_ms, by, life.pen.single("risk", {**values, "grounds": grounds}))


def set_complexity(life: Life, at_ms: int, by: Member) -> None:
    """How complex the person's needs are, with a reason."""
    level = life.chance.choices(COMPLEXITIES, weights=(5, 4, 1))[0]
    reasons = by.signed(life.chance.choice(COMPLEXITY_TEXTS), at_ms)
    life.pen.act(at_ms, by, life.pen.single("complexity", {"level": level, "reasons": reasons}))


def watch(life: Life, begins_ms: int, ends_ms: int, site: Site, *, prison: str | None) -> None:
    """Alerts and reviews of risk through a time in one place."""
    for at_ms in sorted(life.moments(begins_ms, ends_ms, ALERT_CHANGES_PER_DAY)):
        by = life.chance.choice(site.members)
        is_full = len(life.alerts) >= OPEN_ALERTS_MAX
        if is_full or life.happens(0.45):
            close_alert(life, at_ms, by)
        else:
            raise_alert(life, at_ms, by)
    for at_ms in life.moments(begins_ms, ends_ms, REVIEWS_PER_DAY):
        assess(life, at_ms, life.chance.choice(site.members), prison=prison)


def raise_alert(life: Life, at_ms: int, by: Member) -> None:
    """An alert of a code that is not open yet."""
    for kind in circumstances.draw_alerts(life.chance)[:1]:
        if kind.code in life.alerts:
            continue
        values = {
            "code": kind.code,
            "type": kind.type,
            "description": life.chance.choice(kind.texts),
            "authorised_by": by.name,
            "active_from": day_of(at_ms),
            "active_to": None,
            "status": "open",
        }
        draft = life.pen.new("alert", at_ms, values)
        if life.pen.act(at_ms, by, draft):
            life.alerts[kind.code] = (draft, at_ms)


def close_alert(life: Life, at_ms: int, by: Member) -> None:
    """One of the open alerts, where there is any, is closed by somebody who has read it."""
    read = [code for code, (_, since_ms) in life.alerts.items() if since_ms < at_ms]
    if not read:
        return
    draft, _ = life.alerts.pop(life.chance.choice(read))
    closed = {
        "status": "closed",
        "active_to": day_of(at_ms + DAY_MS),
        "closed_reason": life.chance.choice(CLOSED_TEXTS),
    }
    life.pen.act(at_ms, by, life.pen.more(draft, closed))


def limit_access(life: Life, at_ms: int, by: Member, barred: Member) -> None:
    """A record that one officer may not open."""
    subject = file_subject(life.pen.subject, RESTRICTED_FILE)
    values = {
        "mode": "excluded",
        "people": {"staff_id": barred.staff_hex, "is_listed": True},
        "start": day_of(at_ms),
        "end": None,
        "reason": LIMIT_TEXT,
        "message": LIMIT_MESSAGE,
        "status": "open",
    }
    record = RecordId(life.pen.new_id(at_ms))
    if life.pen.act(at_ms, by, WrittenDraft("restriction", (subject,), record, values)):
        life.marks.add("restricted")
