"""Who may be out, who is in which cell, who is kept apart and what was struck out, written apart.

Each test is a rule of the table of conflicts, in every order in which it comes together.
"""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.rules.absences import outings_of
from casework.rules.apart import broken_non_associations, shares
from casework.rules.capacity import PEOPLE_MAX, over_capacity
from tests import toys
from tests.casefile import at
from tests.custodies import (
    ABSENCE,
    absence_values,
    clock,
    due_in,
    found_in,
    leave,
    receive,
    release_values,
    rows_of,
)
from tests.two_nodes import OTHER, PERSON, Apart, Merged

pytestmark = pytest.mark.unhurried

ON: Final = "on 22 November 2026"

_quarters = st.integers(1, 48).map(lambda quarter: quarter / 4)
"""Moments of one day, so that several fall together."""

_nodes = st.sampled_from((0, 1))

_cells = st.sampled_from(("LEI-A-1-001", "LEI-A-1-002", "LEI-A-2-001", "LEI-B-1-001"))


@given(_cells, _cells, st.lists(_cells, max_size=3))
def test_the_later_cell_counts_and_what_it_breaks_is_looked_at_again(
    first: str, second: str, others: list[str]
) -> None:
    apart = Apart()
    apart.prison.write("cell", {"location": first}, at_ms=at(1))
    apart.probation.write("cell", {"location": second}, at_ms=at(2))
    shown = apart.merged().row("cell")
    assert (shown.values["location"], dict(shown.asks)) == (second, {})
    cells = {PERSON: second} | {toys.subject(10 + n): cell for n, cell in enumerate(others)}
    found = over_capacity(cells)
    crowded = {cell for cell in cells.values() if list(cells.values()).count(cell) > PEOPLE_MAX}
    assert {one.words.split()[1] for one in found} == crowded
    assert all(one.severity == "S2" for one in found)


_cancelling = st.sampled_from(("all", "outing", None))


@given(_cancelling, _quarters, st.none() | _quarters, st.none() | _quarters)
def test_a_cancelled_absence_keeps_in_and_calls_back_whoever_is_out(
    cancelling: str | None, cancelled: float, left: float | None, away: float | None
) -> None:
    apart = Apart()
    receive(apart.prison, "LEI", 0, "I", 1)
    apart.prison.write("temporary_absence", absence_values(0.5, 12.5), ABSENCE)
    apart.part()
    if left is not None:
        leave(apart.prison, left, ("TAP", "YRDR"), 2)
        if away is not None:
            receive(apart.prison, "LEI", left + away, "R", 3)
    if cancelling == "all":
        change = {"approval": {"from": "APPROVED", "to": "CANCELLED"}}
        apart.probation.write("temporary_absence", change, ABSENCE)
    if cancelling == "outing":
        who = {"number": "1", "reason": "Intelligence.", "cancelled_by": "Gov"}
        called_off = {"cancellation": {**who, "cancelled_at": at(cancelled)}}
        apart.probation.write("temporary_absence", called_off, ABSENCE)
    _check_absence(apart.merged(), cancelling, cancelled, left, away)


def _check_absence(
    merged: Merged,
    cancelling: str | None,
    cancelled: float,
    left: float | None,
    away: float | None,
) -> None:
    rows = rows_of(merged)
    for hours in (12.5, 30.0):
        (outing,) = outings_of(rows["temporary_absence"], rows["movement"], as_of_ms=at(hours))
        found, due = found_in(merged, hours), due_in(merged, hours)
        is_back = left is not None and away is not None and left + away <= hours
        is_out = left is not None and not is_back
        is_late = hours > 12.5
        assert outing.is_out == is_out
        assert ("absence_overdue" in found) == (is_out and is_late)
        is_barred = cancelling is not None and is_out and not is_late
        assert ("absence_not_authorised" in found) == is_barred
        assert ("recall_to_prison" in due) == (is_barred or (is_out and is_late))
        if left is None:
            usual = "EXPIRED" if is_late else "SCHEDULED"
            assert outing.status == (usual if cancelling is None else "CANCELLED")
        elif is_back:
            assert outing.status == "COMPLETED"
        if is_barred:
            _check_words(found["absence_not_authorised"], cancelling, cancelled, left or 0)


def _check_words(found: Any, cancelling: str | None, cancelled: float, left: float) -> None:
    assert found.severity == "S1"
    if cancelling == "outing" and cancelled <= left:
        assert found.words == (
            f"Leeds recorded the departure on temporary absence at {clock(left)}, not knowing that "
            f"it was cancelled at {clock(cancelled)}, {ON}. The person must come back."
        )
    else:
        assert found.words == (
            f"Left Leeds on temporary absence at {clock(left)} {ON}, and the absence is not "
            "authorised any more. The person must come back."
        )


