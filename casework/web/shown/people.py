"""Who a person is, for the identity bar and for lists: enough to be sure it is the right one."""

from collections.abc import Iterable
from typing import Final

from casework.desk.board import BoardPerson
from casework.desk.desk import Source
from casework.desk.people import DuplicateCandidate
from casework.desk.person import (
    Custody,
    Elsewhere,
    Flag,
    IdentifierView,
    PersonMatch,
    Responsible,
    Summary,
)
from casework.desk.standing import Standing
from casework.reference.in_use import place_name
from casework.rules.scope import IN_CUSTODY, IN_TRANSIT, LINKED, RELEASED
from casework.web.views import Found, IdentityBar, Link, Mark, Officer, OfficerSide, Tone
from casework.web.words import counted, iso_day, listed, short_moment, years_old
from sync_protocol.scope import CREATED

TONE_OF_SEVERITY: Final[dict[str, Tone]] = {"S1": "grave", "S2": "warn", "S3": "plain"}
NOT_HERE: Final = {
    IN_TRANSIT: "On the way elsewhere",
    RELEASED: "Released",
    LINKED: "Linked record",
}
AGREES: Final = {
    "identifier": "same number",
    "name": "same name",
    "similar_name": "similar name",
    "date_of_birth": "same date of birth",
}
SIDES: Final = {"prison": "in custody", "community": "in the community"}
SHORT_TYPES: Final = {"NOMS": "Prison number", "CRN": "CRN", "PNC": "PNC", "CRO": "CRO"}
NUMBERS_IN_BAR_MAX: Final = 4
NUMBERS_IN_LIST_MAX: Final = 2


def address_of(person: bytes) -> str:
    """The address of a person's page."""
    return f"/people/{person.hex()}"


def identity_bar(summary: Summary, now_ms: int) -> IdentityBar:
    """The bar on top of every page about this person."""
    others = summary.other_dates_of_birth
    return IdentityBar(
        person=summary.id.hex(),
        name=summary.name.full,
        other_names=tuple(name.full for name in summary.other_names),
        born=_born(summary.date_of_birth, now_ms),
        born_marks=tuple(Mark(f"Also given: {iso_day(day)}", "warn") for day in others),
        numbers=tuple(
            (short_type(one), one.value) for one in summary.identifiers[:NUMBERS_IN_BAR_MAX]
        ),
        custody=summary.custody.status_text,
        place=custody_place(summary.custody),
        flags=flag_marks(summary.flags),
        officer=officer_of(summary.responsible, summary.responsible_later, now_ms),
        standing=standing_mark(summary.standing),
    )


def standing_mark(standing: Standing) -> Mark | None:
    """Where somebody stands at this office, as a tag; none at the centre, which holds everybody."""
    if standing.state == "centre":
        return None
    if standing.state == "arriving":
        return Mark("Arriving", "calm")
    if standing.state == "leaving":
        to_send = counted(standing.waiting, "entry", "entries")
        return Mark(f"Leaving: {to_send} to send" if standing.waiting else "Leaving", "warn")
    return Mark("Here", "good") if standing.is_received else _mark_of_absent(standing)


def _mark_of_absent(standing: Standing) -> Mark:
    """Of somebody who is not in this office's custody: what else makes the record this office's."""
    reasons = set(standing.reasons)
    if IN_CUSTODY in reasons:
        # The centre has not heard yet that they left.
        return Mark("No longer inside", "calm")
    if reasons <= {CREATED}:
        return Mark("Recorded here", "plain")
    for one, words in NOT_HERE.items():
        if reasons <= {one, LINKED}:
            return Mark(words, "calm")
    return Mark("Here", "good")


def custody_place(custody: Custody) -> str:
    """Where somebody is, with the cell where one is known; on transfer, where they are going."""
    if custody.place_name is None and custody.bound_for is not None:
        return f"On the way to {custody.bound_for}"
    return ", ".join(part for part in (custody.place_name, custody.cell) if part)


