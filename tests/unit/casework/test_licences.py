"""Licence conditions in force: the union of all versions that might be, and what is disputed."""

from typing import Any

import pytest

from casework.records.licence import LICENCE_PAIRS, LICENCE_STATES
from casework.reference.reader import codes
from casework.rules.every_version import every_version
from casework.rules.licences import (
    CERTAIN,
    ENDED,
    RECALLED,
    WAITING,
    InForce,
    category_of,
    condition_words,
    conditions_in_force,
)
from casework.rules.rows import Row as AnyRow
from tests import toys
from tests.casefile import TODAY, Conflict, at, row, side
from tests.contacts import content, licence

DIVERGED = {"status": "diverged"}
TWO = {"version": "two_approvals"}


def in_force(rows: tuple[AnyRow, ...], recalled: float | None = None) -> InForce:
    """What binds today, after a recall decided some hours from this morning, if there was one."""
    return conditions_in_force(
        [one for one in rows if one.key.kind == "licence"],
        day=TODAY,
        recalled_ms=None if recalled is None else at(recalled),
        releases=[one for one in rows if one.key.kind == "release"],
    )


def binding(*rows: AnyRow, recalled: float | None = None) -> dict[str, bool]:
    """The bespoke conditions that bind, and whether each is disputed."""
    found = in_force(rows, recalled)
    return {one.text: one.is_disputed for one in found.conditions if one.sort == "bespoke"}


def told(*rows: AnyRow, recalled: float | None = None) -> list[tuple[str, str]]:
    """What must be looked at."""
    return [(one.code, one.severity) for one in in_force(rows, recalled).findings]


def let_go(hours: float, of: int = 1, **values: Any) -> AnyRow:
    """A release on a licence."""
    said: dict[str, Any] = {"licence": toys.record(of).hex(), "occurred_at": at(hours)} | values
    return row("release", 50, **said)


def test_the_machine_knows_every_published_status_and_no_other() -> None:
    assert set(LICENCE_STATES) == set(codes("licence_statuses"))
    assert {*CERTAIN, *ENDED, *WAITING, RECALLED} <= set(LICENCE_STATES)
    reached = {to for _, to in LICENCE_PAIRS}
    assert reached == set(LICENCE_STATES), "every state can be reached"
    assert {one for one, _ in LICENCE_PAIRS} - {None} <= set(LICENCE_STATES)


def test_the_active_licence_binds_undisputed() -> None:
    rows = [licence(1, "ACTIVE", "no pubs")]
    assert binding(*rows) == {"no pubs": False}
    assert not told(*rows)


@pytest.mark.parametrize("status", sorted(CERTAIN))
def test_what_is_approved_binds_from_its_first_day(status: str) -> None:
    assert binding(licence(1, status, "no pubs", starts_on=TODAY)) == {"no pubs": False}
    assert binding(licence(1, status, "no pubs", starts_on="2026-11-23")) == {}


def test_what_is_over_or_a_draft_binds_nobody() -> None:
    assert binding(licence(1, "ACTIVE", "no pubs", ends_on="2026-11-21")) == {}
    assert binding(licence(1, "ACTIVE", "no pubs", ends_on=TODAY)) == {"no pubs": False}
    draft = {"approved": False, "content": content("no pubs")}
    assert binding(licence(1, "SUBMITTED", version=draft)) == {}


@pytest.mark.parametrize("status", sorted(ENDED))
def test_what_has_ended_binds_nobody_unless_that_is_disputed(status: str) -> None:
    assert binding(licence(1, status, "no pubs")) == {}
    disputed = licence(1, status, "no pubs", asks=DIVERGED)
    assert binding(disputed) == {"no pubs": True}
    assert told(disputed) == [("licence_disputed", "S1")]


def test_an_approved_variation_takes_the_place_of_what_it_varied() -> None:
    rows = [
        licence(1, "ACTIVE", "no pubs", "curfew"),
        licence(2, "VARIATION_APPROVED", "no pubs", varies=toys.record(1)),
    ]
    assert binding(*rows) == {"no pubs": False}
    assert not told(*rows)


def test_until_it_begins_a_variation_changes_nothing() -> None:
    rows = [
        licence(1, "ACTIVE", "curfew"),
        licence(2, "VARIATION_APPROVED", varies=toys.record(1), starts_on="2026-12-01"),
    ]
    assert binding(*rows) == {"curfew": False}


