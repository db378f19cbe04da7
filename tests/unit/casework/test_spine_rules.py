"""Adjustments, hearings, addresses, documents, tasks and sentences: examples and edge days."""

from typing import Any

import pytest

from casework.rules.addresses import current_addresses
from casework.rules.adjustments import counted_days
from casework.rules.courts import court_findings, due_of_court
from casework.rules.documents import documents_of
from casework.rules.due import Due, by_day
from casework.rules.every_version import every_version
from casework.rules.sentences import sentence_findings, sentence_words, served_after, term_words
from casework.rules.spine import due_of_spine, findings_of_spine
from casework.rules.spoken_values import said_as
from casework.rules.tasks import done_causes, due_tasks, tasks_of
from tests import toys
from tests.casefile import TODAY, Conflict, Row, at, into, out, row, side
from tests.unit.casework.test_key_dates import version

PERSON = toys.subject(1)


def adjustment(record: int, type_: str, first: str, last: str, days: int, **values: Any) -> Row:
    """An adjustment in force."""
    usual: dict[str, Any] = {"type": type_, "days": days, "status": "open"}
    ends = {"from_day": first, "to_day": last}
    return row("sentence_adjustment", record, **usual | ends | values)


def hearing(record: int, on: str, *outcomes: str, **values: Any) -> Row:
    """A hearing at Leeds with the results recorded of it."""
    results = [{"outcome": one, "author": "Ash", "written_on": at(0)} for one in outcomes]
    usual = {"court": "Leeds Crown Court", "hearing_on": on, "result": results, "status": "open"}
    return row("court_appearance", record, **usual | values)


def sentence(record: int, **content: Any) -> Row:
    """A sentence of this month."""
    usual = {"type": "2020/ADIMP", "sentenced_on": "2026-11-02", "court": "Leeds Crown Court"}
    return row(
        "sentence", record, version={"approved": True, "content": usual | content}, status="open"
    )


def test_days_that_touch_overlap_and_days_beside_each_other_do_not() -> None:
    first = adjustment(1, "REMAND", "2026-01-01", "2026-01-31", 31)
    assert (
        counted_days([first, adjustment(2, "REMAND", "2026-02-01", "2026-02-02", 2)]).deducted == 33
    )
    touching = counted_days([first, adjustment(2, "REMAND", "2026-01-31", "2026-02-02", 3)])
    assert (touching.deducted, touching.is_disputed) == (3, True)


def test_a_chain_of_overlaps_is_one_and_a_struck_out_adjustment_counts_nothing() -> None:
    rows = [
        adjustment(1, "ADDITIONAL_DAYS_AWARDED", "2026-01-01", "2026-01-10", 10),
        adjustment(2, "ADDITIONAL_DAYS_AWARDED", "2026-01-20", "2026-01-30", 11),
        adjustment(3, "ADDITIONAL_DAYS_AWARDED", "2026-01-05", "2026-01-25", 21),
    ]
    assert counted_days(rows).added == 21
    closed = [*rows[:2], adjustment(3, "REMAND", "2026-01-01", "2026-01-02", 2, status="closed")]
    assert (counted_days(closed).added, counted_days(closed).deducted) == (21, 0)


def test_adjustments_without_days_overlap_where_they_are_as_long() -> None:
    rows = [
        row("sentence_adjustment", n, type="REMAND", days=days, status="open")
        for n, days in enumerate((5, 5, 6), start=1)
    ]
    assert (counted_days(rows).deducted, counted_days(rows).is_disputed) == (11, True)
    assert counted_days([row("sentence_adjustment", type="NEW_TYPE", days=5)]).deducted == 0


def test_a_hearing_is_due_until_its_day_and_its_result_the_working_day_after() -> None:
    (to_come,) = due_of_court([hearing(1, TODAY)], day=TODAY)
    assert (to_come.code, to_come.due_on) == ("court_hearing", TODAY)
    (past,) = due_of_court([hearing(1, "2026-11-20")], day=TODAY)
    assert (past.code, past.due_on) == ("court_result", "2026-11-23")
    assert due_of_court([hearing(1, "2026-11-20", "1002")], day=TODAY) == ()
    twice = [hearing(1, "2026-11-20", "1002"), hearing(2, "2026-11-20", court="LEEDS  crown court")]
    assert due_of_court(twice, day=TODAY) == (), "the other record of it has the result"
    assert due_of_court([hearing(1, "2026-11-20", status="closed")], day=TODAY) == ()


