"""Alerts: raise one, close one; at most one active of a code is raised at a desk."""

from typing import Any, Final

import msgspec

from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Source, source_of
from casework.desk.reading_lock import is_locked
from casework.desk.records import Addition, SeenMissing, new_draft, shown_one
from casework.desk.writing import Saved, write
from casework.reference import in_use
from casework.reference.reader import check_among, describe
from casework.rules.alerts import alert_severity, end_of, is_active
from casework.rules.rows import day_of, gathered, is_closed, read_day
from sync_protocol.author import Draft
from sync_protocol.causality import SeenToken, read_seen_token
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.reading import Shown
from sync_protocol.policy import CLOSED

ALERT: Final = "alert"


class NewAlert(msgspec.Struct, frozen=True):
    """What is asked to raise an alert; the type follows from the code."""

    code: str
    description: str
    active_from: str
    active_to: str | None = None
    authorised_by: str | None = None


class AlertView(msgspec.Struct, frozen=True):
    """An alert as listed."""

    record: RecordId
    code: str
    code_name: str
    type: str
    type_name: str
    descriptions: tuple[str, ...]
    authorised_by: str | None
    active_from: str
    active_to: str | None
    is_open: bool
    is_active: bool
    """Open, begun, and not past its end."""
    closed_reasons: tuple[str, ...]
    severity: str
    asks: tuple[str, ...]
    last: Source
    is_at_centre: bool
    seen: SeenToken


class AlreadyActive(Refused):
    """An alert of this code is already active for this person."""

    code = "already_active"
    hint = "Open the active alert and add to its description, or close it first."

    def __init__(self, record: RecordId) -> None:
        """Keep which record is the active one."""
        super().__init__(f"alert {record.hex()}")
        self.record = record


class AlertClose(msgspec.Struct, frozen=True):
    """What is asked to close an alert."""

    reason: str
    seen: SeenToken | None
    active_to: str | None = None
    """The last day; where none is given, that it is closed says enough."""


def read_alerts(desk: Desk, caller: Caller, person: SubjectId) -> tuple[AlertView, ...]:
    """A person's alerts: active ones first, the gravest of them first."""
    gate.allow(desk, caller, "read")
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        rows = reading.records(ALERT, person)
    gate.witness(desk, caller, "read", (person,), detail=ALERT)
    today = day_of(desk.now_ms())
    views = [_view(desk, row, today) for row in rows]
    return tuple(sorted(views, key=lambda one: (not one.is_active, one.severity, one.code)))


def raise_alert(desk: Desk, caller: Caller, person: SubjectId, new: NewAlert) -> Saved:
    """Raise an alert; AlreadyActive with the record where one of this code is active here."""
    gate.allow(desk, caller, "write")
    code = check_among("alert_codes", new.code, in_use.alert_codes())
    _check_days(new)
    today = day_of(desk.now_ms())
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        rows = reading.records(ALERT, person)
    # Where nothing can be read, that one is in force is told to nobody: both stand then.
    for row in () if is_locked(desk) else rows:
        if row.values.get("code") == new.code and is_active(row, day=max(today, new.active_from)):
            raise AlreadyActive(row.key.record)
    values: dict[str, Any] = {
        "code": new.code,
        "type": code.belongs_to,
        "authorised_by": new.authorised_by,
        "active_from": new.active_from,
        "active_to": new.active_to,
    }
    if new.description.strip():
        values["description"] = new.description.strip()
    return write(desk, caller, (new_draft(desk, caller, person, Addition(ALERT, values)),))


def close_alert(
    desk: Desk, caller: Caller, person: SubjectId, record: RecordId, close: AlertClose
) -> Saved:
    """Close an alert that was read with `seen`; StaleRecord where something came since."""
    gate.allow(desk, caller, "write")
    if close.seen is None:
        raise SeenMissing(f"{ALERT} {record.hex()}")
    with desk.store.reading() as reading:
        gate.check_person(desk, caller, reading, person)
        shown = shown_one(reading, desk.registry.known(ALERT), person, record)
    values = {"status": CLOSED, "closed_reason": close.reason}
    if close.active_to is not None:
        values["active_to"] = close.active_to
    draft = Draft(
        kind=ALERT,
        subjects=shown.key.subjects,
        record=record,
        values=values,
        happened_at=desk.now_ms(),
        seen=read_seen_token(close.seen),
    )
    return write(desk, caller, (draft,))


def _check_days(new: NewAlert) -> None:
    """An alert that would never be in force warns nobody: it is refused, not kept unseen."""
    days = [one for one in (new.active_from, new.active_to) if one is not None]
    wrong = [one for one in days if read_day(one) is None]
    if wrong:
        raise InvalidValue(f"no such day: {', '.join(wrong)}")
    if new.active_to is not None and new.active_to <= new.active_from:
        raise InvalidValue("active_to must come after active_from: the alert ends on that day")


def _view(desk: Desk, shown: Shown, today: str) -> AlertView:
    values = shown.values
    code, alert_type = str(values.get("code", "")), str(values.get("type", ""))
    return AlertView(
        record=shown.key.record,
        code=code,
        code_name=describe("alert_codes", code),
        type=alert_type,
        type_name=describe("alert_types", alert_type),
        descriptions=tuple(str(text) for text in gathered(shown, "description")),
        authorised_by=values.get("authorised_by"),
        active_from=str(values.get("active_from", "")),
        active_to=end_of(shown),
        is_open=not is_closed(shown),
        is_active=is_active(shown, day=today),
        closed_reasons=tuple(str(text) for text in gathered(shown, "closed_reason")),
        severity=alert_severity(values),
        asks=tuple(sorted(shown.asks)),
        last=source_of(desk, shown.node, shown.actor, shown.last_written),
        is_at_centre=shown.at_centre,
        seen=shown.seen,
    )
