"""The member of staff on whose behalf something is done."""

from typing import Final, Literal

import msgspec

from sync_protocol.ids import ActorId

Role = Literal["staff", "senior", "provider", "victim_liaison", "auditor", "administrator"]
"""Staff of a place; who leads them; who delivers interventions; who keeps victims informed; who
looks at who saw whom; who runs accounts and nodes. What each may do stands in `actions`."""

PlaceKind = Literal["prison", "probation", "centre"]
ROLES: Final[tuple[Role, ...]] = (
    "staff",
    "senior",
    "provider",
    "victim_liaison",
    "auditor",
    "administrator",
)


class Caller(msgspec.Struct, frozen=True):
    """Who asks, in which role, at which terminal; every desk function is given one."""

    staff: ActorId
    display_name: str
    role: Role
    device: str
    """The terminal, as an op and the audit trail name it."""
    session: str = ""
    """A name of the session that tells nothing of its token, for the audit trail."""
