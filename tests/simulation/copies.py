"""Counts the disks that held each op, so that a loss is excused only where all of them are gone.

An op that anybody was told is saved may be missing at the hub in the end for one reason alone:
every disk that ever held it was destroyed, or an older image took its place. Backups count as
disks: when one is put back, the newer ones are taken to be unusable, and go with the disk that it
replaces.
"""

from collections.abc import Iterable

from tests.simulation.disk import Medium


class Copies:
    """Every disk that there was in a run, and what was seen on each."""

    def __init__(self) -> None:
        """No disk yet."""
        self._disks: list[Medium] = []

    def add(self, disk: Medium) -> None:
        """A disk comes into use."""
        self._disks.append(disk)

    def end(self, disk: Medium) -> None:
        """A disk is destroyed: what it held, it holds no longer."""
        disk.look()
        disk.is_gone = True

    def cuts(self) -> int:
        """How often any of them lost its power with something uncertain in it."""
        return sum(disk.cuts for disk in self._disks)

    def survivors(self, op_id: bytes) -> int:
        """How many disks that held an op are still there."""
        return sum(op_id in disk.seen for disk in self._disks if not disk.is_gone)

    def destroyed(self, op_id: bytes) -> int:
        """How many disks that held an op are gone."""
        return sum(op_id in disk.seen for disk in self._disks if disk.is_gone)

    def is_excused(self, op_id: bytes) -> bool:
        """Whether no disk is left that held an op, and at least one did and was destroyed."""
        return not self.survivors(op_id) and bool(self.destroyed(op_id))

    def vanished(self, disks: Iterable[Medium]) -> set[bytes]:
        """Ops that were seen on one of these disks and are there no more."""
        found: set[bytes] = set()
        for disk in disks:
            disk.look()
            found |= disk.seen - disk.ids()
        return found
