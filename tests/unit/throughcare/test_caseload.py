"""The people of a demonstration: sound by every rule of the record, nobody twice, as of now."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import pytest

from casework.records import REGISTRY
from casework.reference import in_use
from casework.reference.reader import codes
from casework.rules.identifiers import identify
from casework.rules.rows import DAY_MS
from sync_protocol.ids import ActorId, SubjectId, derived_id
from throughcare.people import circumstances, note_texts
from throughcare.people.caseload import Caseload, make_caseload
from throughcare.people.offices import Office, OfficeKind, Officer
from throughcare.people.pen import WrittenAct

NOW_MS: Final = 1_790_000_000_000
PEOPLE: Final = 40
UNSEEN: Final = {
    ("alert", "active_to"),
    ("risk", "public_community"),
    ("offender_manager", "assignment"),
}


def _office(code: str, kind: OfficeKind) -> Office:
    officers = tuple(
        Officer(ActorId(derived_id(code.encode(), bytes([place]))), f"{code} officer {place}")
        for place in range(4)
    )
    return Office(code, kind, officers)


OFFICES: Final = (
    _office("CENTRE", "centre"),
    _office("LEI", "prison"),
    _office("MDI", "prison"),
    _office("N55LEE", "probation"),
)


@pytest.fixture(scope="module")
def made() -> Caseload:
    return make_caseload(PEOPLE, offices=OFFICES, seed=7, now_ms=NOW_MS)


def _values(acts: Iterable[WrittenAct], kind: str) -> list[dict[str, Any]]:
    return [draft.values for act in acts for draft in act.drafts if draft.kind == kind]


def test_every_value_fits_its_field(made: Caseload) -> None:
    seen: set[tuple[str, bytes]] = set()
    for act in (*made.acts, *made.unseen):
        for draft in act.drafts:
            is_new = (draft.kind, draft.record) not in seen
            REGISTRY.check_values(draft.kind, draft.values, is_new=is_new)
            seen.add((draft.kind, draft.record))


def test_the_same_arguments_give_the_same_people(made: Caseload) -> None:
    assert make_caseload(PEOPLE, offices=OFFICES, seed=7, now_ms=NOW_MS) == made
    assert make_caseload(PEOPLE, offices=OFFICES, seed=8, now_ms=NOW_MS) != made


def test_all_was_written_in_order_until_now_and_lately_too(made: Caseload) -> None:
    moments = [act.at_ms for act in made.acts]
    assert moments == sorted(moments)
    assert NOW_MS - DAY_MS < moments[-1] < NOW_MS
    assert all(NOW_MS - DAY_MS < act.at_ms < NOW_MS for act in made.unseen)


def test_every_office_writes_and_somebody_is_on_the_way(made: Caseload) -> None:
    assert {act.office for act in made.acts} >= {"LEI", "MDI", "N55LEE"}
    last: dict[SubjectId, dict[str, Any]] = {}
    for act in made.acts:
        for draft in act.drafts:
            if draft.kind == "movement":
                last[draft.subjects[0]] = draft.values
    on_the_way = [one for one in last.values() if one["type"] == "TRN"]
    assert [(one["from_place"], one["to_place"]) for one in on_the_way] == [("MDI", "LEI")]


def test_two_offices_disagree_on_three_people_unseen_by_each_other(made: Caseload) -> None:
    by_person: dict[SubjectId, set[tuple[str, str]]] = {}
    for act in made.unseen:
        (draft,) = act.drafts
        by_person.setdefault(draft.subjects[0], set()).add((act.office, draft.kind))
    assert sorted(len(one) for one in by_person.values()) == [2, 2, 2]
    assert all("N55LEE" in {office for office, _ in one} for one in by_person.values())
    fields = {
        (draft.kind, name) for act in made.unseen for draft in act.drafts for name in draft.values
    }
    assert fields >= UNSEEN


def test_somebody_in_prison_has_the_police_number_of_somebody_outside(made: Caseload) -> None:
    numbers = Counter(
        one["value"] for one in _values(made.acts, "identifier") if one["type"] == "PNC"
    )
    assert sorted(numbers.values())[-2:] == [1, 2]


def test_appointments_lie_ahead(made: Caseload) -> None:
    ahead = [
        one["slot"]["starts_at"] - NOW_MS
        for one in _values(made.acts, "appointment")
        if "slot" in one and one["slot"]["starts_at"] > NOW_MS
    ]
    assert ahead
    assert max(ahead) < 14 * DAY_MS


def test_no_other_number_is_used_twice(made: Caseload) -> None:
    known = _values(made.acts, "identifier")
    values = Counter(one["value"] for one in known if one["type"] != "PNC")
    assert max(values.values()) == 1
    assert {one["type"] for one in known} == {"PNC", "CRO", "NOMS", "CRN"}
    for one in known:
        found = identify(one["type"], one["value"], this_year=2026)
        assert (found.value, found.check) == (one["value"], one["check"])


def test_codes_are_those_that_staff_may_enter(made: Caseload) -> None:
    for one in _values(made.acts, "case_note"):
        in_use.check_case_note_subtype(one["type"], one["subtype"])
    for one in _values(made.acts, "movement"):
        assert f"{one['type']}/{one['reason']}" in in_use.movement_reasons()
    for one in _values(made.acts, "person"):
        if "ethnicity" in one:
            assert one["ethnicity"]["value"] in codes("ethnicity_codes")
            assert one["languages"]["value"] in codes("languages")
            assert one["sex"]["value"] in codes("nomis_sex_codes")


def test_nobody_makes_nothing() -> None:
    made = make_caseload(0, offices=OFFICES, seed=7, now_ms=NOW_MS)
    assert made == Caseload((), ())


@pytest.mark.parametrize("topic", note_texts.TOPICS, ids=lambda topic: topic.subtype)
def test_every_topic_may_be_written(topic: note_texts.Topic) -> None:
    in_use.check_case_note_subtype(topic.type, topic.subtype)


@pytest.mark.parametrize("kind", circumstances.ALERT_KINDS, ids=lambda kind: kind.code)
def test_every_alert_may_be_raised(kind: circumstances.AlertKind) -> None:
    assert kind.code in in_use.alert_codes(kind.type)
