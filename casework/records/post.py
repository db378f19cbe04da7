"""Who works at a place, in which role, as the centre says: what an office lets staff in by."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from casework.records.shared_rules import asked, closed
from casework.records.values import Code, Day, Line, Moment, OpenOrClosed, Sha256, StaffId, Told
from casework.records.writers import CENTRE
from sync_protocol.policy import AskAPerson, Fixed, Rule
from sync_protocol.schema import Record

PublicKey = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]

GIVEN: Final = Rule(Fixed(), writers=CENTRE, cls="P1", severity="S2")
CHANGED: Final = asked(
    CENTRE, "Who works where is for the centre alone: of two that differ it chooses.", cls="P1"
)
MAY_CHANGE: Final = Rule(
    AskAPerson(), writers=CENTRE, cls="P1", severity="S2", optional=True, why=CHANGED.why
)


class FirstCode(msgspec.Struct, frozen=True):
    """What a one-time code comes to, never the code, and until when it opens the account."""

    digest: Sha256
    until_ms: Moment


class OnlineName(msgspec.Struct, frozen=True):
    """Who somebody is at the organisation's sign-in service: its address, and its name for them."""

    issuer: Line
    subject: Line


class Post(Record, kind="post", file="site"):
    """That somebody works at a place. Its subject is the place, and no person's record holds it.

    One record of a member of staff at a place, however often they leave and come back.
    """

    staff: Annotated[StaffId, GIVEN]
    user_name: Annotated[Line, GIVEN, Told(hint="By which they sign in at that place.")]
    display_name: Annotated[Line, CHANGED]
    role: Annotated[Code, CHANGED]
    team: Annotated[Code, MAY_CHANGE]
    began_on: Annotated[Day, MAY_CHANGE]
    status: Annotated[
        OpenOrClosed, closed(CENTRE, "Whoever was removed stays out until the centre says other.")
    ]
    ended_on: Annotated[Day | None, MAY_CHANGE]
    valid_until: Annotated[
        Day | None, MAY_CHANGE, Told(hint="The last day, where it is known before.")
    ]
    signing_key: Annotated[PublicKey, MAY_CHANGE, Told(hint="What proves that they wrote it.")]
    first_code: Annotated[FirstCode | None, MAY_CHANGE]
    unlocked_ms: Annotated[
        Moment, MAY_CHANGE, Told(hint="When the centre let a locked account try again.")
    ]
    online: Annotated[
        OnlineName | None,
        MAY_CHANGE,
        Told(hint="Who they are at the organisation's sign-in service, which then lets them in."),
    ]
