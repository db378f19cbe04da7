"""The same seed gives the same changes; they fit the registry, and their text is not canned."""

import gzip
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from bench.workloads import (
    CHANGES_PER_PERSON,
    NOTES_PER_PERSON,
    QUEUED_CHANGES,
    UNIT,
    Change,
    caseload,
    conflict,
    long_life,
    offline_day,
    one_note,
    parts_of,
    peer_lines,
    taken_over,
)
from casework.records import REGISTRY
from casework.records.declared import coded_in
from casework.reference.in_use import alert_codes, check_case_note_subtype, offered
from casework.reference.reader import check_among
from sync_protocol.author import plain_values

PEOPLE = 4


def written(changes: Sequence[Change]) -> bytes:
    return msgspec.msgpack.encode(list(changes))


@pytest.mark.parametrize("name", ["w1", "w2", "w3", "w4"])
def test_the_same_seed_gives_the_same_changes(name: str) -> None:
    first, again = (b"".join(peer_lines(parts_of(name, PEOPLE))) for _ in range(2))
    assert first == again


def test_another_seed_gives_other_changes() -> None:
    assert written(caseload(1, seed=1)) != written(caseload(1, seed=2))


def test_a_person_is_the_same_in_a_larger_caseload() -> None:
    small, large = caseload(1), caseload(3)
    person = small[0].subject
    assert [change for change in large if change.subject == person] == small


def test_a_caseload_has_its_promised_shape() -> None:
    changes = caseload(PEOPLE)
    assert len(changes) == PEOPLE * CHANGES_PER_PERSON
    per_person = Counter(change.subject for change in changes)
    assert set(per_person.values()) == {CHANGES_PER_PERSON}
    notes = [change.values["text"]["text"] for change in changes if change.kind == "case_note"]
    assert len(notes) == PEOPLE * NOTES_PER_PERSON
    assert all(195 <= len(text) <= 400 for text in notes)


def test_changes_come_in_the_order_in_which_they_happened() -> None:
    changes = caseload(PEOPLE)
    assert changes == sorted(changes, key=lambda change: change.happened_at)


def test_every_change_fits_the_record_it_is_for() -> None:
    apart = conflict(PEOPLE)
    day = offline_day(1)
    opening, notes = one_note(3)
    sequences = (
        caseload(PEOPLE),
        [*opening, *notes],
        [*day.before, *day.queued],
        [*apart.before, *apart.mine],
        [*apart.before, *apart.theirs],
    )
    for changes in sequences:
        known: set[bytes] = set()
        for change in changes:
            is_new = change.record not in known
            REGISTRY.check_values(change.kind, change.values, is_new=is_new)
            assert plain_values(change.values) == change.values
            known.add(change.record)


def test_every_code_is_one_that_staff_may_choose() -> None:
    for change in caseload(PEOPLE):
        if change.kind == "case_note":
            check_case_note_subtype(change.values["type"], change.values["subtype"])
        if change.kind == "alert" and "code" in change.values:
            assert change.values["code"] in alert_codes(change.values["type"])


def test_every_code_is_in_the_list_that_its_field_names() -> None:
    met = set()
    for change in (*caseload(PEOPLE), *long_life(3)):
        fields = REGISTRY.kinds[change.kind].fields
        for name, value in change.values.items():
            for listed, code in coded_in(fields[name].type, value):
                check_among(listed.list, code, offered(listed.list, listed.group))
                met.add(listed.list)
    assert {"assertion_sources", "languages", "nationalities", "religions"} <= met


def test_notes_compress_like_english_and_never_repeat() -> None:
    changes = [change for change in caseload(PEOPLE) if change.kind == "case_note"]
    notes = [change.values["text"]["text"] for change in changes]
    assert len(set(notes)) == len(notes)
    text = "\n".join(notes).encode()
    assert 0.33 < len(gzip.compress(text, 6)) / len(text) < 0.45


def test_an_offline_day_is_about_people_the_centre_knows() -> None:
    day = offline_day(2)
    assert len(day.queued) == QUEUED_CHANGES
    assert {change.subject for change in day.queued} <= {one.subject for one in day.before}
    assert min(one.happened_at for one in day.queued) > max(one.happened_at for one in day.before)


def test_a_conflict_is_two_values_of_one_field_of_one_record() -> None:
    apart = conflict(PEOPLE)
    for mine, theirs in zip(apart.mine, apart.theirs, strict=True):
        assert (mine.subject, mine.record) == (theirs.subject, theirs.record)
        assert mine.values.keys() == theirs.values.keys()
        assert mine.values != theirs.values


def test_somebody_known_for_long_is_one_person() -> None:
    life = long_life(3)
    assert len({change.subject for change in life}) == 1
    singles = [change for change in life if change.kind in ("person", "risk", "offender_manager")]
    assert len({(change.kind, change.record) for change in singles}) == 3
    assert len(life) == 3 * CHANGES_PER_PERSON - 2 + 1


def test_an_office_takes_over_everybody() -> None:
    officers = [change for change in taken_over(3) if change.kind == "offender_manager"]
    assert {change.subject for change in officers} == {change.subject for change in caseload(3)}
    assert {change.values["assignment"]["team"] for change in officers} == {UNIT}
