"""Where a person is: a reception outranks a book, and nobody is in nobody's roll."""

import pytest

from casework.rules.custody import CustodyState, custody_state
from tests.casefile import Row, at, into, out


def state(*rows: Row, hours: float = 24) -> CustodyState:
    return custody_state(rows, as_of_ms=at(hours))


def codes(found: CustodyState) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in found.findings]


def test_nothing_known_is_not_the_same_as_free() -> None:
    assert state() == CustodyState(status="unknown")


def test_a_reception_places_the_person() -> None:
    held = state(into("LEI", 0, "N"), hours=1)
    assert (held.status, held.place, held.since_ms, held.code) == ("in_custody", "LEI", at(0), "D")
    assert held.is_present
    assert held.is_in_custody
    assert not held.findings


def test_a_moment_is_asked_about_not_the_present() -> None:
    rows = (into("LEI", 0, "I"), out("LEI", 5, "REL", "CR"))
    assert state(*rows, hours=4).place == "LEI"
    assert state(*rows, hours=5).status == "in_community"


def test_between_two_prisons_the_person_is_in_transit() -> None:
    moving = state(into("LEI", 0), out("LEI", 5, to_place="HLI"), hours=6)
    assert (moving.status, moving.place) == ("in_transit", None)
    assert (moving.transit_from, moving.transit_to) == ("LEI", "HLI")
    assert moving.is_in_custody
    assert not moving.findings


def test_a_reception_ends_the_journey() -> None:
    held = state(into("LEI", 0, "I"), out("LEI", 5, to_place="HLI"), into("HLI", 8))
    assert (held.status, held.place, held.code) == ("in_custody", "HLI", "A")
    assert not held.findings


@pytest.mark.parametrize(("hours", "found"), [(16.9, []), (17, [("overdue", "S1")])])
def test_received_nowhere_for_twelve_hours_is_overdue(
    hours: float, found: list[tuple[str, str]]
) -> None:
    moving = state(into("LEI", 0), out("LEI", 5, to_place="HLI"), hours=hours)
    assert codes(moving) == found


def test_the_overdue_finding_says_from_where_and_how_long() -> None:
    moving = state(into("LEI", 0), out("LEI", 5, to_place="HLI"), hours=20)
    assert moving.findings[0].words == (
        "Left Leeds for Hull 15 hours ago and has been received nowhere since."
    )
    assert len(moving.findings[0].subjects) == 1


def test_at_court_the_person_is_still_on_the_books() -> None:
    away = state(into("LEI", 0), out("LEI", 5, "CRT", "CRT"), hours=6)
    assert (away.status, away.place, away.is_present) == ("at_court", "LEI", False)
    assert codes(state(into("LEI", 0), out("LEI", 5, "CRT", "CRT"))) == [("overdue", "S1")]


def test_back_from_court_the_person_is_inside_again() -> None:
    back = state(into("LEI", 0), out("LEI", 5, "CRT", "CRT"), into("LEI", 9, "R"))
    assert (back.status, back.place, back.since_ms) == ("in_custody", "LEI", at(9))
    assert not back.findings


def test_a_temporary_absence_has_no_hour_of_its_own_to_be_late_by() -> None:
    away = state(into("LEI", 0), out("LEI", 5, "TAP", "RO"), hours=30)
    assert (away.status, away.place) == ("temporarily_absent", "LEI")
    assert not away.findings


def test_another_prison_may_receive_from_court() -> None:
    held = state(into("LEI", 0), out("LEI", 5, "CRT", "CRT"), into("HLI", 9, "TRNCRT"))
    assert (held.place, held.also_at) == ("HLI", None)


def test_a_reception_is_stronger_than_the_senders_book() -> None:
    held = state(into("LEI", 0), into("HLI", 8))
    assert (held.place, held.also_at) == ("HLI", "LEI")
    assert codes(held) == [("departure_missing", "S2")]


def test_the_sender_closes_its_book_when_its_departure_comes() -> None:
    early = state(into("LEI", 0), into("HLI", 8), out("LEI", 5, to_place="HLI"))
    late = state(into("LEI", 0), into("HLI", 8), out("LEI", 9, to_place="HLI"))
    assert (early.place, early.also_at, early.findings) == ("HLI", None, ())
    assert (late.place, late.also_at, late.findings) == ("HLI", None, ())


@pytest.mark.parametrize(("hours", "found"), [(2, "in_two_places"), (2.1, "departure_missing")])
def test_two_receptions_within_travel_time_are_in_two_places(hours: float, found: str) -> None:
    held = state(into("LEI", 0), into("HLI", hours))
    assert (held.place, held.also_at) == ("HLI", "LEI")
    assert held.findings[0].code == found
    assert held.is_contradicted == (found == "in_two_places")


