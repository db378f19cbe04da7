"""A disk of a simulated machine that loses, tears and reorders what was not synced when it fell.

It has the surface of the simulator's usual one, so that the same worlds run on either.
"""

from collections.abc import Iterable
from random import Random
from typing import Final

from sync_protocol.io.connection import Parameters, Row
from tests.power.raw import SectorConnection, SectorRaw, open_sectors
from tests.power.sectors import PATTERNS, Pattern
from tests.power.volume import Trouble, Volume
from tests.simulation.disk import Fuse, Medium

ALL_PATTERNS: Final = PATTERNS


class SectorDisk(Medium):
    """What of a machine outlives a crash: of what was not synced, what chance leaves.

    The fuse burns with every write, truncation, sync and change of a name, and not with statements.
    A crash while it burns is a power cut; a machine that stops otherwise keeps what it wrote.
    """

    def __init__(
        self,
        chance: Random | None = None,
        *,
        patterns: Iterable[Pattern] = ALL_PATTERNS,
        volume: Volume | None = None,
    ) -> None:
        """An empty disk, or one that holds what `volume` does; `chance` decides what a cut takes.

        The patterns are drawn from, one at each cut.
        """
        super().__init__()
        self.chance = chance if chance is not None else Random("a sector disk")
        self.patterns = tuple(patterns)
        self.volume = volume if volume is not None else Volume()
        self._connection: SectorConnection | None = None

    @property
    def fuse(self) -> Fuse:
        """What arms the next cut: `left` steps from now."""
        return self.volume.fuse

    @property
    def raw(self) -> SectorRaw:
        """A connection past the fuse, of the present machine or of one that is not started yet."""
        raw: SectorRaw = self._present().raw
        return raw

    def connect(self) -> SectorConnection:
        """A connection after a start of the machine: no transaction is left open."""
        self._let_go()
        return self._present()

    def copy(self) -> "SectorDisk":
        """An image of what is committed."""
        self._mend()
        chance = Random(self.chance.getrandbits(64))
        return SectorDisk(chance, patterns=self.patterns, volume=self.volume.copy())

    def fill(self, room: int | None) -> None:
        """Let the disk be full after `room` writes that need more of it, or never."""
        self.volume.trouble = None if room is None else Trouble("full", room)

    def is_certain(self) -> bool:
        """Whether everything that was written was synced."""
        return not any(file.pending for file in self.volume.files.values())

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Any question, past the fuse."""
        left, self.fuse.left = self.fuse.left, None
        found = self.raw.execute(sql, parameters).fetchall()
        self.fuse.left = left
        return found

    def _present(self) -> SectorConnection:
        self._mend()
        if self._connection is None:
            self._connection = open_sectors(self.volume)
        return self._connection

    def _mend(self) -> None:
        """The power is back, if it was cut."""
        if self.volume.is_off:
            self.cuts += 1
            self._drop(self.volume.after_cut(self.chance.choice(self.patterns), self.chance))

    def _let_go(self) -> None:
        """A machine that stopped without a cut leaves everything that it wrote."""
        if self._connection is not None and not self.volume.is_off:
            self._drop(self.volume.after_kill())

    def _drop(self, volume: Volume) -> None:
        """What had the disk open is no more, and writes nothing as it goes."""
        self.volume.is_off = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        volume.fuse = self.volume.fuse
        self.volume = volume
