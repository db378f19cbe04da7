"""Options of short runs in which one kind of fault strikes often: for plants of rare moments."""

from typing import Final

Changed = dict[str, float]

POWER_CUTS: Final[Changed] = {"hours": 2, "incidents": 30, "crash": 0.5}
"""Machines that stop all the time."""
LEFT_AND_LOST: Final[Changed] = {
    "hours": 3,
    "incidents": 25,
    "leaves": 1,
    "hub_rollbacks": 2,
    "hub_restores": 2,
    "idle_s": 200,
}
"""People leave, and the centre forgets them."""
LEFT_AND_CUT: Final[Changed] = {"hours": 2, "incidents": 20, "leaves": 1, "crash": 0.4}
"""People leave while machines stop all the time."""
LEFT_AND_REPEATED: Final[Changed] = {
    "hours": 2,
    "incidents": 20,
    "leaves": 1,
    "repeat": 0.6,
    "slow": 0.2,
}
"""People leave and come back while answers are heard again and late."""
DAMAGED: Final[Changed] = {"edges": 2, "hours": 1, "incidents": 10}
"""Little was written, since all of it is taken off disks and has to be mended."""
RESTORED: Final[Changed] = {"hours": 2, "incidents": 20, "hub_restores": 2, "partitions": 2}
"""The centre comes out of its backup while depots are cut off."""
COPIED: Final[Changed] = {"hours": 2, "incidents": 20, "edge_rollbacks": 3, "partitions": 4}
"""Depots come back from old disks, unnoticed."""
SKEWED: Final[Changed] = {"hours": 2, "incidents": 20, "skews": 8, "partitions": 2}
"""Clocks that jump, where nobody is told so for a while."""
LEFT_AND_COUNTED: Final[Changed] = {"hours": 2, "incidents": 25, "leaves": 1, "breaker": 1}
"""People leave, and somebody looks when many do."""
