"""The synthetic people: sound by every rule of the record, nobody twice, the same for one seed."""

from collections import Counter

import pytest

from casework.records import REGISTRY
from casework.reference import in_use
from casework.reference.reader import codes
from casework.rules.identifiers import identify
from sync_protocol.author import Draft
from sync_protocol.ids import ActorId, derived_id
from throughcare.people import circumstances, made, note_texts

NOW_MS = 1_790_000_000_000
MADE = {
    *("alert", "case_note", "cell", "identifier", "movement", "non_association"),
    *("offender_manager", "person", "risk"),
}


def _office(code: str, kind: str) -> made.Office:
    officers = tuple(
        made.Officer(ActorId(derived_id(code.encode(), bytes([place]))), f"{code} officer {place}")
        for place in range(3)
    )
    return made.Office(code, kind, officers)  # type: ignore[arg-type]


OFFICES = (_office("LEI", "prison"), _office("MDI", "prison"), _office("N55LEE", "probation"))


@pytest.fixture(scope="module")
def people() -> tuple[made.MadePerson, ...]:
    return made.make_people(200, offices=OFFICES, seed=7, now_ms=NOW_MS)


def _drafts(people: tuple[made.MadePerson, ...], kind: str) -> list[Draft]:
    return [
        draft for one in people for act in one.acts for draft in act.drafts if draft.kind == kind
    ]


def test_every_value_fits_its_field(people: tuple[made.MadePerson, ...]) -> None:
    for one in people:
        seen: set[tuple[str, bytes]] = set()
        for act in one.acts:
            for draft in act.drafts:
                is_new = (draft.kind, draft.record) not in seen
                REGISTRY.check_values(draft.kind, draft.values, is_new=is_new)
                seen.add((draft.kind, draft.record))


def test_every_kind_of_the_first_screen_occurs(people: tuple[made.MadePerson, ...]) -> None:
    written = {draft.kind for one in people for act in one.acts for draft in act.drafts}
    pairs = made.make_pairs(people, seed=7, now_ms=NOW_MS)
    written |= {draft.kind for pair in pairs for draft in pair.act.drafts}
    assert written == MADE <= set(REGISTRY.kinds)


def test_pairs_fit_their_fields(people: tuple[made.MadePerson, ...]) -> None:
    pairs = made.make_pairs(people, seed=7, now_ms=NOW_MS)
    assert pairs
    for pair in pairs:
        for draft in pair.act.drafts:
            REGISTRY.check_values(draft.kind, draft.values, is_new=True)
            assert len(draft.subjects) == 2


def test_one_seed_gives_the_same_people(people: tuple[made.MadePerson, ...]) -> None:
    assert made.make_people(200, offices=OFFICES, seed=7, now_ms=NOW_MS) == people
    assert made.make_people(200, offices=OFFICES, seed=8, now_ms=NOW_MS) != people


def test_nobody_shares_an_id_or_a_number(people: tuple[made.MadePerson, ...]) -> None:
    ids = Counter(one.id for one in people)
    values = Counter(draft.values["value"] for draft in _drafts(people, "identifier"))
    assert max(ids.values()) == 1
    assert max(values.values()) == 1


def test_every_office_has_people(people: tuple[made.MadePerson, ...]) -> None:
    at = Counter(one.office for one in people)
    assert set(at) == {"LEI", "MDI", "N55LEE"}
    assert any(one.unit == "N55LEE" and one.office == "LEI" for one in people)


def test_codes_are_those_that_staff_may_enter(people: tuple[made.MadePerson, ...]) -> None:
    for draft in _drafts(people, "case_note"):
        in_use.check_case_note_subtype(draft.values["type"], draft.values["subtype"])
    for draft in _drafts(people, "alert"):
        assert draft.values["code"] in in_use.alert_codes(draft.values["type"])
    for draft in _drafts(people, "movement"):
        assert f"{draft.values['type']}/{draft.values['reason']}" in in_use.movement_reasons()
        assert (draft.values["escort"] or "PECS") in in_use.escort_types()
        assert (draft.values["from_place"] or "LEI") in in_use.prisons()
    for draft in _drafts(people, "identifier"):
        assert draft.values["type"] in in_use.identifier_types()
        assert draft.values["source"] in in_use.assertion_sources()
    for draft in _drafts(people, "person"):
        if "ethnicity" in draft.values:
            assert draft.values["ethnicity"]["value"] in codes("ethnicity_codes")
            assert draft.values["languages"]["value"] in codes("languages")
            assert draft.values["sex"]["value"] in codes("nomis_sex_codes")


@pytest.mark.parametrize("topic", note_texts.TOPICS, ids=lambda topic: topic.subtype)
def test_every_topic_may_be_written(topic: note_texts.Topic) -> None:
    in_use.check_case_note_subtype(topic.type, topic.subtype)


@pytest.mark.parametrize("kind", circumstances.ALERT_KINDS, ids=lambda kind: kind.code)
def test_every_alert_may_be_raised(kind: circumstances.AlertKind) -> None:
    assert kind.code in in_use.alert_codes(kind.type)


def test_nothing_is_said_to_have_happened_after_now(people: tuple[made.MadePerson, ...]) -> None:
    moments = [draft.happened_at for one in people for act in one.acts for draft in act.drafts]
    assert max(moments) <= NOW_MS


def test_check_letters_are_right(people: tuple[made.MadePerson, ...]) -> None:
    known = [draft.values for draft in _drafts(people, "identifier")]
    assert {one["type"] for one in known} == {"PNC", "CRO", "NOMS", "CRN"}
    for one in known:
        found = identify(one["type"], one["value"], this_year=2026)
        assert (found.value, found.check) == (one["value"], one["check"])
