"""SQLite's own door to a volume: two kinds of file, one that a single connection has to itself.

The other kind takes its locks and its shared memory from an empty file of the machine, so that a
reader may look while the writer commits.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import apsw

from tests.power.sectors import Content
from tests.power.volume import VOLUMES, Volume

ALONE: Final = "sector-alone"
SHARED: Final = "sector-shared"
ALIKE: Final = apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE
"""As the usual system says of its disks: what is beside a write stays, whatever happens."""
SECTOR_TOLD_BYTES: Final = 4_096
LOGS: Final = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL


def path_on(volume: Volume, name: str) -> str:
    """The name by which SQLite finds a file of the volume."""
    return f"/{volume.number}/{name}"


class Sectors:
    """What an open file does with its bytes. SQLite names the methods."""

    def __init__(self, volume: Volume, content: Content, *, is_new_log: bool = False) -> None:
        """`content` lies on `volume`; the first sync of a new log makes its name certain too."""
        self._volume = volume
        self._content = content
        self._is_new_log = is_new_log

    def xRead(self, amount: int, start: int) -> bytes:  # noqa: N802 - SQLite's name.
        """What programs see."""
        if self._volume.trouble is not None:
            return self._volume.read(self._content, amount, start)
        return bytes(self._content.now[start : start + amount])

    def xWrite(self, raw: bytes, start: int) -> None:  # noqa: N802 - SQLite's name.
        """Seen at once."""
        self._volume.write(self._content, start, bytes(raw))

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name.
        """Cut to a length."""
        self._volume.truncate(self._content, size)

    def xSync(self, _flags: int) -> None:  # noqa: N802 - SQLite's name.
        """Make it certain."""
        self._volume.sync(self._content, with_names=self._is_new_log)
        self._is_new_log = False

    def xFileSize(self) -> int:  # noqa: N802 - SQLite's name.
        """As programs see it."""
        return len(self._content.now)


class LoneFile(Sectors):
    """An open file that nobody else has open."""

    def xLock(self, _level: int) -> None:  # noqa: N802 - SQLite's name.
        """It is free."""

    def xUnlock(self, _level: int) -> None:  # noqa: N802 - SQLite's name.
        """Nobody waits."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802 - SQLite's name.
        """Nobody else has it."""
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:  # noqa: N802 - SQLite's name.
        """Nothing is known here that SQLite may ask."""
        return False

    def xSectorSize(self) -> int:  # noqa: N802 - SQLite's name.
        """As the usual system says."""
        return SECTOR_TOLD_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802 - SQLite's name.
        """As the usual system says."""
        return ALIKE

    def xClose(self) -> None:  # noqa: N802 - SQLite's name.
        """What it holds stays on the volume."""


class SharedFile(Sectors, apsw.VFSFile):
    """An open file whose locks and shared memory are those of an empty file of this machine."""

    def __init__(self, volume: Volume, content: Content, flags: list[int]) -> None:
        """The empty file is made with the first that opens it, and goes with the volume."""
        Sectors.__init__(self, volume, content)
        if volume.folder is None:
            volume.folder = TemporaryDirectory(prefix="sectors-")
        name = Path(volume.folder.name) / f"{content.number}.db"
        apsw.VFSFile.__init__(self, "", str(name), flags)


class SectorVfs(apsw.VFS):
    """Finds the files of every volume of this program."""

    def __init__(self, name: str) -> None:
        """Called so; `SHARED` lets several connections open one file."""
        super().__init__(name, "")
        self._is_shared = name == SHARED

    def xOpen(  # noqa: N802 - SQLite's name.
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        """An open file; one without a name is nobody's and on no volume."""
        flags[1] = flags[0]
        if name is None:
            return LoneFile(Volume(), Content())  # type: ignore[return-value] # by its methods.
        volume, called = _place(name if isinstance(name, str) else name.filename())
        is_made = bool(flags[0] & apsw.SQLITE_OPEN_CREATE)
        is_new_log = bool(flags[0] & LOGS) and called not in volume.files
        content = volume.open(called, is_made=is_made)
        if content is None:
            raise apsw.CantOpenError("unable to open database file")
        if self._is_shared and flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            return SharedFile(volume, content, flags)
        return LoneFile(volume, content, is_new_log=is_new_log)  # type: ignore[return-value] # by its methods.

    def xAccess(self, name: str, _flags: int) -> bool:  # noqa: N802 - SQLite's name.
        """Whether there is a file of this name."""
        volume, called = _place(name)
        return called in volume.files

    def xDelete(self, name: str, is_synced: bool) -> None:  # noqa: N802 - SQLite's.
        """Take a name away."""
        volume, called = _place(name)
        volume.remove(called, is_synced=bool(is_synced))

    def xFullPathname(self, name: str) -> str:  # noqa: N802 - SQLite's name.
        """It is full."""
        return name


def _place(path: str) -> tuple[Volume, str]:
    _, number, called = path.split("/", 2)
    return VOLUMES[int(number)], called


_REGISTERED: Final = (SectorVfs(ALONE), SectorVfs(SHARED))
