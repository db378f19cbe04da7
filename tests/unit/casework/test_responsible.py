"""One responsible officer; where two are named, both stay responsible."""

import pytest

from casework.rules.responsible import responsible
from tests import toys
from tests.casefile import TODAY, assignment

LEI = assignment("Mary Okafor", "LEI")
HLI = assignment("Tom Byrne", "HLI", since="2026-07-01")


def test_one_officer_leads_and_nothing_is_contested() -> None:
    shown = responsible(LEI, [LEI], day=TODAY)
    assert shown.lead is not None
    assert shown.lead.staff_name == "Mary Okafor"
    assert not shown.is_contested
    assert (shown.severity, shown.findings) == (None, ())


def test_two_officers_are_both_responsible() -> None:
    shown = responsible(HLI, [LEI, HLI], day=TODAY, person=toys.subject(1))
    assert [one.staff_name for one in shown.officers] == ["Tom Byrne", "Mary Okafor"]
    assert shown.severity == "S2"
    assert shown.findings[0].words == (
        "Tom Byrne (Hull) and Mary Okafor (Leeds) are each recorded as responsible. "
        "Both remain so until somebody settles it."
    )
    assert shown.findings[0].subjects == (toys.subject(1),)


@pytest.mark.parametrize(
    ("liberty_day", "severity"),
    [
        ("2026-12-06", "S1"),
        ("2026-12-07", "S2"),
        ("2026-11-08", "S1"),
        ("2026-11-07", "S2"),
        (None, "S2"),
        ("soon", "S2"),
    ],
)
def test_it_is_grave_within_fourteen_days_of_release_or_recall(
    liberty_day: str | None, severity: str
) -> None:
    assert responsible(HLI, [LEI], day=TODAY, liberty_day=liberty_day).severity == severity


def test_nobody_recorded_is_a_finding_and_not_an_answer() -> None:
    shown = responsible(None, day=TODAY)
    assert shown.officers == ()
    assert [one.code for one in shown.findings] == ["nobody_responsible"]


def test_an_officer_of_a_day_to_come_says_so() -> None:
    shown = responsible(assignment("Ann Lee", since="2026-12-01"), day=TODAY)
    assert [(one.code, one.severity) for one in shown.findings] == [("not_yet_responsible", "S3")]


def test_the_supporting_officer_is_named_beside_the_lead() -> None:
    supporting = {"staff_id": toys.actor(5).hex(), "staff_name": "Ann Lee"}
    shown = responsible(LEI | {"supporting": supporting}, day=TODAY)
    assert shown.lead is not None
    assert shown.lead.supporting_name == "Ann Lee"