def test_results_of_two_matters_may_differ() -> None:
    results = [
        {"outcome": outcome, "matter": matter} for outcome, matter in (("1002", "1"), ("4016", "2"))
    ]
    assert court_findings([hearing(1, "2026-11-20", result=results)], PERSON) == ()


@pytest.mark.parametrize(
    ("first", "last", "is_current"),
    [
        ("2026-11-22", None, True),
        ("2026-11-23", None, False),
        ("2020-01-01", "2026-11-22", True),
        ("2020-01-01", "2026-11-21", False),
        ("some time", None, True),
    ],
)
def test_an_address_is_current_from_its_first_to_its_last_day(
    first: str, last: str | None, is_current: bool
) -> None:
    place = {"line_1": "1 High Street", "town": "Leeds"}
    home = row("address", type="HOME", from_day=first, to_day=last, place=place)
    found = current_addresses([home], day=TODAY)
    assert [one.words for one in found] == (["1 High Street, Leeds"] if is_current else [])


def test_a_withdrawn_document_is_not_in_the_file() -> None:
    rows = [row("document", n, sha256=f"{n}", dated=TODAY, status="open") for n in (1, 2)]
    withdrawn = row("document", 3, sha256="2", dated=TODAY, status="closed")
    assert [one.sha256 for one in documents_of([*rows, withdrawn])] == ["2", "1"]


def test_a_task_belongs_to_whom_it_was_given_and_to_the_office_where_two_were() -> None:
    ash = {"staff_id": "0a" * 16, "staff_name": "Ash", "from_day": TODAY}
    kit = {"staff_id": "0b" * 16, "staff_name": "Kit", "from_day": TODAY}
    one = row("task", 1, title="Visit", due_on="2026-12-01", cause="c", assignee=ash, status="open")
    other = row(
        "task", 2, title="Visit", due_on="2026-11-30", cause="c", assignee=kit, status="open"
    )
    assert due_tasks([one])[0].owner_staff_id == "0a" * 16
    (task,) = tasks_of([one, other])
    assert (task.due_on, task.staff_names) == ("2026-11-30", ("Ash", "Kit"))
    assert due_tasks([one, other])[0].owner_staff_id is None
    done = row("task", 3, title="Ring", due_on=TODAY, cause="d", status="closed")
    assert done_causes([one, done]) == {"d"}


def test_a_sentence_before_the_age_of_ten_or_after_itself_is_looked_at() -> None:
    born = {"value": "2016-11-03", "source": "PNC", "asserted_on": TODAY}
    person = row("person", date_of_birth=[born])
    (young,) = sentence_findings([sentence(1)], person, PERSON)
    assert (young.code, young.severity) == ("sentence_before_age", "S2")
    at_ten = row("person", date_of_birth=[{**born, "value": "2016-11-02"}])
    assert sentence_findings([sentence(1)], at_ten, PERSON) == ()
    one = sentence(1, served_after=toys.record(2).hex())
    other = sentence(2, served_after=toys.record(1).hex())
    (circle,) = sentence_findings([one, other], None, PERSON)
    assert "each to be served after the other" in circle.words
    (lost,) = sentence_findings([one], None, PERSON)
    assert "not recorded here" in lost.words
    assert sentence_findings([one, sentence(2)], None, PERSON) == ()
    assert [row.key.record for row in served_after(one, [one, sentence(2)])] == [toys.record(2)]


def test_a_sentence_and_its_terms_are_said_in_words() -> None:
    terms = [{"type": "IMP", "years": 1, "months": 6}, {"type": "LIC", "months": 12}]
    assert sentence_words(sentence(1, terms=terms).values["version"]).endswith(
        ", 1 year 6 months and 12 months, Leeds Crown Court on 2 November 2026"
    )
    assert term_words({"type": "HOURS", "hours": 1}) == "1 hour"
    assert term_words({"type": "IMP"}) == "Imprisonment"
    assert sentence_words(None) == "a sentence that this release cannot read"


