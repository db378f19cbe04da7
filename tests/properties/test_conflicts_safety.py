"""What two offices write of one person's safety unseen by each other: shown, how grave, in words.

Each test is a rule of the table of conflicts. Both know the same, each writes apart, and whatever
comes together in whatever order: every node shows the same, and never less caution than before.
"""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.records.registration import MAPPA_LEVELS
from casework.records.risk import CELL_SHARING, LEVELS, SECURITY_CATEGORIES
from casework.records.self_harm_monitoring import FREQUENCIES
from casework.reference.reader import describe
from casework.rules.alerts import alerts_in_force
from casework.rules.monitoring import in_care
from casework.rules.registrations import registers_in_force, registration_findings
from casework.rules.restrictions import refuses
from casework.rules.rosh import rosh, rosh_findings
from casework.rules.severity import value_words
from sync_protocol.policy import Levels
from tests import toys
from tests.casefile import MORNING_MS, TODAY, at
from tests.two_nodes import Apart

pytestmark = pytest.mark.slow

TODAY_MS: Final = at(12)
SKEWS_MS: Final = (0, 7_200_000, -7_200_000)
skews = st.sampled_from(SKEWS_MS)
DAYS: Final = st.sampled_from(("2026-11-25", "2026-12-01", "2027-05-01"))

ALERT: Final = {"code": "HA", "type": "H", "active_from": "2026-01-05", "active_to": None}
GRID: Final = tuple(
    f"{group}_{setting}"
    for group in ("children", "public", "known_adult", "staff", "prisoners")
    for setting in ("custody", "community")
)


def _signed(text: str) -> dict[str, Any]:
    return {"text": text, "author": "A. Ash", "written_on": MORNING_MS}


def _knows(kind: str, values: dict[str, Any], skew_ms: int = 0) -> Apart:
    """Both know of one record."""
    apart = Apart(skew_ms=skew_ms)
    apart.prison.write(kind, values)
    apart.part()
    return apart


@pytest.mark.parametrize("given_as", [("HA", "H", "S1"), ("PL1", "L", "S2")])
@given(skew_ms=skews, texts=st.integers(1, 2), end=st.none() | DAYS)
def test_an_alert_closed_here_and_changed_there_stays_active(
    given_as: tuple[str, str, str], skew_ms: int, texts: int, end: str | None
) -> None:
    code, kind, severity = given_as
    apart = _knows("alert", {**ALERT, "code": code, "type": kind}, skew_ms)
    apart.prison.write("alert", {"status": "closed", "active_to": end, "closed_reason": "Over."})
    for number in range(texts):
        apart.probation.write("alert", {"description": f"Said so again, {number}."})
    merged = apart.merged()
    assert merged.row("alert").asks["status"] == "close_missed_something"
    (shown,) = alerts_in_force(merged.rows("alert"), day="2028-01-01")
    assert (shown.active_to, shown.is_asking, len(shown.texts)) == (None, True, texts)
    assert merged.severity("alert", "status") == severity
    words = merged.words("alert", "status")
    assert words.startswith("Leeds")
    assert "closed the alert at " in words
    assert "changed the alert at " in words
    assert words.endswith("It stays open until somebody settles it.")


def test_who_closed_and_who_changed_an_alert_is_told_plainly() -> None:
    apart = _knows("alert", ALERT)
    apart.prison.write("alert", {"status": "closed"}, at_ms=at(0.5))
    apart.probation.write("alert", {"description": "Said so again."}, at_ms=at(1))
    assert apart.merged().words("alert", "status") == (
        "Leeds probation changed the alert at 08:00, not knowing that Leeds had closed the alert "
        "at 07:30. It stays open until somebody settles it."
    )


@given(skew_ms=skews, starts=st.tuples(DAYS, DAYS), ends=st.tuples(st.none() | DAYS, DAYS))
def test_one_alert_opened_twice_is_one_alert_with_both_texts(
    skew_ms: int, starts: tuple[str, str], ends: tuple[str | None, str]
) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    for number, node in enumerate(apart.nodes):
        days = {"active_from": starts[number], "active_to": ends[number]}
        node.write("alert", {**ALERT, **days, "description": f"Text {number}."}, number)
    rows = apart.merged().rows("alert")
    shown = alerts_in_force(rows, day=max(starts))
    standing = [
        end for start, end in zip(starts, ends, strict=True) if not (end and end <= max(starts))
    ]
    assert len(shown) == bool(standing)
    for one in shown:
        assert one.active_to == (None if None in standing else max(map(str, standing)))
    if len(standing) == 2:
        assert (shown[0].active_from, set(shown[0].texts)) == (min(starts), {"Text 0.", "Text 1."})


