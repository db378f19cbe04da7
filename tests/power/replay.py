"""Lays out the disks of a recorded story as they were after any step, and cuts the power there."""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from tests.power.recording import MAKING, Held, Recording, Scene, State, Stood
from tests.power.sectors import Content, Pattern
from tests.power.volume import Volume


class Promise(NamedTuple):
    """What must hold of a node's disk once the power is back."""

    allowed: frozenset[State]
    """The states that its store may be in."""
    latest: State
    """What it would be in had nothing been lost."""
    is_begun: bool
    """Whether there must be a store at all."""
    is_replacing: bool
    """Whether a backup was being put in its place: its name may be gone."""
    op_ids: frozenset[bytes]


class Replay:
    """The volumes of a story after so many steps; steps are taken forwards alone."""

    def __init__(self, recording: Recording) -> None:
        """Before the first step."""
        self.recording = recording
        self.at = 0
        self._files: dict[int, Content] = {}
        self._volumes = {one.number: Volume() for one in recording.volumes.values()}
        self._names = {one.number: name for name, one in recording.volumes.items()}

    def advance(self, step: int) -> None:
        """Take every step before that one."""
        while self.at < step:
            one = self.recording.steps[self.at]
            self._volumes[one.volume].take(one, self._files)
            self.at += 1

    @property
    def victim(self) -> str:
        """The node whose disk was at work last."""
        return self._names[self.recording.steps[self.at - 1].volume]

    def volume(self, name: str) -> Volume:
        """A node's volume as it is now."""
        return self._volumes[self.recording.volumes[name].number]

    def cut(self, name: str, pattern: Pattern, chance: Random) -> Volume:
        """A node's volume after its power was cut now."""
        return self.volume(name).after_cut(pattern, chance)

    def untouched(self, name: str) -> Volume:
        """A node's volume as it is now, all of it there."""
        return self.volume(name).copy()

    def scene(self) -> Scene:
        """What the world was like now."""
        return self.recording.scenes[self._scene_no()]

    def is_made(self) -> bool:
        """Whether every store was made: before that, a start goes on with making it."""
        return self.scene().title != MAKING

    def promise(self, name: str) -> Promise:
        """What must hold of a node whose power is cut now."""
        stood, held = self.recording.stood[name], self.recording.held[name]
        windows = [
            window
            for window in self.recording.replacing
            if window[0] == name and window[1] < self.at <= window[2]
        ]
        certain_at = windows[0][1] if windows else self.at
        newest = bisect_right(stood, self.at, key=lambda one: one.step) - 1
        oldest = _last_promised(stood, bisect_right(stood, certain_at, key=lambda one: one.step))
        last_held = bisect_right(held, self.at, key=lambda one: one.step) - 1
        return Promise(
            allowed=frozenset(one.state for one in stood[oldest : newest + 2]),
            latest=stood[newest].state,
            is_begun=oldest > 0,
            is_replacing=bool(windows),
            op_ids=held[last_held].op_ids if last_held >= 0 else frozenset(),
        )

    def is_damaged(self, name: str) -> bool:
        """Whether a log lacks now what had been taken off it."""
        return any(
            one == name and first < self.at <= last for one, first, last in self.recording.damaged
        )

    def is_plain(self, name: str) -> bool:
        """Whether nothing was ever taken off this log or put in its place."""
        altered = [*self.recording.replacing, *self.recording.damaged]
        return not any(one == name and first < self.at for one, first, _ in altered)

    def told(self) -> frozenset[bytes]:
        """Every op that a user had been told is saved, and that some disk must still hold."""
        told: frozenset[bytes] = frozenset().union(*_before(self.recording.told, self.at))
        # While a backup is put in a store's place what it lacks is gone; so is what a log lost.
        windows = (*self.recording.replacing, *self.recording.damaged)
        is_within = any(first < self.at <= last for _, first, last in windows)
        # As the stores are closed no scene follows: by the last one all is excused that will be.
        last = len(self.recording.scenes) - 1
        return told - self.recording.scenes[min(self._scene_no() + is_within, last)].excused

    def _scene_no(self) -> int:
        scenes = self.recording.scenes
        return max(0, bisect_right(scenes, self.at, key=lambda one: one.step) - 1)


def _last_promised(stood: Sequence[Stood], end: int) -> int:
    return max(at for at in range(end) if stood[at].is_promised)


def _before(held: Sequence[Held], step: int) -> list[frozenset[bytes]]:
    return [one.op_ids for one in held if one.step <= step]
