"""What staff do in a story, each as the requests that their terminal makes."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from throughcare.people.names import MadeName
from throughcare.terminal import ABSENT, ApiRefused, Json, Terminal

NEW_FROM_COURT: Final = "N"
FROM_PRISON: Final = "INT"
NORMAL_TRANSFER: Final = "NOTR"
ON_LICENCE: Final = "CR"


def now_ms(at: Terminal) -> int:
    """UTC milliseconds where this terminal stands."""
    return time.time_ns() // 1_000_000 + at.ahead_ms


def day(at: Terminal, ahead: int = 0) -> str:
    """Today where this terminal stands, or so many days ahead, as ISO text."""
    today = datetime.fromtimestamp(now_ms(at) / 1000, UTC)
    return (today + timedelta(days=ahead)).date().isoformat()


async def receive_new(at: Terminal, name: MadeName, cell: str) -> str:
    """Somebody nobody knows comes into this prison; returns the person's id."""
    body = {"first": name.first, "last": name.last, "date_of_birth": "1990-02-03", "sex": "M"}
    created = await at.write("/people", {**body, "confirmed": True})
    person: str = created["person"]
    await receive(at, person, reason=NEW_FROM_COURT)
    await add(at, person, "cell", {"location": cell})
    return person


async def receive(at: Terminal, person: str, *, reason: str) -> None:
    """Somebody comes into this prison."""
    moved = {"type": "ADM", "reason": reason, "direction": "IN", "to_place": at.code}
    await add(at, person, "movement", {**moved, "escort": "PECS", "occurred_at": now_ms(at)})


async def send(at: Terminal, person: str, to: str) -> None:
    """Somebody leaves this prison for another."""
    moved = {"type": "TRN", "reason": NORMAL_TRANSFER, "direction": "OUT", "from_place": at.code}
    values = {**moved, "to_place": to, "escort": "PECS", "occurred_at": now_ms(at)}
    await add(at, person, "movement", values)


async def release(at: Terminal, person: str) -> None:
    """Somebody leaves this prison on licence."""
    moved = {"type": "REL", "reason": ON_LICENCE, "direction": "OUT", "from_place": at.code}
    values = {**moved, "to_place": None, "escort": None, "occurred_at": now_ms(at)}
    await add(at, person, "movement", values)


async def note(at: Terminal, person: str, text: str) -> str:
    """A case note; returns its record."""
    body = {"type": "GEN", "subtype": "HIS", "text": text, "occurred_ms": now_ms(at)}
    saved = await at.write(f"/people/{person}/records/case_note", body)
    record: str = saved["record"]
    return record


async def alert(at: Terminal, person: str, code: str, description: str) -> str:
    """Raises an alert; returns its record."""
    body = {"code": code, "description": description, "active_from": day(at)}
    saved = await at.write(f"/people/{person}/records/alert", body)
    record: str = saved["record"]
    return record


async def close_alert(
    at: Terminal, person: str, record: str, last_day: str, reason: str = "Reviewed."
) -> None:
    """Closes an alert as it is shown here, with its last day."""
    path = f"/people/{person}/records/alert/{record}"
    shown = await at.read(path)
    body = {"reason": reason, "seen": shown["seen"], "active_to": last_day}
    await at.write(f"{path}/close", body)


async def assign(at: Terminal, person: str, officer: Terminal, from_day: str) -> None:
    """Names the offender manager."""
    assignment = {
        "staff_id": officer.staff,
        "staff_name": officer.staff_name,
        "team": officer.code,
        "side": "community" if officer.code.startswith("N") else "prison",
        "effective_from": from_day,
        "supporting": None,
    }
    await set_single(at, person, "offender_manager", {"assignment": assignment})


async def set_single(at: Terminal, person: str, kind: str, values: dict[str, Any]) -> None:
    """Writes a record that exists at most once: new, or over what is shown here."""
    known = await at.records(person, kind)
    if not known:
        await add(at, person, kind, values)
        return
    path = f"/people/{person}/records/{kind}/{known[0]['record']}"
    await at.change(path, {"values": values, "seen": known[0]["seen"]})


async def add(at: Terminal, person: str, kind: str, values: dict[str, Any]) -> None:
    """Writes a new record."""
    await at.write(f"/people/{person}/records/{kind}", {"values": values})


async def conflicts(at: Terminal, person: str) -> list[Json]:
    """The open conflicts of a person; none where the node does not know the person."""
    try:
        answer = await at.read("/conflicts", person=person)
    except ApiRefused as fault:
        if fault.status in ABSENT:
            return []
        raise
    found: list[Json] = answer["conflicts"]
    return found


async def settle(at: Terminal, conflict: Json) -> Any:
    """Settles a conflict as it is shown here, for the side that was written last."""
    chosen = max(conflict["sides"], key=lambda side: side["source"]["written_ms"])["value"]
    body = {"value": chosen, "reason": "Both sides read; agreed by telephone."}
    await at.write(f"/conflicts/{conflict['id']}/settle", {**body, "seen": conflict["seen"]})
    return chosen


async def waiting(at: Terminal) -> int:
    """How many changes of this node the centre is not known to have."""
    status = await at.read("/sync/status")
    count: int = status["strip"]["line"]["waiting_ops"]
    return count


async def line_state(at: Terminal) -> str:
    """What this node's own staff are told of the line."""
    status = await at.read("/sync/status")
    state: str = status["strip"]["line"]["state"]
    return state


async def holders(at_centre: Terminal, person: str) -> Json:
    """Who holds a person, who has not let go, and the receipts of whoever has."""
    return await at_centre.read(f"/people/{person}/holders")


async def receipts(at: Terminal) -> list[Json]:
    """What this node has of whoever it let go of."""
    found: list[Json] = (await at.read("/departures"))["receipts"]
    return found
