"""A synthetic estate on disk: its cohorts, each a file, and a manifest that says what they hold.

    <folder>/manifest.json       the plan, the release, the offices, and of each cohort its counts
    <folder>/acts-00000.gz       the acts of a cohort in the order of time

A cohort's file is gzip over frames: the length in four bytes, most significant first, then a
`WrittenAct` in MessagePack. The hash of a cohort is of what is compressed, so that it is the same
on every machine. A run that was broken off goes on with the cohort it had come to.
"""

import gzip
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from sync_protocol.errors import DOES_NOT_DECODE, Refused
from throughcare.estate import FOLDER_MODE, write_private
from throughcare.people.cohort import Cohort, Plan, make_cohort
from throughcare.people.offices import Office, sites_of
from throughcare.people.pen import WrittenAct
from throughcare.stores import RELEASE

FORM: Final = 1
MANIFEST: Final = "manifest.json"
LENGTH_BYTES: Final = 4
COMPRESSION: Final = 1
"""The fastest: made once and read a few times."""

Progress = Callable[[int, int], None]
"""Told how many people are done, and of how many."""


class NotSynthetic(Refused):
    """The folder holds something that is not the estate asked for."""

    code = "not_synthetic"
    hint = (
        "Name an empty folder, or ask for the people, years, seed and day that it was begun with."
    )


class BrokenEstate(Refused):
    """A synthetic estate cannot be read whole."""

    code = "broken_estate"
    hint = "Generate it again: what is sound is kept, and what is missing is made."


class ShelvedCohort(msgspec.Struct, frozen=True):
    """What one file holds."""

    name: str
    people: int
    acts: int
    ops: int
    sha256: str
    kinds: dict[str, int]
    marks: dict[str, int]


class Manifest(msgspec.Struct, frozen=True):
    """What an estate was made of, and the cohorts that are there."""

    form: int
    release: str
    plan: Plan
    offices: tuple[Office, ...]
    cohorts: tuple[ShelvedCohort, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every cohort is there."""
        return len(self.cohorts) == len(self.plan.cohorts)

    @property
    def ops(self) -> int:
        """How many ops there are."""
        return sum(one.ops for one in self.cohorts)

    @property
    def kinds(self) -> Counter[str]:
        """How many ops there are of each kind."""
        return sum((Counter(one.kinds) for one in self.cohorts), Counter[str]())

    @property
    def marks(self) -> Counter[str]:
        """Of how many people something is so."""
        return sum((Counter(one.marks) for one in self.cohorts), Counter[str]())


def generate(folder: Path, plan: Plan, offices: Sequence[Office], progress: Progress) -> Manifest:
    """The estate of this plan, made or completed; raises NotSynthetic where something else is."""
    begun = Manifest(FORM, RELEASE, plan, tuple(offices))
    manifest = _found(folder, begun)
    sites = sites_of(offices)
    for number, people in enumerate(plan.cohorts):
        progress(people.start, plan.people)
        if number < len(manifest.cohorts):
            continue
        shelved = _shelve(folder, number, make_cohort(plan, sites, people), len(people))
        manifest = msgspec.structs.replace(manifest, cohorts=(*manifest.cohorts, shelved))
        _write_manifest(folder, manifest)
    progress(plan.people, plan.people)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What the folder holds; raises BrokenEstate where it is no whole synthetic estate."""
    manifest = _read_manifest(folder)
    if not manifest.is_whole:
        raise BrokenEstate(
            f"{folder} holds {len(manifest.cohorts)} of {len(manifest.plan.cohorts)} cohorts."
        )
    return manifest


def read_acts(folder: Path, manifest: Manifest) -> Iterator[WrittenAct]:
    """Every act of the estate in the order of time; raises BrokenEstate."""
    streams = [_read_cohort(folder / one.name, one) for one in manifest.cohorts]
    return heapq.merge(*streams, key=lambda act: act.at_ms)


def _found(folder: Path, begun: Manifest) -> Manifest:
    """What a former run of the same plan left, as far as it is sound; else the beginning."""
    present = {one.name for one in folder.iterdir()} if folder.is_dir() else set[str]()
    if not present:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        _write_manifest(folder, begun)
        return begun
    if MANIFEST not in present:
        raise NotSynthetic(f"{folder} holds {len(present)} files and no {MANIFEST}.")
    kept = _read_manifest(folder)
    if msgspec.structs.replace(kept, cohorts=()) != begun:
        raise NotSynthetic(f"{folder} holds an estate of another plan or release.")
    known = {MANIFEST, *(_name_of(number) for number in range(len(begun.plan.cohorts)))}
    # A file that was being written when the run was broken off is written again.
    strangers = sorted(one for one in present if one.removesuffix(".new") not in known)
    if strangers:
        raise NotSynthetic(f"{folder} also holds {strangers[0]}.")
    sound = 0
    while sound < len(kept.cohorts) and _is_sound(folder, kept.cohorts[sound]):
        sound += 1
    return msgspec.structs.replace(kept, cohorts=kept.cohorts[:sound])


def _is_sound(folder: Path, cohort: ShelvedCohort) -> bool:
    try:
        return sum(1 for _ in _read_cohort(folder / cohort.name, cohort)) == cohort.acts
    except BrokenEstate:
        return False


def _shelve(folder: Path, number: int, cohort: Cohort, people: int) -> ShelvedCohort:
    encode = msgspec.msgpack.Encoder().encode
    frames = bytearray()
    kinds: Counter[str] = Counter()
    for act in cohort.acts:
        raw = encode(act)
        frames += len(raw).to_bytes(LENGTH_BYTES, "big")
        frames += raw
        kinds.update(draft.kind for draft in act.drafts)
    name = _name_of(number)
    write_private(folder / name, gzip.compress(frames, COMPRESSION, mtime=0))
    return ShelvedCohort(
        name=name,
        people=people,
        acts=len(cohort.acts),
        ops=kinds.total(),
        sha256=sha256(frames).hexdigest(),
        kinds=dict(sorted(kinds.items())),
        marks=dict(sorted(cohort.marks.items())),
    )


def _read_cohort(file: Path, cohort: ShelvedCohort) -> Iterator[WrittenAct]:
    decode = msgspec.msgpack.Decoder(WrittenAct).decode
    digest = sha256()
    try:
        with gzip.open(file, "rb") as frames:
            while prefix := frames.read(LENGTH_BYTES):
                raw = frames.read(int.from_bytes(prefix, "big"))
                digest.update(prefix)
                digest.update(raw)
                yield decode(raw)
    except (OSError, EOFError, *DOES_NOT_DECODE) as fault:
        raise BrokenEstate(f"{file}: {type(fault).__name__}.") from fault
    if digest.hexdigest() != cohort.sha256:
        raise BrokenEstate(f"{file} holds other acts than the manifest says.")


def _read_manifest(folder: Path) -> Manifest:
    file = folder / MANIFEST
    try:
        return msgspec.json.decode(file.read_bytes(), type=Manifest)
    except (OSError, *DOES_NOT_DECODE) as fault:
        raise BrokenEstate(f"{file}: {type(fault).__name__}.") from fault


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_private(folder / MANIFEST, content + b"\n")


def _name_of(number: int) -> str:
    return f"acts-{number:05d}.gz"
