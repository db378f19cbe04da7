"""What is wrong and what is due about custody: recalls, absences, sightings, crowded cells."""

from typing import Any

import pytest

from casework.rules.absences import outings_of
from casework.rules.capacity import over_capacity
from casework.rules.custody_of_person import due_of_custody, findings_of_custody
from casework.rules.recalls import days_of, recall_findings, recall_of
from casework.rules.roll import Held, take_roll
from casework.rules.rows import day_of
from tests import toys
from tests.casefile import Row, at, into, out, row
from tests.custodies import absence_values, decision, signature

HELD = into("LEI", 0, "I")
GONE = out("LEI", 2, "TAP", "YRDR")
SIGNED = [signature("SPO"), signature("ACO")]


def absence(**values: Any) -> Row:
    usual = absence_values(1, 6)
    shown = {"occurrence": [usual.pop("occurrence")], "approval": "APPROVED"}
    return row("temporary_absence", 5, **usual | shown | values)


def recall(record: int = 1, **values: Any) -> Row:
    usual = {"decision": [decision(3)], "signature": SIGNED, "status": "open", "type": "LR"}
    return row("recall", record, **usual | values)


def found(hours: float, **rows: list[Row]) -> list[tuple[str, str]]:
    given = findings_of_custody(rows, day_of(at(hours)), at(hours))
    return [(one.code, one.severity) for one in given]


def due(hours: float, **rows: list[Row]) -> list[tuple[str, str]]:
    given = due_of_custody(rows, day_of(at(hours)), at(hours))
    return [(one.code, one.due_on) for one in given]


@pytest.mark.parametrize(
    ("approval", "moves", "hours", "status"),
    [
        ("PENDING", [], 0.5, "PENDING"),
        ("APPROVED", [], 0.5, "SCHEDULED"),
        ("APPROVED", [], 7, "EXPIRED"),
        ("PAUSED", [], 0.5, "PAUSED"),
        ("DENIED", [], 0.5, "DENIED"),
        ("CANCELLED", [], 7, "CANCELLED"),
        ("APPROVED", [GONE], 3, "IN_PROGRESS"),
        ("APPROVED", [GONE], 7, "OVERDUE"),
        ("CANCELLED", [GONE, into("LEI", 5, "R")], 7, "COMPLETED"),
        ("APPROVED", [out("HLI", 2, "TAP", "YRDR")], 3, "SCHEDULED"),
        ("APPROVED", [out("LEI", 2, "CRT", "CRT")], 3, "SCHEDULED"),
    ],
)
def test_an_outing_has_the_status_of_what_happened(
    approval: str, moves: list[Row], hours: float, status: str
) -> None:
    (outing,) = outings_of([absence(approval=approval)], moves, as_of_ms=at(hours))
    assert outing.status == status


def test_each_departure_is_of_one_outing() -> None:
    usual = absence_values(1, 6)["occurrence"]
    again = {**usual, "number": "2", "out_at": at(3), "back_at": at(9)}
    both = absence(occurrence=[usual, again])
    first, second = outings_of([both], [GONE], as_of_ms=at(5))
    assert (first.status, second.status) == ("IN_PROGRESS", "SCHEDULED")


def test_not_back_in_time_is_grave_and_due_today() -> None:
    rows = {"movement": [HELD, GONE], "temporary_absence": [absence()]}
    assert found(6, **rows) == []
    assert found(6.1, **rows) == [("absence_overdue", "S1")]
    assert due(6.1, **rows) == [("recall_to_prison", "2026-11-22")]
    (item,) = due_of_custody(rows, "2026-11-22", at(6.1))
    assert item.words == (
        "Call the person back to Leeds. Left Leeds on temporary absence at 09:00 on 22 November "
        "2026, was due back at 13:00 on 22 November 2026, and is not back."
    )


def test_an_absence_struck_out_or_unread_plans_nothing() -> None:
    moves = [HELD, GONE]
    assert outings_of([absence(status="closed")], moves, as_of_ms=at(3)) == ()
    assert outings_of([absence(occurrence=[{"number": "1"}])], moves, as_of_ms=at(3)) == ()


def test_a_recall_is_to_be_signed_and_then_sent() -> None:
    unsigned = recall(signature=[])
    assert due(3, recall=[unsigned]) == [("recall_to_sign", "2026-11-22")]
    assert due(3, recall=[recall(signature=SIGNED[:1])]) == [("recall_to_sign", "2026-11-22")]
    assert due(30, recall=[recall()]) == [("recall_to_send", "2026-11-22")]
    assert due(30, recall=[recall(stage="SENT_TO_PPCS")]) == []
    assert due(30, recall=[recall(status="closed")]) == []


def test_a_recall_in_force_says_so() -> None:
    assert recall_of(recall()).is_in_force
    assert recall_of(recall(type="FTR_28")).days == 28
    assert days_of(None) is None


def test_recalls_of_two_releases_contradict_nobody() -> None:
    old = recall(release=["aa"], type="FTR_14")
    new = recall(2, release=["bb"])
    assert recall_findings([old, new]) == ()
    months_ago = recall(2, type="FTR_14", decision=[decision(-24 * 60)])
    assert recall_findings([recall(), months_ago]) == ()
    assert [one.code for one in recall_findings([recall(), recall(2, type="FTR_14")])] == [
        "recall_types_differ"
    ]


def test_a_recall_that_names_no_release_joins_those_that_do() -> None:
    rows = [recall(1, release=["aa"]), recall(2, release=["aa"]), recall(3, type="FTR_56")]
    assert len(recall_findings(rows)) == 1


def test_a_withdrawn_sighting_or_one_to_come_warns_of_nothing() -> None:
    seen: dict[str, Any] = {
        "occurred_at": at(2),
        "where": "Briggate",
        "how": "met",
        "seen_by": "Sam",
    }
    open_one = row("seen_in_community", **seen)
    closed = row("seen_in_community", **seen, status="closed")
    assert found(1, movement=[HELD], seen_in_community=[open_one]) == []
    assert found(3, movement=[HELD], seen_in_community=[closed]) == []
    assert found(3, movement=[HELD], seen_in_community=[open_one]) == [
        ("seen_while_in_custody", "S1")
    ]


def test_more_people_than_a_cell_is_for_are_told() -> None:
    cells = {toys.subject(number): "LEI-A-1-001" for number in (1, 2, 3)}
    (one,) = over_capacity(cells)
    assert (one.severity, len(one.subjects)) == ("S2", 3)
    assert one.words == "Cell LEI-A-1-001 is for 2 and 3 people are recorded in it."
    assert over_capacity(cells, {"LEI-A-1-001": 3}) == ()
    assert len(over_capacity(dict(list(cells.items())[:2]), {"LEI-A-1-001": 1})) == 1


def test_a_roll_says_of_which_moment_it_is_and_up_to_what() -> None:
    one = Held(person=toys.subject(1), custody_rows=[HELD, out("LEI", 5, "REL", "CR")])
    before = take_roll("LEI", [one], as_of_ms=at(4.5))
    assert before.words == (
        "Leeds: the roll as known at 11:30 on 22 November 2026, from events up to 07:00 on 22 "
        "November 2026."
    )
    after = take_roll("LEI", [one], as_of_ms=at(6))
    assert (before.present, after.present, after.latest_ms) == (1, 0, at(5))
    assert take_roll("LEI", [], as_of_ms=at(6)).words.endswith("No movement is known here.")
