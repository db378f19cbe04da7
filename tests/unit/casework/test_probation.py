"""What staff must look at and do in probation work: one answer from all that is recorded."""

from datetime import date
from typing import Any

import pytest

from casework.records.check_in import CHECK_IN_PAIRS, CHECK_IN_STATES
from casework.reference.reader import codes
from casework.rules.check_ins import check_in_due, check_in_findings
from casework.rules.custody_of_person import findings_of_custody
from casework.rules.licence_due import licence_due, licence_findings
from casework.rules.probation import due_of_probation, findings_of_probation, probation_case
from casework.rules.responsible import Officer
from tests import toys
from tests.casefile import TODAY, Row, assignment, at, into, out, row
from tests.contacts import (
    OFFICER,
    SENTENCE,
    appointment,
    asserted,
    attended,
    breach,
    content,
    enforcement,
    licence,
    outcome,
    sentence,
)

NOON = at(5)


def by_kind(*rows: Row) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for one in rows:
        found.setdefault(one.key.kind, []).append(one)
    return found


def due(*rows: Row) -> dict[str, tuple[str, str]]:
    """What is due, by code: the day and the gravity."""
    items = due_of_probation(by_kind(*rows), TODAY, NOON)
    return {one.code: (one.due_on, one.severity) for one in items}


def found(*rows: Row) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in findings_of_probation(by_kind(*rows), TODAY, NOON)]


def failed(record: int, days: int, code: str = "AFTA") -> tuple[Row, Row]:
    """An appointment days ago, at which the person failed."""
    hours = -24 * days + 3
    return appointment(record, hours), attended(record + 50, record, code, hours=hours + 1)


def key_dates(release: str, **dates: str) -> Row:
    """The dates, calculated once and checked."""
    calculation = {
        "calculation_version": 1,
        "calculated_on": "2026-01-01",
        "calculated_by": "Ash",
        "checked_by": "Birch",
        "conditional_release": release,
        **dates,
    }
    return row("key_dates", version={"approved": True, "content": calculation})


def test_of_nothing_recorded_nothing_is_due_and_nothing_wrong() -> None:
    assert due() == {}
    assert found() == []
    assert probation_case({}, TODAY, NOON).person is None


def test_an_outcome_that_is_missing_is_its_officers_and_graver_by_national_standards() -> None:
    assert due(appointment(1, -30))["outcome_missing"] == ("2026-11-21", "S2")
    assert due(appointment(1, -30, "C031"))["outcome_missing"] == ("2026-11-21", "S3")
    (item, *_) = due_of_probation(by_kind(appointment(1, -30)), TODAY, NOON)
    assert item.owner_staff_id == OFFICER["staff_id"]
    assert item.words == "Record what came of Planned Office Visit on 21 November 2026 at 01:00."
    assert (item.kind, item.record) == ("appointment", toys.record(1).hex())


def test_what_is_nobodys_is_the_responsible_officers() -> None:
    lead = row("offender_manager", 9, assignment=assignment("M. Okafor"))
    (item,) = due_of_probation(
        by_kind(appointment(1, -30, officer="as a newer release wrote it"), lead), TODAY, NOON
    )
    assert item.owner_staff_id == assignment("M. Okafor")["staff_id"]
    assert isinstance(Officer(**assignment("M. Okafor")), Officer)


def test_the_clock_of_an_answer_runs_on_though_the_outcome_is_disputed() -> None:
    letter = enforcement(3, respond_by="2026-11-29")
    disputed = [*failed(1, 2), outcome(9, 1, asserted("ATTC", "Birch"))]
    assert due(*disputed, letter)["response_due"] == ("2026-11-29", "S3")
    assert due(enforcement(3, respond_by="2026-11-21"))["response_due"] == ("2026-11-21", "S2")
    assert "response_due" not in due(enforcement(3, respond_by="2026-11-29", status="closed"))


def test_a_review_is_due_from_the_failure_that_was_one_too_many() -> None:
    community = sentence("2003/54")
    rows = [*failed(1, 5), *failed(2, 3)]
    counted = {"sentence": community.key.record.hex()}
    rows = [
        one if one.key.kind != "appointment" else Row(one.key, {**one.values, **counted})
        for one in rows
    ]
    assert due(*rows, community)["enforcement_review"] == ("2026-11-19", "S2")
    assert ("enforcement_review", "S2") in found(*rows, community)
    disputed = outcome(9, 2, asserted("ATTC", "Birch"))
    assert due(*rows, community, disputed)["settle_outcome"] == (TODAY, "S2")
    assert ("enforcement_review_waits", "S2") in found(*rows, community, disputed)


def test_a_sentence_that_is_only_named_is_counted_too() -> None:
    rows = [*failed(1, 5), *failed(2, 3)]
    (standing,) = probation_case(by_kind(*rows), TODAY, NOON).compliance
    assert (standing.sentence, len(standing.failures)) == (SENTENCE.hex(), 2)
    assert not due(*rows, breach(8, "2026-11-20")).get("enforcement_review")