def test_a_code_is_said_by_the_list_that_its_field_names() -> None:
    assert said_as("address", "type", "HOME") == "Home"
    assert said_as("requirement", "type", "RAR") == "Rehabilitation activity (RAR)"
    assert said_as("requirement", "type", "NEW") == "NEW"
    assert said_as("address", "place", {"line_1": "1 High Street"}) == "1 High Street"
    assert said_as("address", "status", "open") is None
    assert said_as("kind_to_come", "field", "x") is None


def test_what_is_due_comes_earliest_first_and_steps_only_while_somebody_is_held() -> None:
    rows: dict[str, list[Row]] = {
        "key_dates": [row("key_dates", version=version(conditional_release="2027-03-31"))],
        "sentence": [sentence(1)],
        "task": [row("task", title="Ring", due_on="2026-11-30", cause="c", status="open")],
        "court_appearance": [hearing(1, "2026-12-03")],
        "movement": [into("LEI", -24)],
    }
    due = due_of_spine(rows, TODAY, at(0))
    assert [one.due_on for one in due] == sorted(one.due_on for one in due)
    assert {one.code for one in due} >= {"task", "court_hearing", "release_release"}
    released = {**rows, "movement": [into("LEI", -24), out("LEI", -2, "REL", "CR")]}
    codes = {one.code for one in due_of_spine(released, TODAY, at(0))}
    assert codes == {"task", "court_hearing"}


def test_somebody_held_past_release_is_the_first_thing_told() -> None:
    rows = {
        "key_dates": [row("key_dates", version=version(conditional_release="2026-11-20"))],
        "movement": [into("LEI", -24)],
        "sentence": [sentence(1, served_after="0a" * 16)],
    }
    found = findings_of_spine(rows, TODAY, at(0))
    assert [one.code for one in found] == ["held_past_release", "sentence_order"]
    assert findings_of_spine({}, TODAY, at(0)) == ()


def test_dates_that_were_served_say_nothing_of_whoever_came_back_for_something_else() -> None:
    """Somebody on remand was told to be held past the release of a sentence served before."""
    dates = [row("key_dates", version=version(conditional_release="2026-11-20"))]
    again: dict[str, list[Row]] = {
        "key_dates": dates,
        "sentence": [sentence(1)],
        "movement": [into("LEI", -500), out("LEI", -48, "REL", "CR"), into("LEI", -4, "N")],
    }
    assert findings_of_spine(again, TODAY, at(0)) == ()
    assert due_of_spine(again, TODAY, at(0)) == ()
    anew = {**again, "sentence": [sentence(1), sentence(2, sentenced_on=TODAY)]}
    (due,) = due_of_spine(anew, TODAY, at(0))
    assert due.code == "key_dates_to_calculate"
    assert "sentence of 22 November 2026" in due.words
    too_soon = [into("LEI", -500), out("LEI", -96, "REL", "CR"), into("LEI", -4, "N")]
    (held,) = findings_of_spine({**again, "movement": too_soon}, TODAY, at(0))
    assert held.code == "held_past_release", "let go before the day: it is still to be served"
    on_recall = [into("LEI", -500), out("LEI", -48, "REL", "CR"), into("LEI", -4, "24")]
    (back,) = findings_of_spine({**again, "movement": on_recall}, TODAY, at(0))
    assert back.code == "held_past_release", "received on a recall that nobody recorded"


def test_of_contested_key_dates_every_calculation_is_planned_with() -> None:
    early, late = (version(2, conditional_release=day) for day in ("2026-12-01", "2026-12-08"))
    shown = row("key_dates", asks={"version": "two_approvals"}, version=late)
    conflict = Conflict(
        shown.key, "version", "two_approvals", (side(1, early, 0, 1), side(2, late, 1, 2))
    )
    rows = every_version({"key_dates": [shown]}, [conflict])
    assert [one.values["version"] for one in rows["key_dates"]] == [late, early]
    (told,) = findings_of_spine(rows, TODAY, at(0))
    assert told.severity == "S1"
    assert "nobody is released before 8 December 2026" in told.words
    (alone,) = findings_of_spine({"key_dates": [shown]}, TODAY, at(0))
    assert (alone.code, alone.severity) == ("key_dates_disputed", "S1")


def test_two_things_due_on_one_day_come_in_one_order() -> None:
    one, other = (Due(code, "Words.", TODAY, None, "S2") for code in "ab")
    grave = Due("c", "Words.", TODAY, None, "S1")
    assert by_day([other, one, grave]) == by_day([grave, one, other]) == (grave, one, other)
