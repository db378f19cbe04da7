"""Whom a synthetic person must not harm again: the victim file, and the area to keep out of."""

from typing import Any, Final

from casework.records.files import VICTIM_FILE, area_record, file_subject
from casework.rules.rows import HOUR_MS
from sync_protocol.ids import RecordId
from throughcare.people import names
from throughcare.people.life import Life, day_of
from throughcare.people.pen import WrittenDraft

AREA_WORDS: Final = (
    "Fern Street and the playground behind it.",
    "The estate between the canal and Moss Lane.",
    "Within two streets of the primary school.",
)
WISHES: Final = "Wants to be told of release and moves; asks for the area to be kept out of."


def protect(life: Life, at_ms: int, ends_ms: int) -> None:
    """A victim joins the contact scheme; no contact, and a zone, are put in place."""
    life.marks.add("victim")
    com = life.com
    subject = file_subject(life.pen.subject, VICTIM_FILE)
    victim = names.draw_name(life.chance, names.draw_origin(life.chance), is_female=True)
    called = f"{victim.first} {victim.last}"
    contact = {
        "name": called,
        "wishes": com.signed(WISHES, at_ms),
        "has_opted_in": True,
        "liaison_officer": com.named(),
        "status": "open",
    }
    first = _of_victim(life, "victim_contact", at_ms, contact)
    life.pen.act(at_ms, com, first)
    days: dict[str, Any] = {"starts_on": day_of(at_ms), "ends_on": day_of(ends_ms)}
    barred = {
        **days,
        "protected": called,
        "victim_contact": first.record.hex(),
        "ways": "ANY",
        "status": "open",
    }
    life.pen.act(at_ms + HOUR_MS, com, _of_victim(life, "no_contact", at_ms + HOUR_MS, barred))
    area: dict[str, Any] = {
        "words": life.chance.choice(AREA_WORDS),
        "corners": [],
        "radius_m": None,
    }
    zone_values = {
        **days,
        "victim_contact": first.record.hex(),
        "area": area,
        "status": "open",
    }
    zone = _of_victim(life, "exclusion_zone", at_ms + 2 * HOUR_MS, zone_values)
    derived = {**days, "area": area, "status": "open"}
    kept_out = WrittenDraft("keep_out_area", (life.pen.subject,), area_record(zone.record), derived)
    assert subject != life.pen.subject, "nothing of a victim is in the open file"
    life.pen.act(at_ms + 2 * HOUR_MS, com, zone, kept_out)


def _of_victim(life: Life, kind: str, at_ms: int, values: dict[str, Any]) -> WrittenDraft:
    subject = file_subject(life.pen.subject, VICTIM_FILE)
    return WrittenDraft(kind, (subject,), RecordId(life.pen.new_id(at_ms)), values)
