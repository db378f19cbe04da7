"""A volume of files that can lose its power, fill up, fail and lie at any step.

Steps are what changes what is stored: write, truncate, sync, and what is done to names. A volume
may note every step, so that the disk as it was at each of them can be laid out later.
"""

from itertools import count
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, Literal, NamedTuple
from weakref import WeakValueDictionary

import apsw

from tests.power.sectors import Content, Pattern
from tests.simulation.disk import Fuse

StepKind = Literal["write", "truncate", "sync", "name"]


class Step(NamedTuple):
    """One change of what is stored. A name step without a file takes the name away."""

    kind: StepKind
    file: int
    start: int
    raw: bytes
    name: str = ""
    is_synced: bool = False


class Trouble:
    """What goes wrong next, and at which step; `strikes` says how often it did."""

    def __init__(self, kind: str, at: int, *, is_lasting: bool = False) -> None:
        """`kind` is full, write, sync, read or lie; it strikes at the `at`-th such step from now.

        A full disk, and whatever `is_lasting`, goes on until somebody takes the trouble away.
        """
        self.kind = kind
        self.left = at
        self.is_lasting = is_lasting or kind == "full"
        self.strikes = 0

    def strikes_now(self) -> bool:
        """Whether this step is hit."""
        self.left -= 1
        is_hit = self.left < 0 if self.is_lasting else self.left == -1
        self.strikes += is_hit
        return is_hit


class Volume:
    """Files by name; what is seen of them, and what a cut would leave."""

    def __init__(self, files: dict[str, Content] | None = None) -> None:
        """A volume that holds `files`, their names for certain."""
        self.number = next(_numbers)
        self.files: dict[str, Content] = dict(files or {})
        self.certain = dict(self.files)
        self.unsure: list[tuple[str, Content | None]] = []
        """What was done to names since the last sync of the folder."""
        self.fuse = Fuse()
        self.is_off = False
        """Whether the power is cut, or the program that had it open gone."""
        self.trouble: Trouble | None = None
        self.steps: list[Step] | None = None
        """Every step so far, where they are noted."""
        self.folder: TemporaryDirectory[str] | None = None
        """Where shared locks are, if they are."""
        VOLUMES[self.number] = self

    def write(self, file: Content, start: int, raw: bytes) -> None:
        """Seen at once; certain with the next sync."""
        if self.is_off:
            return
        if self.trouble is not None:
            self._try_write(start + len(raw) > len(file.now))
        file.write(start, raw)
        self._step("write", file, start, raw)

    def truncate(self, file: Content, size: int) -> None:
        """Cut a file to a length."""
        if self.is_off:
            return
        file.truncate(size)
        self._step("truncate", file, size)

    def sync(self, file: Content) -> None:
        """Make certain what was written to a file, and every name."""
        if self.is_off:
            return
        trouble = self.trouble
        if trouble is not None and trouble.kind in ("sync", "lie") and trouble.strikes_now():
            if trouble.kind == "lie":
                return
            file.drop_pending()
            raise _failed(apsw.SQLITE_IOERR_FSYNC)
        self._step("sync", file)
        file.sync()
        self.sync_names()

    def sync_names(self) -> None:
        """Make certain what was done to names."""
        self.certain = dict(self.files)
        self.unsure.clear()

    def open(self, name: str, *, is_made: bool) -> Content | None:
        """The file of this name, None where there is none and none is made."""
        found = self.files.get(name)
        if found is None and is_made:
            found = Content()
            self._name(name, found)
        return found

    def remove(self, name: str, *, is_synced: bool) -> None:
        """Take a name away."""
        if not self.is_off and name in self.files:
            self._name(name, None, is_synced=is_synced)

    def read(self, file: Content, size: int, start: int) -> bytes:
        """What programs see."""
        trouble = self.trouble
        if trouble is not None and trouble.kind == "read" and trouble.strikes_now():
            raise _failed(apsw.SQLITE_IOERR_READ)
        return bytes(file.now[start : start + size])

    def after_cut(self, pattern: Pattern, chance: Random) -> "Volume":
        """The volume when the power is back."""
        names = dict(self.certain)
        kept = len(self.unsure)
        if kept and pattern != "kept":
            kept = 0 if pattern == "lost" else chance.randrange(kept + 1)
        for name, content in self.unsure[:kept]:
            if content is None:
                names.pop(name, None)
            else:
                names[name] = content
        left = {name: Content(one.after_cut(pattern, chance)) for name, one in names.items()}
        return Volume(left)

    def after_kill(self) -> "Volume":
        """The volume as another program finds it: what was seen is seen still."""
        self.is_off = True
        other = Volume()
        other.files, other.certain, other.unsure = self.files, self.certain, self.unsure
        return other

    def copy(self) -> "Volume":
        """What is seen now, all of it certain."""
        return Volume({name: Content(one.now) for name, one in self.files.items()})

    def take(self, step: Step, files: dict[int, Content]) -> None:
        """Do again what another volume noted; `files` by their numbers there."""
        if step.kind == "name":
            self._take_name(step, files)
            return
        file = files[step.file]
        if step.kind == "write":
            file.write(step.start, step.raw)
        elif step.kind == "truncate":
            file.truncate(step.start)
        else:
            file.sync()
            self.sync_names()

    def _take_name(self, step: Step, files: dict[int, Content]) -> None:
        content = files.setdefault(step.file, Content()) if step.file else None
        self._set_name(step.name, content)
        if step.is_synced:
            self.sync_names()

    def _name(self, name: str, content: Content | None, *, is_synced: bool = False) -> None:
        self._set_name(name, content)
        self._step("name", content, name=name, is_synced=is_synced)
        if is_synced:
            self.sync_names()

    def _set_name(self, name: str, content: Content | None) -> None:
        if content is None:
            self.files.pop(name, None)
        else:
            self.files[name] = content
        self.unsure.append((name, content))

    def _step(
        self,
        kind: StepKind,
        file: Content | None,
        start: int = 0,
        raw: bytes = b"",
        *,
        name: str = "",
        is_synced: bool = False,
    ) -> None:
        fuse = self.fuse
        fuse.burnt += 1
        if self.steps is not None:
            number = 0 if file is None else file.number
            self.steps.append(Step(kind, number, start, raw, name, is_synced))
        if fuse.left is not None:
            fuse.left -= 1
            if fuse.left < 0:
                fuse.left = None
                self.is_off = True
                raise _failed(apsw.SQLITE_IOERR_WRITE)

    def _try_write(self, is_longer: bool) -> None:
        trouble = self.trouble
        assert trouble is not None, "asked where there is trouble"
        if trouble.kind == "full" and is_longer and trouble.strikes_now():
            raise apsw.FullError("database or disk is full")
        if trouble.kind == "write" and trouble.strikes_now():
            raise _failed(apsw.SQLITE_IOERR_WRITE)


def _failed(code: int) -> apsw.IOError:
    fault = apsw.IOError("disk I/O error")
    fault.extendedresult = code  # type: ignore[attr-defined] # SQLite asks for it.
    return fault


_numbers: Final = count(1)
VOLUMES: Final[WeakValueDictionary[int, Volume]] = WeakValueDictionary()
"""By their numbers, which the names of files begin with."""
