"""Who may not open a person's record, or who alone may."""

from typing import Annotated, Literal

import msgspec

from casework.records.values import Day, OpenOrClosed, StaffId, Text
from casework.records.writers import ANYONE
from sync_protocol.policy import Fixed, Gather, Highest, LaterDate, OpenClose, Rule
from sync_protocol.schema import Record

Mode = Literal["excluded", "restricted"]


class ListedPerson(msgspec.Struct, frozen=True):
    """One officer put on the list, or taken off it.

    Deny wins on both lists. Taken off an allow-list, the officer may not, whoever else adds them.
    Taken off a deny-list, the officer may again only once the restriction is closed.
    """

    staff_id: StaffId
    is_listed: bool = True


class Restriction(Record, kind="restriction", file="restricted", anywhere=True):
    """A limit on who may open the record: `excluded` denies its list, `restricted` allows it alone.

    It lives in the person's restricted file, and closes the records linked with this person's too.
    Any place may write one, because it fails closed.
    `message` is what a refused officer reads.
    """

    mode: Annotated[Mode, Rule(Fixed(), writers=ANYONE, cls="P3", severity="S1")]
    people: Annotated[
        ListedPerson, Rule(Gather(), writers=ANYONE, cls="P3", severity="S1", optional=True)
    ]
    start: Annotated[Day, Rule(Fixed(), writers=ANYONE, cls="P3", severity="S1")]
    end: Annotated[Day | None, Rule(Highest(LaterDate()), writers=ANYONE, cls="P3", severity="S1")]
    reason: Annotated[Text, Rule(Gather(), writers=ANYONE, cls="P3", optional=True)]
    message: Annotated[Text, Rule(Gather(), writers=ANYONE, cls="P3", optional=True)]
    status: Annotated[OpenOrClosed, Rule(OpenClose(), writers=ANYONE, cls="P3", severity="S1")]