@given(skew_ms=skews, ends=st.tuples(st.none() | DAYS, st.none() | DAYS))
def test_the_later_end_of_an_alert_stands_and_none_beats_any(
    skew_ms: int, ends: tuple[str | None, str | None]
) -> None:
    apart = _knows("alert", {**ALERT, "active_to": "2026-11-24"}, skew_ms)
    for node, end in zip(apart.nodes, ends, strict=True):
        node.write("alert", {"active_to": end})
    merged = apart.merged()
    latest = None if None in ends else max(str(end) for end in ends)
    assert merged.row("alert").values["active_to"] == latest
    if ends[0] != ends[1]:
        assert merged.severity("alert", "active_to") == "S1"
        told = merged.words("alert", "active_to")
        assert told.endswith("is shown, as the more cautious, until somebody settles it.")
        assert ("No end is shown" in told) == (latest is None)


@given(skew_ms=skews, is_first=st.booleans())
def test_do_not_share_added_at_one_place_holds_at_both(skew_ms: int, *, is_first: bool) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    sharing, keeping = apart.nodes if is_first else apart.nodes[::-1]
    sharing.write("alert", ALERT, 1)
    keeping.write("alert", {**ALERT, "code": "DOCGM", "type": "D"}, 2)
    shown = alerts_in_force(apart.merged().rows("alert"), day=TODAY)
    assert [(one.code, one.may_be_shared, one.severity) for one in shown] == [
        ("DOCGM", False, "S1"),
        ("HA", True, "S1"),
    ]


_scales: Final[dict[str, Levels]] = {
    **dict.fromkeys((*GRID, "self_harm"), LEVELS),
    "csra": CELL_SHARING,
    "security_category": SECURITY_CATEGORIES,
}


@pytest.mark.parametrize("field", ["public_community", "self_harm", "csra", "security_category"])
@given(skew_ms=skews, chosen=st.tuples(*[st.integers(0, 16)] * 3))
def test_a_risk_raised_here_and_lowered_there_stays_high(
    field: str, skew_ms: int, chosen: tuple[int, ...]
) -> None:
    scale = _scales[field]
    before, here, there = (scale.names[one % len(scale.names)] for one in chosen)
    apart = _knows("risk", {field: before}, skew_ms)
    apart.prison.write("risk", {field: here})
    apart.probation.write("risk", {field: there})
    merged = apart.merged()
    highest = max(here, there, key=scale.rank)
    assert merged.row("risk").values[field] == highest
    assert (field in merged.row("risk").asks) == (here != there)
    if here != there:
        assert merged.severity("risk", field) == "S1"
        told = merged.words("risk", field)
        assert value_words(field, highest).casefold() in told.casefold()
        assert "is shown, as the more cautious, until somebody settles it." in told


def test_a_disputed_risk_is_told_plainly() -> None:
    apart = _knows("risk", {"public_community": "medium"})
    apart.prison.write("risk", {"public_community": "very_high"}, at_ms=at(0.5))
    apart.probation.write("risk", {"public_community": "low"}, at_ms=at(1))
    assert apart.merged().words("risk", "public_community") == (
        "Leeds probation recorded risk to the public in the community as low at 08:00, not "
        "knowing that Leeds had recorded very high at 07:30. Very high is shown, as the more "
        "cautious, until somebody settles it."
    )


@given(skew_ms=skews, levels=st.tuples(*[st.sampled_from(LEVELS.names)] * 2))
def test_a_risk_that_both_were_shown_is_lowered_by_one_act(
    skew_ms: int, levels: tuple[str, str]
) -> None:
    """Caution is no ratchet: whoever saw both sides may lower it."""
    apart = _knows("risk", {"staff_custody": "medium"}, skew_ms)
    for node, level in zip(apart.nodes, levels, strict=True):
        node.write("risk", {"staff_custody": level})
    apart.part()
    apart.probation.write("risk", {"staff_custody": "low"})
    row = apart.merged().row("risk")
    assert (row.values["staff_custody"], dict(row.asks)) == ("low", {})


_cells = st.lists(st.tuples(st.sampled_from(GRID), st.sampled_from(LEVELS.names)), max_size=3)


