"""Where the person must not go, for everybody who works with them."""

from typing import Annotated

from casework.records.exclusion_zone import Area, drawn
from casework.records.shared_rules import PROTECTION_LASTS, closed, later_day
from casework.records.values import Day, OpenOrClosed
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Rule
from sync_protocol.schema import Record


class KeepOutArea(Record, kind="keep_out_area", anywhere=True):
    """The area of an exclusion zone without the victim: what a prison and a phone may hold.

    Its record is `files.area_record` of the zone, so that what two places derive apart meets.
    """

    starts_on: Annotated[Day, Rule(Fixed(), writers=ANYONE, cls="P2", severity="S2")]
    ends_on: Annotated[
        Day | None,
        later_day(ANYONE, PROTECTION_LASTS, cls="P2", severity="S1"),
    ]
    area: Annotated[
        Area,
        drawn("P2"),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="An area that somebody added or changed stands though another closed it unseen.",
            severity="S1",
        ),
    ]
