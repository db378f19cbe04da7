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
LEFT_AND_CUT: Final[Changed] = {
    "hours": 4,
    "incidents": 40,
    "leaves": 1,
    "crash": 0.25,
    "idle_s": 100,
}
"""People leave while machines stop all the time."""
LEFT_AND_REPEATED: Final[Changed] = {
    "hours": 2,
    "incidents": 20,
    "leaves": 1,
    "repeat": 0.8,
    "slow": 0.4,
    "idle_s": 60,
}
"""People leave and come back while answers are heard again and late."""
DAMAGED: Final[Changed] = {"edges": 2, "hours": 1, "incidents": 10}
"""Little was written, since all of it is taken off disks and has to be mended."""
FORGOTTEN: Final[Changed] = {"hours": 2, "incidents": 20, "hub_rollbacks": 2, "partitions": 2}
"""The centre comes back with an old disk, unnoticed, while depots are cut off."""
ALONE: Final[Changed] = {
    "edges": 1,
    "hours": 3,
    "incidents": 30,
    "edge_rollbacks": 3,
    "partitions": 5,
    "outbox_ops": 1,
}
"""One depot with a bad line, which offers op by op, and whose disk is put back unnoticed."""
ALONE_TOLD: Final[Changed] = {
    "edges": 1,
    "hours": 3,
    "incidents": 30,
    "edge_restores": 3,
    "partitions": 5,
}
"""One depot with a bad line, which comes out of its backup as it should."""
COPIED: Final[Changed] = {"hours": 2, "incidents": 20, "edge_rollbacks": 3, "partitions": 4}
"""Depots come back from old disks, unnoticed."""
RETURNED_SLOWLY: Final[Changed] = {
    "edges": 5,
    "hours": 2,
    "incidents": 30,
    "hub_restores": 2,
    "slow": 0.3,
    "outbox_ops": 1,
    "idle_s": 60,
}
"""The centre comes out of its backup, and depots tell it again op by op what it forgot."""
RETURNED_AND_MOVED: Final[Changed] = {
    **RETURNED_SLOWLY,
    "incidents": 40,
    "leaves": 1,
    "room_ops": 2,
    "drop": 0.2,
}
"""The same, while subjects come and go and little fits into a reply."""
SKEWED: Final[Changed] = {"hours": 2, "incidents": 20, "skews": 8, "partitions": 2}
"""Clocks that jump, where nobody is told so for a while."""
LEFT_AND_COUNTED: Final[Changed] = {"hours": 2, "incidents": 25, "leaves": 1, "breaker": 1}
"""People leave, and somebody looks when many do."""