@given(skew_ms=skews, here=_cells, there=_cells)
def test_the_grid_keeps_the_highest_of_each_cell_and_overall(
    skew_ms: int, here: list[tuple[str, str]], there: list[tuple[str, str]]
) -> None:
    apart = _knows("risk", {"self_harm": "low"}, skew_ms)
    for node, cells in zip(apart.nodes, (here, there), strict=True):
        for cell, level in cells:
            node.write("risk", {cell: level})
    last = [[*dict(cells).items()] for cells in (here, there)]
    row = apart.merged().row("risk")
    known = rosh(row)
    said = [level for cells in last for _, level in cells]
    assert known.overall.level == max(said, key=LEVELS.rank, default=None)
    for cell, _ in [*last[0], *last[1]]:
        levels = [level for cells in last for name, level in cells if name == cell]
        assert row.values[cell] == max(levels, key=LEVELS.rank)
        assert (cell in known.overall.disputed) == (len(set(levels)) > 1)
    disputed = [one for one in rosh_findings(row) if one.code == "rosh_disputed"]
    assert [one.severity for one in disputed] == ["S1"] * bool(known.overall.disputed)


def _review(due_on: str, held_on: str | None = None) -> dict[str, Any]:
    return {"due_on": due_on, "held_on": held_on, "author": "A. Ash", "written_on": MORNING_MS}


MAPPA: Final = {"register": "MAPP", "registered_on": "2026-01-05"}


@given(
    skew_ms=skews,
    levels=st.tuples(*[st.sampled_from(MAPPA_LEVELS.names)] * 2),
    days=st.tuples(DAYS, DAYS),
)
def test_a_registration_reviewed_twice_keeps_the_closer_level_and_the_earlier_day(
    skew_ms: int, levels: tuple[str, str], days: tuple[str, str]
) -> None:
    apart = _knows("registration", {**MAPPA, "mappa_level": "M1"}, skew_ms)
    for node, level, day in zip(apart.nodes, levels, days, strict=True):
        node.write("registration", {"mappa_level": level, "reviews": _review(day, "2026-11-20")})
    merged = apart.merged()
    (known,) = registers_in_force(merged.rows("registration"), TODAY)
    assert known.mappa_level == max(levels, key=MAPPA_LEVELS.rank)
    assert known.next_review == min(days)
    if levels[0] != levels[1]:
        assert merged.severity("registration", "mappa_level") == "S1"
        assert "as the more cautious" in merged.words("registration", "mappa_level")


@given(skew_ms=skews, is_prison=st.booleans())
def test_taken_off_a_register_unseen_the_person_stays_on_it(
    skew_ms: int, *, is_prison: bool
) -> None:
    apart = _knows("registration", {"register": "RCPR", "registered_on": "2026-01-05"}, skew_ms)
    closing, adding = apart.nodes if is_prison else apart.nodes[::-1]
    closing.write("registration", {"status": "closed", "closed_reason": _signed("No concern.")})
    adding.write("registration", {"grounds": _signed("Seen at the school.")})
    merged = apart.merged()
    assert len(registers_in_force(merged.rows("registration"), TODAY)) == 1
    assert merged.severity("registration", "status") == "S1"
    assert merged.words("registration", "status").endswith(
        "It stays open until somebody settles it."
    )
    (found,) = registration_findings(merged.rows("registration"), TODAY)
    assert (found.code, found.severity) == ("registration_contested", "S1")


@given(skew_ms=skews)
def test_registered_at_both_places_is_one_register(skew_ms: int) -> None:
    apart = Apart(skew_ms=skew_ms)
    apart.part()
    for number, node in enumerate(apart.nodes):
        node.write("registration", {**MAPPA, "mappa_level": f"M{number + 1}"}, number)
    (known,) = registers_in_force(apart.merged().rows("registration"), TODAY)
    assert (known.mappa_level, len(known.records)) == ("M2", 2)


@given(skew_ms=skews, level=st.sampled_from(MAPPA_LEVELS.names))
def test_category_3_written_here_and_a_level_there_is_kept_and_said(
    skew_ms: int, level: str
) -> None:
    apart = _knows("registration", MAPPA, skew_ms)
    apart.prison.write("registration", {"mappa_categories": "M3"})
    apart.probation.write("registration", {"mappa_level": level})
    rows = apart.merged().rows("registration")
    (known,) = registers_in_force(rows, TODAY)
    assert (known.mappa_categories, known.mappa_level) == (("M3",), level)
    found = registration_findings(rows, TODAY)
    is_wrong = level not in {"M2", "M3"}
    assert [(one.code, one.severity) for one in found] == [
        ("mappa_category_3_below_level_2", "S2")
    ] * is_wrong
    assert all(one.words.endswith("must be level 2 or 3.") for one in found)


CARE: Final = {"occurred_at": MORNING_MS, "prison": "LEI", "concern": _signed("Cut his arm.")}


