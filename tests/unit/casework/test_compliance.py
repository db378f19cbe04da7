"""Compliance with a sentence: failures that count, review, breach, days of activity, letters."""

import pytest

from casework.reference.reader import codes
from casework.rules.appointments import contacts_of
from casework.rules.compliance import (
    BREACH_ENDS,
    BREACH_START,
    COMMUNITY_FAILURES_MAX,
    CUSTODIAL_FAILURES_MAX,
    DECISIONS,
    STEPS,
    Compliance,
    action_words,
    activity_days,
    awaited_responses,
    compliance_findings,
    compliance_of,
    enforcement_in_order,
    failures_max,
)
from tests import toys
from tests.casefile import Row
from tests.contacts import (
    REQUIREMENT,
    SENTENCE,
    appointment,
    asserted,
    attended,
    breach,
    enforcement,
    outcome,
    sentence,
)

COMMUNITY = sentence("2003/54")
CUSTODIAL = sentence("1991/AR")


def failed(*days_ago: int) -> list[Row]:
    """Appointments on days before 22 November 2026, at each of which the person failed."""
    rows: list[Row] = []
    for at, days in enumerate(days_ago):
        rows.append(appointment(100 + at, -24 * days + 3))
        rows.append(attended(200 + at, 100 + at, "AFTA", hours=-24 * days + 5))
    return rows


def standing(*rows: Row, of: Row | None = COMMUNITY) -> Compliance:
    """How the person stands, from rows of any kind."""

    def kind(name: str) -> list[Row]:
        return [one for one in rows if one.key.kind == name]

    return compliance_of(
        SENTENCE.hex(),
        of,
        contacts_of(kind("appointment"), kind("outcome")),
        enforcements=kind("enforcement"),
        breaches=kind("breach"),
    )


def test_every_code_is_in_its_published_list() -> None:
    types, actions = codes("contact_types"), codes("enforcement_actions")
    assert {BREACH_START, *BREACH_ENDS} <= set(types)
    assert set(STEPS) == set(actions)
    assert set(STEPS) >= DECISIONS
    assert len(set(STEPS)) == len(STEPS)


def test_a_community_order_bears_one_failure_and_a_licence_two() -> None:
    assert failures_max(COMMUNITY) == COMMUNITY_FAILURES_MAX == 1
    assert failures_max(CUSTODIAL) == CUSTODIAL_FAILURES_MAX == 2
    assert failures_max(sentence("1991/AR", is_suspended=True)) == COMMUNITY_FAILURES_MAX
    assert failures_max(None) == COMMUNITY_FAILURES_MAX, "the fewer, where nothing is known"


def test_failures_are_counted_by_day() -> None:
    twice = [*failed(3), appointment(7, -24 * 3 + 5), attended(8, 7, "AFTC", hours=-60)]
    assert standing(*twice).failures == ("2026-11-19",)
    assert standing(*failed(3, 5)).failures == ("2026-11-17", "2026-11-19")


def test_the_second_failure_makes_a_review_due_and_the_first_does_not() -> None:
    assert not standing(*failed(3)).is_review_due
    assert standing(*failed(3, 5)).is_review_due
    assert not standing(*failed(3, 5), of=CUSTODIAL).is_review_due
    assert standing(*failed(3, 5, 7), of=CUSTODIAL).is_review_due


def test_only_national_standards_contacts_of_the_sentence_count() -> None:
    rows = [
        appointment(1, -30, "C031"),
        appointment(2, -60, sentence=toys.record(5).hex()),
        appointment(3, -90, status="closed"),
        appointment(4, -24 * 400),
    ]
    said = [attended(10 + n, n, "AFTA", hours=-24) for n in (1, 2, 3, 4)]
    assert standing(*rows, *said).failures == ()


def test_a_disputed_failure_is_not_counted_and_a_review_waits_for_it() -> None:
    disputed = attended(300, 100, "ATTC", hours=-60)
    one = standing(*failed(3, 5), disputed)
    assert one.failures == ("2026-11-17",)
    assert one.disputed == ("2026-11-19",)
    assert not one.is_review_due
    assert one.does_review_wait
    (finding,) = compliance_findings([one])
    assert (finding.code, finding.severity) == ("enforcement_review_waits", "S2")
    assert "disputed outcome of 19 November 2026" in finding.words


def test_a_dispute_that_changes_nothing_keeps_nobody_waiting() -> None:
    rows = [*failed(3), attended(300, 100, "ATTC", hours=-60)]
    one = standing(*rows)
    assert not one.does_review_wait
    assert not compliance_findings([one])


