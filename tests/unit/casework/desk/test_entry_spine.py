"""What is refused when somebody writes of identity, sentence, dates, court and addresses."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from casework.access.caller import Caller
from casework.desk.people import create
from casework.desk.records import Addition, add, read_all
from casework.reference.reader import UnknownCode
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import ROBIN

ADDRESS = {"type": "HOME", "place": {"line_1": "1 High Street", "postcode": "ls1 4ap"}}
SENTENCE = {
    "court": "Leeds Crown Court",
    "court_type": "CC",
    "sentenced_on": "2026-11-02",
    "type": "2020/ADIMP",
    "offence": "Burglary",
    "terms": [{"type": "IMP", "years": 2, "months": 6}],
}
DATES: dict[str, Any] = {
    "calculation_version": 1,
    "reason": "NEW",
    "calculated_on": "2026-11-03",
    "calculated_by": "A. Clerk",
    "conditional_release": "2028-02-02",
}
COURT = {"court": "Leeds Crown Court", "court_type": "CC", "hearing_on": "2026-11-02"}
REMAND = {"type": "REMAND", "from_day": "2026-10-01", "to_day": "2026-10-31", "days": 31}
RAR = {"sentence": "0a" * 16, "type": "RAR", "length": 20, "from_day": "2026-11-02"}
PAPER = {
    "type": "WARRANT",
    "title": "Warrant of committal",
    "sha256": "ab" * 32,
    "size_bytes": 4_000,
    "media_type": "application/pdf",
    "dated": "2026-11-02",
}
TASK = {"title": "Ring the landlord", "due_on": "2026-12-01"}


def said(value: str, on: str = "2026-11-22") -> dict[str, str]:
    """An assertion of this prison."""
    return {"value": value, "source": "PRISON", "asserted_on": on}


def version(approved: bool, **content: Any) -> dict[str, Any]:
    """A version of the key dates."""
    return {"version": {"approved": approved, "content": DATES | content}}


def ordered(**content: Any) -> dict[str, Any]:
    """A version of a sentence."""
    return {"version": {"approved": True, "content": SENTENCE | content}}


class Written(NamedTuple):
    """An office, somebody on its staff, and somebody it holds."""

    office: Office
    ash: Caller
    person: SubjectId

    def add(self, kind: str, values: dict[str, Any]) -> None:
        """Write a record of the person."""
        add(self.office.desk, self.ash, self.person, Addition(kind, values))

    def read(self, kind: str) -> list[dict[str, Any]]:
        """What is shown of the person's records of a kind."""
        views = read_all(self.office.desk, self.ash, self.person, kind)
        return [dict(view.values) for view in views]


@pytest.fixture(scope="module")
def prison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """A prison; one for all tests, since opening it costs more than they do."""
    office = Office(tmp_path_factory.mktemp("entry"))
    ash = office.hire()
    yield Written(office, ash, create(office.desk, ash, ROBIN).person)
    office.store.close()


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("person", {"date_of_birth": said("2027-01-01")}, "to come"),
        ("person", {"date_of_birth": said("1890-01-01")}, "nobody is 136 years old"),
        ("person", {"date_of_birth": said("2020-01-01")}, "too young"),
        ("person", {"nationality": said("GB", "2026-12-01")}, "asserted_on is a day to come"),
        ("address", {**ADDRESS, "to_day": "2025-01-01"}, "to_day is before from_day"),
        ("address", {"type": "HOME", "place": {"line_1": "1", "postcode": "12345"}}, "postcode"),
        ("contact_detail", {"channel": "email", "value": "none"}, "name@example.org"),
        ("contact_detail", {"channel": "mobile", "value": "12"}, "at least 7 digits"),
        ("sentence", ordered(sentenced_on="2026-12-01"), "sentenced_on is a day to come"),
        ("sentence", ordered(offence_on="2026-11-03"), "offence is after"),
        ("sentence", ordered(terms=[{"type": "IMP"}]), "length of the term IMP"),
        ("requirement", {**RAR, "length": None}, "number of days"),
        ("requirement", {**RAR, "type": "UPW", "length": 400}, "40 to 300 hours"),
        ("requirement", {**RAR, "type": "AAMR", "length": 121}, "at most 120 days"),
        ("requirement", {**RAR, "to_day": "2026-11-01"}, "to_day is before"),
        (
            "court_appearance",
            {**COURT, "hearing_on": "2026-12-01", "result": {"outcome": "1002"}},
            "hearing_on is a day to come",
        ),
        (
            "court_appearance",
            {**COURT, "result": {"outcome": "1002", "next_hearing_on": "2026-11-02"}},
            "not after this one",
        ),
        ("key_dates", version(True), "names who checked it"),
        ("key_dates", version(True, checked_by="A. Clerk"), "names who checked it"),
        ("key_dates", version(False, sentence_expiry="2027-01-01"), "after the sentence ends"),
        ("key_dates", version(False, conditional_release=None), "at least one date"),
        ("key_dates", version(False, calculated_on="2026-12-01"), "a day to come"),
        ("sentence_adjustment", {**REMAND, "days": 32}, "32 days do not fit into 31"),
        ("sentence_adjustment", {**REMAND, "to_day": "2026-09-01"}, "to_day is before"),
        ("document", {**PAPER, "dated": "2026-12-01"}, "a day to come"),
        ("document", {**PAPER, "media_type": "pdf"}, "application/pdf"),
    ],
)
def test_what_cannot_be_true_is_refused_with_what_to_do(
    prison: Written, kind: str, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidValue, match=words):
        prison.add(kind, values)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("person", {"religion": said("CHURCH")}),
        ("sentence", ordered(type="ADIMP")),
        ("address", {**ADDRESS, "type": "CASTLE"}),
        ("court_appearance", {**COURT, "result": {"outcome": "GUILTY"}}),
        ("sentence_adjustment", {**REMAND, "type": "REMANDED"}),
    ],
)
def test_a_code_that_no_list_offers_is_refused(
    prison: Written, kind: str, values: dict[str, Any]
) -> None:
    with pytest.raises(UnknownCode):
        prison.add(kind, values)


@pytest.mark.parametrize(
    ("kind", "values", "shown"),
    [
        (
            "address",
            ADDRESS,
            {
                "place": {"line_1": "1 High Street", "postcode": "LS1 4AP"},
                "source": "PRISON",
                "from_day": "2026-11-22",
                "status": "open",
            },
        ),
        ("contact_detail", {"channel": "mobile", "value": "0113 496 0000"}, {"status": "open"}),
        ("sentence", ordered(), {"status": "open"}),
        ("key_dates", version(True, checked_by="B. Checker"), {}),
        ("sentence_adjustment", REMAND, {"days": 31}),
        ("document", PAPER, {"media_type": "application/pdf"}),
        ("task", TASK, {"title": "Ring the landlord", "status": "open"}),
    ],
)
def test_what_is_left_out_is_completed(
    prison: Written,
    kind: str,
    values: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    prison.add(kind, values)
    (view,) = prison.read(kind)
    assert shown.items() <= view.items()


def test_a_result_is_written_in_the_name_of_whoever_writes_it(prison: Written) -> None:
    result = {"outcome": "1002", "author": "Somebody Else", "written_on": 1}
    prison.add("court_appearance", {**COURT, "result": result})
    (view,) = prison.read("court_appearance")
    assert [one["author"] for one in view["result"]] == ["Ash"]


def test_two_tasks_of_ones_own_have_two_causes(prison: Written) -> None:
    for _ in range(2):
        prison.add("task", TASK)
    causes = [one["cause"] for one in prison.read("task")]
    assert len(causes) == len(set(causes)) > 1
