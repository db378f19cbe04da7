"""Whose person somebody is: by the reasons for which this node holds them, and the caller's role.

A person is of a place's caseload where the place holds them for a reason of its own. Whoever is
held only because an intervention of theirs is delivered here is the provider's, and a record that
is held only because it is linked with another goes with that other one.
"""

from typing import Final

from casework.access.caller import Role
from casework.rules.scope import LINKED, PROVIDER
from sync_protocol.scope import Reasons

NOT_OF_ITS_OWN: Final = frozenset({LINKED, PROVIDER})
"""Reasons that make nobody a place's own."""


def is_held_for_others(reasons: Reasons) -> bool:
    """Whether every reason to hold somebody is one that makes them nobody's own here.

    Of whoever was recorded here a moment ago, or is just leaving, no reason is known: somebody
    works with them here, and unsent entries must still be seen to.
    """
    return bool(reasons) and reasons <= NOT_OF_ITS_OWN


def is_own(role: Role, reasons: Reasons) -> bool:
    """Whether somebody held for these reasons is of the caller's caseload."""
    if role == "provider":
        return PROVIDER in reasons
    return not is_held_for_others(reasons)
