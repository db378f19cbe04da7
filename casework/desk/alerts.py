"""Alerts: raise one, close one; at most one active of a code is raised at a desk."""

import msgspec

from casework.access.caller import Caller
from casework.desk.desk import Desk, Source
from casework.desk.records import Saved
from sync_protocol.causality import SeenToken
from sync_protocol.errors import Refused
from sync_protocol.ids import RecordId, SubjectId


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


def read_alerts(desk: Desk, caller: Caller, person: SubjectId) -> tuple[AlertView, ...]:
    """A person's alerts, active ones first."""
    raise NotImplementedError


def raise_alert(desk: Desk, caller: Caller, person: SubjectId, new: NewAlert) -> Saved:
    """Raise an alert; AlreadyActive with the record where one of this code is active here."""
    raise NotImplementedError


class AlertClose(msgspec.Struct, frozen=True):
    """What is asked to close an alert."""

    reason: str
    seen: SeenToken | None
    active_to: str | None = None
    """The last day; today where none is given."""


def close_alert(
    desk: Desk, caller: Caller, person: SubjectId, record: RecordId, close: AlertClose
) -> Saved:
    """Close an alert that was read with `seen`; what was written unseen keeps it open."""
    raise NotImplementedError
