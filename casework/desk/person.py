"""A person as the desk shows them: the structs, and how they are made from what the store holds."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from casework.desk.desk import Desk, Source, source_of
from casework.desk.facts import Facts
from casework.desk.standing import Standing
from casework.reference import in_use
from casework.reference.reader import describe
from casework.rules.alerts import alerts_in_force
from casework.rules.custody import CustodyState
from casework.rules.people import (
    age_on,
    by_preference,
    person_findings,
    preferred_name,
    preferred_value,
)
from casework.rules.responsible import Naming
from casework.rules.roll import cell_here
from casework.rules.rosh import rosh
from casework.rules.rows import Finding, Row, by_gravity, day_of, gathered_structs, is_closed
from sync_protocol.clock import hlc_ms
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.io.reading import Shown

STATUS_WORDS: Final[Mapping[str, str]] = {
    "unknown": "No custody recorded",
    "in_custody": "In custody",
    "at_court": "At court",
    "temporarily_absent": "Temporarily absent",
    "in_hospital": "In hospital",
    "in_transit": "On transfer",
    "in_community": "In the community",
    "unlawfully_at_large": "Unlawfully at large",
    "dead": "Died",
}


class PersonName(msgspec.Struct, frozen=True):
    """One name somebody goes or went by."""

    first: str
    last: str
    middle: str | None = None
    kind: str = "legal"

    @property
    def full(self) -> str:
        """As it is read out: first, middle, last."""
        return " ".join(part for part in (self.first, self.middle, self.last) if part)


class IdentifierView(msgspec.Struct, frozen=True):
    """A number of an outside system, and whether its check letter is right."""

    record: RecordId
    type: str
    type_name: str
    value: str
    check: str


class Custody(msgspec.Struct, frozen=True):
    """Where somebody is held, as the movements known here say."""

    status: str
    """As `casework.rules.custody` has it: "in_custody", "in_community", "unknown"…"""
    status_text: str
    place_code: str | None
    place_name: str | None
    since_ms: int | None
    cell: str | None
    bound_for: str | None = None
    """The prison somebody on transfer is on the way to."""


class Flag(msgspec.Struct, frozen=True):
    """An active alert as the identity bar shows it."""

    record: RecordId
    code: str
    text: str
    severity: str
    is_contested: bool


class Responsible(msgspec.Struct, frozen=True):
    """An officer named as responsible; where two are, both are until somebody settles it."""

    staff_id: str
    staff_name: str
    team: str
    side: str
    effective_from: str
    source: Source


class PersonMatch(msgspec.Struct, frozen=True):
    """One line of a search result."""

    id: SubjectId
    name: str
    date_of_birth: str | None
    custody: Custody
    identifiers: tuple[IdentifierView, ...]
    standing: Standing


class Elsewhere(msgspec.Struct, frozen=True):
    """Somebody outside the caseload who matches: that there is somebody, and where; no more."""

    id: SubjectId
    place_name: str
    """Empty where it is not known here."""


class SearchResult(msgspec.Struct, frozen=True):
    """The best matches; `is_cut` says that there were more than were asked for."""

    matches: tuple[PersonMatch, ...]
    is_cut: bool
    elsewhere: tuple[Elsewhere, ...] = ()


class Summary(msgspec.Struct, frozen=True):
    """What the identity bar and the overview of a person show."""

    id: SubjectId
    name: PersonName
    other_names: tuple[PersonName, ...]
    date_of_birth: str | None
    other_dates_of_birth: tuple[str, ...]
    age: int | None
    sex: str | None
    identifiers: tuple[IdentifierView, ...]
    custody: Custody
    flags: tuple[Flag, ...]
    responsible: tuple[Responsible, ...]
    """The leading one first; more than one is contested; empty: none known here."""
    responsible_later: tuple[Responsible, ...]
    """Who takes over on a later day from those responsible now."""
    rosh: str | None
    """The highest of the risk grid, or None where nothing is recorded."""
    conflicts: int
    conflicts_s1: int
    findings: tuple[Finding, ...]
    """What is wrong across records, gravest first."""
    last_written_ms: int
    is_at_centre: bool
    """Whether the centre has everything shown here."""
    standing: Standing
    """Whether they are on the way here, here, or on the way out."""


def name_view(person: Row | None) -> PersonName:
    """The preferred name."""
    name = preferred_name(person)
    return _name_of(name) if name is not None else PersonName("", "Name not known")


def births(person: Shown | None) -> tuple[str, ...]:
    """Every date of birth given, once, the preferred first."""
    given = by_preference(gathered_structs(person, "date_of_birth"))
    return tuple(dict.fromkeys(str(one["value"]) for one in given))


def identifier_views(rows: Sequence[Shown]) -> tuple[IdentifierView, ...]:
    """The standing identifiers, prison and probation numbers first."""
    order = ("NOMS", "CRN", "PNC", "CRO")
    views = [_identifier_view(row) for row in rows if not is_closed(row)]
    place = {name: at for at, name in enumerate(order)}
    return tuple(sorted(views, key=lambda view: (place.get(view.type, len(order)), view.value)))


def custody_view(facts: Facts) -> Custody:
    """Where the person is, in words."""
    state = facts.custody
    place = state.place
    return Custody(
        status=state.status,
        status_text=STATUS_WORDS.get(state.status, state.status),
        place_code=place,
        place_name=in_use.place_name(place) if place is not None else None,
        since_ms=state.since_ms,
        cell=cell_of(facts),
        bound_for=in_use.place_name(state.transit_to) if state.transit_to is not None else None,
    )


def cell_of(facts: Facts) -> str | None:
    """The cell, where it is one of the prison that holds the person."""
    place = facts.custody.place
    return cell_here(place, facts.cell) if place is not None else None


def flag_views(desk: Desk, rows: Sequence[Shown]) -> tuple[Flag, ...]:
    """One flag for each code in force today, the gravest first."""
    in_force = alerts_in_force(rows, day=day_of(desk.now_ms()))
    return tuple(
        Flag(alert.records[0], alert.code, alert.description, alert.severity, alert.is_asking)
        for alert in in_force
    )


def responsible_views(desk: Desk, facts: Facts) -> tuple[Responsible, ...]:
    """The responsible officer, or each of those named while it is contested."""
    return tuple(_responsible(desk, one) for one in facts.responsibility.now)


def later_views(desk: Desk, facts: Facts) -> tuple[Responsible, ...]:
    """Who takes over on a day to come, while somebody else is responsible until then."""
    return tuple(_responsible(desk, one) for one in facts.responsibility.later)


def summary_of(desk: Desk, facts: Facts, standing: Standing) -> Summary:
    """Everything that the identity bar and the overview show."""
    born = births(facts.person)
    names = tuple(_name_of(one) for one in by_preference(gathered_structs(facts.person, "names")))
    name = name_view(facts.person)
    rows = [
        row
        for row in (
            facts.person,
            facts.cell,
            facts.risk,
            facts.offender_manager,
            *facts.alerts,
            *facts.identifiers,
        )
        if row is not None
    ]
    return Summary(
        id=facts.id,
        name=name,
        other_names=tuple(one for one in names if one != name),
        date_of_birth=born[0] if born else None,
        other_dates_of_birth=born[1:],
        age=age_on(born[0], day_of(desk.now_ms())) if born else None,
        sex=preferred_value(facts.person, "sex"),
        identifiers=identifier_views(facts.identifiers),
        custody=custody_view(facts),
        flags=flag_views(desk, facts.alerts),
        responsible=responsible_views(desk, facts),
        responsible_later=later_views(desk, facts),
        rosh=rosh_of(facts.risk),
        conflicts=len(facts.conflicts),
        conflicts_s1=facts.severities.count("S1"),
        findings=() if is_away(desk, facts.custody, standing) else findings_of(facts),
        last_written_ms=max((hlc_ms(row.last_written) for row in rows), default=0),
        is_at_centre=all(row.at_centre for row in rows),
        standing=standing,
    )


def is_away(desk: Desk, custody: CustodyState, standing: Standing) -> bool:
    """Whether somebody leaves who is not on this office's own book.

    What others write of them does not come here any more: nothing that is found here would end.
    """
    return standing.state == "leaving" and custody.place != desk.place.code


def findings_of(facts: Facts) -> tuple[Finding, ...]:
    """What is wrong across a person's records, gravest first."""
    doubts = person_findings(facts.person) if facts.person is not None else ()
    return by_gravity([*facts.custody.findings, *facts.custody_findings, *doubts])


def rosh_of(risk: Row | None) -> str | None:
    """The highest risk of serious harm to anybody in any setting; None where none is recorded that
    can be read here.
    """
    return rosh(risk).overall.level


def _name_of(name: Mapping[str, Any]) -> PersonName:
    middle = name.get("middle")
    return PersonName(
        first=str(name.get("first", "")),
        last=str(name.get("last", "")),
        middle=str(middle) if middle else None,
        kind=str(name.get("kind", "legal")),
    )


def _identifier_view(row: Shown) -> IdentifierView:
    code = str(row.values.get("type", ""))
    return IdentifierView(
        record=row.key.record,
        type=code,
        type_name=describe("person_identifiers", code),
        value=str(row.values.get("value", "")),
        check=str(row.values.get("check", "unchecked")),
    )


def _responsible(desk: Desk, naming: Naming) -> Responsible:
    officer = naming.officer
    return Responsible(
        staff_id=officer.staff_id,
        staff_name=officer.staff_name,
        team=officer.team,
        side=officer.side,
        effective_from=officer.effective_from,
        source=source_of(desk, naming.node, naming.actor, naming.hlc),
    )
