"""The handover: which ticks are wanted, when somebody is reminded, and what brings it forward."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from casework.rules import rows
from casework.rules.handover import (
    Reminded,
    checklist,
    current_review,
    early_allocation,
    early_outcome,
    is_parole_refused,
    reminders,
    unfinished,
)
from casework.rules.responsibility import Ruling
from tests.casefile import Row, row

HANDOVER = date(2027, 1, 31)
RULING = Ruling(leads="CustodyOnly", reason="determinate", handover_on=HANDOVER)
STANDARD_DONE: dict[str, Any] = {"contacted_com": "open", "sent_handover_report": "open"}


def remind(day: date, *, named: bool = False, **values: Any) -> list[tuple[str, str, str]]:
    """What is due on a day, as (code, day, severity)."""
    record = row("handover", **{"status": "open", **STANDARD_DONE} | values)
    known = Reminded(row=record, has_community_officer=named, owner_staff_id="ab", day=day)
    found = reminders(RULING, known)
    assert all(
        one.owner_staff_id == "ab" and one.record == record.key.record.hex() for one in found
    )
    return [(one.code, one.due_on, one.severity) for one in found]


def test_a_standard_case_asks_for_two_ticks_and_an_enhanced_one_for_three() -> None:
    assert [one.field for one in checklist(None)] == ["contacted_com", "sent_handover_report"]
    enhanced = checklist(row("handover", resourcing="enhanced"))
    fields = ["reviewed_oasys", "contacted_com", "attended_handover_meeting"]
    assert [one.field for one in enhanced] == fields
    assert not any(one.is_done for one in enhanced)


def test_a_tick_that_was_set_is_shown_even_where_it_is_no_longer_wanted() -> None:
    case = row("handover", resourcing="enhanced", **STANDARD_DONE)
    done = [(one.field, one.is_wanted) for one in checklist(case) if one.is_done]
    assert done == [("contacted_com", True), ("sent_handover_report", False)]
    assert [one.field for one in unfinished(case)] == [
        "reviewed_oasys",
        "attended_handover_meeting",
    ]


def test_a_tick_taken_off_without_seeing_all_stays_and_asks() -> None:
    case = row("handover", contacted_com="open", asks={"contacted_com": "close_missed_something"})
    tick = next(one for one in checklist(case) if one.field == "contacted_com")
    assert (tick.is_done, tick.is_asking) == (True, True)


def test_nothing_is_due_more_than_fifty_six_days_ahead() -> None:
    assert remind(HANDOVER - timedelta(days=57)) == []
    assert remind(HANDOVER - timedelta(days=56)) == [("handover_window", "2027-01-31", "S3")]


def test_on_the_day_the_community_takes_over() -> None:
    assert remind(HANDOVER - timedelta(days=1))[0][0] == "handover_window"
    assert remind(HANDOVER) == [("handover_day", "2027-01-31", "S2")]


def test_fourteen_days_after_it_is_grave_that_nobody_is_named() -> None:
    thirteen, fourteen = HANDOVER + timedelta(days=13), HANDOVER + timedelta(days=14)
    overdue = ("community_officer_overdue", "2027-02-14", "S1")
    assert overdue not in remind(thirteen)
    assert overdue in remind(fourteen)
    assert overdue not in remind(fourteen, named=True)


def test_an_unticked_line_is_due_and_weighs_more_once_the_day_is_there() -> None:
    before = remind(HANDOVER - timedelta(days=9), contacted_com="closed")
    assert before[0] == ("handover_contacted_com", "2027-01-31", "S3")
    assert remind(HANDOVER, contacted_com="closed")[0][2] == "S2"


@pytest.mark.parametrize("values", [{"handed_over_on": "2027-01-31"}, {"status": "closed"}])
def test_nothing_is_due_of_a_handover_that_is_done(values: dict[str, Any]) -> None:
    assert remind(HANDOVER + timedelta(days=30), **values) == []


def test_nothing_is_due_where_there_is_no_handover_date() -> None:
    none = msgspec.structs.replace(RULING, handover_on=None)
    known = Reminded(row=None, has_community_officer=False, owner_staff_id=None, day=HANDOVER)
    assert reminders(none, known) == ()
    assert [one.record for one in reminders(RULING, known)] == [""] * 3


def assessed(on: str, record: int = 1, **values: Any) -> Row:
    """An assessment for early allocation."""
    usual: dict[str, Any] = {
        "assessed_on": on,
        "automatic_reasons": [],
        "discretionary_reasons": [],
    }
    return row("early_allocation", record, **usual | {"status": "open"} | values)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({}, "ineligible"),
        ({"automatic_reasons": ["mappa_level_3"]}, "eligible"),
        ({"discretionary_reasons": ["mappa_level_2"]}, "discretionary"),
        ({"discretionary_reasons": ["extremism_separation"]}, "ineligible"),
        ({"discretionary_reasons": ["due_for_release_in_less_than_24_months"]}, "ineligible"),
        (
            {
                "discretionary_reasons": [
                    "extremism_separation",
                    "due_for_release_in_less_than_24_months",
                ]
            },
            "discretionary",
        ),
    ],
)
def test_an_assessment_comes_to_one_of_three(values: dict[str, Any], outcome: str) -> None:
    assert early_outcome(assessed("2026-06-01", **values)) == outcome


def early(*rows: Row, release: date | None = date(2027, 6, 1)) -> rows.Row | None:
    """The assessment that counts for a sentence from 2025."""
    return early_allocation(rows, release_days=(None, release), sentenced_on=date(2025, 1, 1))


def test_early_allocation_counts_from_eighteen_months_before_release() -> None:
    grave: dict[str, Any] = {"automatic_reasons": ["high_profile"]}
    assert early(assessed("2025-11-30", **grave)) is None
    on_the_day = assessed("2025-12-01", **grave)
    assert early(on_the_day) == on_the_day
    assert early(on_the_day, release=None) is None


def test_one_of_an_earlier_sentence_or_one_withdrawn_does_not_count() -> None:
    grave: dict[str, Any] = {"automatic_reasons": ["high_profile"]}
    assert early(assessed("2024-12-31", **grave), release=date(2026, 1, 1)) is None
    assert early(assessed("2026-01-01", status="closed", **grave)) is None


def test_a_discretionary_one_waits_for_the_community() -> None:
    asked: dict[str, Any] = {"discretionary_reasons": ["pathfinder_process"]}
    assert early(assessed("2026-01-01", **asked)) is None
    assert early(assessed("2026-01-01", community_decision="ineligible", **asked)) is None
    agreed = assessed("2026-01-01", community_decision="eligible", **asked)
    assert early(agreed) == agreed


def test_the_last_assessment_counts() -> None:
    first = assessed("2026-01-01", automatic_reasons=["high_profile"])
    assert early(first, assessed("2026-02-01", 2)) is None
    assert early(assessed("2026-02-01", 2), first) is None


def review(record: int, state: str = "active", **values: Any) -> Row:
    """A parole review."""
    return row("parole", record, review_status=state, **values)


def test_the_review_that_goes_on_is_the_one_heard_last() -> None:
    past = review(1, "concluded", target_hearing_on="2028-01-01")
    near = review(2, target_hearing_on="2026-12-01")
    far = review(3, "adjourned", target_hearing_on="2027-12-01")
    assert current_review([past, far, near]) == far
    assert current_review([past]) is None


def test_parole_is_refused_by_the_last_decision() -> None:
    refused = review(1, "concluded", outcome="no_release_open", outcome_received_on="2025-05-01")
    granted = review(2, "concluded", outcome="release", outcome_received_on="2026-05-01")
    unknown = review(3, "concluded", outcome="no_decision", outcome_received_on="2026-06-01")
    void = review(4, "cancelled", outcome="no_release_closed", outcome_received_on="2026-07-01")
    assert is_parole_refused([refused])
    assert not is_parole_refused([refused, granted, unknown, void])
    assert not is_parole_refused([])
