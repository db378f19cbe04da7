"""Who may do what: the tables of roles and actions, and of who is shown which class of field.

Deny is the default: what a table does not name is refused. What a caller is shown of somebody
depends on the role, on the sort of place, and on how the caller comes to that person: of their own
caseload, opened with a reason, or outside of it. Administrators run the accounts of a node, and
auditors see who looked at whom; neither reads the record, which is the work of the others.
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
    "break_glass",
    "review_openings",
    "read_audit",
    "export",
    "see_boards",
    "see_due",
    "see_estate",
    "decide_leaves",
    "judge_quarantine",
    "open_account",
    "close_account",
    "set_password",
    "unlock_account",
    "name_terminal",
    "appoint",
    "run_nodes",
]

Reach = Literal["own", "opened", "outside"]
"""How a caller comes to a person: of their caseload, opened with a reason, or neither."""

_WITH_PEOPLE: Final[frozenset[Action]] = frozenset({"search", "read", "write", "see_due"})
_CASEWORK: Final[frozenset[Action]] = _WITH_PEOPLE | {
    *("settle", "break_glass", "export"),
    *("see_boards", "see_estate"),
}

ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    "staff": _CASEWORK,
    "senior": _CASEWORK | {"review_openings", "judge_quarantine", "unlock_account"},
    # A provider works with those referred to it: how many others are here is none of its business.
    "provider": _WITH_PEOPLE,
    "victim_liaison": _CASEWORK,
    "auditor": frozenset({"review_openings", "read_audit", "see_estate"}),
    "administrator": frozenset(
        {
            "see_estate",
            "decide_leaves",
            "open_account",
            "close_account",
            "set_password",
            "unlock_account",
            "name_terminal",
            "appoint",
            "run_nodes",
        }
    ),
}

OFFICERS: Final[frozenset[Role]] = frozenset({"staff", "senior"})
"""Whose work it is to be responsible for somebody."""

_OF_A_PERSON: Final[frozenset[Class]] = frozenset({"P1", "P2"})
_AT_THE_CENTRE: Final[frozenset[Class]] = _OF_A_PERSON | {"P3"}
_OF_A_VICTIM: Final[frozenset[Class]] = _OF_A_PERSON | {"P4"}

READABLE: Final[Mapping[tuple[Role, PlaceKind, Reach], frozenset[Class]]] = {
    ("staff", "prison", "own"): _OF_A_PERSON,
    ("staff", "prison", "opened"): _OF_A_PERSON,
    ("staff", "probation", "own"): _OF_A_PERSON,
    ("staff", "probation", "opened"): _OF_A_PERSON,
    ("staff", "centre", "own"): _AT_THE_CENTRE,
    ("senior", "prison", "own"): _OF_A_PERSON,
    ("senior", "prison", "opened"): _OF_A_PERSON,
    ("senior", "probation", "own"): _OF_A_PERSON,
    ("senior", "probation", "opened"): _OF_A_PERSON,
    ("senior", "centre", "own"): _AT_THE_CENTRE,
    ("provider", "prison", "own"): _OF_A_PERSON,
    ("provider", "probation", "own"): _OF_A_PERSON,
    # A victim is told of nowhere in a prison, and never by breaking glass.
    ("victim_liaison", "prison", "own"): _OF_A_PERSON,
    ("victim_liaison", "prison", "opened"): _OF_A_PERSON,
    ("victim_liaison", "probation", "own"): _OF_A_VICTIM,
    ("victim_liaison", "probation", "opened"): _OF_A_PERSON,
    ("victim_liaison", "centre", "own"): _OF_A_VICTIM,
}
"""Which classes of field are shown to whom: what is not named is shown to nobody.

A restriction's own text is for the centre, what concerns a victim for who keeps them informed.
"""


class NotAllowed(Refused):
    """Your role or this place may not do this."""

    code = "not_allowed"
    hint = "Ask a colleague whose work it is; the estate's administrator can change roles."


def may(caller: Caller, action: Action) -> bool:
    """Whether the caller's role may do this."""
    return action in ALLOWED[caller.role]


def check_action(caller: Caller, action: Action) -> None:
    """Raise NotAllowed unless the caller's role may do this."""
    if not may(caller, action):
        raise NotAllowed(f"{caller.role}: {action}")


def classes_for(caller: Caller, place_kind: PlaceKind, reach: Reach = "own") -> frozenset[Class]:
    """The classes of field that the caller is shown of a person whom they come to in this way."""
    return READABLE.get((caller.role, place_kind, reach), frozenset())


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


def readable_fields(
    kind: Kind, caller: Caller, place_kind: PlaceKind, reach: Reach = "own"
) -> frozenset[str]:
    """The fields of a kind that the caller may be shown; NotAllowed where there is none."""
    classes = classes_for(caller, place_kind, reach)
    shown = frozenset(name for name, spec in kind.fields.items() if spec.rule.cls in classes)
    if not shown:
        raise NotAllowed(f"{caller.role}: to read {kind.name}")
    return shown