def flag_marks(flags: Iterable[Flag]) -> tuple[Mark, ...]:
    """Alert flags as tags, the gravest first."""
    ordered = sorted(flags, key=lambda flag: (flag.severity, flag.text))
    return tuple(
        Mark(flag.text, TONE_OF_SEVERITY.get(flag.severity, "plain"), _contested(flag))
        for flag in ordered
    )


def officer_of(
    sides: tuple[Responsible, ...], later: tuple[Responsible, ...], now_ms: int
) -> Officer:
    """The responsible officer, or every one who stands as such, and who takes over when."""
    if not sides:
        return Officer("not_known")
    shown = tuple(_officer_side(side, now_ms) for side in sides)
    return Officer("held", shown, tuple(takes_over(one) for one in later))


def takes_over(officer: Responsible) -> str:
    """Who is responsible from a day to come, in one line."""
    day = iso_day(officer.effective_from)
    return f"From {day}: {officer.staff_name} ({place_name(officer.team)})"


def said_by(source: Source, now_ms: int) -> str:
    """Who wrote something, where and when, in one line."""
    place, when = source.place_name, short_moment(source.written_ms, now_ms)
    if source.staff_name:
        return f"{source.staff_name}, {place}, {when}"
    return f"staff of {within_sentence(place)}, {when}"


def within_sentence(place: str) -> str:
    """The name of a place inside a sentence: "the centre", "Leeds (HMP)"."""
    return f"the {place[4:]}" if place.startswith("The ") else place


def numbers_of(identifiers: Iterable[IdentifierView]) -> str:
    """The first numbers of somebody in one line."""
    shown = list(identifiers)[:NUMBERS_IN_LIST_MAX]
    return ", ".join(f"{short_type(one)} {one.value}" for one in shown)


def short_type(number: IdentifierView) -> str:
    """What staff call a number in passing: "CRN"; its whole name where it has no short one."""
    return SHORT_TYPES.get(number.type, number.type_name)


def found_match(match: PersonMatch) -> Found:
    """One line of a search."""
    return Found(
        name=match.name,
        address=address_of(match.id),
        born=_born_on(match.date_of_birth),
        numbers=numbers_of(match.identifiers),
        place=": ".join(
            part for part in (match.custody.status_text, custody_place(match.custody)) if part
        ),
        standing=standing_mark(match.standing),
    )


def elsewhere_link(one: Elsewhere) -> Link:
    """Somebody outside the caseload: where they are, and the way to open the record."""
    where = f"At {one.place_name}:" if one.place_name else "Where they are is not known here:"
    return Link("open with a reason", f"{address_of(one.id)}/break-glass", where)


def found_candidate(candidate: DuplicateCandidate) -> Found:
    """Somebody who may be the same person, and what agrees."""
    agrees = [AGREES.get(why, why) for why in candidate.why]
    return Found(
        name=candidate.name,
        address=address_of(candidate.id),
        born=_born_on(candidate.date_of_birth),
        note=f"What agrees: {listed(agrees)}." if agrees else "",
    )


def found_on_board(person: BoardPerson) -> Found:
    """Somebody on a board."""
    return Found(
        name=person.name,
        address=address_of(person.id),
        born=_born_on(person.date_of_birth),
        numbers=person.number or "No number known here",
        flags=flag_marks(person.flags),
        # On a board most are here: only the others are marked.
        standing=None if person.standing.state == "here" else standing_mark(person.standing),
    )


def _born(day: str | None, now_ms: int) -> str:
    return f"{iso_day(day)} ({years_old(day, now_ms)})" if day else ""


def _born_on(day: str | None) -> str:
    return f"Born {iso_day(day)}" if day else "Date of birth not known here"


def _contested(flag: Flag) -> str:
    return "contested" if flag.is_contested else ""


def _officer_side(side: Responsible, now_ms: int) -> OfficerSide:
    return OfficerSide(
        name=side.staff_name,
        team=place_name(side.team),
        side=SIDES.get(side.side, side.side),
        since=f"Responsible from {iso_day(side.effective_from)}",
        recorded=f"Recorded by {said_by(side.source, now_ms)}",
    )
