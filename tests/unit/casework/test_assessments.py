"""Assessments: the newest completed counts, and two completed apart count together."""

from typing import Any

from casework.rules.assessments import assessment_findings, effective_assessment
from tests import toys
from tests.casefile import Row, row

TOOL = "OASYS_LAYER_3"


def _section(area: str, **answers: int) -> dict[str, Any]:
    told = [{"question": question, "score": score} for question, score in answers.items()]
    return {"area": area, "answers": told, "is_linked_to_harm": sum(answers.values()) > 3}


def _assessment(
    record: int,
    completed_on: str,
    *sections: dict[str, Any],
    approved: bool = True,
    reviewed: tuple[int, ...] = (),
    **asks: str,
) -> Row:
    content = {
        "completed_on": completed_on,
        "sections": list(sections),
        "reviewed": [toys.record(number).hex() for number in reviewed],
    }
    version = {"approved": approved, "content": content}
    return row("assessment", record, asks=asks, tool=TOOL, version=version)


def test_the_newest_completed_counts_and_a_draft_does_not() -> None:
    rows = [
        _assessment(1, "2026-01-10", _section("ATTITUDES", q1=2)),
        _assessment(2, "2026-09-10", _section("ATTITUDES", q1=1)),
        _assessment(3, "2026-11-10", _section("ATTITUDES", q1=0), approved=False),
    ]
    known = effective_assessment(rows, TOOL)
    assert known is not None
    assert (known.completed_on, known.records) == ("2026-09-10", (toys.record(2),))
    assert known.needs[0].answers == {"q1": 1}
    assert not known.is_provisional


def test_of_two_completed_apart_the_higher_answer_counts() -> None:
    rows = [
        _assessment(1, "2026-09-01", _section("DRUG_MISUSE", q1=2, q2=0)),
        _assessment(2, "2026-09-10", _section("DRUG_MISUSE", q1=1, q2=2), _section("ATTITUDES")),
    ]
    known = effective_assessment(rows, TOOL)
    assert known is not None
    assert known.is_provisional
    drugs, attitudes = known.needs
    assert (drugs.area, attitudes.area) == ("DRUG_MISUSE", "ATTITUDES")
    assert (drugs.answers, drugs.score) == ({"q1": 2, "q2": 2}, 4)
    assert drugs.disputed == ("q1", "q2")
    (found,) = assessment_findings(rows)
    assert (found.code, found.severity) == ("assessments_apart", "S1")
    assert "They differ in q1 and q2." in found.words


def test_a_signed_review_that_names_both_ends_it() -> None:
    rows = [
        _assessment(1, "2026-09-01", _section("ATTITUDES", q1=2)),
        _assessment(2, "2026-09-10", _section("ATTITUDES", q1=1)),
        _assessment(3, "2026-09-12", _section("ATTITUDES", q1=1), reviewed=(1, 2)),
    ]
    known = effective_assessment(rows, TOOL)
    assert known is not None
    assert known.records == (toys.record(3),)
    assert assessment_findings(rows) == ()


def test_an_assessment_that_names_itself_stays_beside_the_other() -> None:
    rows = [
        _assessment(1, "2026-09-01", _section("ATTITUDES", q1=2), reviewed=(1,)),
        _assessment(2, "2026-09-10", _section("ATTITUDES", q1=1)),
    ]
    known = effective_assessment(rows, TOOL)
    assert known is not None
    assert known.records == (toys.record(2), toys.record(1))


def test_a_review_that_nobody_signed_ends_nothing() -> None:
    rows = [
        _assessment(1, "2026-09-01", _section("ATTITUDES", q1=2)),
        _assessment(2, "2026-09-10", _section("ATTITUDES", q1=1)),
        _assessment(3, "2026-09-12", approved=False, reviewed=(1, 2)),
    ]
    known = effective_assessment(rows, TOOL)
    assert known is not None
    assert known.needs[0].answers == {"q1": 2}


def test_apart_is_28_days_and_no_more() -> None:
    old, new = _section("ATTITUDES", q1=2), _section("ATTITUDES", q1=1)
    within = [_assessment(1, "2026-09-01", old), _assessment(2, "2026-09-29", new)]
    beyond = [_assessment(1, "2026-09-01", old), _assessment(2, "2026-09-30", new)]
    scores = [effective_assessment(rows, TOOL) for rows in (within, beyond)]
    assert [one.needs[0].score for one in scores if one] == [2, 1]


def test_assessments_of_two_tools_are_not_compared() -> None:
    other = _assessment(2, "2026-09-10")
    layer_1 = Row(other.key, {**other.values, "tool": "OASYS_LAYER_1"})
    assert assessment_findings([_assessment(1, "2026-09-01"), layer_1]) == ()


def test_one_document_signed_twice_apart_is_grave() -> None:
    (found,) = assessment_findings([_assessment(1, "2026-09-01", version="two_approvals")])
    assert (found.code, found.severity) == ("assessment_signed_twice", "S1")


def test_of_nobody_assessed_nothing_counts() -> None:
    assert effective_assessment([_assessment(1, "2026-09-01", approved=False)], TOOL) is None
