"""Paths on a volume, as much of them as backing up and restoring needs; cut off like all else."""

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from typing import Any, Final, NamedTuple, Self
from unittest.mock import patch

from sync_protocol.errors import StoreDamaged
from sync_protocol.io import backup
from sync_protocol.io.connection import PAGE_BYTES_MIN, translated
from tests.power.raw import SectorConnection, SectorRaw, open_sectors
from tests.power.sectors import Content
from tests.power.vfs import ALONE
from tests.power.volume import Volume
from tests.simulation.disk import Crash

ROOM_BYTES: Final = 1 << 40


class Size(NamedTuple):
    """What is asked of a file's status."""

    st_size: int


class OpenFile:
    """A file of a volume that is read or written from its beginning."""

    def __init__(self, volume: Volume, content: Content) -> None:
        """`content` lies on `volume`."""
        self.volume, self.content = volume, content
        self._at = 0

    def __enter__(self) -> Self:
        """It is open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held back."""

    def read(self, size: int) -> bytes:
        """The next bytes."""
        part = bytes(self.content.now[self._at : self._at + size])
        self._at += len(part)
        return part

    def write(self, raw: bytes) -> None:
        """The next bytes."""
        with stopping(self.volume):
            self.volume.write(self.content, self._at, raw)
        self._at += len(raw)

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> "OpenFile":
        """What a sync is asked of."""
        return self


class VolumePath:
    """A name on a volume; folders are there as soon as they are named."""

    def __init__(self, volume: Volume, place: str) -> None:
        """`place` has no root."""
        self.volume, self.place = volume, place

    def __truediv__(self, name: str) -> "VolumePath":
        return VolumePath(self.volume, f"{self.place}/{name}".lstrip("/"))

    @property
    def name(self) -> str:
        """The last part."""
        return self.place.rpartition("/")[2]

    @property
    def parent(self) -> "VolumePath":
        """The folder."""
        return VolumePath(self.volume, self.place.rpartition("/")[0])

    def with_name(self, name: str) -> "VolumePath":
        """Beside it."""
        return self.parent / name

    def with_suffix(self, suffix: str) -> "VolumePath":
        """Beside it, ending otherwise."""
        return self.with_name(self.name.rpartition(".")[0] + suffix)

    def exists(self) -> bool:
        """Whether there is such a file."""
        return self.place in self.volume.files

    def mkdir(self, **_: object) -> None:
        """It is there."""

    def glob(self, pattern: str) -> Iterator["VolumePath"]:
        """The files in this folder that are named so."""
        for place in sorted(self.volume.files):
            found = VolumePath(self.volume, place)
            if found.parent.place == self.place and fnmatch(found.name, pattern):
                yield found

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Take the name away."""
        assert missing_ok or self.exists(), "there is no such file"
        with stopping(self.volume):
            self.volume.remove(self.place, is_synced=False)

    def rename(self, other: "VolumePath") -> None:
        """In the place of what was called so."""
        with stopping(self.volume):
            self.volume.rename(self.place, other.place)

    def stat(self) -> Size:
        """Its size."""
        return Size(len(self.volume.files[self.place].now))

    def open(self, mode: str) -> OpenFile:
        """For reading; or anew, for writing."""
        with stopping(self.volume):
            if mode == "wb" and self.exists():
                self.volume.remove(self.place, is_synced=False)
            content = self.volume.open(self.place, is_made=mode == "wb")
        assert content is not None, "there is no such file"
        return OpenFile(self.volume, content)


class VolumeSystem:
    """What backing up asks of the operating system."""

    def fsync(self, opened: OpenFile) -> None:
        """Make a file certain."""
        with stopping(opened.volume):
            opened.volume.sync(opened.content)


def make_certain(path: VolumePath) -> None:
    """What a file holds, or the names in a folder."""
    volume = path.volume
    with stopping(volume):
        if path.exists():
            volume.sync(volume.files[path.place])
        else:
            volume.sync_names()


@contextmanager
def stopping(volume: Volume) -> Iterator[None]:
    """A cut stops whoever works here, as it stops SQLite."""
    try:
        yield
    finally:
        if volume.is_off:
            raise Crash


def open_on_volume(
    path: VolumePath, _key: bytes, *, is_read_only: bool = False, **_: Any
) -> SectorConnection:
    """What opens encrypted files, for a plain one on a volume."""
    if is_read_only and path.stat().st_size < PAGE_BYTES_MIN:
        raise StoreDamaged(path.name)
    with translated():
        if is_read_only:
            return SectorConnection(SectorRaw(path.volume, ALONE, path.place))
        return open_sectors(path.volume, ALONE, path.place)


@contextmanager
def backups_on_volumes() -> Iterator[None]:
    """Backing up and restoring work on volumes meanwhile."""
    with (
        patch.object(backup, "open_encrypted", open_on_volume),
        patch.object(backup, "os", VolumeSystem()),
        patch.object(backup, "make_certain", make_certain),
        patch.object(backup, "free_bytes", lambda _folder: ROOM_BYTES),
        patch.object(backup, "PAGE_SIZE", "PRAGMA page_size"),
    ):
        yield
