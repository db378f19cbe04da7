"""The page of a person: who it is, what staff must know at once, and the timeline."""

from typing import Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from casework.access.caller import Caller
from casework.desk.alerts import read_alerts
from casework.desk.attention import Attention, read_attention
from casework.desk.conflicts import list_conflicts
from casework.desk.holding import holders_of
from casework.desk.notes import NOTE, read_notes
from casework.desk.one_pass import in_one_pass
from casework.desk.people import summary
from casework.desk.person import Summary
from casework.desk.records import read_all
from casework.desk.standing import HeldElsewhere, elsewhere
from casework.desk.status import line_view
from casework.desk.timeline import Timeline, timeline, unconfirmed
from casework.desk.whole import read_latest, readable_kinds
from casework.rules.rows import by_gravity
from casework.web.own_pages import OWN_PAGES
from casework.web.pages.single import read_single
from casework.web.shown.attention import conditions_card, due_card
from casework.web.shown.cards import (
    Sight,
    alert_card,
    apart_card,
    cell_card,
    movement_card,
    number_card,
    risk_grid,
)
from casework.web.shown.conflicts import conflict_row, finding_mark
from casework.web.shown.holding import holders_card
from casework.web.shown.kinds import LATER_SHOWN_MAX, Setting, record_groups
from casework.web.shown.named import namer
from casework.web.shown.people import identity_bar
from casework.web.shown.standing import elsewhere_banner, standing_banner
from casework.web.shown.timeline import days_of, unconfirmed_banner
from casework.web.views import Banner, Card, Link, PersonPage, RecordGroup, Row
from casework.web.visit import GivenVisit, Visit, person_id
from casework.web.words import short_moment
from sync_protocol.errors import Refused
from sync_protocol.ids import SubjectId

NUMBER_DIGITS_MAX: Final = 18


def routes() -> list[HTTPRouteHandler]:
    """The page of a person."""
    return [person_page]


@get("/people/{person:str}", sync_to_thread=True)
def person_page(
    person: FromPath[str], request: Request[Caller, str, State], visit: GivenVisit
) -> Response[str]:
    """Everything known of a person here; with `before`, an older part of the timeline."""
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) <= NUMBER_DIGITS_MAX else None
    # Read first: nothing that the page calls unsent is then said to be sent above it.
    strip = visit.strip()
    with in_one_pass(visit.desk, person_id(person)) as desk:
        view = _page(visit.at(desk), person_id(person), before)
    notice = visit.saved_notice(request.query_params.get("saved"))
    return visit.page("person.html", notice=notice, strip=strip, view=view)


def _page(visit: Visit, person: SubjectId, before: int | None) -> PersonPage:
    desk, caller, now_ms = visit.desk, visit.caller, visit.now_ms
    attention = read_attention(desk, caller, person)
    known = summary(desk, caller, person)
    entries = timeline(desk, caller, person, before=before)
    written = [one.record for one in entries.entries if one.kind == NOTE]
    notes = {note.record: note for note in read_notes(desk, caller, person, written)}
    at = f"/people/{person.hex()}"
    others = elsewhere(desk, caller, person)
    sight = _sight(visit, known, others)
    return PersonPage(
        bar=identity_bar(known, now_ms),
        banners=(*_unconfirmed(visit, person), *_banners(visit, known, others, at)),
        warnings=() if before else _warnings(visit, known, attention),
        actions=_actions(visit, known, at),
        main_cards=() if before else _main_cards(visit, person, sight, attention),
        side_cards=() if before else _side_cards(visit, person, known, sight),
        risk=risk_grid(read_single(visit, person, "risk"), now_ms),
        risk_link=Link("Change", f"{at}/risk", "risk levels"),
        officer_link=Link("Change", f"{at}/officer", "responsible officer"),
        timeline=days_of(entries.entries, notes, person.hex(), now_ms),
        older=_older(entries, at, before),
        is_on_older=before is not None,
        groups=() if before else _groups(visit, person, sight),
    )


def _groups(visit: Visit, person: SubjectId, sight: Sight) -> tuple[RecordGroup, ...]:
    desk, caller = visit.desk, visit.caller
    setting = Setting(desk.registry, person.hex(), desk.place.kind, sight, namer(visit))
    latest = read_latest(desk, caller, person, most=LATER_SHOWN_MAX, unseen=OWN_PAGES)
    return record_groups(setting, latest, readable_kinds(desk, caller))


def _unconfirmed(visit: Visit, person: SubjectId) -> tuple[Banner, ...]:
    """What was raised about their safety and does not count: it is shown before all else."""
    found = unconfirmed_banner(unconfirmed(visit.desk, visit.caller, person), visit.now_ms)
    return () if found is None else (found,)


