"""A disk that fills up under one node: a small file system of its own where the machine allows,
else a limit on what the node's program may write.
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process.fleet import Fleet
from throughcare.estate import folder_of

DISK_MIB = 96
"""Room enough for a node to call itself ready, and small enough to be filled at once."""
FILLER = "filler"
PIECE = bytes(1 << 20)
MOUNTS = os.geteuid() == 0


class SmallDisk:
    """The disk of one node of a fleet."""

    def __init__(self, fleet: Fleet, code: str, mounted: Path | None) -> None:
        """`mounted` is None where there is but a limit."""
        self._fleet, self._code, self._mounted = fleet, code, mounted

    @property
    def is_mounted(self) -> bool:
        """Whether there is a file system that is really full."""
        return self._mounted is not None

    def fill(self, left_bytes: int = 0) -> None:
        """Something else takes all the room that there is, but for so many bytes."""
        if self._mounted is None:
            self._limit(0)
            return
        with suppress_full(), (self._mounted / FILLER).open("ab", buffering=0) as filler:
            while (free := shutil.disk_usage(self._mounted).free) > left_bytes:
                filler.write(PIECE[: free - left_bytes])

    def clear(self) -> None:
        """Somebody makes room again."""
        if self._mounted is None:
            self._limit(resource.RLIM_INFINITY)
            return
        (self._mounted / FILLER).unlink()

    def _limit(self, most_bytes: int) -> None:
        hard = resource.RLIM_INFINITY
        resource.prlimit(self._fleet.pid(self._code), resource.RLIMIT_FSIZE, (most_bytes, hard))


@contextmanager
def suppress_full() -> Iterator[None]:
    """A write that finds no room ends the filling."""
    try:
        yield
    except OSError as fault:
        if "No space" not in str(fault):
            raise


@contextmanager
def small_disk(fleet: Fleet, code: str, *, mounts: bool = True) -> Iterator[SmallDisk]:
    """Puts the folder of a node that does not run on a disk of its own, until the block ends.

    Where the machine does not allow that, or it `mounts` nothing, the program is limited instead.
    """
    own = folder_of(fleet.folder, fleet.estate.node(code)).path
    if not (mounts and _mount_over(own)):
        yield SmallDisk(fleet, code, None)
        return
    try:
        yield SmallDisk(fleet, code, own)
    finally:
        fleet.kill(code)
        (own / FILLER).unlink(missing_ok=True)
        beside = own.with_name(f"{own.name}.beside")
        shutil.copytree(own, beside)
        subprocess.run(["umount", str(own)], check=True)
        shutil.rmtree(own)
        beside.rename(own)


def _mount_over(own: Path) -> bool:
    """Whether the folder lies on a small file system of its own now, with all that was in it."""
    beside = own.with_name(f"{own.name}.beside")
    own.rename(beside)
    own.mkdir(mode=0o700)
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "tmpfs", str(own)]
    is_mounted = MOUNTS and subprocess.run(words, capture_output=True, check=False).returncode == 0
    shutil.copytree(beside, own, dirs_exist_ok=True)
    shutil.rmtree(beside)
    return is_mounted