def test_of_a_sentence_that_is_served_no_review_is_due() -> None:
    served = Row(sentence("2003/54").key, {**sentence("2003/54").values, "status": "closed"})
    rows = [appointment(1, -50, sentence=served.key.record.hex())]
    assert probation_case(by_kind(*rows, served), TODAY, NOON).compliance == ()


def test_the_next_contact_is_told_and_who_has_none_under_supervision() -> None:
    active = licence(4, "ACTIVE")
    assert due(active, appointment(1, 30))["next_contact"] == ("2026-11-23", "S3")
    assert due(active)["no_next_contact"] == (TODAY, "S2")
    assert due(sentence("2003/54"))["no_next_contact"] == (TODAY, "S2")
    assert due(sentence("1991/AR")) == {}
    assert due(active, into("LEI", 0)) == {}, "in custody nobody waits for them at an office"


def test_after_a_recall_nothing_binds_and_no_appointment_is_missed() -> None:
    recall = recalled(-24)
    case = probation_case(by_kind(licence(4, "ACTIVE", "curfew"), recall), TODAY, NOON)
    assert case.licence.conditions == ()
    later = licence(5, "ACTIVE", "curfew", starts_on=TODAY)
    assert probation_case(by_kind(later, recall), TODAY, NOON).licence.conditions


def recalled(hours: float) -> Row:
    """A recall decided and signed."""
    signed = [
        {"verdict": "RECALL", "grade": grade, "signed_at": at(-20)} for grade in ("SPO", "ACO")
    ]
    decided = [{"verdict": "RECALL", "decided_at": at(hours), "reason": "x"}]
    return row("recall", 6, decision=decided, signature=signed, status="open")


def test_a_recall_dated_ahead_ends_no_licence_before_its_moment_and_is_told() -> None:
    active = licence(4, "ACTIVE", "curfew")
    rows = by_kind(active, recalled(6))
    assert probation_case(rows, TODAY, NOON).licence.conditions
    assert probation_case(rows, TODAY, at(6)).licence.conditions == ()
    (found,) = findings_of_custody(rows, TODAY, NOON)
    assert (found.code, found.severity) == ("recall_dated_ahead", "S1")
    assert found.words.startswith(
        "A signed recall is dated ahead: decided at 13:00 on 22 November 2026."
    )
    assert "recall_dated_ahead" not in {one.code for one in findings_of_custody(rows, TODAY, at(6))}


def test_a_licence_released_on_after_the_recall_of_that_day_binds() -> None:
    today = licence(4, "ACTIVE", "curfew", starts_on=TODAY)
    release = row("release", 7, licence=today.key.record.hex(), occurred_at=at(3))
    licensed = probation_case(by_kind(today, recalled(1), release), TODAY, NOON).licence
    assert [one.is_disputed for one in licensed.conditions] == [False, False]
    unknown = probation_case(by_kind(today, recalled(1)), TODAY, NOON).licence
    assert [one.is_disputed for one in unknown.conditions] == [True, True]


def test_danger_to_staff_comes_first() -> None:
    rows = [appointment(1, -30), attended(2, 1, threatened_staff=True), appointment(3, 30)]
    clash = appointment(4, 30)
    assert found(*rows, clash) == [
        ("staff_danger_threatened_staff", "S1"),
        ("appointments_clash", "S2"),
    ]


def held(*rows: Row, release: str = "2026-12-08") -> dict[str, tuple[str, str]]:
    """What is due of somebody at Leeds who is to be released on a Tuesday."""
    return due(into("LEI", -500), key_dates(release), *rows)


def coming(status: str, *, approved: bool = False, **values: Any) -> Row:
    version = {"approved": approved, "content": content(starts_on="2026-12-08")}
    return licence(4, status, version=version, **values)


def test_a_licence_is_begun_twelve_weeks_before_release() -> None:
    assert held()["licence_not_started"] == ("2026-09-15", "S2")
    assert held(coming("NOT_STARTED"))["licence_not_started"] == ("2026-09-15", "S2")
    assert held(release="2027-02-16") == {}, "in more than twelve weeks"


def test_a_licence_is_approved_before_the_hard_stop() -> None:
    for status in ("IN_PROGRESS", "SUBMITTED", "REJECTED"):
        assert held(coming(status)) == {"licence_hard_stop": ("2026-12-04", "S3")}
    assert held(coming("APPROVED", approved=True)) == {}
    disputed = coming("APPROVED", approved=True, asks={"status": "diverged"})
    assert held(disputed) == {"licence_hard_stop": ("2026-12-04", "S3")}, "till it is settled"


def test_an_earlier_licence_is_no_licence_for_this_release() -> None:
    earlier = licence(4, "ACTIVE", starts_on="2024-01-01")
    assert "licence_not_started" in held(earlier)
    assert "licence_not_started" in held(coming("SUBMITTED", licence_kind="VARIATION"))
    assert "licence_not_started" in held(coming("TIMED_OUT"))
    unread = licence(4, "APPROVED", starts_on="31/12/2026")
    assert "licence_not_started" in held(unread), "its first day cannot be read"


