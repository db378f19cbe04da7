"""Records as shown, made small, for tests of what the record means. All people are synthetic."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sync_protocol.clock import Hlc, pack_hlc
from sync_protocol.ids import ActorId, NodeId, OpId, RecordId, SubjectId
from sync_protocol.merge import RecordKey
from tests import toys

MORNING_MS: Final = 1_795_330_800_000
"""07:00 UTC on 22 November 2026."""

HOUR_MS: Final = 3_600_000
TODAY: Final = "2026-11-22"


class Row(msgspec.Struct, frozen=True):
    """A record as shown."""

    key: RecordKey
    values: Mapping[str, Any]
    asks: Mapping[str, str] = {}


class Side(msgspec.Struct, frozen=True):
    """One side of a conflict."""

    op_id: OpId
    value: Any
    node: NodeId
    actor: ActorId
    hlc: Hlc


class Conflict(msgspec.Struct, frozen=True):
    """An open conflict."""

    key: RecordKey
    field: str
    why: str
    sides: tuple[Side, ...]


def row(
    kind: str,
    record: int = 1,
    *,
    subjects: tuple[SubjectId, ...] = (toys.subject(1),),
    asks: Mapping[str, str] | None = None,
    **values: Any,
) -> Row:
    """A record of person 1, unless other subjects are given."""
    return Row(RecordKey(kind, subjects, toys.record(record)), values, asks or {})


def at(hours: float) -> int:
    """A moment, in hours from the morning."""
    return MORNING_MS + round(hours * HOUR_MS)


def into(place: str | None, hours: float, reason: str = "INT", **values: Any) -> Row:
    """A reception at a prison."""
    usual = {"type": "ADM", "reason": reason, "direction": "IN", "from_place": None}
    return _movement(usual | {"to_place": place, "occurred_at": at(hours)} | values)


def out(
    place: str | None,
    hours: float,
    movement_type: str = "TRN",
    reason: str = "NOTR",
    to_place: str | None = None,
    **values: Any,
) -> Row:
    """A departure from a prison."""
    usual = {"type": movement_type, "reason": reason, "direction": "OUT", "from_place": place}
    return _movement(usual | {"to_place": to_place, "occurred_at": at(hours)} | values)


def alert(record: int, code: str = "XA", alert_type: str = "X", **values: Any) -> Row:
    """An open alert that began this year."""
    usual = {"code": code, "type": alert_type, "active_from": "2026-01-05", "status": "open"}
    return row("alert", record, **usual | values)


def assignment(name: str, team: str = "LEI", since: str = "2026-06-01") -> dict[str, Any]:
    """Somebody made responsible."""
    return {
        "staff_id": toys.actor(len(name)).hex(),
        "staff_name": name,
        "team": team,
        "side": "prison" if len(team) == 3 else "community",
        "effective_from": since,
    }


def side(number: int, value: Any, hours: float, node: int) -> Side:
    """One side of a conflict, written at a node."""
    hlc = pack_hlc(at(hours), 0)
    return Side(toys.op_id(number), value, toys.node(node), toys.actor(number), hlc)


def _movement(values: Mapping[str, Any]) -> Row:
    key = RecordKey(
        "movement", (toys.subject(1),), RecordId(toys.id_of(sorted(values.items(), key=str)))
    )
    return Row(key, values)
