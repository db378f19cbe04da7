"""What staff are told and asked about the responsible officer, off the records as they show."""

from collections.abc import Mapping
from typing import Any

import pytest

from casework.desk.attention import attention_to_rows
from casework.rules.officers import due_of_officer, findings_of_officer, officer_case
from casework.rules.responsibility import InputVersion
from casework.rules.responsibility_inputs import Held, inputs_of, mappa_level
from casework.rules.rows import day_of, read_day
from tests import toys
from tests.casefile import MORNING_MS, TODAY, Row, assignment, at, into, out, row
from tests.custodies import decision, signature

UNIT = "N55LEE"
SENTENCE: dict[str, Any] = {
    "sentenced_on": "2024-01-01",
    "type": "2020/ADIMP",
    "imprisonment_status": "ADIMP_ORA",
}
DATES: dict[str, Any] = {"calculation_version": 3, "conditional_release": "2028-06-01"}


def version(content: Mapping[str, Any]) -> dict[str, Any]:
    """An approved version."""
    return {"approved": True, "content": dict(content)}


def rows_of(
    sentence: Mapping[str, Any] = SENTENCE, dates: Mapping[str, Any] = DATES, **kinds: Row
) -> dict[str, list[Row]]:
    """A person under sentence, with one record of each kind given."""
    known = {
        "sentence": [row("sentence", 1, version=version(sentence), status="open")],
        "key_dates": [row("key_dates", 2, version=version(dates))],
    }
    return known | {kind: [one] for kind, one in kinds.items()}


def officer(asks: Mapping[str, str] | None = None, **values: Any) -> Row:
    """The record of the responsible officer, Mary Okafor of Leeds."""
    usual: dict[str, Any] = {"assignment": assignment("Mary Okafor")}
    return row("offender_manager", 3, asks=asks, **usual | values)


def found(rows: Mapping[str, list[Row]], day: str = TODAY) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in findings_of_officer(rows, day, MORNING_MS)]


def due(rows: Mapping[str, list[Row]], day: str = TODAY) -> list[str]:
    return [one.code for one in due_of_officer(rows, day, MORNING_MS)]


def test_one_officer_of_the_right_side_is_nothing_to_look_at() -> None:
    rows = rows_of(offender_manager=officer())
    assert found(rows) == []
    assert due(rows) == []
    case = officer_case(rows, TODAY, MORNING_MS)
    assert (case.ruling.leads, case.ruling.reason) == ("CustodyOnly", "determinate")
    assert case.ruling.versions == (
        InputVersion("sentence", toys.record(1).hex(), "2024-01-01"),
        InputVersion("key_dates", toys.record(2).hex(), "3"),
    )


def test_somebody_under_sentence_with_nobody_named_is_said_and_due() -> None:
    assert found(rows_of()) == [("nobody_responsible", "S2")]
    assert due(rows_of()) == ["name_officer"]
    assert found({}) == []
    assert due({}) == []


def test_two_officers_are_contested_and_graver_near_release() -> None:
    contested = officer(asks={"assignment": "contested"})
    rows = rows_of(offender_manager=contested)
    assert found(rows) == [("responsibility_contested", "S2")]
    assert due(rows) == ["settle_responsibility"]
    assert found(rows, "2028-05-18")[0] == ("responsibility_contested", "S1")
    assert found(rows, "2028-05-17")[0] == ("responsibility_contested", "S2")
    recalled = rows | {
        "recall": [row("recall", 9, decision=[{"verdict": "RECALL", "decided_at": MORNING_MS}])]
    }
    assert found(recalled)[0] == ("responsibility_contested", "S1")


def test_after_the_handover_date_a_prison_officer_is_of_the_other_side() -> None:
    rows = rows_of(offender_manager=officer())
    assert found(rows, "2027-09-16") == []
    ((code, severity),) = found(rows, "2027-09-17")
    assert (code, severity) == ("officer_of_the_other_side", "S2")
    (finding,) = findings_of_officer(rows, "2027-09-17", MORNING_MS)
    assert finding.words == (
        "By the rules the community is responsible (Determinate over 10 months), and "
        "Mary Okafor (Leeds) is named for the other side."
    )
    community = rows_of(offender_manager=officer(assignment=assignment("Ann Lee", UNIT)))
    assert found(community, "2027-09-17") == []


