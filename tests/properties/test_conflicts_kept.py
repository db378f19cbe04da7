"""What is only ever kept when two offices wrote apart: codes of a later list, and who looked.

The rows of the table of conflicts about reference data and the audit. A code that one of the two
does not have is stored and shown as it came; every opening of a record, and every review of one,
is there afterwards.
"""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.reference.reader import codes, describe
from casework.rules.alerts import alerts_in_force
from casework.rules.oversight import awaiting_review, oversight_findings
from tests import toys
from tests.casefile import MORNING_MS, TODAY
from tests.two_nodes import parted

pytestmark = pytest.mark.slow

LATER_CODES: Final = ("HA99", "X_NEW", "Z-1")
skews = st.sampled_from((0, 7_200_000, -7_200_000))
later_codes = st.sampled_from(LATER_CODES)
opener, ash, birch = (toys.actor(number).hex() for number in (1, 2, 3))


@given(skew_ms=skews, code=later_codes, is_same=st.booleans())
def test_a_code_of_a_later_list_is_kept_shown_as_it_came_and_counts_as_grave(
    skew_ms: int, code: str, *, is_same: bool
) -> None:
    assert code not in codes("alert_codes")
    apart = parted(skew_ms)
    begun = {"active_from": "2026-11-01", "description": "Seen today."}
    known = {"code": "HA", "type": "H", **begun}
    apart.prison.write("alert", {"code": code, "type": "NEW", **begun}, 1)
    apart.probation.write("alert", {"code": code, "type": "NEW", **begun} if is_same else known, 2)
    merged = apart.merged()
    shown = {row.values["code"] for row in merged.rows("alert")}
    assert shown == ({code} if is_same else {code, "HA"})
    in_force = {one.code: one for one in alerts_in_force(merged.rows("alert"), day=TODAY)}
    assert in_force.keys() == shown, "an alert that is not understood is an alert"
    assert (in_force[code].description, in_force[code].severity) == (code, "S1")
    assert len(in_force[code].records) == (2 if is_same else 1)
    assert describe("alert_codes", code) == code


@given(skew_ms=skews, openings=st.tuples(st.integers(1, 2), st.integers(1, 2)))
def test_every_opening_of_a_record_is_there_afterwards(
    skew_ms: int, openings: tuple[int, int]
) -> None:
    apart = parted(skew_ms)
    for node, count, first in zip(apart.nodes, openings, (1, 11), strict=True):
        for number in range(count):
            node.write("break_glass", _opening(f"Reason {first + number}."), first + number)
    rows = apart.merged().rows("break_glass")
    assert len(rows) == sum(openings)
    assert len({row.values["reason"] for row in rows}) == sum(openings)
    assert len(awaiting_review(rows)) == sum(openings)


@given(skew_ms=skews, here=st.booleans(), there=st.booleans(), own=st.booleans())
def test_reviews_of_one_opening_are_all_kept_and_the_stricter_is_told(
    skew_ms: int, *, here: bool, there: bool, own: bool
) -> None:
    apart = parted(skew_ms)
    apart.prison.write("break_glass", _opening("Rang from the gate."))
    apart.part()
    apart.prison.write("break_glass", {"reviews": _review(ash, is_justified=here)})
    reviewer = opener if own else birch
    apart.probation.write("break_glass", {"reviews": _review(reviewer, is_justified=there)})
    row = apart.merged().row("break_glass")
    assert {one["staff_id"] for one in row.values["reviews"]} == {ash, reviewer}
    assert awaiting_review([row]) == ()
    is_told = not here or (not there and not own)
    assert [one.code for one in oversight_findings([row])] == ["opened_without_reason"] * is_told


def _opening(reason: str) -> dict[str, Any]:
    staff = {"staff_id": opener, "staff_name": "A. Opener", "team": "LEI"}
    return {"staff": staff, "occurred_at": MORNING_MS, "reason": reason, "minutes": 60}


def _review(staff: str, *, is_justified: bool) -> dict[str, Any]:
    return {
        "is_justified": is_justified,
        "text": "Read the reason.",
        "staff_id": staff,
        "author": "A Reviewer",
        "written_on": MORNING_MS,
    }
