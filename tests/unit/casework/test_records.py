"""The kinds: what each refuses, and that what two nodes write apart meets."""

from typing import Any

import pytest

from casework.records import KINDS, REGISTRY
from casework.records.files import OPEN_FILE, RESTRICTED_FILE, file_subject, pair_of, pair_record
from sync_protocol.errors import InvalidValue
from sync_protocol.policy import Highest, Latest, Levels
from tests import casefile, toys

ALERT = {"code": "XA", "type": "X", "active_from": "2026-01-05", "status": "open"}


def test_every_kind_says_what_it_is() -> None:
    assert len(REGISTRY.kinds) == len(KINDS) > 0
    assert all(kind.meaning for kind in REGISTRY.kinds.values())


def test_few_kinds_let_a_later_value_win_and_they_say_why() -> None:
    latest = [
        (kind.name, spec.rule.why)
        for kind in REGISTRY.kinds.values()
        for spec in kind.fields.values()
        if isinstance(spec.rule.policy, Latest)
    ]
    assert [name for name, why in latest if why] == ["cell", "key_worker"]


def test_every_level_that_may_be_written_is_ranked() -> None:
    for kind in REGISTRY.kinds.values():
        for spec in kind.fields.values():
            scale = spec.rule.policy.scale if isinstance(spec.rule.policy, Highest) else None
            if isinstance(scale, Levels):
                assert spec.choices == set(scale.names), spec.name


def _ranked(kind: str, field: str) -> str:
    policy = REGISTRY.kinds[kind].fields[field].rule.policy
    assert isinstance(policy, Highest)
    assert isinstance(policy.scale, Levels)
    return " ".join(policy.scale.names)


def test_harm_rises_from_low_to_very_high() -> None:
    fields = [name for name in REGISTRY.kinds["risk"].fields if name.endswith("_custody")]
    assert len(fields) == 5
    for field in [*fields, "self_harm", *(name.replace("custody", "community") for name in fields)]:
        assert _ranked("risk", field) == "low medium high very_high"


def test_the_wider_separation_and_the_higher_category_count() -> None:
    assert _ranked("non_association", "restriction") == "CELL LANDING WING"
    assert _ranked("risk", "csra") == "standard high"
    categories = _ranked("risk", "security_category").replace(" ", "")
    assert "".join(one for one in categories if one in "DCBAXHE") == "DCXBAHE"


def test_a_risk_may_be_opened_by_one_level_alone() -> None:
    REGISTRY.check_values("risk", {"public_community": "high"}, is_new=True)


def test_nobody_may_write_that_a_risk_is_nothing() -> None:
    with pytest.raises(InvalidValue, match="public_community"):
        REGISTRY.check_values("risk", {"public_community": None})


def test_an_alert_needs_no_text_and_takes_one() -> None:
    REGISTRY.check_values("alert", ALERT, is_new=True)
    REGISTRY.check_values("alert", ALERT | {"description": "Set fire to a cell."}, is_new=True)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("alert", {"active_from": "22/11/2026"}),
        ("alert", {"active_to": "2026-13-01"}),
        ("alert", {"code": " "}),
        ("alert", {"status": "ended"}),
        ("alert", {"description": ""}),
        ("movement", {"direction": "UP"}),
        ("movement", {"occurred_at": "2026-11-22T09:00"}),
        ("restriction", {"people": {"staff_id": "M. Okafor"}}),
        ("person", {"names": {"first": "Ann", "kind": "legal"}}),
        ("non_association", {"restriction": "YARD"}),
    ],
)
def test_what_could_not_be_true_is_refused_by_name(kind: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(wrong))):
        REGISTRY.check_values(kind, wrong)


def test_an_assignment_fits_its_field() -> None:
    values = {"assignment": casefile.assignment("M. Okafor")}
    REGISTRY.check_values("offender_manager", values, is_new=True)


def test_the_files_of_a_person_have_different_subjects() -> None:
    person = toys.subject(1)
    restricted = file_subject(person, RESTRICTED_FILE)
    assert file_subject(person, OPEN_FILE) == person != restricted
    assert restricted == file_subject(person, RESTRICTED_FILE)
    assert restricted != file_subject(toys.subject(2), RESTRICTED_FILE)


def test_a_pair_has_one_record_whoever_comes_first() -> None:
    one, other = toys.subject(1), toys.subject(2)
    assert pair_of(one, other) == pair_of(other, one)
    assert pair_record("non_association", one, other) == pair_record("non_association", other, one)
    assert pair_record("person_link", one, other) != pair_record("non_association", one, other)
