"""After a recall: when a fixed term ends, and that the key dates are to be calculated again."""

from typing import Any

import pytest

from casework.rules.custody_of_person import due_of_custody, findings_of_custody
from casework.rules.due import Due
from casework.rules.officers import liberty_day
from casework.rules.rows import day_of
from casework.rules.spine import due_of_spine, findings_of_spine
from tests.casefile import TODAY, Row, at, into, out, row
from tests.custodies import decision, signature
from tests.unit.casework.test_key_dates import version

DAY = 24
SIGNED = [signature("SPO"), signature("ACO")]
RELEASED = [into("LEI", -200 * DAY, "I"), out("LEI", -20 * DAY, "REL", "CR")]
BACK = [*RELEASED, into("HLI", -2 * DAY, "24")]
"""Released on licence on 2 November, and back on recall on 20 November."""

OLD = {**version(conditional_release="2026-11-02")["content"], "calculated_on": "2026-05-01"}


def recall(record: int = 1, sort: str = "FTR_28", hours: float = -3 * DAY, **values: Any) -> Row:
    usual = {"decision": [decision(hours)], "signature": SIGNED, "status": "open", "type": sort}
    return row("recall", record, **usual | values)


def ends(moves: list[Row], *recalls: Row, hours: float = 0) -> list[Due]:
    rows = {"movement": moves, "recall": list(recalls)}
    due = due_of_custody(rows, day_of(at(hours)), at(hours))
    return [one for one in due if one.code == "recall_term_ends"]


def dates(**content: Any) -> Row:
    return row("key_dates", 9, version={"approved": True, "content": OLD | content})


def told(moves: list[Row], *rows: Row, day: str = TODAY) -> list[tuple[str, str]]:
    found = findings_of_spine(by_kind(moves, *rows), day, at(0))
    return [(one.code, one.severity) for one in found]


def by_kind(moves: list[Row], *rows: Row) -> dict[str, list[Row]]:
    kinds: dict[str, list[Row]] = {"movement": moves}
    for one in rows:
        kinds.setdefault(one.key.kind, []).append(one)
    return kinds


@pytest.mark.parametrize(
    ("sort", "ends_on", "release_on"),
    [
        # The day of return is the first: 14 days from Friday 20 November end on a Thursday.
        ("FTR_14", "3 December 2026", "2026-12-03"),
        ("FTR_HDC_14", "3 December 2026", "2026-12-03"),
        ("FTR_28", "17 December 2026", "2026-12-17"),
        ("FTR_56", "14 January 2027", "2027-01-14"),
    ],
)
def test_a_fixed_term_ends_at_the_end_of_its_days_from_the_return(
    sort: str, ends_on: str, release_on: str
) -> None:
    (due,) = ends(BACK, recall(sort=sort))
    assert (due.due_on, due.severity, due.kind) == (release_on, "S1", "recall")
    days = sort.rpartition("_")[2]
    assert due.words.startswith(
        f"The fixed-term recall of {days} days, from 20 November 2026, ends on {ends_on}: release"
    )


def test_a_fixed_term_that_ends_on_a_saturday_releases_on_the_friday_before() -> None:
    (due,) = ends([*RELEASED, into("HLI", 1, "24")], recall(sort="FTR_14"), hours=2)
    assert due.due_on == "2026-12-04"
    assert due.words == (
        "The fixed-term recall of 14 days, from 22 November 2026, ends on 5 December 2026: release "
        "the person by 4 December 2026, unless another sentence holds them."
    )


def test_a_term_runs_only_of_somebody_back_on_that_recall() -> None:
    assert ends(RELEASED, recall()) == [], "not arrested yet"
    assert ends([*RELEASED, into("HLI", -2 * DAY, "I")], recall()) == [], "received for another"
    assert ends(BACK, recall(status="closed")) == [], "withdrawn"
    assert ends(BACK, recall(signature=[])) == [], "not in force"
    assert ends([*BACK, out("HLI", -1, "REL", "CR")], recall()) == [], "released since"
    later = [*BACK, out("HLI", -20, "REL", "CR"), into("HLI", -1, "I")]
    assert ends(later, recall()) == [], "held again, for something else"


def test_a_standard_recall_of_the_same_release_ends_on_no_day() -> None:
    assert ends(BACK, recall(sort="LR")) == []
    assert ends(BACK, recall(), recall(2, "LR", -2.5 * DAY)) == []
    assert len(ends(BACK, recall(), recall(2, "FTR_14", -2.5 * DAY))) == 1


