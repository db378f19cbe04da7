"""Days out of prison on licence of a synthetic person: authorised, out, and back."""

from typing import Final

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Site
from throughcare.people.pen import WrittenDraft

ABSENCES_PER_DAY: Final = 1 / 20
ABSENCE_HOURS: Final = 8


def go_out(life: Life, begins_ms: int, ends_ms: int, site: Site) -> None:
    """Days out on licence towards the end of a sentence: authorised, out in the morning, back."""
    if ends_ms - begins_ms < 14 * DAY_MS:
        return
    by = life.chance.choice(site.members)
    asked_ms = life.at_day(begins_ms + 7 * DAY_MS)
    days = sorted(
        {one - one % DAY_MS for one in life.moments(asked_ms + 3 * DAY_MS, ends_ms - 2 * DAY_MS,
                                                    ABSENCES_PER_DAY)}
    )  # fmt: skip
    if not days:
        return
    values = {
        "prison": site.code,
        "type": "SR",
        "sub_type": "RDR",
        "reason_category": "PW",
        "reason": "R15",
        "valid_from": day_of(asked_ms + DAY_MS),
        "valid_to": day_of(ends_ms),
        "going_to": "Warehouse in the town",
        "accompanied_by": None,
        "transport": None,
        "approval": {"from": None, "to": "PENDING"},
        "status": "open",
    }
    draft = life.pen.new("temporary_absence", asked_ms, values)
    life.pen.act(asked_ms, by, draft)
    approved = {"approval": {"from": "PENDING", "to": "APPROVED"}}
    life.pen.act(
        asked_ms + DAY_MS, life.chance.choice(site.members), life.pen.more(draft, approved)
    )
    for number, day_ms in enumerate(days, 1):
        _outing(life, day_ms, site, draft, number)


def _outing(life: Life, day_ms: int, site: Site, draft: WrittenDraft, number: int) -> None:
    by = life.chance.choice(site.members)
    out_ms = day_ms + 8 * HOUR_MS
    back_ms = out_ms + ABSENCE_HOURS * HOUR_MS
    outing = {"number": str(number), "out_at": out_ms, "back_at": back_ms + HOUR_MS}
    life.pen.act(
        out_ms - DAY_MS, by, life.pen.more(draft, {"occurrence": {**outing, "going_to": None}})
    )
    _pass_gate(life, out_ms, by, "OUT", (site.code, None))
    _pass_gate(life, back_ms, by, "IN", (None, site.code))


def _pass_gate(
    life: Life, at_ms: int, by: Member, direction: str, places: tuple[str | None, str | None]
) -> None:
    values = {
        "type": "TAP",
        "reason": "20",
        "direction": direction,
        "from_place": places[0],
        "to_place": places[1],
        "escort": "U",
        "occurred_at": at_ms,
    }
    life.pen.act(at_ms, by, life.pen.new("movement", at_ms, values))