def _seen(hours: float) -> dict[str, Any]:
    return {"contact": "OBSERVATION", "seen_at": at(hours), **_signed("Awake, did not answer.")}


@given(skew_ms=skews, count=st.integers(1, 3))
def test_self_harm_monitoring_closed_unseen_goes_on(skew_ms: int, count: int) -> None:
    apart = _knows("self_harm_monitoring", CARE, skew_ms)
    apart.prison.write("self_harm_monitoring", {"status": "closed"})
    for number in range(count):
        apart.probation.write("self_harm_monitoring", {"observations": _seen(number)})
    merged = apart.merged()
    care = in_care(merged.rows("self_harm_monitoring"), TODAY_MS)
    assert care is not None
    assert care.is_asking
    assert len(merged.row("self_harm_monitoring").values["observations"]) == count
    assert merged.severity("self_harm_monitoring", "status") == "S1"
    told = merged.words("self_harm_monitoring", "status")
    assert "the self-harm monitoring" in told
    assert told.endswith("It stays open until somebody settles it.")


@given(
    skew_ms=skews,
    agreed=st.tuples(*[st.sampled_from(FREQUENCIES.names[:-1])] * 2),
    seen=st.tuples(st.integers(0, 8), st.integers(0, 8)),
    days=st.tuples(DAYS, DAYS),
)
def test_whoever_is_in_care_is_looked_after_as_closely_as_either_agreed(
    skew_ms: int, agreed: tuple[str, str], seen: tuple[int, int], days: tuple[str, str]
) -> None:
    apart = _knows("self_harm_monitoring", CARE, skew_ms)
    for number, node in enumerate(apart.nodes):
        node.write(
            "self_harm_monitoring",
            {
                "frequency": agreed[number],
                "observations": _seen(seen[number]),
                "reviews": _review(days[number], "2026-11-20"),
            },
        )
    merged = apart.merged()
    rows = merged.rows("self_harm_monitoring")
    care = in_care(rows, TODAY_MS)
    assert care is not None
    assert care.frequency == max(agreed, key=FREQUENCIES.rank)
    assert care.last_seen_ms == at(max(seen))
    alone = [
        in_care([row], TODAY_MS)
        for node in apart.nodes
        if (row := node.shown("self_harm_monitoring")) is not None
    ]
    # Nobody waits longer than the one who saw the person last would have let them.
    known = [one.next_due_ms for one in alone if one is not None]
    assert care.next_due_ms is not None
    assert care.next_due_ms <= max(moment for moment in known if moment is not None)
    reviews = [step.due_ms for step in care.steps if step.step == "REVIEW"]
    assert len(reviews) == 1
    if agreed[0] != agreed[1]:
        assert merged.severity("self_harm_monitoring", "frequency") == "S1"


RESTRICTION: Final = {"mode": "restricted", "start": "2026-01-01", "end": None}


@given(skew_ms=skews, mode=st.sampled_from(("excluded", "restricted")), is_first=st.booleans())
def test_who_is_put_on_and_taken_off_a_list_apart_is_refused(
    skew_ms: int, mode: str, *, is_first: bool
) -> None:
    apart = _knows("restriction", {**RESTRICTION, "mode": mode}, skew_ms)
    adding, removing = apart.nodes if is_first else apart.nodes[::-1]
    officer = toys.actor(7)
    adding.write("restriction", {"people": {"staff_id": officer.hex(), "is_listed": True}})
    removing.write("restriction", {"people": {"staff_id": officer.hex(), "is_listed": False}})
    (row,) = apart.merged().rows("restriction")
    assert refuses(row, officer, TODAY)


@given(skew_ms=skews)
def test_a_restriction_closed_unseen_still_refuses(skew_ms: int) -> None:
    apart = _knows("restriction", RESTRICTION, skew_ms)
    apart.prison.write("restriction", {"status": "closed"})
    apart.probation.write("restriction", {"reason": "A relative works here."})
    merged = apart.merged()
    assert refuses(merged.rows("restriction")[0], toys.actor(9), TODAY)
    assert merged.severity("restriction", "status") == "S1"
    assert "the restriction" in merged.words("restriction", "status")


def test_a_security_category_is_named_in_full_where_two_differ() -> None:
    apart = _knows("risk", {"security_category": "C"})
    apart.prison.write("risk", {"security_category": "B"}, at_ms=at(0.5))
    apart.probation.write("risk", {"security_category": "D"}, at_ms=at(1))
    told = apart.merged().words("risk", "security_category")
    assert describe("security_category_codes", "B") in told
