"""What came of an appointment: agreed, disputed or held, and what of it counts."""

import pytest

from casework.reference.reader import codes
from casework.rules.outcomes import (
    NOTHING,
    effective_outcome,
    flags_of,
    is_permissible_absence,
    outcome_words,
)
from tests.casefile import at
from tests.contacts import asserted, attended, outcome


def test_of_an_appointment_nobody_wrote_about_nothing_is_known() -> None:
    assert effective_outcome([]) == NOTHING
    assert not NOTHING.is_credited
    assert NOTHING.minutes_credited == 0


def test_the_same_code_twice_is_one_outcome() -> None:
    found = effective_outcome([attended(1, 7), attended(2, 7, hours=3)])
    assert found.state == "agreed"
    assert found.is_credited
    assert [one.written_on for one in found.assertions] == [at(2), at(3)]


def test_two_codes_are_disputed_and_count_neither_way() -> None:
    found = effective_outcome([attended(1, 7, "ATTC"), attended(2, 7, "AFTA")])
    assert found.state == "disputed"
    assert found.agreed is None
    assert not found.is_credited
    assert not found.is_failure
    assert found.may_be_failure


def test_two_acceptable_absences_are_disputed_but_no_failure_is_in_doubt() -> None:
    found = effective_outcome([attended(1, 7, "AAME"), attended(2, 7, "AAEM")])
    assert (found.state, found.may_be_failure) == ("disputed", False)


def test_an_outcome_struck_out_is_no_longer_said() -> None:
    rows = [attended(1, 7, "ATTC"), attended(2, 7, "AFTA", status="closed")]
    assert effective_outcome(rows).is_credited


def test_two_assertions_in_one_record_are_disputed_as_well() -> None:
    rows = [outcome(1, 7, asserted("ATTC"), asserted("AFTC", "Birch"))]
    assert effective_outcome(rows).state == "disputed"


def test_danger_counts_though_the_outcome_was_struck_out() -> None:
    rows = [
        attended(1, 7, weapon_seen=True, status="closed"),
        attended(2, 7, "AFTA", threatened_staff=True),
    ]
    assert effective_outcome(rows).dangers == ("threatened_staff", "weapon_seen")


def test_minutes_count_only_where_the_person_attended_and_complied() -> None:
    def minutes(code: str, *said: int | None) -> int:
        rows = [
            outcome(record, 7, asserted(code, minutes_credited=one))
            for record, one in enumerate(said)
        ]
        return effective_outcome(rows).minutes_credited

    assert minutes("ATTC", 90) == 90
    assert minutes("ATTC", 90, 90) == 90
    assert minutes("ATTC", 90, 60) == 0, "until both agree"
    assert minutes("ATTC", None) == 0
    assert minutes("AFTC", 90) == 0, "attended and did not comply"
    assert minutes("AAME", 90) == 0, "was not there"


def test_ahead_of_its_day_only_a_permitted_absence_can_be_known() -> None:
    tomorrow = at(24)
    assert effective_outcome([attended(1, 7, "ATTC")], starts_at=tomorrow).state == "held"
    assert effective_outcome([attended(1, 7, "AFTA")], starts_at=tomorrow).state == "held"
    assert effective_outcome([attended(1, 7, "AAHO")], starts_at=tomorrow).state == "agreed"
    assert effective_outcome([attended(1, 7, "ATTC")], starts_at=at(3)).state == "agreed"


def test_what_was_recorded_too_early_disputes_nothing() -> None:
    rows = [attended(1, 7, "AFTA", hours=2), attended(2, 7, "ATTC", hours=25)]
    found = effective_outcome(rows, starts_at=at(24))
    assert found.is_credited
    assert [one.code for one in found.assertions] == ["ATTC"]


@pytest.mark.parametrize("code", codes("contact_outcomes"))
def test_only_what_the_list_calls_an_acceptable_absence_is_permissible(code: str) -> None:
    flags = flags_of(code)
    expected = flags["attended"] is False and flags["complied"] is True
    assert is_permissible_absence(code) is expected
    assert expected is ("Acceptable Absence" in outcome_words(code)), code


def test_a_code_of_a_newer_release_is_kept_as_it_came_and_credits_nothing() -> None:
    found = effective_outcome([attended(1, 7, "NEWX")])
    assert (found.state, found.assertions[0].code) == ("agreed", "NEWX")
    assert not found.is_credited
    assert not found.is_failure


def test_what_was_recorded_with_the_code_outlives_a_change_of_the_list() -> None:
    said = asserted("NEWX", attended=True, complied=True, minutes_credited=30)
    assert effective_outcome([outcome(1, 7, said)]).minutes_credited == 30


def test_what_a_newer_release_wrote_otherwise_is_left_alone() -> None:
    rows = [outcome(1, 7), attended(2, 7)]
    strange = outcome(3, 7)
    assert effective_outcome([*rows, strange]).state == "agreed"
