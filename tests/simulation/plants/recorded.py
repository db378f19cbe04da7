"""The seeds that catch each plant, as the last search found them."""

from pathlib import Path
from typing import Final

import msgspec

RECORDED: Final = Path(__file__).with_name("recorded.json")
BOUND: Final = 60
"""Within how many seeds, from the first one searched, each plant must be caught."""


class Catch(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that catches a plant, how many were tried up to it, and what it was told by."""

    seed: int
    tried: int
    alarm: str
    cpu_s: float


def read_recorded() -> dict[str, Catch]:
    """The catch of each plant, by its name."""
    if not RECORDED.exists():
        return {}
    return msgspec.json.decode(RECORDED.read_bytes(), type=dict[str, Catch])


def write_recorded(found: dict[str, Catch], names: set[str]) -> None:
    """Keep what was found beside what was known of the other plants of these `names`."""
    known = read_recorded() | found
    kept = {name: known[name] for name in sorted(known) if name in names}
    encoded = msgspec.json.format(msgspec.json.encode(kept), indent=2)
    RECORDED.write_bytes(encoded + b"\n")
