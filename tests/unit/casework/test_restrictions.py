"""Restrictions fail closed: deny beats allow, and what cannot be read refuses."""

from typing import Any

import pytest

from casework.records.files import file_subject
from casework.rules.links import groups_of
from casework.rules.restrictions import messages, refused_files, with_links
from sync_protocol.ids import ActorId
from tests import toys
from tests.casefile import TODAY, row


def listed(officer: int, is_listed: bool | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {"staff_id": toys.actor(officer).hex()}
    return entry if is_listed is None else entry | {"is_listed": is_listed}


def is_refused(officer: int, **values: Any) -> bool:
    usual = {"mode": "excluded", "start": "2026-01-01", "end": None, "status": "open"}
    shown = row("restriction", **usual | values)
    return bool(refused_files([shown], ActorId(toys.actor(officer)), TODAY))


def test_an_exclusion_refuses_those_it_lists_and_nobody_else() -> None:
    people = [listed(1), listed(2, True)]
    assert [is_refused(one, people=people) for one in (1, 2, 3)] == [True, True, False]


def test_an_allow_list_refuses_everybody_else() -> None:
    people = [listed(1)]
    assert not is_refused(1, mode="restricted", people=people)
    assert is_refused(2, mode="restricted", people=people)
    assert is_refused(1, mode="restricted")


def test_taken_off_an_allow_list_stays_off_whoever_adds_them() -> None:
    people = [listed(1, False), listed(1, True)]
    assert is_refused(1, mode="restricted", people=people)
    assert is_refused(1, mode="restricted", people=people[::-1])


def test_taken_off_a_deny_list_is_refused_until_it_is_closed() -> None:
    people = [listed(1, True), listed(1, False)]
    assert is_refused(1, people=people)
    assert not is_refused(1, people=people, status="closed")


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        (TODAY, TODAY, True),
        ("2026-11-23", None, False),
        ("2026-01-01", "2026-11-21", False),
        ("2026-01-01", None, True),
    ],
)
def test_it_is_in_force_from_its_first_day_to_its_last(
    start: str, end: str | None, refused: bool
) -> None:
    assert is_refused(1, people=[listed(1)], start=start, end=end) == refused


def test_a_mode_this_release_cannot_read_refuses() -> None:
    assert is_refused(1, mode="sealed")


def test_a_restriction_closes_every_record_of_the_person_and_nobody_elses() -> None:
    one, other, third, stranger = (toys.subject(number) for number in range(1, 5))
    links = [
        row("person_link", 1, subjects=(one, other), claim="same_as", status="open"),
        row("person_link", 2, subjects=(other, third), claim="same_as", status="open"),
        row("person_link", 3, subjects=(one, third), claim="not_same", status="open"),
        row("person_link", 4, subjects=(third, stranger), claim="same_as", status="closed"),
    ]
    groups = groups_of(links)
    assert with_links(frozenset(), groups) == frozenset()
    refused = with_links(frozenset({file_subject(third, "restricted")}), groups)
    assert refused == {file_subject(each, "restricted") for each in (one, other, third)}


def test_a_refused_officer_reads_each_message_once() -> None:
    usual: dict[str, Any] = {"mode": "excluded", "start": "2026-01-01", "people": [listed(1)]}
    rows = [row("restriction", one, message=["Ask the centre."], **usual) for one in (1, 2)]
    assert messages(rows, toys.actor(1), TODAY) == ("Ask the centre.",)
    assert messages(rows, toys.actor(2), TODAY) == ()
