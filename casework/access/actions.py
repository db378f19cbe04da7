"""Who may do what: the table of roles and actions, and who may write which field.

Deny is the default: what the table does not name is refused. Administrators run the accounts of a
node and see how it does; they do not read the record, which is the work of staff.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from casework.access.caller import Caller, PlaceKind, Role
from sync_protocol.errors import Refused
from sync_protocol.policy import Class
from sync_protocol.schema import Kind

Action = Literal[
    "search",
    "read",
    "write",
    "settle",
    "see_boards",
    "see_estate",
    "decide_leaves",
    "open_account",
    "close_account",
    "set_password",
]

ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    "staff": frozenset({"search", "read", "write", "settle", "see_boards", "see_estate"}),
    "administrator": frozenset(
        {"see_estate", "decide_leaves", "open_account", "close_account", "set_password"}
    ),
}

READABLE: Final[Mapping[tuple[Role, PlaceKind], frozenset[Class]]] = {
    ("staff", "prison"): frozenset({"P1", "P2"}),
    ("staff", "probation"): frozenset({"P1", "P2"}),
    ("staff", "centre"): frozenset({"P1", "P2", "P3"}),
    ("administrator", "prison"): frozenset(),
    ("administrator", "probation"): frozenset(),
    ("administrator", "centre"): frozenset(),
}
"""Which classes of field are shown to whom; a restriction's own text is for the centre."""


class NotAllowed(Refused):
    """Your role or this place may not do this."""

    code = "not_allowed"
    hint = "Ask a colleague whose work it is; the estate's administrator can change roles."


def check_action(caller: Caller, action: Action) -> None:
    """Raise NotAllowed unless the caller's role may do this."""
    if action not in ALLOWED[caller.role]:
        raise NotAllowed(f"{caller.role}: {action}")


def check_writers(kind: Kind, fields: Iterable[str], place_kind: PlaceKind) -> None:
    """Raise NotAllowed naming the fields that staff of such a place may not write."""
    refused = sorted(
        field
        for field in fields
        if field in kind.fields and place_kind not in kind.fields[field].rule.writers
    )
    if refused:
        names = ", ".join(refused)
        raise NotAllowed(f"{kind.name}: {names} cannot be written at a place of kind {place_kind}")


def readable_fields(kind: Kind, caller: Caller, place_kind: PlaceKind) -> frozenset[str]:
    """The fields of a kind that the caller may be shown; NotAllowed where there is none."""
    classes = READABLE[caller.role, place_kind]
    shown = frozenset(name for name, spec in kind.fields.items() if spec.rule.cls in classes)
    if not shown:
        raise NotAllowed(f"{caller.role}: to read {kind.name}")
    return shown
