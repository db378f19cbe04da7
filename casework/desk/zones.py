"""The area of an exclusion zone, written into the open record together with the zone.

A prison and staff on the road must know where a person must not go, and never whom that protects.
What is derived only ever adds: a zone that is closed or shortened leaves its area in force until
somebody who sees the area ends that too, since others may have added to it.
"""

from typing import Final

from casework.records.files import area_record
from sync_protocol.author import Draft
from sync_protocol.ids import SubjectId
from sync_protocol.policy import OPEN

ZONE: Final = "exclusion_zone"
AREA: Final = "keep_out_area"
TOLD: Final = ("starts_on", "ends_on", "area")
"""What of a zone is told to everybody; its reason and the victim are not."""


def with_area(person: SubjectId, draft: Draft) -> tuple[Draft, ...]:
    """A new zone and its area, seen together or not at all; any other draft alone."""
    if draft.kind != ZONE:
        return (draft,)
    told = {name: value for name, value in draft.values.items() if name in TOLD}
    area = Draft(
        kind=AREA,
        subjects=(person,),
        record=area_record(draft.record),
        values={**told, "status": OPEN},
        happened_at=draft.happened_at,
        seen=frozenset(),
    )
    return (draft, area)