def test_in_two_places_lasts_until_one_book_is_closed() -> None:
    rows = (into("LEI", 0), into("HLI", 1), out("HLI", 3, "CRT", "CRT"))
    assert state(*rows, hours=4).also_at == "LEI"
    assert ("in_two_places", "S1") in codes(state(*rows, hours=4))
    assert state(*rows, out("LEI", 3.5, to_place="HLI"), hours=4).also_at is None


def test_a_prison_that_takes_the_person_to_court_keeps_its_claim() -> None:
    rows = (into("LEI", 0), into("HLI", 1), out("LEI", 2, "CRT", "CRT"))
    assert ("in_two_places", "S1") in codes(state(*rows, hours=3))
    again = state(*rows, into("LEI", 8, "R"), hours=9)
    assert (again.place, again.also_at, again.is_contradicted) == ("LEI", "HLI", True)


def test_a_reception_struck_out_does_not_count() -> None:
    held = state(into("LEI", 0), into("HLI", 1, status="closed"))
    assert (held.place, held.also_at, held.findings) == ("LEI", None, ())


def test_one_reception_recorded_twice_changes_nothing() -> None:
    held = state(into("LEI", 0), into("LEI", 0.2))
    assert (held.place, held.since_ms, held.findings) == ("LEI", at(0), ())


def test_release_puts_the_person_in_the_community() -> None:
    free = state(into("LEI", 0, "I"), out("LEI", 5, "REL", "CR"))
    assert (free.status, free.place, free.former_place) == ("in_community", None, "LEI")
    assert free.code == "B"
    assert not free.is_in_custody


def test_nobody_can_be_released_by_a_prison_that_has_not_got_them() -> None:
    held = state(into("LEI", 0), out("LEI", 5), into("HLI", 8), out("LEI", 9, "REL", "CR"))
    assert (held.status, held.place) == ("in_custody", "HLI")
    assert codes(held) == [("unable_to_release", "S1")]


def test_a_release_by_the_other_of_two_prisons_stays_in_sight() -> None:
    held = state(into("LEI", 0), into("HLI", 1), out("LEI", 2, "REL", "CR"), into("HLI", 3, "R"))
    assert (held.place, held.also_at) == ("HLI", None)
    assert codes(held) == [("unable_to_release", "S1")]


def test_a_departure_after_the_reception_elsewhere_moves_nobody() -> None:
    rows = (into("LEI", 0), out("LEI", 4), into("HLI", 8), out("LEI", 9, "CRT", "CRT"))
    assert state(*rows).place == "HLI"
    assert codes(state(*rows)) == [("departure_after_reception", "S3")]


def test_a_departure_of_somebody_not_received_is_noted() -> None:
    free = state(into("LEI", 0), out("LEI", 4, "REL", "CR"), out("HLI", 9))
    assert free.status == "in_community"
    assert codes(free) == [("departure_without_reception", "S2")]


def test_an_administrative_release_is_no_release() -> None:
    assert state(into("LEI", 0), out("LEI", 5, "REL", "MRG")).place == "LEI"


def test_discharge_to_hospital_is_no_release() -> None:
    ill = state(into("LEI", 0), out("LEI", 5, "REL", "HP"))
    assert (ill.status, ill.place, ill.is_in_custody) == ("in_hospital", "LEI", True)


def test_an_escape_is_at_large_until_recapture() -> None:
    gone = state(into("LEI", 0), out("LEI", 5, "REL", "ESCP"))
    assert (gone.status, codes(gone)) == ("unlawfully_at_large", [("unlawfully_at_large", "S1")])
    back = state(into("LEI", 0), out("LEI", 5, "REL", "ESCP"), into("LEI", 9, "RECA"))
    assert (back.status, back.findings) == ("in_custody", ())


def test_a_recall_needs_somebody_released() -> None:
    free = (into("LEI", 0), out("LEI", 5, "REL", "CR"))
    assert state(*free, into("HLI", 9, "L")).findings == ()
    assert state(*free, into("HLI", 9, "L")).code == "D"
    held = state(into("LEI", 0), into("LEI", 9, "L"))
    assert codes(held) == [("recall_without_release", "S2")]


def test_a_transfer_in_of_somebody_released_is_looked_at() -> None:
    held = state(into("LEI", 0), out("LEI", 5, "REL", "CR"), into("HLI", 9, "INT"))
    assert codes(held) == [("transfer_after_release", "S1")]


def test_a_reception_of_the_dead_is_looked_at() -> None:
    held = state(into("LEI", 0), out("LEI", 5, "REL", "DEC"), into("HLI", 9, "N"))
    assert (held.place, codes(held)) == ("HLI", [("reception_after_death", "S1")])


def test_a_reception_without_a_place_moves_nobody() -> None:
    held = state(into("LEI", 0), into(None, 3))
    assert held.place == "LEI"
    assert codes(held) == [("reception_without_place", "S2")]


def test_a_record_that_begins_with_a_departure_is_believed() -> None:
    assert state(out("LEI", 0, "REL", "SC")).status == "in_community"
    assert state(into("LEI", 0, "E")).code == "I"
    assert state(into("LEI", 0, "Q")).code == "D"