def test_the_hard_stop_grows_graver_two_working_days_before_and_then_is_a_finding() -> None:
    rows, release = [coming("SUBMITTED")], date(2026, 12, 8)

    def told(day: date) -> tuple[str, list[str]]:
        (item,) = licence_due(rows, release, day=day, owner=None)
        found = licence_findings(rows, release, day=day, person=None)
        return item.severity, [one.severity for one in found]

    assert told(date(2026, 12, 1)) == ("S3", [])
    assert told(date(2026, 12, 2)) == ("S2", []), "the warning"
    assert told(date(2026, 12, 4)) == ("S2", ["S1"]), "the hard stop"
    assert licence_due(rows, release, day=date(2026, 12, 9), owner=None) == ()
    assert licence_findings(rows, None, day=date(2026, 12, 4), person=None) == ()


def test_who_is_free_has_no_licence_to_wait_for() -> None:
    released = out("LEI", -20, "REL", "CR")
    assert due(into("LEI", -500), released, key_dates("2026-12-08")) == {}


def test_the_earlier_of_two_calculations_plans_the_licence() -> None:
    later = key_dates("2027-01-12", calculated_on="2026-02-01")
    both = by_kind(into("LEI", -500), key_dates("2026-12-08"), later)
    assert probation_case(both, TODAY, NOON).release_day == date(2026, 12, 8)


def check_in(status: str, **values: Any) -> Row:
    usual = {"due_on": "2026-11-20", "officer": OFFICER, "status": status}
    return row("check_in", **usual | values)


def test_the_machine_of_check_ins_is_the_published_one() -> None:
    published = codes("checkin_statuses")
    assert set(CHECK_IN_STATES) == set(published)
    steps = {
        (code.code, to)
        for code in published.values()
        for to in code.columns["may_become"].split("|")
        if to
    }
    assert {pair for pair in CHECK_IN_PAIRS if pair[0] is not None} == steps


@pytest.mark.parametrize(
    ("status", "code"),
    [("CREATED", "check_in_overdue"), ("SUBMITTED", "check_in_review")],
)
def test_a_check_in_is_chased_and_then_reviewed(status: str, code: str) -> None:
    (item,) = check_in_due([check_in(status)], day=TODAY)
    assert (item.code, item.due_on, item.owner_staff_id) == (
        code,
        "2026-11-20",
        OFFICER["staff_id"],
    )
    assert check_in_due([check_in("CREATED", due_on=TODAY)], day=TODAY) == ()
    assert check_in_due([check_in("REVIEWED")], day=TODAY) == ()


@pytest.mark.parametrize("slip", ["01/02/2026", "soon", "9999-12-31", ""])
def test_a_check_in_whose_day_cannot_be_read_is_due_at_once_and_said(slip: str) -> None:
    told = f" ({slip})" if slip else ""
    (item,) = check_in_due([check_in("CREATED", due_on=slip)], day=TODAY)
    assert (item.code, item.is_overdue(TODAY, NOON)) == ("check_in_day_unread", True)
    assert item.words == (
        f"Find out whether the check-in whose day cannot be read{told} was answered, and when it "
        "was due."
    )
    (review,) = check_in_due([check_in("SUBMITTED", due_on=slip)], day=TODAY)
    assert (review.code, review.is_overdue(TODAY, NOON)) == ("check_in_review", True)
    assert review.words == f"Review the check-in whose day cannot be read{told}."
    (found,) = check_in_findings([check_in("EXPIRED", due_on=slip)])
    assert found.words == f"The person did not answer the check-in whose day cannot be read{told}."
    assert check_in_due([check_in("REVIEWED", due_on=slip)], day=TODAY) == ()


def test_no_answer_a_wrong_face_and_a_call_for_help_are_told_until_somebody_looked() -> None:
    told = {"asks_for_contact": True, "face_match": "no_match"}
    codes_of = [one.code for one in check_in_findings([check_in("SUBMITTED", **told)])]
    assert codes_of == ["check_in_asks_for_contact", "check_in_face"]
    assert check_in_findings([check_in("REVIEWED", **told)]) == ()
    (one,) = check_in_findings([check_in("EXPIRED")])
    assert one.words == "The person did not answer the check-in of 20 November 2026."


def test_who_is_due_before_a_weekend_is_said_to_go_early_where_that_is_directed() -> None:
    def words(**dates: str) -> str:
        rows = {"movement": [into("LEI", -500)], "licence": [coming("SUBMITTED")]}
        value = {"approved": True, "content": dates}
        rows["key_dates"] = [row("key_dates", version=value)]
        (item,) = (
            one for one in due_of_probation(rows, TODAY, at(0)) if one.code == "licence_hard_stop"
        )
        return item.words

    early = " Where early release is directed, the person may go from 8 December 2026."
    assert words(conditional_release="2026-12-11").endswith(early), "a Friday"
    assert words(conditional_release="2026-12-12").endswith(early), "a Saturday"
    assert words(conditional_release="2026-12-10").endswith("the prison makes a minimum licence.")
    assert early not in words(hdc_approved="2026-12-11"), "a curfew is never brought forward"
