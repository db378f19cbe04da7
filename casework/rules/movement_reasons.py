"""What a movement's type and reason say about liberty; the codes are those of the prison service.

From the movement reason list and the custody statuses of probation (A, D, B, C, R, I, P, T). A
reason not named here says only what its type says.
"""

from typing import Final, Literal

from casework.reference.in_use import removal_centres

Sort = Literal[
    "reception",
    "transfer",
    "court",
    "absence",
    "hospital",
    "release",
    "at_large",
    "death",
    "administrative",
]

RECALL_REASONS: Final = frozenset({"24", "B", "ELR", "ETB", "L", "Y"})
REMAND_REASONS: Final = frozenset({"N", "V"})
IMMIGRATION_REASONS: Final = frozenset({"E"})
SENTENCED_REASONS: Final = frozenset({"25", "26", "27", "29", "G", "I", "J", "K", "P", "W"})
TRANSFER_IN_REASONS: Final = frozenset({"INT", "M", "TRNCRT", "TRNTAP"})

AT_LARGE_REASONS: Final = frozenset({"ESCP", "UAL", "UAL_ECL"})
HOSPITAL_REASONS: Final = frozenset({"HP"})
DEATH_REASONS: Final = frozenset({"DEC"})
MERGE_REASONS: Final = frozenset({"MRG"})
ESCORTED_REASONS: Final = frozenset({"C5", "C6", "IM", "LTX", "PC", "SE", "SP", "ST", "TRNTAP"})
"""Out for a time and in custody all the while: police production, escort, hospital, transfer."""

ENDING_REASONS: Final = frozenset({"AU", "DA", "DD", "HE", "HU", "RW", "SC"})
"""Released with nothing left to serve."""

LICENCE_REASONS: Final = frozenset(
    {"CR", "D1", "D2", "ER", "ETR", "HD", "HR", "IR", "NP", "PD", "PX"}
)


def sort_of(movement_type: str, reason: str, direction: str, to_place: str | None = None) -> Sort:
    """What happened, by type and reason; an unknown type going out is an absence to come back from.

    A release with reason MRG is no release, and discharge to hospital or to an immigration removal
    centre is a custody move: so the service between prison and probation reads them.
    """
    if direction == "IN":
        return "reception"
    if movement_type == "REL" and to_place in removal_centres():
        return "transfer"
    if movement_type == "TRN":
        return "transfer"
    if movement_type == "CRT":
        return "court"
    if movement_type == "REL":
        return _sort_of_release(reason)
    return "absence"


def custody_code_in(reason: str, before: str | None, place: str | None = None) -> str | None:
    """The probation custody status that a reception tells; the one before where it tells none.

    Whoever was released, recalled or out on temporary licence is in custody (D) on reception.
    """
    if reason in REMAND_REASONS | RECALL_REASONS:
        return "D"
    if reason in SENTENCED_REASONS:
        return "A"
    if reason in IMMIGRATION_REASONS or place in removal_centres():
        return "I"
    return "D" if before in {None, "B", "C", "P", "R", "T", "AT"} else before


def custody_code_out(sort: Sort, reason: str, before: str | None) -> str | None:
    """The probation custody status after a movement out that is no release.

    A temporary licence is R; whoever absconds from one is unlawfully at large from custody (D).
    """
    if sort == "death":
        return "T"
    if sort == "absence" and before in {"A", "C", "D"} and reason not in ESCORTED_REASONS:
        return "R"
    return "D" if sort == "at_large" and before == "R" else before


def custody_code_released(reason: str, *, is_on_licence: bool) -> str | None:
    """The probation custody status after a release; None where nothing tells."""
    if is_on_licence:
        return "B"
    return "T" if reason in ENDING_REASONS else None


def _sort_of_release(reason: str) -> Sort:
    if reason in MERGE_REASONS:
        return "administrative"
    if reason in AT_LARGE_REASONS:
        return "at_large"
    if reason in HOSPITAL_REASONS:
        return "hospital"
    return "death" if reason in DEATH_REASONS else "release"