def test_nobody_co_works_with_themselves() -> None:
    mary = assignment("Mary Okafor") | {"effective_from": "2026-10-01"}
    rows = rows_of(offender_manager=officer(co_working=mary, supporting=mary))
    assert found(rows) == [("supporting_is_responsible", "S3"), ("co_working_is_responsible", "S3")]
    assert officer_case(rows, TODAY, MORNING_MS).co_working is None
    other = rows_of(offender_manager=officer(co_working=assignment("Tom Byrne Junior")))
    named = officer_case(other, TODAY, MORNING_MS).co_working
    assert named is not None
    assert named.staff_name == "Tom Byrne Junior"


def test_a_decision_that_two_dispute_is_said() -> None:
    override = row("responsibility_override", asks={"responsibility": "contested"})
    rows = rows_of(offender_manager=officer(), responsibility_override=override)
    assert found(rows) == [("override_contested", "S2")]


def test_reminders_stop_asking_for_a_community_officer_once_one_supports() -> None:
    alone = rows_of(offender_manager=officer())
    assert "community_officer_overdue" in due(alone, "2027-10-01")
    supporting = assignment("Ann Lee", UNIT)
    rows = rows_of(offender_manager=officer(supporting=supporting))
    assert "community_officer_overdue" not in due(rows, "2027-10-01")
    named = assignment("Mary Okafor") | {
        "supporting": {"staff_id": toys.actor(7).hex(), "staff_name": "Ann Lee"}
    }
    older = rows_of(offender_manager=officer(assignment=named))
    assert "community_officer_overdue" not in due(older, "2027-10-01")


def test_a_parole_report_is_due_four_weeks_ahead() -> None:
    review = row("parole", 5, review_status="active", custody_report_due_on="2026-12-20")
    rows = rows_of(offender_manager=officer(), parole=review)
    assert due(rows, "2026-11-21") == []
    (item,) = due_of_officer(rows, TODAY, MORNING_MS)
    assert (item.code, item.due_on, item.severity) == ("parole_report", "2026-12-20", "S3")
    assert item.owner_staff_id == toys.actor(len("Mary Okafor")).hex()
    assert item.record == toys.record(5).hex()
    (late,) = due_of_officer(rows, "2026-12-21", MORNING_MS)
    assert late.severity == "S2"


def test_a_discretionary_assessment_waits_for_the_community() -> None:
    assessed = row(
        "early_allocation",
        6,
        assessed_on="2026-11-01",
        automatic_reasons=[],
        discretionary_reasons=["mappa_level_2"],
        status="open",
    )
    assert due(rows_of(offender_manager=officer(), early_allocation=assessed)) == [
        "early_allocation_decision"
    ]


@pytest.mark.parametrize(
    ("sentence", "dates", "reason"),
    [
        ({"imprisonment_status": "DET"}, {}, "immigration_case"),
        ({"imprisonment_status": "CIVIL"}, {}, ""),
        ({"imprisonment_status": "MLP"}, {"tariff_expiry": "2030-01-01"}, "indeterminate"),
        ({}, {"is_indeterminate": True, "tariff_expiry": "2030-01-01"}, "indeterminate"),
        (
            {"imprisonment_status": "MLP", "served_after": "0" * 32},
            {"tariff_expiry": "2030-01-01"},
            "additional_isp",
        ),
        ({}, {"parole_eligibility": "2027-01-01"}, "determinate_parole"),
        ({}, {"conditional_release": "2024-10-01"}, "determinate_short"),
        ({}, {"conditional_release": None}, "release_date_unknown"),
    ],
)
def test_the_rules_read_the_sentence_and_its_dates(
    sentence: dict[str, Any], dates: dict[str, Any], reason: str
) -> None:
    rows = rows_of(SENTENCE | sentence, DATES | dates)
    assert officer_case(rows, TODAY, MORNING_MS).ruling.reason == reason


def test_a_child_is_not_under_the_rules() -> None:
    born = [{"value": "2009-11-23", "source": "PRISON", "asserted_on": "2026-01-01"}]
    rows = rows_of(person=row("person", 7, date_of_birth=born))
    assert officer_case(rows, TODAY, MORNING_MS).ruling.leads is None
    assert officer_case(rows, "2027-11-23", MORNING_MS).ruling.leads is not None