_levels = st.sampled_from(("CELL", "LANDING", "WING"))


@given(_levels, _levels, st.booleans(), st.tuples(_cells, _cells), _nodes)
def test_an_open_non_association_outlives_a_close_that_had_not_seen_it(
    first: str, raised: str, is_raised: bool, cells: tuple[str, str], closing: int
) -> None:
    apart = Apart()
    values = {"reason": "VIOLENCE", "restriction": first, "status": "open"}
    apart.prison.write("non_association", values)
    apart.part()
    apart.nodes[closing].write("non_association", {"status": "closed", "comment": "Settled."})
    if is_raised:
        change = {"restriction": raised, "comment": "Threats."}
        apart.nodes[1 - closing].write("non_association", change)
    row, (one, other) = apart.merged().row("non_association"), cells
    assert row.values["status"] == ("open" if is_raised else "closed")
    found = broken_non_associations([row], {PERSON: one, OTHER: other})
    level = raised if is_raised else first
    assert row.values["restriction"] == level
    assert bool(found) == (is_raised and shares(level, one, other))
    if found:
        assert found[0].severity == "S1"
        assert found[0].words.startswith("Two people who must be kept apart share ")


@given(_levels, _levels, _cells, _cells)
def test_the_wider_of_two_restrictions_counts(one: str, other: str, here: str, there: str) -> None:
    apart = Apart()
    for node, level in zip(apart.nodes, (one, other), strict=True):
        values = {"reason": "VIOLENCE", "restriction": level, "status": "open"}
        node.write("non_association", values)
    row = apart.merged().row("non_association")
    found = broken_non_associations([row], {PERSON: here, OTHER: there})
    assert bool(found) == (shares(one, here, there) or shares(other, here, there))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("release", release_values(1)),
        ("seen_in_community", {"occurred_at": at(1), "where": "A", "how": "met", "seen_by": "B"}),
        ("temporary_absence", absence_values(1, 2)),
    ],
)
def test_what_is_struck_out_unseen_by_whoever_added_to_it_stays(
    kind: str, values: dict[str, Any]
) -> None:
    apart = Apart()
    apart.prison.write(kind, values)
    apart.part()
    apart.prison.write(kind, {"status": "closed"})
    note = {"text": "I saw it.", "author": "Sam Field", "written_on": at(2)}
    apart.probation.write(kind, {"notes": note})
    merged = apart.merged()
    assert merged.row(kind).values["status"] == "open"
    assert merged.severity(kind, "status") == "S1"
    told = merged.words(kind, "status")
    assert told.startswith("Leeds closed the ")
    assert ", not knowing that Leeds probation had changed the " in told
    assert told.endswith("It stays open until somebody settles it.")


def test_the_words_for_steps_and_types_that_differ_are_those_of_staff() -> None:
    apart = Apart()
    apart.prison.write("recall", {"stage": {"from": None, "to": "PO_START_RECALL"}})
    apart.prison.write("temporary_absence", absence_values(1, 2))
    apart.part()
    decided = {"from": "ACO_SIGNED", "to": "RECALL_DECIDED"}
    apart.prison.write("recall", {"stage": decided, "type": "FTR_28"})
    refused = {"from": "SPO_SIGNED", "to": "NO_RECALL_DECIDED"}
    apart.probation.write("recall", {"stage": refused, "type": "LR"})
    for node, to in zip(apart.nodes, ("PAUSED", "CANCELLED"), strict=True):
        node.write("temporary_absence", {"approval": {"from": "APPROVED", "to": to}})
    merged = apart.merged()
    assert merged.row("recall").values["stage"] == "RECALL_DECIDED"
    assert "how far the recall has come as recall decided at " in merged.words("recall", "stage")
    assert merged.words("recall", "stage").endswith(
        "A recall outranks no recall until somebody settles it."
    )
    assert merged.row("recall").values["type"] == "LR"
    assert "Fixed-term recall 28 days" in merged.words("recall", "type")
    assert merged.words("recall", "type").endswith(
        "A standard recall counts before any other, and a longer term before a shorter."
    )
    assert merged.row("temporary_absence").values["approval"] == "CANCELLED"
    assert merged.severity("temporary_absence", "approval") == "S1"
    assert "the authorisation as paused at " in merged.words("temporary_absence", "approval")
    assert "recorded cancelled at " in merged.words("temporary_absence", "approval")