def test_after_a_recall_the_dates_are_to_be_calculated_again_and_nobody_is_held_past_them() -> None:
    assert told(BACK, dates()) == [("held_past_release", "S1")], "of somebody not recalled"
    assert told(BACK, dates(), recall()) == [("key_dates_before_recall", "S2")]
    assert told(BACK, dates(), recall(), day="2026-11-27") == [("key_dates_before_recall", "S2")]
    assert told(BACK, dates(), recall(), day="2026-11-28") == [("key_dates_before_recall", "S1")]
    (found,) = findings_of_spine(by_kind(BACK, dates(), recall()), TODAY, at(0))
    assert found.words == (
        "Recall was decided on 19 November 2026, and the key dates were calculated on 1 May 2026: "
        "the dates of release are to be calculated again."
    )
    (due,) = due_of_spine(by_kind(BACK, dates(), recall()), TODAY, at(0))
    assert (due.code, due.due_on) == ("key_dates_to_calculate", "2026-11-27")
    assert due.words == "Calculate the key dates again: recall was decided on 19 November 2026."


def test_a_recall_dated_ahead_makes_no_date_old_until_its_moment_and_is_said() -> None:
    ahead = recall(hours=DAY)
    assert told(BACK, dates(), ahead) == [("held_past_release", "S1")]
    decided = recall(2, hours=-3 * DAY)
    assert told(BACK, dates(), decided, ahead) == [("key_dates_before_recall", "S2")]
    (words,) = (
        one.words for one in findings_of_spine(by_kind(BACK, dates(), decided, ahead), TODAY, at(0))
    )
    assert words.startswith("Recall was decided on 19 November 2026")
    rows = by_kind(BACK, dates(), ahead)
    assert "recall_dated_ahead" in [one.code for one in findings_of_custody(rows, TODAY, at(0))]
    then = at(DAY)
    (found,) = findings_of_spine(rows, day_of(then), then)
    assert found.code == "key_dates_before_recall"


def test_dates_that_can_know_of_the_recall_count_again() -> None:
    after = dates(calculated_on="2026-11-20", post_recall_release="2026-11-21")
    assert told(BACK, after, recall()) == [("held_past_release", "S1")]
    same_day = dates(calculated_on="2026-11-19", post_recall_release="2026-12-17")
    assert told(BACK, same_day, recall()) == []
    unread = dates(calculated_on="some time")
    assert told(BACK, unread, recall()) == [("key_dates_before_recall", "S2")]


def test_who_is_at_large_or_whose_recall_was_withdrawn_waits_for_no_calculation() -> None:
    assert told(RELEASED, dates(), recall()) == []
    assert told(BACK, dates(), recall(status="closed")) == [("held_past_release", "S1")]


def test_a_release_recorded_without_a_movement_ends_custody_for_the_dates_too() -> None:
    let_go = row(
        "release", 5, occurred_at=at(-1), from_place="LEI", reason="CR", status="open", licence=None
    )
    assert told([into("LEI", -200 * DAY, "I")], dates(), let_go) == []


def test_a_release_before_its_sentence_is_said_of_what_is_stored() -> None:
    content = {"approved": True, "content": {"sentenced_on": "2026-11-20"}}
    passed = row("sentence", 7, version=content, status="open")

    def found(hours: float, **values: Any) -> list[str]:
        usual: dict[str, Any] = {"occurred_at": at(hours), "from_place": "LEI", "status": "open"}
        let_go = row("release", 8, **usual | {"sentence": passed.key.record.hex()} | values)
        rows = {"release": [let_go], "sentence": [passed]}
        return [
            one.words
            for one in findings_of_custody(rows, TODAY, at(0))
            if (one.code, one.severity) == ("release_before_sentence", "S1")
        ]

    (words,) = found(-3 * DAY)
    assert words == (
        "Leeds recorded a release on 19 November 2026 from a sentence of 20 November 2026. One of "
        "the two days is wrong: check the release against the warrant."
    )
    assert found(-2 * DAY) == [], "on the day itself"
    assert found(-3 * DAY, status="closed") == []
    assert found(-3 * DAY, sentence=None) == []


def test_the_day_of_liberty_is_the_one_that_is_planned() -> None:
    def day(*rows: Row) -> str | None:
        return liberty_day(by_kind([], *rows), TODAY)

    assert day(dates(conditional_release="2027-03-03")) == "2027-03-03"
    assert day(dates(conditional_release="2027-03-03", hdc_approved="2026-12-01")) == "2026-12-01"
    assert day(dates(conditional_release="2026-11-23", post_recall_release="2027-05-04")) == (
        "2027-05-04"
    )
    both = (dates(conditional_release="2027-03-03"), dates(conditional_release="2027-02-02"))
    assert day(*both) == "2027-02-02", "of two that compete the nearer"
    assert day(dates(conditional_release=None)) is None
