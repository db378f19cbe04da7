"""Who may do what: the whole tables, cell by cell."""

from typing import get_args

import pytest

from casework.access.actions import (
    ALLOWED,
    READABLE,
    Action,
    NotAllowed,
    Reach,
    check_action,
    check_writers,
    classes_for,
    may,
    readable_fields,
)
from casework.access.caller import ROLES, Caller, PlaceKind, Role
from casework.records import REGISTRY
from sync_protocol.ids import ActorId

CONTENT = {"read", "search", "write", "settle", "see_boards", "break_glass"}


def _caller(role: Role) -> Caller:
    return Caller(ActorId(bytes(16)), "Somebody", role, "t")


def test_every_role_has_a_line_and_every_action_somebody() -> None:
    assert set(ALLOWED) == set(ROLES) == set(get_args(Role))
    assert set().union(*ALLOWED.values()) == set(get_args(Action))


@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_does_not_name_is_refused(role: Role) -> None:
    for action in get_args(Action):
        if action in ALLOWED[role]:
            check_action(_caller(role), action)
            assert may(_caller(role), action)
            continue
        assert not may(_caller(role), action)
        with pytest.raises(NotAllowed):
            check_action(_caller(role), action)


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_who_runs_accounts_or_looks_at_who_saw_whom_reads_no_record(role: Role) -> None:
    assert not CONTENT & ALLOWED[role]
    for place_kind in get_args(PlaceKind):
        for reach in get_args(Reach):
            assert not classes_for(_caller(role), place_kind, reach)


@pytest.mark.parametrize("role", ROLES)
def test_every_serialisable_field_is_shown_to_the_classes_of_the_table_and_to_nobody_else(
    role: Role,
) -> None:
    """S23: of each kind exactly the fields whose class the table names for role, place, reach."""
    for place_kind in get_args(PlaceKind):
        for reach in get_args(Reach):
            classes = READABLE.get((role, place_kind, reach), frozenset())
            for declared in REGISTRY.kinds.values():
                allowed = {n for n, spec in declared.fields.items() if spec.rule.cls in classes}
                if not allowed:
                    with pytest.raises(NotAllowed):
                        readable_fields(declared, _caller(role), place_kind, reach)
                    continue
                shown = readable_fields(declared, _caller(role), place_kind, reach)
                assert shown == allowed


def test_outside_a_caseload_nobody_is_shown_a_field() -> None:
    assert not [cell for cell in READABLE if cell[2] == "outside"]


def test_a_restriction_is_read_at_the_centre_alone() -> None:
    """S24: its text says who is after whom."""
    of_restrictions = {cell for cell, classes in READABLE.items() if "P3" in classes}
    assert of_restrictions == {("staff", "centre", "own"), ("senior", "centre", "own")}
    assert readable_fields(REGISTRY.kinds["restriction"], _caller("staff"), "centre")
    with pytest.raises(NotAllowed):
        readable_fields(REGISTRY.kinds["restriction"], _caller("staff"), "prison")


def test_a_victim_is_told_of_to_who_keeps_them_informed_alone_and_in_no_prison() -> None:
    """S25: nor to whoever broke glass."""
    of_victims = {cell for cell, classes in READABLE.items() if "P4" in classes}
    assert of_victims == {
        ("victim_liaison", "probation", "own"),
        ("victim_liaison", "centre", "own"),
    }


def test_whoever_opens_somebody_with_a_reason_is_shown_no_more_than_their_own_people() -> None:
    """S27: breaking glass widens whom, never what."""
    for (role, place_kind, reach), classes in READABLE.items():
        if reach == "opened":
            assert classes <= READABLE[role, place_kind, "own"]
            assert may(_caller(role), "break_glass")


@pytest.mark.parametrize("kind", sorted(REGISTRY.kinds))
def test_a_field_is_written_where_its_declaration_says(kind: str) -> None:
    for name, spec in REGISTRY.kinds[kind].fields.items():
        for place_kind in get_args(PlaceKind):
            if place_kind in spec.rule.writers:
                check_writers(REGISTRY.kinds[kind], [name], place_kind)
                continue
            with pytest.raises(NotAllowed, match=name):
                check_writers(REGISTRY.kinds[kind], [name], place_kind)
