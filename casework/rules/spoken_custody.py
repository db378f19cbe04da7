"""The steps of a recall and of an authorised absence as staff say them."""

from collections.abc import Mapping
from typing import Any, Final

from casework.records.temporary_absence import REFERENCE
from casework.reference.reader import describe

ABBREVIATIONS: Final = frozenset({"PO", "SPO", "ACO", "PP", "PPCS", "PPUD"})


def stage_words(value: Any) -> str:
    """How far a recommendation has come: "recall decided", "SPO signed"."""
    words = str(_reached(value)).split("_")
    return " ".join(word if word in ABBREVIATIONS else word.lower() for word in words)


def approval_words(value: Any) -> str:
    """Where an authorisation stands: "approved", "cancelled"."""
    return describe(REFERENCE, f"authorisation_status/{_reached(value)}").lower()


def _reached(value: Any) -> Any:
    return value.get("to") if isinstance(value, Mapping) else value
