"""The member of staff on whose behalf something is done."""

from typing import Final, Literal

import msgspec

from sync_protocol.ids import ActorId

Role = Literal["staff", "administrator"]
PlaceKind = Literal["prison", "probation", "centre"]
ROLES: Final[tuple[Role, ...]] = ("staff", "administrator")


class Caller(msgspec.Struct, frozen=True):
    """Who asks, in which role, at which terminal; every desk function is given one."""

    staff: ActorId
    display_name: str
    role: Role
    device: str
    """The terminal, as an op and the audit trail name it."""
