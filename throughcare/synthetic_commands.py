"""The commands of the synthetic estate: make whole careers on disk, and say what is there."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from throughcare.faults import err, out, told
from throughcare.people import shelf
from throughcare.people.cohort import Plan
from throughcare.people.offices import draw_offices
from throughcare.synthetic_loading import load

PEOPLE: Final = 1_000
PEOPLE_MAX: Final = 100_000
YEARS: Final = 5
SEED: Final = 1
UNTIL: Final = "2026-11-01"
COLUMNS: Final = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


@click.group("estate")
def estate_group() -> None:
    """Make a synthetic estate: whole careers from sentence to resettlement, of nobody real."""


@estate_group.command("generate")
@click.option("--people", type=click.IntRange(1, PEOPLE_MAX), default=PEOPLE, show_default=True)
@click.option("--years", type=click.IntRange(1, 20), default=YEARS, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=UNTIL,
    show_default=True,
    help="The day before which all was written.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="An empty folder, or one where the same estate was begun.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@told
def generate_command(
    *, people: int, years: int, seed: int, until: datetime, folder: Path, as_json: bool
) -> None:
    """Write the acts of so many people's careers; the same arguments give the same acts."""
    plan = Plan(people, years, seed, f"{until:%Y-%m-%d}")
    with Progress(*COLUMNS, console=err, disable=as_json) as bars:
        bar = bars.add_task("People")

        def tell(done: int, of: int) -> None:
            bars.update(bar, completed=done, total=of)

        manifest = shelf.generate(folder, plan, draw_offices(people), tell)
    counts = {"people": people, "ops": manifest.ops, "offices": len(manifest.offices)}
    if as_json:
        lives = {"kinds": dict(manifest.kinds), "marks": dict(manifest.marks)}
        click.echo(json.dumps({**counts, **lives, "out": str(folder)}))
        return
    told_of = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    out.print(f"{folder} holds {told_of}.")


@estate_group.command("load")
@click.argument("source", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="An empty folder for the new estate.",
)
@told
def load_command(source: Path, folder: Path) -> None:
    """Make an estate whose centre has taken over everybody that was generated in SOURCE."""
    with Progress(*COLUMNS, console=err) as bars:
        bar = bars.add_task("Acts")

        def tell(done: int, of: int) -> None:
            bars.update(bar, completed=done, total=of)

        loaded = load(source, folder, tell)
    out.print(f"{folder} holds {loaded.people:,} people and {loaded.ops:,} ops.")
    out.print(f"Run it with: throughcare demo --dir {folder}")
