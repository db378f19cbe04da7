"""Who a synthetic person is: what the first office writes down, and what a second one may miss."""

from collections.abc import Iterator
from typing import Any, Final

from casework.records.files import pair_of, pair_record
from casework.rules.rows import DAY_MS
from sync_protocol.ids import SubjectId
from throughcare.people import names, numbers
from throughcare.people.life import DAYS_PER_YEAR, Life, day_of
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

YOUNGEST_YEARS: Final = 19
OLDEST_YEARS: Final = 66
ALIAS_SHARE: Final = 0.15
CRO_SHARE: Final = 0.6
IDS_EACH: Final = 16
"""Numbers a person may need: their own, and those of further records made by mistake."""

FOUND_SHARE: Final = 0.6
FOUND_DAYS: Final = (5, 60)
FOUND_TEXT: Final = "Same day of birth and last name; fingerprints taken at reception agree."


def draw_born(life: Life, at_ms: int) -> str:
    """A day of birth of somebody who is grown up at that moment."""
    years = life.chance.uniform(YOUNGEST_YEARS, OLDEST_YEARS)
    return day_of(at_ms - int(years * DAYS_PER_YEAR) * DAY_MS)


def first_met(life: Life, at_ms: int, by: Member, source: str) -> None:
    """The person is recorded for the first time, under every number somebody has for them."""
    year = int(day_of(at_ms)[:4]) - life.chance.randint(1, 20)
    known = [("PNC", numbers.pnc_number_of(life.number, year), "valid")]
    if life.happens(CRO_SHARE):
        known.append(("CRO", numbers.cro_number_of(life.number, year), "valid"))
    drafts = [_person(life, at_ms, source, life.who)]
    if life.happens(ALIAS_SHARE):
        drafts.append(_alias(life, at_ms))
    drafts += _identifiers(life, at_ms, source, known)
    life.pen.act(at_ms, by, *drafts)


def number_of(life: Life, at_ms: int, by: Member, number_type: str) -> None:
    """The person is given the number by which a service knows them."""
    number = life.number * IDS_EACH + len(life.duplicates)
    if number_type == "NOMS":
        value, source = numbers.noms_number_of(number), "PRISON"
    else:
        value, source = numbers.crn_of(number), "PROBATION"
    known = [(number_type, value, "unchecked")]
    life.pen.act(at_ms, by, *_identifiers(life, at_ms, source, known))


def received_as_another(life: Life, at_ms: int, by: Member) -> None:
    """A prison that finds nobody of the name given makes a second record of the same person."""
    former, life.pen.subject = life.pen.subject, SubjectId(life.pen.new_id(at_ms))
    life.duplicates.append(former)
    life.marks.add("duplicate")
    life.alerts.clear()
    given = names.draw_name(life.chance, life.origin, is_female=life.is_female)
    called = names.MadeName(given.first, life.who.last)
    life.pen.act(at_ms, by, _person(life, at_ms, "PRISON", called), _alias(life, at_ms))
    number_of(life, at_ms, by, "NOMS")
    if life.happens(FOUND_SHARE):
        _link(life, life.at_day(at_ms + life.days(*FOUND_DAYS)), former)


def _link(life: Life, at_ms: int, former: SubjectId) -> None:
    """The centre finds that two records are of one person."""
    values = {"claim": "same_as", "reason": FOUND_TEXT, "status": "open"}
    pair = (former, life.pen.subject)
    record = pair_record("person_link", *pair)
    draft = WrittenDraft("person_link", pair_of(*pair), record, values)
    if life.pen.act(at_ms, life.chance.choice(life.offices.centre.members), draft):
        life.marks.add("linked")


def _person(life: Life, at_ms: int, source: str, called: names.MadeName) -> WrittenDraft:
    on, chance = day_of(at_ms), life.chance

    def said(value: str) -> dict[str, str]:
        return {"value": value, "source": source, "asserted_on": on}

    values: dict[str, Any] = {
        "names": _name(called, "legal", source, on),
        "date_of_birth": said(life.born),
        "sex": said("F" if life.is_female else "M"),
        "ethnicity": said(chance.choice(life.origin.ethnicities)),
        "languages": said(chance.choice(life.origin.languages)),
    }
    return life.pen.single("person", values)


def _alias(life: Life, at_ms: int) -> WrittenDraft:
    life.marks.add("alias")
    other = names.draw_name(life.chance, life.origin, is_female=life.is_female)
    called = names.MadeName(other.first, life.who.last)
    return life.pen.single("person", {"names": _name(called, "alias", "SELF", day_of(at_ms))})


def _name(name: names.MadeName, kind: str, source: str, on: str) -> dict[str, Any]:
    return {
        "first": name.first,
        "middle": name.middle,
        "last": name.last,
        "kind": kind,
        "source": source,
        "asserted_on": on,
    }


def _identifiers(
    life: Life, at_ms: int, source: str, known: list[tuple[str, str, str]]
) -> Iterator[WrittenDraft]:
    for number_type, value, check in known:
        values = {
            "type": number_type,
            "value": value,
            "check": check,
            "source": source,
            "first_seen": day_of(at_ms),
        }
        yield life.pen.new("identifier", at_ms, values)
