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
from tests.casefile import TODAY, Conflict, side
from tests.contacts import content, licence

DIVERGED = {"status": "diverged"}
TWO = {"version": "two_approvals"}


def binding(*rows: AnyRow, recalled_on: str | None = None) -> dict[str, bool]:
    """The bespoke conditions that bind, and whether each is disputed."""
    found = conditions_in_force(rows, day=TODAY, recalled_on=recalled_on)
    return {one.text: one.is_disputed for one in found.conditions if one.sort == "bespoke"}


def told(*rows: AnyRow) -> list[tuple[str, str]]:
    """What must be looked at."""
    found = conditions_in_force(rows, day=TODAY)
    return [(one.code, one.severity) for one in found.findings]


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
        licence(1, "RECALLED", "curfew", asks=DIVERGED),
        licence(2, "VARIATION_APPROVED", "no pubs", varies=toys.record(1)),
        licence(3, "VARIATION_APPROVED", "no cars", varies=toys.record(2)),
    ]
    assert binding(*rows) == {}


def test_a_recall_ends_all_that_had_begun_and_nothing_of_a_later_release() -> None:
    before = licence(1, "ACTIVE", "curfew", starts_on="2026-11-01")
    after = licence(2, "ACTIVE", "no pubs", starts_on="2026-11-20")
    assert binding(before, after, recalled_on="2026-11-10") == {"no pubs": False}


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
