"""Identity, addresses, links, tasks and papers written at two nodes that cannot hear one another.

One test for each row of the table of conflicts: whatever came first, everybody shows the same, the
gravity is as declared, and the words name who did what without saying who is right.
"""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.rules.addresses import address_findings, current_addresses
from casework.rules.documents import documents_of, photographs_of
from casework.rules.links import groups_of
from casework.rules.people import (
    date_of_birth,
    display_name,
    duplicates,
    person_findings,
    source_rank,
)
from casework.rules.rows import gathered_structs
from casework.rules.spine import due_of_spine
from casework.rules.tasks import tasks_of
from tests import toys
from tests.casefile import TODAY, at, row
from tests.two_nodes import PERSON, Apart, parted

pytestmark = pytest.mark.unhurried

SOURCES: Final = ("PNC", "COURT", "PRISON", "PROBATION", "SELF")

skews = st.sampled_from((0, 7_200_000, -7_200_000))
sources = st.sampled_from(SOURCES)


births = st.sampled_from(("1990-01-02", "1990-02-01", "1991-01-02"))


@given(births, births, sources, sources, skews)
def test_of_two_dates_of_birth_both_stand_and_the_stronger_source_is_shown(
    here: str, there: str, one: str, other: str, skew_ms: int
) -> None:
    apart = parted(skew_ms)
    for node, born, source in zip(apart.nodes, (here, there), (one, other), strict=True):
        said = {"value": born, "source": source, "asserted_on": TODAY}
        node.write("person", {"date_of_birth": said})
    person = apart.merged().row("person")
    assert {said["value"] for said in gathered_structs(person, "date_of_birth")} == {here, there}
    if source_rank(one) != source_rank(other):
        stronger = here if source_rank(one) < source_rank(other) else there
        assert date_of_birth(person) == stronger
    found = person_findings(person)
    if here == there:
        assert not found
        return
    (told,) = found
    assert (told.code, told.severity) == ("dates_of_birth_differ", "S2")
    assert "Check the person's identity before acting on either." in told.words


@given(sources, sources, skews)
def test_no_name_that_either_gave_is_lost(one: str, other: str, skew_ms: int) -> None:
    apart = parted(skew_ms)
    for node, last, source in zip(apart.nodes, ("Lee", "Leigh"), (one, other), strict=True):
        name = {"first": "Ann", "last": last, "kind": "legal", "source": source}
        node.write("person", {"names": {**name, "asserted_on": TODAY}})
    person = apart.merged().row("person")
    assert {name["last"] for name in gathered_structs(person, "names")} == {"Lee", "Leigh"}
    assert not person.asks, "two names are usual, and nobody need decide"
    if source_rank(one) != source_rank(other):
        expected = "Lee, Ann" if source_rank(one) < source_rank(other) else "Leigh, Ann"
        assert display_name(person) == expected


visits = st.sampled_from(("alone", "not_assessed", "in_twos", "never"))


@given(st.booleans(), visits, visits, skews)
def test_of_two_addresses_both_stand_and_the_more_careful_visit_counts(
    is_one_place: bool, here: str, there: str, skew_ms: int
) -> None:
    apart = parted(skew_ms)
    lines = ("1 High Street", "1 HIGH STREET" if is_one_place else "2 Low Road")
    for record, (node, line, visiting) in enumerate(
        zip(apart.nodes, lines, (here, there), strict=True), start=1
    ):
        given_now = {"type": "HOME", "source": "PROBATION", "from_day": "2026-11-01"}
        values = {**given_now, "place": {"line_1": line}, "visiting": visiting}
        node.write("address", values, record)
    rows = apart.merged().rows("address")
    current = current_addresses(rows, day=TODAY)
    assert len(current) == 2
    found = address_findings(rows, PERSON, day=TODAY)
    if is_one_place:
        order = ("alone", "not_assessed", "in_twos", "never")
        careful = max((here, there), key=order.index)
        assert {one.visiting for one in current} == {careful}
    else:
        (told,) = found
        assert (told.code, told.severity) == ("addresses_current", "S3")
        assert told.words.endswith("Ask the person which it is.")


@given(visits, visits, skews)
def test_an_address_is_never_made_safer_by_itself(here: str, there: str, skew_ms: int) -> None:
    apart = Apart(skew_ms=skew_ms)
    home = {"type": "HOME", "source": "PROBATION", "from_day": "2026-11-01"}
    apart.prison.write("address", {**home, "place": {"line_1": "1 High Street"}})
    apart.part()
    for node, visiting in zip(apart.nodes, (here, there), strict=True):
        node.write("address", {"visiting": visiting})
    merged = apart.merged()
    order = ("alone", "not_assessed", "in_twos", "never")
    assert merged.row("address").values["visiting"] == max((here, there), key=order.index)
    if here != there:
        assert merged.severity("address", "visiting") == "S1"
        assert "as the more cautious" in merged.words("address", "visiting")