def test_a_variation_takes_no_place_of_a_version_it_had_not_seen() -> None:
    rows = [
        licence(1, "ACTIVE", "curfew", number=2),
        licence(2, "ACTIVE", varies=toys.record(1), varies_number=1),
    ]
    assert binding(*rows) == {"curfew": True}
    assert told(*rows) == [("two_licences_in_force", "S1")]


def test_a_disputed_variation_leaves_what_it_varied_in_force() -> None:
    rows = [
        licence(1, "ACTIVE", "curfew"),
        licence(2, "VARIATION_APPROVED", "no pubs", varies=toys.record(1), asks=DIVERGED),
    ]
    assert binding(*rows) == {"curfew": True, "no pubs": True}


def test_of_two_variations_approved_apart_both_bind() -> None:
    rows = [
        licence(1, "ACTIVE", "curfew"),
        licence(2, "ACTIVE", "no pubs", "no knives", varies=toys.record(1)),
        licence(3, "ACTIVE", "no pubs", varies=toys.record(1)),
    ]
    assert binding(*rows) == {"no pubs": False, "no knives": True}
    assert told(*rows) == [("two_licences_in_force", "S1")]


def test_two_variations_that_wait_change_nothing_and_an_approver_must_choose() -> None:
    rows = [
        licence(1, "ACTIVE", "curfew"),
        *(
            licence(n, "VARIATION_SUBMITTED", varies=toys.record(1), version=draft(f"v{n}"))
            for n in (2, 3)
        ),
    ]
    assert binding(*rows) == {"curfew": False}
    assert told(*rows) == [("variations_wait", "S2")]


def draft(*bespoke: str) -> dict[str, Any]:
    return {"approved": False, "content": content(*bespoke)}


def test_a_recall_ends_the_licence_and_every_variation_of_it() -> None:
    rows = [
        licence(1, "RECALLED", "curfew"),
        licence(2, "VARIATION_APPROVED", "no pubs", varies=toys.record(1)),
        licence(3, "VARIATION_APPROVED", "no cars", varies=toys.record(2)),
    ]
    assert binding(*rows) == {}
    assert told(*rows) == []


@pytest.mark.parametrize("why", ["diverged", "illegal"])
def test_a_licence_whose_recall_is_disputed_binds_until_a_recall_is_in_force(why: str) -> None:
    recalled = licence(1, "RECALLED", "curfew", asks={"status": why})
    assert binding(recalled) == {"curfew": True}
    assert told(recalled) == [("licence_disputed", "S1")]
    assert binding(recalled, recalled=-24) == {}
    assert told(recalled, recalled=-24) == []


def test_where_a_recall_is_disputed_so_is_every_variation_of_that_licence() -> None:
    rows = [
        licence(1, "RECALLED", "curfew", asks=DIVERGED),
        licence(2, "VARIATION_APPROVED", "no pubs", varies=toys.record(1)),
        licence(3, "VARIATION_APPROVED", "no cars", varies=toys.record(2)),
    ]
    assert binding(*rows) == {"no cars": True}, "it took the place of the others"
    assert told(*rows) == [("licence_disputed", "S1")]
    assert binding(*rows, recalled=-24) == {}


def test_a_recall_ends_all_that_had_begun_and_nothing_of_a_later_release() -> None:
    before = licence(1, "ACTIVE", "curfew", starts_on="2026-11-01")
    after = licence(2, "ACTIVE", "no pubs", starts_on="2026-11-20")
    assert binding(before, after, recalled=-12 * 24) == {"no pubs": False}
    assert told(before, after, recalled=-12 * 24) == []


def test_a_licence_of_the_day_of_the_recall_binds_unless_it_is_known_to_be_the_earlier() -> None:
    same_day = licence(1, "ACTIVE", "curfew", starts_on=TODAY)
    varied = licence(2, "ACTIVE", "no pubs", varies=toys.record(1), starts_on=TODAY)
    assert binding(same_day, recalled=1) == {"curfew": True}
    assert told(same_day, recalled=1) == [("licence_or_recall_first", "S1")]
    assert binding(same_day, varied, recalled=1) == {"no pubs": True}
    assert told(same_day, varied, recalled=1) == [("licence_or_recall_first", "S1")]


def test_the_release_on_a_licence_tells_whether_the_recall_came_first() -> None:
    same_day = licence(1, "ACTIVE", "curfew", starts_on=TODAY)
    assert binding(same_day, let_go(2), recalled=1) == {"curfew": False}
    assert told(same_day, let_go(2), recalled=1) == []
    assert binding(same_day, let_go(1), recalled=1) == {"curfew": False}, "the recall comes first"
    assert binding(same_day, let_go(0), recalled=1) == {}
    assert told(same_day, let_go(0), recalled=1) == []
    unclear = [("licence_or_recall_first", "S1")]
    assert told(same_day, let_go(0, status="closed"), recalled=1) == unclear
    assert told(same_day, let_go(0, of=7), recalled=1) == unclear, "on another licence"