def _banners(
    visit: Visit, known: Summary, others: tuple[HeldElsewhere, ...], at: str
) -> tuple[Banner, ...]:
    """Where the person stands at this office, and who else has not let go of them."""
    if visit.desk.place.kind == "centre":
        return ()
    is_prison = visit.desk.place.kind == "prison"
    record = Link("Record the reception", f"{at}/movements/in") if is_prison else None
    found = (
        standing_banner(known.standing, record, visit.now_ms),
        elsewhere_banner(others, visit.now_ms, is_up=line_view(visit.desk).state == "up"),
    )
    return tuple(one for one in found if one is not None)


def _older(entries: Timeline, at: str, before: int | None) -> Link | None:
    """Where older entries are; those on their way from the centre are met by looking again."""
    if entries.before:
        return Link("Older entries", f"{at}?before={entries.before}")
    if entries.on_their_way:
        here = f"{at}?before={before}" if before else at
        return Link("Older entries are asked of the centre: look again", here)
    return None


def _sight(visit: Visit, known: Summary, others: tuple[HeldElsewhere, ...]) -> Sight:
    """What is not here is nowhere only of somebody whom the centre knows and this office holds.

    A person whom the centre does not know yet may be known elsewhere under another record; of one
    who leaves, this office is told nothing new; and an office that is silent may hold an alert.
    """
    line, standing = line_view(visit.desk), known.standing
    as_of = ""
    if standing.state == "leaving" and standing.since_ms is not None:
        since = short_moment(standing.since_ms, visit.now_ms)
        as_of = f"What other offices wrote: not after {since}"
    elif line.state == "down":
        heard = line.last_heard_ms
        when = short_moment(heard, visit.now_ms) if heard else "never since the last start"
        as_of = f"What other offices wrote: as of {when}"
    record = read_single(visit, known.id, "person")
    is_known = record is not None and record.is_at_centre
    is_told = standing.state != "leaving" and standing.lacks != "safety"
    is_whole = is_known and is_told and not any(one.silent_ms for one in others)
    return Sight(visit.now_ms, is_whole=is_whole, as_of=as_of)


def _actions(visit: Visit, known: Summary, at: str) -> tuple[Link, ...]:
    every = (Link("Add a note", f"{at}/notes/new"), Link("Raise an alert", f"{at}/alerts/new"))
    levels = (
        Link("Change risk levels", f"{at}/risk"),
        Link("Responsible officer and handover", f"{at}/responsibility"),
        Link("Make a document", f"{at}/export"),
    )
    if visit.desk.place.kind != "prison":
        return (*every, *levels)
    movement = Link("Record a movement", f"{at}/movements/new")
    cell = (Link("Move cell", f"{at}/cell"),) if _is_here(visit, known) else ()
    return (*every, movement, *cell, *levels)


def _is_here(visit: Visit, known: Summary) -> bool:
    """Whether this prison holds the person: nobody else's cells can be given to them."""
    return known.custody.place_code == visit.desk.place.code


def _warnings(visit: Visit, known: Summary, attention: Attention) -> tuple[Row, ...]:
    conflicts = list_conflicts(visit.desk, visit.caller, person=known.id)
    found = by_gravity(list(dict.fromkeys((*known.findings, *attention.findings))))
    findings = tuple(
        Row(title=finding.words, marks=(finding_mark(finding.severity),)) for finding in found
    )
    return (*(conflict_row(conflict) for conflict in conflicts), *findings)


def _main_cards(
    visit: Visit, person: SubjectId, sight: Sight, attention: Attention
) -> tuple[Card, ...]:
    alerts = read_alerts(visit.desk, visit.caller, person)
    due = due_card(visit.desk, attention, person.hex(), sight.known())
    bound = conditions_card(attention, sight.known())
    return (
        alert_card(alerts, person.hex(), sight),
        *(card for card in (bound, due) if card.rows),
    )


def _side_cards(visit: Visit, person: SubjectId, known: Summary, sight: Sight) -> tuple[Card, ...]:
    desk, caller, hexed = visit.desk, visit.caller, person.hex()
    is_prison = desk.place.kind == "prison"
    to_cell = Link("Move", f"/people/{hexed}/cell", "to another cell")
    move = to_cell if _is_here(visit, known) else None
    movements = movement_card(
        read_all(desk, caller, person, "movement"), hexed, sight, may_record=is_prison
    )
    apart = read_all(desk, caller, person, "non_association")
    at_centre = (_holders_card(visit, person),) if desk.place.kind == "centre" else ()
    return (
        *at_centre,
        cell_card(read_single(visit, person, "cell"), known.custody.cell, sight, move),
        movements,
        apart_card(apart, hexed, lambda other: _name_of(visit, other), sight),
        number_card(known.identifiers, hexed),
    )


def _holders_card(visit: Visit, person: SubjectId) -> Card:
    return holders_card(holders_of(visit.desk, visit.caller, person), visit.now_ms)


def _name_of(visit: Visit, other: bytes) -> str:
    """The name of the other one of a pair, where this office may say it."""
    try:
        return summary(visit.desk, visit.caller, SubjectId(other)).name.full
    except Refused:
        return "Somebody not known at this office"
