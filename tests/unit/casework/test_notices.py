"""Notices: what is told before all other traffic."""

from typing import Any

import pytest

from casework.rules.custody import custody_state
from casework.rules.notices import FIRST, URGENT, USUAL, notices_for, urgency
from tests import toys
from tests.casefile import alert, at, into, out


def test_grave_findings_and_active_alerts_are_told_gravest_first() -> None:
    moves = (into("LEI", 0), out("LEI", 5, to_place="HLI"))
    told = notices_for(
        toys.subject(1),
        alerts=[alert(1), alert(2, "HA", "H"), alert(3, "XER", status="closed")],
        custody=custody_state(moves, as_of_ms=at(20)),
        as_of_ms=at(20),
    )
    assert [(one.severity, one.code) for one in told] == [
        ("S1", "overdue"),
        ("S1", "HA"),
        ("S2", "XA"),
    ]
    assert {one.subject for one in told} == {toys.subject(1)}


@pytest.mark.parametrize(
    ("kind", "values", "place"),
    [
        ("restriction", {}, FIRST),
        ("risk", {"self_harm": "low"}, URGENT),
        ("movement", {}, URGENT),
        ("alert", {"code": "XER", "type": "X"}, URGENT),
        ("alert", {"code": "XA", "type": "X"}, USUAL),
        ("alert", {"code": "XA", "type": "X", "status": "closed"}, URGENT),
        ("alert", {"active_to": None}, URGENT),
        ("case_note", {}, USUAL),
        ("kind_to_come", {}, USUAL),
    ],
)
def test_restrictions_go_first_then_safety_and_liberty(
    kind: str, values: dict[str, Any], place: int
) -> None:
    assert urgency(kind, values) == place