def test_of_two_versions_of_which_one_began_after_the_recall_both_bind_in_doubt() -> None:
    rows = [
        licence(1, "ACTIVE", "curfew", starts_on="2026-11-01"),
        licence(1, "ACTIVE", "no pubs", starts_on=TODAY, number=2),
    ]
    assert binding(*rows, recalled=-24) == {"curfew": True, "no pubs": True}


def test_what_came_first_is_told_in_words() -> None:
    (found,) = in_force((licence(1, "ACTIVE", starts_on=TODAY),), 1).findings
    assert found.words == (
        "Recall was decided at 08:00 on 22 November 2026, and it is not recorded whether the "
        "person was released before it or after it on version 1 of the licence from 22 November "
        "2026. The conditions are shown, marked as not certain. Record the licence as recalled if "
        "the recall ended it; if not, record the release on it."
    )


@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
@pytest.mark.parametrize("slip", ["01/02/2030", "31/12/2025", "soon"])
def test_a_day_that_cannot_be_read_ends_no_licence(field: str, slip: str) -> None:
    days: dict[str, Any] = {field: slip}
    slipped = licence(1, "ACTIVE", "curfew", **days)
    assert binding(slipped) == {"curfew": False}
    assert told(slipped) == [("licence_day_unread", "S2")]


def test_a_recall_ends_no_licence_silently_whose_first_day_cannot_be_read() -> None:
    slipped = licence(1, "ACTIVE", "curfew", starts_on="01/02/2030")
    assert binding(slipped, recalled=-24) == {"curfew": True}
    assert told(slipped, recalled=-24) == [
        ("licence_or_recall_first", "S1"),
        ("licence_day_unread", "S2"),
    ]


def test_an_approved_version_binds_though_it_is_being_edited() -> None:
    assert binding(licence(1, "IN_PROGRESS", "curfew")) == {"curfew": False}


def test_both_of_two_approved_versions_bind_and_what_differs_is_marked() -> None:
    shown = licence(1, "ACTIVE", "curfew", "no pubs", asks=TWO)
    other = {"approved": True, "content": content("curfew", "no knives", number=2)}
    sides = (side(1, shown.values["version"], 1, 1), side(2, other, 2, 2), side(3, draft(), 3, 1))
    conflict = Conflict(shown.key, "version", "two_approvals", sides)
    rows = every_version({"licence": [shown]}, [conflict])["licence"]
    assert len(rows) == 2
    assert binding(*rows) == {"curfew": False, "no pubs": True, "no knives": True}
    assert told(*rows) == [("licence_disputed", "S1")]


def test_a_version_that_stands_and_is_not_shown_is_told_of() -> None:
    assert told(licence(1, "ACTIVE", asks=TWO)) == [("licence_version_not_shown", "S1")]


def test_conflicts_of_other_fields_add_no_version() -> None:
    shown = licence(1, "ACTIVE", "curfew")
    conflict = Conflict(shown.key, "status", "diverged", (side(1, {"to": "ACTIVE"}, 1, 1),))
    assert every_version({"licence": [shown]}, [conflict]) == {"licence": (shown,)}


def in_full() -> InForce:
    code = next(iter(codes("licence_condition_types")))
    additional = [{"code": code, "text": "Be at home from 19:00."}, "as a newer release wrote it"]
    version = {"approved": True, "content": content("no pubs", additional=additional)}
    return conditions_in_force([licence(1, "ACTIVE", version=version)], day=TODAY)


def test_every_sort_of_condition_is_said_in_words() -> None:
    said = [(one.sort, condition_words(one)) for one in in_full().conditions]
    assert said == [
        ("standard", "Be of good behaviour"),
        ("additional", "Be at home from 19:00."),
        ("additional", "as a newer release wrote it"),
        ("bespoke", "no pubs"),
    ]
    assert category_of(in_full().conditions[1].code) == "Curfew arrangement"
    assert category_of("no such code") == "no such code"


def test_a_licence_of_a_newer_release_is_passed_over_and_breaks_nothing() -> None:
    assert binding(licence(1, "ACTIVE", version="as a newer release wrote it")) == {}
