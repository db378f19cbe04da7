"""What is refused when somebody writes of the responsible officer, and in whose name it is kept."""

from pathlib import Path
from typing import Any

import pytest

from casework.desk.records import Addition, add, read_all
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import assignment, someone

SAID = {"text": "Known to staff.", "author": "Somebody Else", "written_on": 1}
KEY_WORK: dict[str, Any] = {
    "staff_id": "0a" * 16,
    "staff_name": "Kit Marsh",
    "prison": "LEI",
    "effective_from": "2026-11-01",
    "allocation_reason": "MANUAL",
}
EARLY: dict[str, Any] = {"assessed_on": "2026-11-01", "prison": "LEI", "automatic_reasons": []}


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (
            "offender_manager",
            {"assignment": assignment("ash", "LEI"), "co_working": assignment("ash", "LEI")},
            "co-working names the responsible officer",
        ),
        ("responsibility_override", {"responsibility": "Community"}, "say why the rules"),
        ("complexity", {"level": "HIGH"}, "say why the level"),
        ("key_worker", {"allocation": {**KEY_WORK, "ended_on": "2026-11-20"}}, "needs both"),
        (
            "key_worker",
            {
                "allocation": {
                    **KEY_WORK,
                    "ended_on": "2026-10-01",
                    "deallocation_reason": "TRANSFER",
                }
            },
            "before effective_from",
        ),
        (
            "early_allocation",
            {**EARLY, "discretionary_reasons": ["mappa_level_2"], "explanation": None},
            "explain the discretionary reasons",
        ),
        ("early_allocation", {"community_decision": "eligible"}, "day of the decision"),
        (
            "parole",
            {"review_status": {"from": None, "to": "active"}, "outcome": "release"},
            "day the decision came",
        ),
    ],
)
def test_what_says_too_little_is_refused_with_what_to_do(
    tmp_path: Path, kind: str, values: dict[str, Any], words: str
) -> None:
    office = Office(tmp_path)
    ash = office.hire()
    person = someone(office, ash)
    with pytest.raises(InvalidValue, match=words):
        add(office.desk, ash, person, Addition(kind, values))
    office.store.close()


def test_a_reason_is_kept_in_the_name_of_whoever_wrote_it(tmp_path: Path) -> None:
    office = Office(tmp_path)
    ash = office.hire()
    person = someone(office, ash)
    add(office.desk, ash, person, Addition("complexity", {"level": "HIGH", "reasons": SAID}))
    override = {"responsibility": "Community", "reasons": {**SAID, "code": "other_reason"}}
    add(office.desk, ash, person, Addition("responsibility_override", override))
    for kind in ("complexity", "responsibility_override"):
        (reason,) = _shown(office, ash, person, kind)["reasons"]
        assert (reason["author"], reason["written_on"]) == ("Ash", office.clock.now)
    office.store.close()


def test_what_says_enough_is_kept(tmp_path: Path) -> None:
    office = Office(tmp_path)
    ash = office.hire()
    person = someone(office, ash)
    add(office.desk, ash, person, Addition("key_worker", {"allocation": KEY_WORK}))
    assert _shown(office, ash, person, "key_worker")["allocation"]["staff_name"] == "Kit Marsh"
    early = {**EARLY, "discretionary_reasons": [], "explanation": None}
    add(office.desk, ash, person, Addition("early_allocation", early))
    assert _shown(office, ash, person, "early_allocation")["status"] == "open"
    add(office.desk, ash, person, Addition("handover", {"contacted_com": "open"}))
    assert _shown(office, ash, person, "handover")["contacted_com"] == "open"
    office.store.close()


def _shown(office: Office, caller: Any, person: SubjectId, kind: str) -> dict[str, Any]:
    (record,) = read_all(office.desk, caller, person, kind)
    return dict(record.values)
