"""A decision that somebody else than the rules say is responsible."""

from typing import Annotated, Literal

import msgspec

from casework.records.shared_rules import asked, gathered
from casework.records.values import Code, Line, Listed, Moment, Text, Told
from casework.records.writers import ANYONE
from sync_protocol.schema import Record

WhoIsResponsible = Literal["CustodyOnly", "CustodyWithCom", "Community"]


class OverrideReason(msgspec.Struct, frozen=True):
    """Why the rules were set aside, by code and in the words of the one who decided it."""

    code: Annotated[Code, Listed("responsibility_override_reasons")]
    text: Text
    author: Line
    written_on: Moment


class ResponsibilityOverride(Record, kind="responsibility_override", singleton=True):
    """Who is responsible by decision instead of by the rules; None: by the rules again.

    Where two decisions differ, unseen by each other, neither counts: what the rules say does,
    until somebody settles it.
    """

    responsibility: Annotated[
        WhoIsResponsible | None,
        asked(
            ANYONE,
            why=(
                "Of two decisions that differ neither may win by its clock: the rules count until "
                "somebody settles it."
            ),
            cls="P1",
        ),
        Told("Leave empty to go back to what the rules say.", "Responsible by decision"),
    ]
    reasons: Annotated[
        OverrideReason,
        gathered(ANYONE, why="Each decision keeps its own reason.", cls="P1", severity="S2"),
        Told("Why the rules are set aside."),
    ]
