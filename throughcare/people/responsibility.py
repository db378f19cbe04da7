"""Who is responsible for a synthetic person, from sentence to the end, and who works with them."""

from typing import Any, Final

from casework.rules.rows import DAY_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Site

SHORT_SENTENCE_MONTHS: Final = 10
HANDOVER_DAYS: Final = 258
"""8 months and 14 days before release: the community takes over then."""

HANDOVER_TEXTS: Final = (
    "Case talked through by video; release address and first appointment agreed.",
    "Handover meeting held in the legal visits room with both officers.",
    "Report sent; the community officer will meet the person before release.",
)


def take_on(life: Life, at_ms: int, site: Site, *, is_recall: bool) -> None:
    """A prison that has taken the person in names its officer.

    Where the community already leads (recalled, or handed over) the prison's officer supports.
    """
    life.pom = life.chance.choice(site.members)
    seen_ms = life.at_day(at_ms + life.days(1, 3))
    if is_recall or seen_ms >= life.handover_ms:
        assign(life, seen_ms, life.pom, lead=life.com, supporting=life.pom)
    else:
        assign(life, seen_ms, life.pom, lead=life.pom, supporting=None)


def assign(life: Life, at_ms: int, by: Member, *, lead: Member, supporting: Member | None) -> None:
    """Somebody is made responsible from that day."""
    assert supporting is None or supporting.staff != lead.staff, "nobody supports themselves"
    values: dict[str, Any] = {
        "staff_id": lead.staff_hex,
        "staff_name": lead.name,
        "team": lead.office,
        "side": "community" if lead.office == life.unit.code else "prison",
        "effective_from": day_of(at_ms),
        "supporting": None,
    }
    if supporting is not None:
        other = {"staff_id": supporting.staff_hex, "staff_name": supporting.name}
        values["supporting"] = other
    life.pen.act(at_ms, by, life.pen.single("offender_manager", {"assignment": values}))


def plan_handover(life: Life, sentenced_ms: int, release_ms: int, months: int) -> None:
    """From which moment the community leads: at once for a short sentence."""
    from_ms = max(sentenced_ms + 10 * DAY_MS, release_ms - HANDOVER_DAYS * DAY_MS)
    life.handover_ms = sentenced_ms if months <= SHORT_SENTENCE_MONTHS else life.at_day(from_ms)


def hand_over(life: Life) -> None:
    """What is done as the community takes the case over: checklist, meeting, and the officer."""
    at_ms = life.handover_ms
    site = life.prison_at(at_ms)
    if site is None:
        return
    pom = life.chance.choice(site.members)
    meeting_ms = life.at_day(at_ms + 7 * DAY_MS)
    begun = {
        "status": "open",
        "resourcing": "enhanced" if life.happens(0.3) else "standard",
        "reviewed_oasys": "open",
        "contacted_com": "open",
        "meeting_on": day_of(meeting_ms),
    }
    life.pen.act(at_ms, pom, life.pen.single("handover", begun))
    done = {
        "sent_handover_report": "open",
        "attended_handover_meeting": "open",
        "handed_over_on": day_of(meeting_ms),
        "notes": pom.signed(life.chance.choice(HANDOVER_TEXTS), meeting_ms),
    }
    life.pen.act(meeting_ms, pom, life.pen.single("handover", done))
    assign(life, meeting_ms, pom, lead=life.com, supporting=pom)


def released(life: Life, at_ms: int, by: Member) -> None:
    """From release the community officer alone is responsible."""
    life.pom = None
    assign(life, at_ms, by, lead=life.com, supporting=None)
