"""Where the person must not go and whom that protects, in the victim file."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from casework.records.shared_rules import PROTECTION_LASTS, closed, gathered, later_day
from casework.records.values import Day, OpenOrClosed, RecordHex, SignedText, Text, Told
from casework.records.writers import ANYONE
from sync_protocol.policy import Class, Fixed, Gather, Rule
from sync_protocol.schema import Record

Metres = Annotated[int, Meta(ge=0, le=2_000_000)]
CORNERS_MAX: Final = 200


class GridPoint(msgspec.Struct, frozen=True):
    """A place on the national grid, in whole metres."""

    easting_m: Metres
    northing_m: Metres


class Area(msgspec.Struct, frozen=True):
    """Where a zone is: in words, and by its corners in order or by a middle and a radius."""

    words: Annotated[Text, Told(hint="The streets or district. Never whom it protects, or why.")]
    corners: Annotated[tuple[GridPoint, ...], Meta(max_length=CORNERS_MAX)] = ()
    radius_m: Metres | None = None


def drawn(cls: Class) -> Rule:
    """The Rule of an area, in the class of whoever is told of it."""
    why = "Two areas drawn apart are both kept out of until one is corrected."
    return Rule(Gather(), writers=ANYONE, cls=cls, severity="S1", why=why)


class ExclusionZone(Record, kind="exclusion_zone", file="victim", anywhere=True):
    """An area that the person must keep out of, and the victim whom it protects.

    Who may not see the victim is told the `keep_out_area` alone, which is made with it.
    """

    victim_contact: Annotated[
        RecordHex | None,
        Told(hint="The victim whom it protects, if they are under the contact scheme."),
        Rule(Fixed(), writers=ANYONE, cls="P4", severity="S3"),
    ]
    starts_on: Annotated[Day, Rule(Fixed(), writers=ANYONE, cls="P4", severity="S2")]
    ends_on: Annotated[
        Day | None,
        later_day(ANYONE, PROTECTION_LASTS, cls="P4", severity="S1"),
    ]
    area: Annotated[
        Area,
        drawn("P4"),
    ]
    reason: Annotated[
        SignedText,
        gathered(ANYONE, why="Each author says why in their own words.", cls="P4", severity="S2"),
    ]
    status: Annotated[
        OpenOrClosed,
        closed(
            ANYONE,
            why="A zone that somebody added or changed stands though another closed it unseen.",
            cls="P4",
            severity="S1",
        ),
    ]
