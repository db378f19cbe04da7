"""One responsible officer; where two are named, both stay; a later one takes over on the day."""

from typing import Any

import pytest

from casework.rules.responsible import Naming, read_officer, responsible
from sync_protocol.ids import OpId
from tests import toys
from tests.casefile import TODAY, assignment


def naming(number: int, told: Any, *replaced: int) -> Naming:
    """What op `number` named, over the ops whose numbers follow."""
    return Naming(
        op_id=OpId(toys.op_id(number)),
        officer=read_officer(told),
        node=toys.node(1),
        actor=toys.actor(1),
        hlc=number,
        replaces=tuple(OpId(toys.op_id(one)) for one in replaced),
    )


LEI = naming(1, assignment("Mary Okafor", "LEI"))
HLI = naming(2, assignment("Tom Byrne", "HLI", since="2026-07-01"))


def names(namings: tuple[Naming, ...]) -> list[str]:
    return [one.officer.staff_name for one in namings]


def test_one_officer_leads_and_nothing_is_contested() -> None:
    shown = responsible([LEI], day=TODAY)
    assert names(shown.now) == ["Mary Okafor"]
    assert not shown.is_contested
    assert (shown.severity, shown.findings, shown.later) == (None, (), ())


def test_two_officers_are_both_responsible() -> None:
    shown = responsible([LEI, HLI], day=TODAY, person=toys.subject(1))
    assert names(shown.now) == ["Tom Byrne", "Mary Okafor"]
    assert shown.is_contested
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
    assert responsible([HLI, LEI], day=TODAY, liberty_day=liberty_day).severity == severity


def test_nobody_recorded_is_a_finding_and_not_an_answer() -> None:
    shown = responsible((), day=TODAY)
    assert shown.now == ()
    assert [one.code for one in shown.findings] == ["nobody_responsible"]


def test_where_nobody_was_before_an_officer_of_a_day_to_come_leads_and_says_so() -> None:
    shown = responsible([naming(1, assignment("Ann Lee", since="2026-12-01"))], day=TODAY)
    assert (names(shown.now), names(shown.later)) == (["Ann Lee"], [])
    assert [(one.code, one.severity) for one in shown.findings] == [("not_yet_responsible", "S3")]


@pytest.mark.parametrize(
    ("day", "now", "later"),
    [
        (TODAY, ["Mary Okafor"], ["Ann Lee"]),
        ("2026-11-30", ["Mary Okafor"], ["Ann Lee"]),
        ("2026-12-01", ["Ann Lee"], []),
    ],
)
def test_the_present_officer_stays_responsible_until_the_day(
    day: str, now: list[str], later: list[str]
) -> None:
    named = [LEI, naming(2, assignment("Ann Lee", since="2026-12-01"), 1)]
    for given in (named, named[::-1]):
        shown = responsible(given, day=day)
        assert (names(shown.now), names(shown.later)) == (now, later)
        assert shown.findings == ()


def test_a_second_plan_takes_the_place_of_the_first_and_of_nobody_else() -> None:
    first = naming(2, assignment("Ann Lee", since="2026-12-01"), 1)
    second = naming(3, assignment("Tom Byrne", since="2026-12-08"), 2)
    shown = responsible([LEI, first, second], day="2026-12-03")
    assert (names(shown.now), names(shown.later)) == (["Ann Lee"], ["Tom Byrne"])
    at_once = naming(4, assignment("Eve Hart", since=TODAY), 3)
    shown = responsible([LEI, first, second, at_once], day="2026-12-03")
    assert (names(shown.now), names(shown.later)) == (["Eve Hart"], [])


def test_what_one_office_plans_leaves_what_another_did_at_once() -> None:
    at_once = naming(2, assignment("Tom Byrne", since=TODAY), 1)
    planned = naming(3, assignment("Ann Lee", since="2026-12-01"), 1)
    shown = responsible([LEI, at_once, planned], day=TODAY)
    assert (names(shown.now), names(shown.later)) == (["Tom Byrne"], ["Ann Lee"])
    assert names(responsible([LEI, at_once, planned], day="2026-12-01").now) == [
        "Ann Lee",
        "Tom Byrne",
    ]


def test_the_same_officer_named_twice_alike_is_one() -> None:
    again = naming(2, assignment("Mary Okafor", "LEI"))
    assert not responsible([LEI, again], day=TODAY).is_contested


@pytest.mark.parametrize("since", ["", "soon", None])
def test_a_first_day_that_cannot_be_read_has_come(since: Any) -> None:
    shown = responsible([naming(1, assignment("Ann Lee") | {"effective_from": since})], day=TODAY)
    assert shown.findings == ()


def test_the_supporting_officer_is_named_beside_the_lead() -> None:
    supporting = {"staff_id": toys.actor(5).hex(), "staff_name": "Ann Lee"}
    shown = responsible(
        [naming(1, assignment("Mary Okafor") | {"supporting": supporting})], day=TODAY
    )
    assert shown.lead is not None
    assert shown.lead.officer.supporting_name == "Ann Lee"
