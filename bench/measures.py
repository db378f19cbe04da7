"""The names of the measures: which there are, which wait for something, and which go together."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sync_protocol.errors import Refused

NAMES: Final = (
    "w1",
    "w2",
    "w3",
    "w4",
    "w5a",
    "w5b",
    "w5c",
    "wire",
    "idle",
    "memory",
    "disk",
    "startup",
    "repair",
    "arrival",
    "w8",
)

MEASURED_AS: Final[Mapping[str, str]] = MappingProxyType({"w5a": "w5", "w5b": "w5", "w5c": "w5"})
"""Lines that one measure gives together."""

WAITS_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "w6": "two offices that each queue 10,000 ops before they meet",
        "w7": "the PostgreSQL hub",
        "board": "a board of 1,500 places",
        "growth": "a store of ten million ops",
    }
)


class NotBuilt(Refused):
    """This measure is not built yet."""

    code = "not_built"
    hint = f"Measure one of: {', '.join(NAMES)}."


class UnknownMeasure(Refused):
    """There is no measure of this name."""

    code = "unknown_measure"
    hint = f"Measure one of: {', '.join(NAMES)}."


def check_names(names: tuple[str, ...]) -> None:
    """Raise NotBuilt or UnknownMeasure for the first name that cannot be measured."""
    for name in names:
        if name in WAITS_FOR:
            raise NotBuilt(f"{name} waits for {WAITS_FOR[name]}.")
        if name not in NAMES:
            raise UnknownMeasure(name)


def measure_of(name: str) -> str:
    """The measure that gives the line, or all lines, of this name."""
    first = name.partition(".")[0]
    return MEASURED_AS.get(first, first)
