"""Alerts as staff must see them: one active alert for each code, whoever raised it.

The alerts service allows one active alert of a code per person. Two offices that cannot see each
other will raise two; shown are the earliest start, no end unless both have ended, and both texts.
An alert is active from its start to the day before its end; while somebody must say whether it was
rightly closed, it is active whatever end came with that close. Alerts of types risk, self-harm and
do-not-share, and those about escape, are S1: a doubt about one is a doubt about safety.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from casework.reference.reader import codes
from casework.rules.rows import Row, gathered, is_closed, read_day
from sync_protocol.ids import RecordId
from sync_protocol.policy import Severity

GRAVE_TYPES: Final = frozenset({"R", "H", "D"})
GRAVE_CODES: Final = frozenset({"XEL", "XER"})
DO_NOT_SHARE_TYPE: Final = "D"


class AlertInForce(msgspec.Struct, frozen=True):
    """One code's alert as of a day, from every open record of it."""

    code: str
    type: str
    description: str
    type_description: str
    texts: tuple[str, ...]
    active_from: str
    active_to: str | None
    records: tuple[RecordId, ...]
    severity: Severity
    is_asking: bool
    """Whether a person must look at one of its records."""

    @property
    def may_be_shared(self) -> bool:
        """Whether the person themselves may learn of it."""
        return self.type != DO_NOT_SHARE_TYPE


def alerts_in_force(rows: Iterable[Row], *, day: str) -> tuple[AlertInForce, ...]:
    """The active alerts as of a day, one for each code, the gravest first, then by code."""
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        if is_active(row, day=day):
            by_code.setdefault(str(row.values.get("code")), []).append(row)
    shown = [_one_of(code, same) for code, same in by_code.items()]
    return tuple(sorted(shown, key=lambda alert: (alert.severity, alert.code)))


def is_active(row: Row, *, day: str) -> bool:
    """Whether an alert is open, has begun, and has not ended, as of a day."""
    if is_closed(row):
        return False
    today = date.fromisoformat(day)
    start = read_day(str(row.values.get("active_from", "")))
    end = read_day(end_of(row) or "")
    # A day that cannot be read has come, where it begins an alert, and never where it ends one.
    return (start is None or start <= today) and (end is None or end > today)


def end_of(row: Row) -> str | None:
    """The day an alert ends; None where it has no end, none to be read, or its close is in doubt.

    The end may have come with the close: were it to count, a close that missed something would
    take the alert out of sight after all.
    """
    end = row.values.get("active_to")
    is_end = end is not None and "status" not in row.asks and read_day(str(end)) is not None
    return str(end) if is_end else None


def alert_severity(values: Mapping[str, Any]) -> Severity:
    """How grave a doubt about this alert is; an unknown type counts as grave."""
    code, alert_type = values.get("code"), values.get("type")
    is_known = alert_type in codes("alert_types")
    return "S1" if alert_type in GRAVE_TYPES or code in GRAVE_CODES or not is_known else "S2"


def _one_of(code: str, rows: list[Row]) -> AlertInForce:
    first = min(rows, key=lambda row: (str(row.values.get("active_from", "")), row.key.record))
    ends = [end_of(row) for row in rows]
    known = codes("alert_codes").get(code)
    alert_type = str(first.values.get("type", known.belongs_to if known else ""))
    kind = codes("alert_types").get(alert_type)
    return AlertInForce(
        code=code,
        type=alert_type,
        description=known.description if known is not None else code,
        type_description=kind.description if kind is not None else alert_type,
        texts=_texts(rows),
        active_from=str(first.values.get("active_from", "")),
        active_to=None if None in ends else max(end for end in ends if end is not None),
        records=tuple(sorted(row.key.record for row in rows)),
        severity=min(alert_severity(row.values) for row in rows),
        is_asking=any(row.asks for row in rows),
    )


def _texts(rows: list[Row]) -> tuple[str, ...]:
    """Every text once, in the order of the records' starts."""
    ordered = sorted(rows, key=lambda row: (str(row.values.get("active_from")), row.key.record))
    texts = [str(text) for row in ordered for text in gathered(row, "description")]
    return tuple(dict.fromkeys(texts))
