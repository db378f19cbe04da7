"""The part of docs/reliability.md that is made from figures."""

from pathlib import Path
from typing import Final

from tests.house.source import ROOT
from tests.soak.figures import Figures, Ran

PAGE: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- figures: written by make soak -->"
END: Final = "<!-- end of figures -->"
NAMES: Final = {
    "simulated": "Simulated storms and seasons",
    "seasons": "Simulated seasons of half as many ops a year",
    "power": "Power cuts on a disk of sectors",
    "killed": "Real programs, killed",
    "bits": "One-bit changes",
    "fuzzed": "Fuzzing led by coverage",
}


def write_page(figures: Figures, engine: str, path: Path = PAGE) -> None:
    """Put the present figures between the marks of the page; the rest is written by people."""
    text = path.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{section(figures, engine)}\n{END}{after}", "utf-8")


def section(figures: Figures, engine: str) -> str:
    """The tables: what ran since the engine last changed, and in all."""
    lines = [f"Engine `{engine}` (a digest of `sync_protocol/`), since its last change:", ""]
    lines += _table(figures.of(engine))
    lines += ["", f"On all {len(figures.order)} states of the engine together:", ""]
    lines += _table(figures.of_all())
    if figures.faults:
        lines += ["", "Failed, and not yet seen to:", ""]
        lines += [f"- `{one}`" for one in figures.faults]
    return "\n".join([*lines, ""])


def _table(parts: dict[str, Ran]) -> list[str]:
    lines = ["| campaign | what was run | time of one core |", "|---|---|---|"]
    for name, title in NAMES.items():
        ran = parts.get(name)
        if ran is not None and ran.runs:
            told = ", ".join(f"{_number(value)} {_words(key)}" for key, value in ran.totals.items())
            lines.append(f"| {title} | {told} | {ran.core_s / 3600:.2f} h |")
    return lines


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _words(key: str) -> str:
    return key.replace("_", " ").replace("node years", "node-years")
