"""Who may do what: the whole table, cell by cell."""

from typing import get_args

import pytest

from casework.access.actions import (
    ALLOWED,
    READABLE,
    Action,
    NotAllowed,
    check_action,
    check_writers,
    readable_fields,
)
from casework.access.caller import ROLES, Caller, PlaceKind
from casework.records import REGISTRY
from sync_protocol.ids import ActorId

STAFF = Caller(ActorId(bytes(16)), "Somebody", "staff", "t")
ADMINISTRATOR = Caller(ActorId(bytes(16)), "Somebody", "administrator", "t")


def test_every_role_has_a_line_and_every_action_somebody() -> None:
    assert set(ALLOWED) == set(ROLES)
    assert set().union(*ALLOWED.values()) == set(get_args(Action))


@pytest.mark.parametrize("action", sorted(get_args(Action)))
@pytest.mark.parametrize("caller", [STAFF, ADMINISTRATOR], ids=["staff", "administrator"])
def test_what_the_table_does_not_name_is_refused(caller: Caller, action: Action) -> None:
    if action in ALLOWED[caller.role]:
        check_action(caller, action)
        return
    with pytest.raises(NotAllowed):
        check_action(caller, action)


def test_administrators_do_not_read_the_record() -> None:
    assert not {"read", "search", "write", "settle", "see_boards"} & ALLOWED["administrator"]


@pytest.mark.parametrize("place_kind", get_args(PlaceKind))
@pytest.mark.parametrize("kind", sorted(REGISTRY.kinds))
def test_readers_are_shown_the_classes_of_their_place_and_no_other(
    kind: str, place_kind: PlaceKind
) -> None:
    declared = REGISTRY.kinds[kind]
    classes = READABLE["staff", place_kind]
    allowed = {name for name, spec in declared.fields.items() if spec.rule.cls in classes}
    if not allowed:
        with pytest.raises(NotAllowed):
            readable_fields(declared, STAFF, place_kind)
        return
    assert readable_fields(declared, STAFF, place_kind) == allowed


def test_a_restriction_is_read_at_the_centre_alone() -> None:
    assert readable_fields(REGISTRY.kinds["restriction"], STAFF, "centre")
    with pytest.raises(NotAllowed):
        readable_fields(REGISTRY.kinds["restriction"], STAFF, "prison")


@pytest.mark.parametrize("kind", sorted(REGISTRY.kinds))
def test_a_field_is_written_where_its_declaration_says(kind: str) -> None:
    for name, spec in REGISTRY.kinds[kind].fields.items():
        for place_kind in get_args(PlaceKind):
            if place_kind in spec.rule.writers:
                check_writers(REGISTRY.kinds[kind], [name], place_kind)
                continue
            with pytest.raises(NotAllowed, match=name):
                check_writers(REGISTRY.kinds[kind], [name], place_kind)