def test_an_open_prison_brings_the_communitys_support_forward() -> None:
    dates = DATES | {"is_indeterminate": True, "tariff_expiry": "2030-01-01"}
    rows = rows_of(dates=dates) | {"movement": [into("SUI", -48)]}
    case = officer_case(rows, TODAY, MORNING_MS)
    assert (case.ruling.leads, case.ruling.reason) == ("CustodyWithCom", "indeterminate_open")
    assert case.ruling.starts_on == read_day("2026-11-20")
    closed = rows_of(dates=dates) | {"movement": [into("LEI", -48)]}
    assert officer_case(closed, TODAY, MORNING_MS).ruling.leads == "CustodyOnly"


def test_an_open_category_counts_only_in_a_womens_prison() -> None:
    day = read_day(TODAY)
    assert day is not None
    rows = rows_of() | {"risk": [row("risk", 8, security_category="T")]}
    assert inputs_of(rows, Held("AGI"), day).is_open
    assert not inputs_of(rows, Held("LEI"), day).is_open
    assert not inputs_of(rows_of(), Held("AGI"), day).is_open


def test_what_is_disputed_makes_the_ruling_provisional() -> None:
    rows = rows_of() | {
        "key_dates": [
            row("key_dates", 2, version=version(DATES), asks={"version": "two_approvals"})
        ]
    }
    case = officer_case(rows, TODAY, MORNING_MS)
    assert case.ruling.disputed == ("the release dates",)


def test_mappa_is_at_the_highest_level_of_an_open_registration() -> None:
    def registered(record: int, level: str, status: str = "open", register: str = "MAPP") -> Row:
        return row("registration", record, register=register, mappa_level=level, status=status)

    rows = [registered(1, "M1"), registered(2, "M2"), registered(3, "M3", "closed")]
    assert mappa_level(rows) == 2
    assert mappa_level([registered(1, "0")]) == 0
    assert mappa_level([registered(1, "M3", register="RVHR")]) is None


def test_somebody_received_on_a_recall_is_the_communitys() -> None:
    signed = [
        {"verdict": "RECALL", "grade": grade, "staff_id": "0a" * 16, "staff_name": grade}
        for grade in ("SPO", "ACO")
    ]
    decided = [{"verdict": "RECALL", "decided_at": at(-20), "decided_by": "A", "reason": "B"}]
    recall = row("recall", 9, decision=decided, signature=signed, status="open")
    moves = [into("LEI", -90), out("LEI", -40, "REL", "CR")]
    rows = rows_of(offender_manager=officer()) | {"movement": moves}
    assert officer_case(rows, TODAY, MORNING_MS).ruling.reason == "determinate"
    recalled = rows | {"recall": [recall]}
    assert officer_case(recalled, TODAY, MORNING_MS).ruling.reason == "recall_case"
    received = recalled | {"movement": [*moves, into("LEI", -5, "L")]}
    assert officer_case(received, TODAY, MORNING_MS).ruling.reason == "recall_case"
    again = received | {"movement": [*received["movement"], out("LEI", -1, "REL", "CR")]}
    assert officer_case(again, TODAY, MORNING_MS).ruling.reason == "determinate"


def test_a_recall_dated_ahead_makes_nobody_the_communitys_until_its_moment_and_is_said() -> None:
    signed = [signature("SPO"), signature("ACO")]
    recall = row("recall", 9, decision=[decision(30)], signature=signed, status="open")
    moves = [into("LEI", -90), out("LEI", -40, "REL", "CR"), into("LEI", -5, "L")]
    rows = rows_of(offender_manager=officer()) | {"movement": moves, "recall": [recall]}
    assert officer_case(rows, TODAY, MORNING_MS).ruling.reason == "determinate"
    said = [one.code for one in attention_to_rows(rows, MORNING_MS).findings]
    assert "recall_dated_ahead" in said
    assert officer_case(rows, day_of(at(30)), at(30)).ruling.reason == "recall_case"


def test_of_two_calculations_the_one_of_the_earlier_release_plans_the_handover() -> None:
    later = row("key_dates", 2, version=version(DATES), asks={"version": "two_approvals"})
    sooner = {**DATES, "calculation_version": 4, "conditional_release": "2027-06-01"}
    other = row("key_dates", 2, version=version(sooner), asks=later.asks)
    for dates in ([later, other], [other, later]):
        case = officer_case(rows_of() | {"key_dates": dates}, TODAY, MORNING_MS)
        assert case.ruling.earliest is not None
        assert case.ruling.earliest.on == read_day("2027-06-01")
        assert case.ruling.is_provisional
        assert {one.version for one in case.ruling.versions} == {"2024-01-01", "4"}