@pytest.mark.parametrize("action", sorted(DECISIONS))
def test_a_review_is_due_until_somebody_decides(action: str) -> None:
    rows = failed(3, 5)
    assert standing(*rows, enforcement(1, "EA02", "2026-11-20")).is_review_due
    assert standing(*rows, enforcement(1, action, "2026-11-18")).is_review_due, "before the last"
    assert not standing(*rows, enforcement(1, action, "2026-11-19")).is_review_due
    assert standing(*rows, enforcement(1, action, "2026-11-19", status="closed")).is_review_due


def test_in_breach_no_review_is_due() -> None:
    one = standing(*failed(3, 5), breach(1, "2026-11-20"))
    assert one.is_in_breach
    assert not one.is_review_due


@pytest.mark.parametrize("code", sorted(BREACH_ENDS))
def test_a_breach_ends_by_each_of_its_codes_and_the_count_begins_again(code: str) -> None:
    ended = breach(1, "2026-11-01", {"code": code, "ended_on": "2026-11-18"})
    one = standing(*failed(3, 5), ended)
    assert not one.is_in_breach
    assert one.failures == ("2026-11-19",)


def test_a_breach_ends_by_nothing_else() -> None:
    ended = breach(1, "2026-11-01", {"code": "ABRA", "ended_on": "2026-11-18"})
    assert standing(ended).is_in_breach
    assert not standing(breach(1, "2026-11-01", status="closed")).is_in_breach
    assert not standing(breach(1, "2026-11-01", sentence=toys.record(5).hex())).is_in_breach


def test_a_breach_that_runs_counts_before_one_that_ended_later() -> None:
    ended = breach(1, "2026-10-01", {"code": "ABPC", "ended_on": "2026-11-18"})
    assert standing(ended, breach(2, "2026-11-02")).is_in_breach


def test_a_review_names_the_days() -> None:
    (finding,) = compliance_findings([standing(*failed(3, 5))])
    assert finding.code == "enforcement_review"
    assert finding.words == (
        "The person failed to comply on 17 November 2026 and 19 November 2026, which is more "
        "than the 1 that the sentence bears: decide on enforcement."
    )


def activity(record: int, hours: float, code: str, contact_type: str = "CRSAPT") -> list[Row]:
    """A day of activity and what came of it."""
    values = {"requirement": REQUIREMENT.hex(), "is_rehabilitation_activity": True}
    return [
        appointment(record, hours, contact_type, **values),
        attended(record + 50, record, code, hours=hours + 1),
    ]


def test_days_of_activity_are_distinct_days_attended_and_complied_with() -> None:
    rows = [
        *activity(1, -48, "ATTC"),
        *activity(2, -46, "ATTC"),
        *activity(3, -24, "AFTC"),
        *activity(4, -72, "AAME"),
        *activity(5, -96, "ATTC"),
        attended(99, 5, "AFTC"),
    ]
    contacts = contacts_of(
        [one for one in rows if one.key.kind == "appointment"],
        [one for one in rows if one.key.kind == "outcome"],
    )
    found = activity_days(contacts, REQUIREMENT.hex())
    assert found.days == ("2026-11-20",)
    assert found.disputed == ("2026-11-18",)
    assert activity_days(contacts, SENTENCE.hex()).days == ()


def test_a_day_that_counts_by_one_contact_is_in_no_dispute_by_another() -> None:
    rows = [*activity(1, -48, "ATTC"), *activity(2, -46, "ATTC")]
    said = [one for one in rows if one.key.kind == "outcome"]
    said.append(outcome(98, 2, asserted("AFTC")))
    contacts = contacts_of([one for one in rows if one.key.kind == "appointment"], said)
    assert activity_days(contacts, REQUIREMENT.hex()).disputed == ()


def test_the_later_step_is_shown_first_and_the_earlier_kept() -> None:
    rows = [enforcement(1, "EA03"), enforcement(2, "IBR"), enforcement(3, "EA02")]
    shown = [str(one.values["action"]) for one in enforcement_in_order(rows)]
    assert shown == ["IBR", "EA03", "EA02"]
    withdrawn = enforcement(4, "IMB", status="closed")
    assert enforcement_in_order([*rows, withdrawn]) == enforcement_in_order(rows)


def test_an_action_of_a_newer_release_is_shown_first() -> None:
    rows = [enforcement(1, "IMB"), enforcement(2, "NEWX")]
    assert enforcement_in_order(rows)[0].values["action"] == "NEWX"


def test_an_answer_is_awaited_until_one_is_recorded() -> None:
    asked = enforcement(1, respond_by="2026-11-29")
    answered = enforcement(2, respond_by="2026-11-29", response=[{"text": "I was ill."}])
    assert awaited_responses([asked, answered, enforcement(3)]) == ((asked, "2026-11-29"),)


def test_an_action_is_said_in_words() -> None:
    assert action_words("EA02") == "First Warning Letter Sent"