@given(st.booleans(), st.booleans(), skews)
def test_one_number_on_two_people_is_a_candidate_and_never_a_merge(
    is_held: bool, is_same: bool, skew_ms: int
) -> None:
    apart = parted(skew_ms)
    given_number = {"type": "NOMS", "check": "unchecked", "source": "PRISON"}
    numbers = ("A1234BC", "a1234 bc" if is_same else "A4321CB")
    for record, (node, number) in enumerate(zip(apart.nodes, numbers, strict=True), start=1):
        values = {**given_number, "value": number, "first_seen": TODAY}
        node.write("identifier", values, record)
    shown = apart.merged().rows("identifier")
    assert sorted(one.values["value"] for one in shown) == sorted(numbers)
    rows = [
        row("identifier", subjects=(toys.subject(at_),), **one.values)
        for at_, one in enumerate(shown, start=1)
    ]
    held = toys.subject(2)
    found = duplicates(
        rows, is_in_custody=lambda who: is_held and who == held, is_one=lambda *_: False
    )
    assert [one.severity for one in found] == (["S1" if is_held else "S2"] if is_same else [])
    assert all(
        one.words.endswith(
            "is recorded for two people. They may be one person recorded twice, or one number may "
            "be wrong."
        )
        for one in found
    )


@given(st.integers(0, 3), st.booleans(), skews)
def test_what_is_written_while_records_are_linked_stays_with_its_record(
    changes: int, is_undone: bool, skew_ms: int
) -> None:
    """A merge moves nothing, so what was written meanwhile survives, and so does its undoing."""
    apart = parted(skew_ms)
    apart.probation.write("person_link", {"claim": "same_as"})
    for number in range(changes):
        name = {"first": "Ann", "last": f"Lee{number}", "kind": "alias", "source": "SELF"}
        apart.prison.write("person", {"names": {**name, "asserted_on": TODAY}})
    if is_undone:
        apart.probation.write("person_link", {"status": "closed"})
    merged = apart.merged()
    groups = groups_of(merged.rows("person_link"))
    assert (PERSON in groups) is not is_undone
    names = [one for person in merged.rows("person") for one in gathered_structs(person, "names")]
    assert len(names) == changes
    assert all(person.key.subjects == (PERSON,) for person in merged.rows("person"))


@given(st.booleans(), skews)
def test_a_link_and_its_denial_show_the_two_apart(is_first: bool, skew_ms: int) -> None:
    apart = parted(skew_ms)
    claims = ("same_as", "not_same") if is_first else ("not_same", "same_as")
    for node, claim in zip(apart.nodes, claims, strict=True):
        node.write("person_link", {"claim": claim})
    merged = apart.merged()
    group = groups_of(merged.rows("person_link"))[PERSON]
    assert group.is_contradicted
    assert group.finding is not None
    assert group.finding.severity == "S1"
    assert "They are shown apart until the centre settles it." in group.finding.words
    assert merged.severity("person_link", "claim") == "S1"
    assert "not knowing that" in merged.words("person_link", "claim")


@given(st.booleans(), st.booleans(), st.booleans(), skews)
def test_tasks_of_one_cause_are_one_and_a_done_one_stays_where_the_other_was_not_seen(
    is_one_cause: bool, is_one_record: bool, is_done: bool, skew_ms: int
) -> None:
    apart = parted(skew_ms)
    causes = ("visit:1", "visit:1" if is_one_cause else "visit:2")
    for record, (node, cause) in enumerate(zip(apart.nodes, causes, strict=True), start=1):
        values = {"title": "Visit", "due_on": f"2026-12-0{record}", "cause": cause}
        node.write("task", values, 1 if is_one_cause and is_one_record else record)
    if is_done:
        apart.prison.write("task", {"status": "closed"})
    merged = apart.merged()
    rows = merged.rows("task")
    tasks = tasks_of(rows)
    assert len(tasks) == (1 if is_one_cause else 2)
    open_causes = {task.cause for task in tasks if task.is_open}
    assert causes[1] in open_causes, "the other office's task was not seen by whoever was done"
    due = due_of_spine({"task": rows}, TODAY, at(0))
    assert len(due) == len(open_causes)
    if is_one_cause and is_one_record:
        assert rows[0].asks["due_on"] == "two_values"
        assert merged.severity("task", "due_on") == "S2"
        assert "the day it is due as " in merged.words("task", "due_on")
    else:
        assert tasks[0].due_on == "2026-12-01"


@given(st.booleans(), skews)
def test_the_same_bytes_are_one_document_and_one_photograph(is_same: bool, skew_ms: int) -> None:
    apart = parted(skew_ms)
    hashes = ("aa" * 32, ("aa" if is_same else "bb") * 32)
    for record, (node, sha256) in enumerate(zip(apart.nodes, hashes, strict=True), start=1):
        paper = {"type": "WARRANT", "title": "Warrant", "size_bytes": 9, "dated": TODAY}
        values = {**paper, "sha256": sha256, "media_type": "application/pdf"}
        node.write("document", values, record)
        photo = {"sha256": sha256, "taken_on": TODAY, "source": "PRISON"}
        node.write("person", {"photo": photo})
    merged = apart.merged()
    filed = documents_of(merged.rows("document"))
    assert {one.sha256 for one in filed} == set(hashes)
    assert len(filed) == len(photographs_of(merged.row("person"))) == (1 if is_same else 2)
    assert {record for one in filed for record in one.records} == {
        toys.record(1),
        toys.record(2),
    }
