"""The offices of a synthetic estate: prisons by what they are for, delivery units, their staff."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final, Literal

import msgspec

from casework.reference.in_use import delivery_units, prisons
from sync_protocol.ids import ActorId, derived_id
from throughcare.people.names import draw_staff_name

CENTRE: Final = "CENTRE"
STAFF_EACH: Final = 8
PEOPLE_PER_OFFICE: Final = 150
"""So few, that a small estate has several offices of each sort; a real prison holds 700."""

# The prisons of low security, by code; the list of establishments does not tell them apart.
OPEN_PRISONS: Final = frozenset({"FDI", "HDI", "HVI", "KMI", "LYI", "NSI", "SPI", "SUI", "TCI"})
# One of each sort first, near one another, so that the smallest estate is a plausible one.
FIRST: Final = ("LEI", "MDI", "HDI", "NHI", "N55LEE")

Purpose = Literal["local", "training", "open", "women"]
OfficeKind = Literal["prison", "probation", "centre"]


class Officer(msgspec.Struct, frozen=True):
    """A member of staff who writes and who may be responsible for people."""

    staff: ActorId
    name: str


class Office(msgspec.Struct, frozen=True):
    """A prison, a delivery unit or the centre, and its officers."""

    code: str
    kind: OfficeKind
    officers: tuple[Officer, ...]


class Member(msgspec.Struct, frozen=True):
    """An officer at their office, in the forms that records carry."""

    office: str
    staff: ActorId
    staff_hex: str
    name: str

    def signed(self, text: str, at_ms: int) -> dict[str, Any]:
        """What this officer wrote at a moment."""
        return {"text": text, "author": self.name, "written_on": at_ms}

    def named(self) -> dict[str, str]:
        """This officer as another record names them."""
        return {"staff_id": self.staff_hex, "staff_name": self.name, "team": self.office}


class Site(msgspec.Struct, frozen=True):
    """An office with its staff at hand."""

    code: str
    members: tuple[Member, ...]


class Offices(msgspec.Struct, frozen=True):
    """All sites of an estate; each purpose has one at least where the estate has any prison."""

    centre: Site
    units: tuple[Site, ...]
    by_purpose: dict[Purpose, tuple[Site, ...]]

    @property
    def holds_women(self) -> bool:
        """Whether a prison of this estate may receive women."""
        return bool(self.by_purpose["women"])


def draw_offices(people: int) -> tuple[Office, ...]:
    """Offices enough for so many people: those of `FIRST`, then others in the lists' order."""
    wanted = max(len(FIRST), people // PEOPLE_PER_OFFICE)
    others = [code for code in _in_turn() if code not in FIRST]
    codes = (*FIRST, *others[: wanted - len(FIRST)])
    return tuple(_make_office(code) for code in codes)


def sites_of(offices: Sequence[Office]) -> Offices:
    """The offices by purpose. Where one sort is missing, prisons of the next one take its part."""
    held = [office for office in offices if office.kind == "prison"]
    assert held, "somebody must hold people"
    men = [office for office in held if purpose_of(office.code) != "women"]
    found: dict[Purpose, tuple[Site, ...]] = {
        purpose: tuple(_site(one) for one in held if purpose_of(one.code) == purpose)
        for purpose in ("local", "training", "open", "women")
    }
    anywhere = tuple(_site(one) for one in men)
    for purpose in ("local", "training", "open"):
        found[purpose] = found[purpose] or anywhere
    units = tuple(_site(one) for one in offices if one.kind == "probation")
    centre = next((one for one in offices if one.kind == "centre"), None) or _make_office(CENTRE)
    return Offices(_site(centre), units, found)


def purpose_of(code: str) -> Purpose:
    """What a prison is for, as its entry in the list of establishments says."""
    columns = prisons()[code].columns
    if columns["gender"] == "female":
        return "women"
    if code in OPEN_PRISONS:
        return "open"
    return "local" if "B" in columns["category"] or code == "LEI" else "training"


def _in_turn() -> Iterator[str]:
    """Prisons of men and women, and units, mixed as the whole estate has them."""
    held = list(prisons())
    units = list(delivery_units())
    for at in range(max(len(held), len(units))):
        yield from held[at : at + 1]
        yield from units[at : at + 1]


def _make_office(code: str) -> Office:
    kind: OfficeKind = "prison" if code in prisons() else "probation"
    # Names come from the code: an office keeps its staff in every estate.
    chance = Random(f"throughcare office {code}")  # noqa: S311 - nothing secret is drawn.
    officers = tuple(
        Officer(ActorId(derived_id(b"staff", code.encode(), bytes([at]))), draw_staff_name(chance))
        for at in range(STAFF_EACH)
    )
    return Office(code, "centre" if code == CENTRE else kind, officers)


def _site(office: Office) -> Site:
    return Site(
        office.code,
        tuple(Member(office.code, one.staff, one.staff.hex(), one.name) for one in office.officers),
    )
