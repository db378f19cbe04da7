"""Scope: which nodes may hold a person, and why."""

from typing import Any

import pytest

from casework.records.files import estate_subject, file_subject, place_subject
from casework.rules.links import groups_of
from casework.rules.scope import (
    PersonRows,
    Places,
    Reason,
    WhoWorks,
    reasons_for,
    scopes,
    with_links,
    without_the_refused,
)
from sync_protocol.ids import NodeId
from tests import toys
from tests.casefile import TODAY, Row, at, into, out, row
from tests.custodies import release_values

LEI, HLI, UNIT, CREATOR = (toys.node(one) for one in (1, 2, 3, 4))
PLACES = Places({"LEI": LEI, "HLI": HLI, "N03SW1": UNIT})


def reasons(*rows: Row, hours: float = 10, teams: tuple[str, ...] = ()) -> frozenset[Reason]:
    person = PersonRows(movements=rows, teams=teams, created_at=CREATOR)
    return reasons_for(person, PLACES, as_of_ms=at(hours))


def test_the_prison_that_holds_a_person_holds_the_record() -> None:
    assert reasons(into("LEI", 0)) == {(LEI, "in_custody")}


def test_both_ends_of_a_journey_hold_the_record() -> None:
    moving = (into("LEI", 0), out("LEI", 5, to_place="HLI"))
    assert reasons(*moving) == {(HLI, "expected"), (LEI, "in_transit")}
    assert reasons(*moving, into("HLI", 8)) == {(HLI, "in_custody")}


def test_a_prison_whose_clock_runs_ahead_is_told_of_whom_it_received() -> None:
    moving = (into("LEI", 0), out("LEI", 5, to_place="HLI"), into("HLI", 10.1))
    assert reasons(*moving, hours=10) == {
        (HLI, "expected"),
        (LEI, "in_transit"),
        (HLI, "in_custody"),
    }


def test_two_prisons_that_claim_a_person_both_hold_the_record() -> None:
    held = reasons(into("LEI", 0), into("HLI", 1))
    assert held == {(LEI, "in_custody"), (HLI, "in_custody")}


@pytest.mark.parametrize(("days", "held"), [(90, LEI), (91, CREATOR)])
def test_a_prison_keeps_whom_it_released_for_ninety_days(days: int, held: bytes) -> None:
    free = (into("LEI", 0), out("LEI", 5, "REL", "CR"))
    assert {node for node, _ in reasons(*free, hours=5 + days * 24)} == {held}


def test_a_release_recorded_alone_ends_what_holds_the_person() -> None:
    alone = row("release", **release_values(5))
    assert reasons(into("LEI", 0), alone) == {(LEI, "released")}
    assert reasons(into("LEI", 0), alone, hours=5 + 91 * 24) == {(CREATOR, "created")}


def test_who_is_in_the_middle_of_an_intervention_is_held_where_it_is_delivered() -> None:
    """The provider is told that the person has moved, and hands over what is left."""
    person = PersonRows(movements=(into("LEI", 0),), delivering=("HLI", "ELSEWHERE"))
    held = reasons_for(person, PLACES, as_of_ms=at(10))
    assert held == {(LEI, "in_custody"), (HLI, "provider")}


def test_every_responsible_officers_office_holds_the_record() -> None:
    held = reasons(into("LEI", 0), teams=("N03SW1", "HLI"))
    assert held == {(LEI, "in_custody"), (UNIT, "supervised"), (HLI, "supervised")}


def test_a_new_person_stays_where_they_were_created_until_a_place_holds_them() -> None:
    assert reasons() == {(CREATOR, "created")}
    assert reasons(into("LEI", 0)) == {(LEI, "in_custody")}


def test_a_place_without_a_node_holds_nothing() -> None:
    assert reasons(into("ACI", 0)) == {(CREATOR, "created")}
    assert reasons_for(PersonRows(), PLACES, as_of_ms=at(1)) == frozenset()


def test_whoever_holds_one_record_of_a_person_holds_all() -> None:
    one, other = toys.subject(1), toys.subject(2)
    link = row("person_link", subjects=(one, other), claim="same_as", status="open")
    spread = with_links(
        {one: frozenset({(LEI, "in_custody")}), other: frozenset({(UNIT, "supervised")})},
        groups_of([link]),
    )
    assert spread[one] == {(LEI, "in_custody"), (UNIT, "linked")}
    assert spread[other] == {(UNIT, "supervised"), (LEI, "linked")}


def test_a_node_holds_the_restrictions_of_whom_it_holds_for_all_its_reasons() -> None:
    person = toys.subject(1)
    held = scopes({person: {(LEI, "supervised"), (LEI, "in_custody"), (UNIT, "linked")}})
    both = {LEI: {"supervised", "in_custody"}, UNIT: {"linked"}}
    assert held == {person: both, file_subject(person, "restricted"): both}


def test_a_person_whom_nobody_has_a_reason_to_hold_is_named() -> None:
    """Else whoever held them last would never let go."""
    person = toys.subject(1)
    assert scopes({person: ()}) == {person: {}, file_subject(person, "restricted"): {}}


def test_a_node_at_which_nobody_may_open_a_restricted_person_does_not_hold_them() -> None:
    """S24: one reader who may is enough; a restriction of one record is of all that are linked."""
    one, other = toys.subject(1), toys.subject(2)
    ash, birch = toys.actor(1), toys.actor(2)
    listed = [{"staff_id": ash.hex()}]
    usual: dict[str, Any] = {"start": "2026-01-01", "end": None, "status": "open", "people": listed}
    allow, deny = (row("restriction", mode=mode, **usual) for mode in ("restricted", "excluded"))
    works = WhoWorks({LEI: frozenset({ash, birch}), UNIT: frozenset({birch})}, frozenset())
    held = dict.fromkeys((one, other), frozenset({(LEI, "in_custody"), (UNIT, "linked")}))

    def nodes(*restrictions: Row) -> list[set[NodeId]]:
        left = without_the_refused(held, restrictions, works, TODAY)
        return [{node for node, _ in left[person]} for person in (one, other)]

    assert nodes() == [{LEI, UNIT}] * 2
    assert nodes(allow) == [{LEI}] * 2
    assert nodes(deny) == [{LEI, UNIT}] * 2
    assert nodes(allow, deny) == [set()] * 2, "deny beats allow"
    empty = WhoWorks({LEI: frozenset()}, frozenset())
    assert without_the_refused(held, (allow,), empty, TODAY)[one] == {(UNIT, "linked")}


def test_what_concerns_a_victim_is_held_where_a_liaison_officer_works_and_nowhere_else() -> None:
    """S25: while nobody knows who works where it is named for nobody, and sent to nobody."""
    person = toys.subject(1)
    victim = file_subject(person, "victim")
    held = {person: {(LEI, "in_custody"), (UNIT, "supervised")}}
    assert victim not in scopes(held)
    assert scopes(held, WhoWorks({}, frozenset()))[victim] == {}
    assert scopes(held, WhoWorks({}, frozenset({UNIT, HLI})))[victim] == {UNIT: {"supervised"}}


def test_what_is_of_a_place_is_held_by_its_node_and_of_the_estate_by_every_node() -> None:
    assert PLACES.of_site(place_subject("LEI")) == {LEI: frozenset({"place"})}
    everywhere = PLACES.of_site(estate_subject())
    assert everywhere == dict.fromkeys((LEI, HLI, UNIT), frozenset({"estate"}))
    assert PLACES.of_site(place_subject("CENTRE")) is None
    assert len({place_subject("LEI"), place_subject("HLI"), estate_subject()}) == 3
