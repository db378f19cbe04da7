"""Case notes of a synthetic person, as officers of a place would write them."""

from casework.rules.rows import MINUTE_MS
from throughcare.people import note_texts
from throughcare.people.life import Life
from throughcare.people.offices import Site


def write_notes(
    life: Life, begins_ms: int, ends_ms: int, site: Site, side: note_texts.Side, *, per_day: float
) -> None:
    """Notes through a time in one place, at a mean rate."""
    for at_ms in life.moments(begins_ms, ends_ms, per_day):
        write_note(life, at_ms, site, side)


def write_note(life: Life, at_ms: int, site: Site, side: note_texts.Side) -> None:
    """One note, written within the hour and a half after what it tells of."""
    chance = life.chance
    author = chance.choice(site.members)
    note = note_texts.draw_note(chance, side=side, name=life.called, is_female=life.is_female)
    written_ms = at_ms + chance.randint(5, 90) * MINUTE_MS
    values = {
        "type": note.type,
        "subtype": note.subtype,
        "occurred_at": at_ms,
        "text": {**author.signed(note.text, written_ms), "amends": False},
        "sensitive": note.is_sensitive,
        "status": "open",
    }
    life.pen.act(written_ms, author, life.pen.new("case_note", written_ms, values))
