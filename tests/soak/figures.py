"""What all soaks came to: kept in a file, counted apart for each state of the engine."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.house.source import ROOT
from tests.soak.parts import PARTS, Part

FIGURES: Final = ROOT / "docs" / "reliability.json"
ENGINE: Final = ("sync_protocol",)
FAULTS_KEPT: Final = 50


class Ran(msgspec.Struct, kw_only=True):
    """One campaign's runs on one state of the engine."""

    runs: int = 0
    core_s: float = 0.0
    totals: dict[str, float] = {}


class Figures(msgspec.Struct, kw_only=True):
    """All that was ever run: by the engine's digest, then by campaign."""

    engines: dict[str, dict[str, Ran]] = {}
    order: list[str] = []
    """The engines, the latest last."""
    next_seed: dict[str, int] = {}
    """Where each campaign goes on: no seed is played twice."""
    faults: list[str] = []
    """What failed and is not yet seen to by a person, with how to run it again."""

    def take_seeds(self, part: Part) -> int:
        """The first seed of the next run."""
        first = self.next_seed.get(part.name, part.first_seed)
        self.next_seed[part.name] = first + part.size
        return first

    def add(self, engine: str, part: Part, totals: Mapping[str, Any], core_s: float) -> None:
        """One run more."""
        if engine not in self.engines:
            self.engines[engine] = {}
            self.order.append(engine)
        ran = self.engines[engine].setdefault(part.name, Ran())
        ran.runs += 1
        ran.core_s = round(ran.core_s + core_s, 1)
        for name in part.kept:
            ran.totals[name] = round(ran.totals.get(name, 0) + totals.get(name, 0), 3)

    def blame(self, words: str) -> None:
        """A run that failed."""
        self.faults = [*self.faults, words][-FAULTS_KEPT:]

    def of(self, engine: str) -> dict[str, Ran]:
        """What ran on one state of the engine."""
        return self.engines.get(engine, {})

    def of_all(self) -> dict[str, Ran]:
        """What ran on every state of it together."""
        together = {name: Ran() for name in PARTS}
        for parts in self.engines.values():
            for name, ran in parts.items():
                whole = together.setdefault(name, Ran())
                whole.runs += ran.runs
                whole.core_s = round(whole.core_s + ran.core_s, 1)
                for key, value in ran.totals.items():
                    whole.totals[key] = round(whole.totals.get(key, 0) + value, 3)
        return together


def engine_digest(root: Path = ROOT) -> str:
    """What tells one state of the engine from another: its source, in a short name."""
    told = sha256()
    for folder in ENGINE:
        for path in sorted((root / folder).rglob("*.py")):
            told.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return told.hexdigest()[:12]


def read_figures(path: Path = FIGURES) -> Figures:
    """What was kept; nothing where there is no file yet."""
    return msgspec.json.decode(path.read_bytes(), type=Figures) if path.exists() else Figures()


def write_figures(figures: Figures, path: Path = FIGURES) -> None:
    """Keep them, whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    partial.replace(path)
