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

StepKind = Literal["write", "truncate", "sync", "name", "move"]


class Step(NamedTuple):
    """One change of what is stored. A name step without a file takes the name away."""

    volume: int
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
        self.unsure: list[dict[str, Content | None]] = []
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

    def sync(self, file: Content, *, with_names: bool = False) -> None:
        """Make certain what was written to a file, and if asked every name."""
        if self.is_off:
            return
        trouble = self.trouble
        if trouble is not None and trouble.kind in ("sync", "lie") and trouble.strikes_now():
            if trouble.kind == "lie":
                return
            file.drop_pending()
            raise _failed(apsw.SQLITE_IOERR_FSYNC)
        self._step("sync", file, is_synced=with_names)
        file.sync()
        if with_names:
            self._names_certain()

    def sync_names(self) -> None:
        """Make certain what was done to names."""
        if not self.is_off:
            self._step("sync", None, is_synced=True)
            self._names_certain()

    def rename(self, name: str, other: str) -> None:
        """Give a file another name, in the place of what had it; both or neither."""
        if not self.is_off:
            self._move(name, other)
            self._step("move", None, name=f"{name}\0{other}")

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
        for change in self.unsure[:kept]:
            _change(names, change)
        left = {name: Content(one.after_cut(pattern, chance)) for name, one in names.items()}
        return Volume(left)

    def after_kill(self) -> "Volume":
        """The volume as another program finds it: what was seen is seen still.

        That program makes the names certain as it opens the store, so they are here.
        """
        self.is_off = True
        return Volume(self.files)

    def copy(self) -> "Volume":
        """What is seen now, all of it certain."""
        return Volume({name: Content(one.now) for name, one in self.files.items()})

    def take(self, step: Step, files: dict[int, Content]) -> None:
        """Do again what another volume noted; `files` by their numbers there."""
        if step.kind == "name":
            self._take_name(step, files)
            return
        if step.kind == "move":
            self._move(*step.name.split("\0"))
            return
        file = files.get(step.file)
        if file is not None and step.kind == "write":
            file.write(step.start, step.raw)
        elif file is not None and step.kind == "truncate":
            file.truncate(step.start)
        elif file is not None:
            file.sync()
        if step.is_synced:
            self._names_certain()

    def _take_name(self, step: Step, files: dict[int, Content]) -> None:
        content = files.setdefault(step.file, Content()) if step.file else None
        self._change({step.name: content})
        if step.is_synced:
            self._names_certain()

    def _names_certain(self) -> None:
        self.certain = dict(self.files)
        self.unsure.clear()

    def _move(self, name: str, other: str) -> None:
        self._change({name: None, other: self.files[name]})

    def _name(self, name: str, content: Content | None, *, is_synced: bool = False) -> None:
        self._change({name: content})
        self._step("name", content, name=name, is_synced=is_synced)
        if is_synced:
            self._names_certain()

    def _change(self, change: dict[str, Content | None]) -> None:
        _change(self.files, change)
        self.unsure.append(change)

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
            self.steps.append(Step(self.number, kind, number, start, raw, name, is_synced))
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


def _change(names: dict[str, Content], change: dict[str, Content | None]) -> None:
    for name, content in change.items():
        if content is None:
            names.pop(name, None)
        else:
            names[name] = content


def _failed(code: int) -> apsw.IOError:
    fault = apsw.IOError("disk I/O error")
    fault.extendedresult = code  # type: ignore[attr-defined] # SQLite asks for it.
    return fault


_numbers: Final = count(1)
VOLUMES: Final[WeakValueDictionary[int, Volume]] = WeakValueDictionary()
"""By their numbers, which the names of files begin with."""
