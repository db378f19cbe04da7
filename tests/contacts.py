"""Contacts, what came of them, and licences as shown, made small. All people are synthetic."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sync_protocol.ids import RecordId
from tests import toys
from tests.casefile import HOUR_MS, Row, at, row

SENTENCE: Final = toys.record(900)
REQUIREMENT: Final = toys.record(901)
OFFICER: Final = {"staff_id": toys.actor(9).hex(), "staff_name": "Cas Wren", "team": "N55LEE"}


def slot(hours: float, length_hours: float = 1.0) -> dict[str, int]:
    """A time, in hours from the morning of 22 November 2026."""
    return {"starts_at": at(hours), "ends_at": at(hours) + round(length_hours * HOUR_MS)}


def appointment(record: int, hours: float, contact_type: str = "COAP", **values: Any) -> Row:
    """A planned office visit for the sentence, unless said otherwise."""
    usual = {
        "type": contact_type,
        "slot": slot(hours),
        "place": "Leeds office",
        "officer": OFFICER,
        "sentence": SENTENCE.hex(),
        "status": "open",
    }
    return row("appointment", record, **usual | values)


def asserted(code: str, author: str = "Ash", hours: float = 2.0, **parts: Any) -> dict[str, Any]:
    """An outcome as somebody recorded it."""
    return {"code": code, "author": author, "written_on": at(hours), **parts}


def outcome(record: int, of: int, *assertions: Mapping[str, Any], **values: Any) -> Row:
    """The record of what came of an appointment."""
    usual = {
        "appointment": toys.record(of).hex(),
        "assertion": list(assertions),
        "status": "open",
    }
    return row("outcome", record, **usual | values)


def attended(record: int, of: int, code: str = "ATTC", hours: float = 2.0, **values: Any) -> Row:
    """One outcome, recorded by one member of staff."""
    return outcome(record, of, asserted(code, hours=hours), **values)


def enforcement(record: int, action: str = "EA02", taken_on: str = "", **values: Any) -> Row:
    """An action taken for the sentence."""
    usual = {
        "action": action,
        "taken_on": taken_on or "2026-11-22",
        "sentence": SENTENCE.hex(),
        "officer": OFFICER,
        "status": "open",
    }
    return row("enforcement", record, **usual | values)


def breach(record: int, begun_on: str, end: Mapping[str, str] | None = None, **values: Any) -> Row:
    """Proceedings for the sentence."""
    ended = {"end": end} if end is not None else {}
    usual = {"sentence": SENTENCE.hex(), "begun_by": "AIBR", "begun_on": begun_on, "status": "open"}
    return row("breach", record, **usual | ended | values)


def sentence(sentence_type: str, sentenced_on: str = "2026-01-05", **terms: Any) -> Row:
    """The sentence that the contacts are for."""
    content = {"type": sentence_type, "sentenced_on": sentenced_on, **terms}
    version = {"approved": True, "content": content}
    return Row(row("sentence").key, {"version": version, "status": "open"})


def content(
    *bespoke: str,
    number: int = 1,
    starts_on: str = "2026-11-01",
    standard: Iterable[str] = ("GOOD_BEHAVIOUR",),
    **parts: Any,
) -> dict[str, Any]:
    """What a version of a licence says."""
    return {
        "number": number,
        "policy_version": "4.0",
        "starts_on": starts_on,
        "ends_on": None,
        "standard": list(standard),
        "additional": [],
        "bespoke": list(bespoke),
        **parts,
    }


def licence(
    record: int, status: str, *bespoke: str, varies: RecordId | None = None, **values: Any
) -> Row:
    """A licence whose version is approved, with conditions of its own; or a variation of one."""
    parts: dict[str, Any] = {
        key: values.pop(key) for key in ("number", "starts_on", "ends_on") if key in values
    }
    if varies is not None:
        parts["varies_number"] = values.pop("varies_number", 1)
    usual = {
        "licence_kind": "CRD" if varies is None else "VARIATION",
        "licence_type": "AP",
        "licence": None if varies is None else varies.hex(),
        "version": {"approved": True, "content": content(*bespoke, **parts)},
        "status": status,
    }
    asks = values.pop("asks", None)
    return row("licence", record, asks=asks, **usual | values)
