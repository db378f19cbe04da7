"""The kinds that have pages of their own, and where on the terminal those are."""

from collections.abc import Mapping
from typing import Final

import msgspec


class OwnPage(msgspec.Struct, frozen=True):
    """Where a kind is shown on the page of a person, and added by a form made for it.

    `shown` is an anchor of that page; `added` an address below it, empty where nothing is added.
    """

    shown: str
    added: str = ""


OWN_PAGES: Final[Mapping[str, OwnPage]] = {
    "alert": OwnPage("card-alerts", "alerts/new"),
    "case_note": OwnPage("timeline", "notes/new"),
    "cell": OwnPage("card-cell", "cell"),
    "identifier": OwnPage("card-numbers", "numbers/new"),
    "movement": OwnPage("card-movements", "movements/new"),
    "offender_manager": OwnPage("card-officer", "officer"),
    "risk": OwnPage("card-risk", "risk"),
}
NOT_BY_HAND: Final = frozenset({"settlement"})
"""Written by the node in the course of another act."""
ONLY_SHOWN: Final = NOT_BY_HAND | {"break_glass"}
"""Neither added nor changed by a form of its kind."""
