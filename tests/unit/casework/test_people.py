"""Who a person is: preferred assertions, doubts, and one number on two people."""

from typing import Any

import pytest

from casework.rules.people import (
    age_on,
    aliases,
    date_of_birth,
    display_name,
    duplicates,
    person_findings,
    preferred_value,
    source_rank,
)
from sync_protocol.ids import SubjectId
from tests import toys
from tests.casefile import Row, row


def name(first: str, last: str, source: str, day: str, kind: str = "legal") -> dict[str, Any]:
    return {"first": first, "last": last, "source": source, "asserted_on": day, "kind": kind}


def born(value: str, source: str, day: str = "2026-01-01") -> dict[str, str]:
    return {"value": value, "source": source, "asserted_on": day}


def number(person: int, given: str, **values: Any) -> Row:
    usual = {"type": "PNC", "value": given, "check": "valid"}
    return row("identifier", person, subjects=(toys.subject(person),), **usual | values)


def test_the_stronger_source_names_the_person_however_old_it_is() -> None:
    person = row(
        "person",
        names=[
            name("Jon", "Smith", "SELF", "2026-06-01"),
            name("John", "Smyth", "COURT", "2020-01-01"),
            name("Johnny", "Smyth", "PNC", "2026-07-01", kind="alias"),
        ],
    )
    assert display_name(person) == "Smyth, John"
    assert aliases(person) == ("Smyth, Johnny", "Smith, Jon")


def test_of_one_source_the_later_day_names_the_person() -> None:
    names = [name("A", "Old", "PRISON", "2020-01-01"), name("A", "New", "PRISON", "2021-01-01")]
    assert display_name(row("person", names=names)) == "New, A"
    assert display_name(row("person", names=names[::-1])) == "New, A"


def test_an_alias_is_better_than_no_name_and_no_name_says_so() -> None:
    only = name("Red", "Fox", "POLICE", "2026-01-01", kind="alias") | {"middle": "B"}
    assert display_name(row("person", names=[only])) == "Fox, Red B"
    assert display_name(row("person")) == display_name(None) == "Name not known"


def test_an_unknown_source_ranks_last() -> None:
    assert source_rank("PNC") < source_rank("SELF") < source_rank("a rumour")


def test_two_dates_of_birth_are_doubted_and_the_stronger_is_shown() -> None:
    person = row("person", date_of_birth=[born("1980-02-29", "SELF"), born("1980-03-01", "PNC")])
    assert date_of_birth(person) == "1980-03-01"
    findings = person_findings(person)
    assert [(one.code, one.severity) for one in findings] == [("dates_of_birth_differ", "S2")]
    assert findings[0].subjects == (toys.subject(1),)


def test_one_date_of_birth_from_two_sources_is_no_doubt() -> None:
    person = row("person", date_of_birth=[born("1980-03-01", "SELF"), born("1980-03-01", "PNC")])
    assert not person_findings(person)
    assert date_of_birth(row("person")) is None


def test_a_code_is_preferred_like_a_name() -> None:
    person = row("person", sex=[born("F", "SELF"), born("M", "DOCUMENT")])
    assert preferred_value(person, "sex") == "M"
    assert preferred_value(person, "religion") is None


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("1980-03-01", "2026-02-28", 45),
        ("1980-03-01", "2026-03-01", 46),
        ("2004-02-29", "2026-02-28", 21),
        ("2004-02-29", "2026-03-01", 22),
        ("2027-01-01", "2026-03-01", None),
        ("1980-02-31", "2026-03-01", None),
    ],
)
def test_age_is_in_whole_years_lived(birth: str, day: str, age: int | None) -> None:
    assert age_on(birth, day) == age


def pairs(*rows: Row, custody: frozenset[int] = frozenset(), judged: bool = False) -> list[str]:
    held = {toys.subject(one) for one in custody}
    found = duplicates(
        rows, is_in_custody=lambda person: person in held, is_one=lambda _one, _other: judged
    )
    return [one.severity for one in found]


def test_one_number_on_two_people_proposes_a_link() -> None:
    rows = (number(1, "1979/0163001B"), number(2, "1979/0163001b"), number(3, "2003/0000003Y"))
    assert pairs(*rows) == ["S2"]
    assert pairs(*rows, custody=frozenset({2})) == ["S1"]


def test_a_pair_somebody_has_judged_is_not_proposed_again() -> None:
    assert pairs(number(1, "X"), number(2, "X"), judged=True) == []


def test_a_pair_is_proposed_once_whatever_agrees() -> None:
    more = [number(one, "A1234BC", type="NOMS") for one in (1, 2)]
    assert pairs(number(1, "X"), number(2, "X"), *more) == ["S2"]


@pytest.mark.parametrize(
    "flaw", [{"status": "closed"}, {"check": "invalid"}, {"type": "HOREF"}, {"value": "Y"}]
)
def test_what_is_withdrawn_wrong_or_of_a_case_proposes_nothing(flaw: dict[str, str]) -> None:
    assert pairs(number(1, "X", type=flaw.get("type", "PNC")), number(2, "X", **flaw)) == []


def test_the_same_number_given_twice_for_one_person_is_no_duplicate() -> None:
    person: SubjectId = toys.subject(1)
    rows = [number(1, "X"), row("identifier", 9, subjects=(person,), type="PNC", value="X")]
    assert pairs(*rows) == []
