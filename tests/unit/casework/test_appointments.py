"""Contacts: what is planned, what clashes, what is missing, and what staff must know."""

from casework.reference.reader import codes
from casework.rules.appointments import (
    appointment_findings,
    clashes,
    contacts_of,
    is_attendance,
    is_national_standard,
    minutes_credited,
    missing_outcomes,
    needs_place,
    next_contact,
    staff_dangers,
    type_words,
)
from tests import toys
from tests.casefile import TODAY, Row, at
from tests.contacts import OFFICER, REQUIREMENT, appointment, asserted, attended, outcome, slot


def found(*rows: Row, hours: float = 0) -> dict[str, str]:
    """What must be looked at, by code."""
    kinds = {
        kind: [one for one in rows if one.key.kind == kind] for kind in ("appointment", "outcome")
    }
    contacts = contacts_of(kinds["appointment"], kinds["outcome"])
    return {one.code: one.words for one in appointment_findings(contacts, now_ms=at(hours))}


def test_the_published_list_says_what_counts_for_national_standards() -> None:
    assert is_national_standard("COAP")
    assert is_national_standard("CHVS")
    assert not is_national_standard("C031"), "marked as not"
    assert not is_national_standard("ERCL")
    assert sum(map(is_national_standard, codes("contact_types"))) == 27


def test_a_visit_must_be_attended_and_a_letter_need_not() -> None:
    assert all(map(is_attendance, ("CHVS", "COHV", "COAP", "COPT", "COOO")))
    assert not is_attendance("AWLI")
    # What this release does not know is not passed over: it may clash, and wants an outcome.
    assert is_attendance("no such code")


def test_an_office_visit_needs_a_place_and_a_call_does_not() -> None:
    assert needs_place("COAP")
    assert not needs_place("COPT")


def test_a_type_is_said_without_its_mark() -> None:
    assert type_words("CHVS") == "Home Visit to Case"


def test_two_at_the_same_time_clash_and_one_after_another_does_not() -> None:
    rows = [appointment(1, 10), appointment(2, 10.5), appointment(3, 11.5)]
    pairs = clashes(contacts_of(rows, []), now_ms=at(0))
    assert [(one.row, other.row) for one, other in pairs] == [(rows[0], rows[1])]
    said = found(*rows)["appointments_clash"]
    assert said.startswith("Planned Office Visit on 22 November 2026 at 17:00 overlaps")


def test_what_is_cancelled_over_or_known_clashes_with_nothing() -> None:
    one = appointment(1, 10)
    assert "appointments_clash" not in found(one, appointment(2, 10, status="closed"))
    assert "appointments_clash" not in found(one, appointment(2, 10), hours=12)
    assert "appointments_clash" not in found(one, appointment(2, 10), attended(3, 2, "AAHO"))
    assert "appointments_clash" not in found(one, appointment(2, 10, "AWLI"))


def test_an_outcome_is_missing_from_the_day_after() -> None:
    contacts = contacts_of([appointment(1, -30), appointment(2, 1)], [])
    assert [one.row.key.record for one in missing_outcomes(contacts, day=TODAY)] == [toys.record(1)]


def test_an_outcome_is_not_missed_of_what_was_cancelled_known_or_need_not_be_attended() -> None:
    rows = [
        appointment(1, -30, status="closed"),
        appointment(2, -31),
        appointment(3, -32, "AWLI"),
    ]
    assert not missing_outcomes(contacts_of(rows, [attended(4, 2)]), day=TODAY)


def test_an_outcome_recorded_too_early_is_still_missing() -> None:
    contacts = contacts_of([appointment(1, -24)], [attended(2, 1, "AFTA", hours=-50)])
    assert len(missing_outcomes(contacts, day=TODAY)) == 1


def test_the_next_contact_is_the_next_that_stands() -> None:
    rows = [appointment(1, 2, status="closed"), appointment(2, 4), appointment(3, 3)]
    coming = next_contact(contacts_of(rows, []), now_ms=at(0))
    assert coming is not None
    assert (coming.row.key.record, coming.owner) == (toys.record(3), OFFICER["staff_id"])
    assert next_contact(contacts_of(rows, []), now_ms=at(5)) is None


def test_a_dispute_is_said_with_who_recorded_what_and_when() -> None:
    rows = [
        appointment(1, 1),
        outcome(2, 1, asserted("ATTC", "Ash", 2)),
        outcome(3, 1, asserted("AFTA", "Birch", 3)),
    ]
    assert found(*rows)["outcome_disputed"] == (
        "Of Planned Office Visit on 22 November 2026 at 08:00, Ash recorded Attended - Complied "
        "at 09:00 on 22 November 2026 and Birch recorded Failed To Attend at 10:00 on "
        "22 November 2026. It neither starts nor stops enforcement, and nothing is credited, "
        "until the officer decides. The time to answer a letter keeps running."
    )


def test_a_failure_at_what_we_cancelled_is_not_held_against_the_person() -> None:
    said = found(appointment(1, 1, status="closed"), attended(2, 1, "AFTA"))
    assert "neither for nor against the person" in said["outcome_of_cancelled"]


def test_an_outcome_from_before_its_day_is_said_not_to_count() -> None:
    said = found(appointment(1, 48), attended(2, 1, "AFTA"))
    assert "before its day" in said["outcome_too_early"]


def test_minutes_are_those_of_the_requirement_alone() -> None:
    rows = [appointment(n, -30 * n, "CUPA", requirement=REQUIREMENT.hex()) for n in (1, 2)]
    other = appointment(3, -100, "CUPA")
    said = [outcome(10 + n, n, asserted("ATTC", minutes_credited=60)) for n in (1, 2, 3)]
    assert minutes_credited(contacts_of([*rows, other], said), REQUIREMENT.hex()) == 120
    assert minutes_credited(contacts_of([], said), REQUIREMENT.hex()) == 0


def test_whoever_goes_to_the_door_is_told_of_every_danger_once() -> None:
    rows = [appointment(1, -50, "CHVS"), appointment(2, -20, "CHVS")]
    rows_words = "Home Visit to Case on 21 November 2026 at 11:00"
    told = staff_dangers(
        contacts_of(rows, []),
        [
            attended(3, 1, dangerous_animal=True),
            attended(4, 2, dangerous_animal=True, status="closed"),
            attended(5, 77, weapon_seen=True),
        ],
    )
    assert {one.code: (one.severity, one.words) for one in told} == {
        "staff_danger_weapon_seen": (
            "S1",
            "Take care: a weapon was seen at an appointment that is not held here.",
        ),
        "staff_danger_dangerous_animal": (
            "S1",
            f"Take care: there was a dangerous animal at {rows_words}.",
        ),
    }


def test_a_time_that_cannot_be_read_is_no_time() -> None:
    rows = [appointment(1, 1, slot={"begins": "noon"}), appointment(2, 1, slot="noon")]
    contacts = contacts_of(rows, [])
    assert [one.starts_at for one in contacts] == [0, 0]
    assert not missing_outcomes(contacts, day=TODAY)
    assert not clashes(contacts, now_ms=at(0))


def test_an_end_before_its_start_is_no_length() -> None:
    (contact,) = contacts_of([appointment(1, 1, slot=slot(1, -2))], [])
    assert contact.starts_at == contact.ends_at == at(1)
