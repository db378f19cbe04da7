"""People kept apart: who shares what they must not."""

import pytest

from casework.rules.apart import broken_non_associations, shared_by_high_risk, shares
from tests import toys
from tests.casefile import row

ONE, OTHER, THIRD = (toys.subject(number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("level", "other", "shared"),
    [
        ("CELL", "LEI-A-1-003", True),
        ("CELL", "LEI-A-1-004", False),
        ("LANDING", "LEI-A-1-004", True),
        ("LANDING", "LEI-A-2-003", False),
        ("WING", "LEI-A-2-009", True),
        ("WING", "LEI-B-1-003", False),
        ("WING", "HLI-A-1-003", False),
        ("YARD", "LEI-A-2-009", True),
    ],
)
def test_two_cells_share_what_their_keys_have_in_common(
    level: str, other: str, shared: bool
) -> None:
    assert shares(level, "LEI-A-1-003", other) == shared


def test_two_who_must_be_kept_apart_and_are_not_are_found() -> None:
    pair = row("non_association", subjects=(ONE, OTHER), restriction="WING", status="open")
    cells = {ONE: "LEI-A-1-003", OTHER: "LEI-A-2-001"}
    found = broken_non_associations([pair], cells)
    assert [(one.code, one.severity, one.subjects) for one in found] == [
        ("not_kept_apart", "S1", (ONE, OTHER))
    ]
    assert not broken_non_associations([pair], {ONE: "LEI-A-1-003"})
    assert not broken_non_associations([pair], cells | {OTHER: "LEI-B-2-001"})


def test_a_closed_non_association_keeps_nobody_apart() -> None:
    pair = row("non_association", subjects=(ONE, OTHER), restriction="CELL", status="closed")
    assert not broken_non_associations([pair], {ONE: "LEI-A-1-003", OTHER: "LEI-A-1-003"})


def test_somebody_of_high_risk_to_a_cell_mate_must_be_alone() -> None:
    cells = {ONE: "LEI-A-1-003", OTHER: "LEI-A-1-003", THIRD: "LEI-A-1-004"}
    found = shared_by_high_risk([ONE, THIRD, toys.subject(9)], cells)
    assert [set(one.subjects) for one in found] == [{ONE, OTHER}]
