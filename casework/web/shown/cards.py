"""The cards of a person's page: alerts, risk, movements, cell, whom to keep apart, numbers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from casework.desk.alerts import AlertView
from casework.desk.person import IdentifierView
from casework.desk.records import RecordView
from casework.records.risk import LEVELS as HARM_LEVELS
from casework.reference.in_use import place_name
from casework.reference.reader import describe
from casework.web.shown.people import TONE_OF_SEVERITY, said_by
from casework.web.shown.timeline import NOT_AT_CENTRE
from casework.web.views import Card, Known, Link, Mark, RiskCell, RiskGrid, RiskLine, Row
from casework.web.words import counted, iso_day, moment

LEVELS: Final = {"low": "Low", "medium": "Medium", "high": "High", "very_high": "Very high"}
CELL_SHARING: Final = {"standard": "Standard", "high": "High"}
GROUPS: Final = {
    "children": "Children",
    "public": "The public",
    "known_adult": "A known adult",
    "staff": "Staff",
    "prisoners": "Prisoners",
}
SETTINGS: Final = {"custody": "in custody", "community": "in the community"}
APART: Final = {
    "CELL": "Not in one cell",
    "LANDING": "Not on one landing",
    "WING": "Not on one wing",
}
CHECKS: Final = {"invalid": Mark("Check letter wrong", "warn", "kept as it was given")}
MOVEMENTS_SHOWN: Final = 3


class Sight(msgspec.Struct, frozen=True):
    """How far this node sees: what it may call none, and when it last heard from elsewhere."""

    now_ms: int
    is_whole: bool
    """Whether the centre knows this person, so that what is not here is not anywhere."""
    as_of: str = ""
    """Said on every card while the line is down."""

    def known(self) -> Known:
        """What an empty card means."""
        return "none" if self.is_whole else "not_known"


def alert_card(alerts: tuple[AlertView, ...], person: str, sight: Sight) -> Card:
    """Alerts in force, and those that were."""
    rows = tuple((one, alert_row(one, person, sight.now_ms)) for one in alerts)
    closed = tuple(row for one, row in rows if not one.is_active)
    return Card(
        name="alerts",
        title="Alerts",
        known=sight.known(),
        rows=tuple(row for one, row in rows if one.is_active),
        empty=(
            "No alert is in force."
            if sight.is_whole
            else "No alert has reached this office. There may be some elsewhere."
        ),
        closed=closed,
        closed_title=f"{counted(len(closed), 'alert')} closed or not in force",
        action=Link("Raise an alert", f"/people/{person}/alerts/new"),
        as_of=sight.as_of,
    )


def alert_row(alert: AlertView, person: str, now_ms: int) -> Row:
    """One alert with every description that stands."""
    until = f" to {iso_day(alert.active_to)}" if alert.active_to else ""
    closed = [f"Closed: {reason}" for reason in alert.closed_reasons if not alert.is_open]
    close = Link("Close", f"/people/{person}/alerts/{alert.record.hex()}/close", alert.code_name)
    return Row(
        title=alert.code_name,
        lines=(
            *alert.descriptions,
            *closed,
            f"{alert.type_name}. From {iso_day(alert.active_from)}{until}",
            f"Last written by {said_by(alert.last, now_ms)}",
        ),
        marks=(
            *((Mark("Grave", "grave"),) if alert.severity == "S1" else ()),
            *((Mark("Contested", "warn"),) if alert.asks else ()),
            *_at_centre(is_there=alert.is_at_centre),
        ),
        links=(close,) if alert.is_open else (),
    )


def risk_grid(record: RecordView | None, now_ms: int) -> RiskGrid:
    """Every level that has been set, and the highest of them in one line."""
    if record is None:
        return RiskGrid("not_known")
    values = record.values
    lines = tuple(
        RiskLine(words, _cell(record, f"{group}_custody"), _cell(record, f"{group}_community"))
        for group, words in GROUPS.items()
        if values.get(f"{group}_custody") or values.get(f"{group}_community")
    )
    return RiskGrid("held", _overall(values), lines, _other_risks(record, now_ms))


def overall_level(values: Mapping[str, Any]) -> str | None:
    """The highest level of the grid of harm; None where none is set."""
    levels = {values.get(f"{group}_{setting}") for group in GROUPS for setting in SETTINGS} - {None}
    return max(levels, key=HARM_LEVELS.rank) if levels else None


def movement_card(
    records: tuple[RecordView, ...], person: str, sight: Sight, *, may_record: bool
) -> Card:
    """The last movements, and those before."""
    rows = tuple(movement_row(one, sight.now_ms) for one in records)
    record = Link("Record", f"/people/{person}/movements/new", "a movement")
    older = rows[MOVEMENTS_SHOWN:]
    return Card(
        name="movements",
        title="Movements",
        known="not_known",
        rows=rows[:MOVEMENTS_SHOWN],
        empty="No movement has reached this office.",
        closed=older,
        closed_title=f"{counted(len(older), 'earlier movement')}",
        action=record if may_record else None,
        as_of=sight.as_of,
    )


def movement_row(record: RecordView, now_ms: int) -> Row:
    """One movement in words."""
    values = record.values
    way = " to ".join(
        place_name(str(values[field])) for field in ("from_place", "to_place") if values.get(field)
    )
    reason = describe("movement_reasons", f"{values.get('type')}/{values.get('reason')}")
    told = values.get("occurred_at")
    entered = () if values.get("status") != "closed" else (Mark("Recorded by mistake", "plain"),)
    return Row(
        title=f"{'In' if values.get('direction') == 'IN' else 'Out'}: {reason}",
        lines=tuple(
            line
            for line in (
                moment(told if isinstance(told, int) else record.happened_ms, now_ms),
                way,
                *_texts(values.get("note")),
                f"Recorded by {said_by(record.last, now_ms)}",
            )
            if line
        ),
        marks=(*entered, *_contested(record), *_at_centre(is_there=record.is_at_centre)),
    )


def cell_card(
    record: RecordView | None, held: str | None, sight: Sight, action: Link | None
) -> Card:
    """The cell; one in a prison that no longer holds the person is only named as the last."""
    last = record.values.get("location") if record else None
    rows: tuple[Row, ...] = ()
    if record is not None and held:
        lines = (f"Recorded by {said_by(record.last, sight.now_ms)}",)
        marks = (*_contested(record), *_at_centre(is_there=record.is_at_centre))
        rows = (Row(title=held, lines=lines, marks=marks),)
    known = "No cell is given." if not last else f"No cell is given now. The last was {last}."
    return Card(
        name="cell",
        title="Cell",
        known="none" if record is not None else "not_known",
        rows=rows,
        empty=known if record is not None else "No cell has reached this office.",
        action=action,
        as_of=sight.as_of,
    )


def apart_card(
    records: tuple[RecordView, ...], person: str, name_of: Callable[[bytes], str], sight: Sight
) -> Card:
    """Those who must be kept apart from this person."""
    rows = tuple(_apart_row(one, person, name_of, sight.now_ms) for one in records)
    is_open = [record.values.get("status") != "closed" for record in records]
    return Card(
        name="apart",
        title="Keep apart from",
        known=sight.known(),
        rows=tuple(row for row, stands in zip(rows, is_open, strict=True) if stands),
        empty="" if sight.is_whole else "Nothing has reached this office.",
        closed=tuple(row for row, stands in zip(rows, is_open, strict=True) if not stands),
        closed_title="No longer kept apart",
        as_of=sight.as_of,
    )


def number_card(identifiers: tuple[IdentifierView, ...], person: str) -> Card:
    """The numbers by which others know this person."""
    return Card(
        name="numbers",
        title="Numbers",
        known="not_known",
        rows=tuple(
            Row(
                title=one.value,
                lines=(one.type_name,),
                marks=(CHECKS[one.check],) if one.check in CHECKS else (),
            )
            for one in identifiers
        ),
        empty="No number has reached this office.",
        action=Link("Add", f"/people/{person}/numbers/new", "a number"),
    )


def _cell(record: RecordView, field: str) -> RiskCell:
    level = record.values.get(field)
    mark = Mark("Contested: highest shown", "warn") if field in record.asks else None
    return RiskCell(_named(LEVELS, level) or "Not known here", mark)


def _named(names: Mapping[str, str], code: Any) -> str:
    """The name of a code; one that this release does not know as it came, and none as empty."""
    return names.get(str(code), str(code)) if code else ""


def _overall(values: Mapping[str, Any]) -> str:
    level = overall_level(values)
    if level is None:
        return "Risk of serious harm: not known here"
    return f"Risk of serious harm, highest of all: {_named(LEVELS, level).lower()}"


def _other_risks(record: RecordView, now_ms: int) -> tuple[Row, ...]:
    values = record.values
    category = values.get("security_category")
    named = (
        ("csra", "Cell sharing risk", _named(CELL_SHARING, values.get("csra"))),
        ("self_harm", "Self-harm", _named(LEVELS, values.get("self_harm"))),
        (
            "security_category",
            "Security category",
            describe("security_category_codes", str(category)) if category else None,
        ),
    )
    rows = [
        Row(
            title=f"{label}: {words or 'not known here'}",
            marks=(Mark("Contested: highest shown", "warn"),) if field in record.asks else (),
        )
        for field, label, words in named
    ]
    last = Row(
        title="Last change",
        lines=(f"By {said_by(record.last, now_ms)}",),
        marks=_at_centre(is_there=record.is_at_centre),
    )
    return (*rows, last)


def _apart_row(
    record: RecordView, person: str, name_of: Callable[[bytes], str], now_ms: int
) -> Row:
    other = next((one for one in record.subjects if one.hex() != person), record.subjects[0])
    reasons = [
        describe("non_association_reference", f"reason/{reason}")
        for reason in record.values.get("reason") or ()
    ]
    return Row(
        title=name_of(other),
        address=f"/people/{other.hex()}",
        lines=(
            *(
                APART.get(str(kept), str(kept))
                for kept in [record.values.get("restriction")]
                if kept
            ),
            *reasons,
            *_texts(record.values.get("comment")),
            f"Last written by {said_by(record.last, now_ms)}",
        ),
        marks=(
            Mark("Keep apart", TONE_OF_SEVERITY["S1"]),
            *_contested(record),
            *_at_centre(is_there=record.is_at_centre),
        ),
    )


def _texts(gathered: Any) -> tuple[str, ...]:
    """Each text of a gathered field, whether it is text or a struct that carries one."""
    found = gathered or ()
    return tuple(str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in found)


def _contested(record: RecordView) -> tuple[Mark, ...]:
    return (Mark("Contested", "warn"),) if record.asks else ()


def _at_centre(*, is_there: bool) -> tuple[Mark, ...]:
    return () if is_there else (NOT_AT_CENTRE,)
