"""`throughcare simulate`: whole estates under one seed, with everything that can go wrong.

The simulation is part of the source, not of a node: a node's installation says so.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
import rich.progress

from sync_protocol.errors import Refused, Unavailable
from throughcare.faults import EXIT_REFUSED, err, told

if TYPE_CHECKING:
    from tests.simulation.campaign import Change, Failure, Totals
    from tests.simulation.options import Options

FIGURES: Final = (
    "seeds",
    "node_years",
    "acknowledged",
    "lost_unexcused",
    "lost_excused",
    "diverged",
    "stalled",
    "power_cuts",
    "kills",
    "planted",
    "caught",
)


class NoSimulation(Unavailable):
    """The simulation is not part of this installation."""

    code = "no_simulation"
    hint = "Run it from a checkout of the source: .venv/bin/throughcare simulate"


class BadOptions(Refused):
    """These are no options of a run."""

    code = "bad_options"
    hint = "Copy them from what a failing seed printed."


@click.command("simulate")
@click.option("--seeds", default="1..20", show_default=True, help="The first and the last seed.")
@click.option("--seasons", is_flag=True, help="Of these seeds those that are seasons alone.")
@click.option("--options", "given", help="JSON: play each seed with these instead of its own.")
@click.option("--without", default="", help="Faults to leave out, with commas.")
@click.option("--only", default="", help="The faults to keep, with commas.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count(), show_default="cores")
@click.option("--planted", is_flag=True, help="Play the planted bugs too: each must be caught.")
@click.option("--keep", help="Keep the first failing seed as a scenario of this name.")
@click.option("--no-shrink", is_flag=True, help="Tell a failing run as it is.")
@click.option("--trace", is_flag=True, help="Print every line of each run's trace.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")
@told
def simulate_command(seeds: str, **asked: Any) -> None:
    """Play a hub, its offices and phones through storms and seasons, and check that all hold.

    Nothing is real but the store and the protocol: time, chance, lines and disks are drawn from the
    seed, so that the same seed does the same again. A failing seed is made smaller and told.
    """
    try:
        # Imported here: the simulation is in a checkout alone; everything else runs without it.
        from tests.simulation import campaign, options  # noqa: PLC0415
    except ModuleNotFoundError as fault:
        raise NoSimulation(str(fault.name)) from fault
    chosen = [one for one in _span(seeds) if options.is_season(one) or not asked["seasons"]]
    totals = campaign.Totals()
    outcomes = campaign.play_seeds(chosen, asked["workers"], _change(asked))
    with _progress(len(chosen), is_shown=not asked["as_json"]) as step:
        for outcome in outcomes:
            totals.add(outcome)
            step(totals)
            if asked["trace"]:
                click.echo("\n".join((f"seed {outcome.seed}", *outcome.lines)))
    if asked["planted"]:
        _add_planted(totals, asked["workers"])
    for failure in totals.failures[:1]:
        _tell(failure, is_shrunk=not asked["no_shrink"], keep=asked["keep"])
    _print(totals, as_json=asked["as_json"])
    if not totals.is_sound or totals.caught < totals.planted:
        raise SystemExit(EXIT_REFUSED)


def _span(text: str) -> range:
    first, _, last = text.partition("..")
    try:
        span = range(int(first), int(last or first) + 1)
    except ValueError as fault:
        raise click.UsageError(f"--seeds is two numbers, as 1..400, and not {text}") from fault
    if not span:
        raise click.UsageError(f"--seeds {text} names no seed")
    return span


def _change(asked: dict[str, Any]) -> "Change":
    from tests.simulation.campaign import Change  # noqa: PLC0415 - as above.
    from tests.simulation.options import FAULTS, Options  # noqa: PLC0415

    names = [name for text in (asked["without"], asked["only"]) for name in text.split(",") if name]
    if strangers := sorted(set(names) - set(FAULTS)):
        raise click.UsageError(f"no such faults: {', '.join(strangers)}; there are {FAULTS}")
    try:
        own = msgspec.json.decode(asked["given"], type=Options) if asked["given"] else None
    except msgspec.MsgspecError as fault:
        raise BadOptions(str(fault)) from fault
    split = [tuple(one for one in asked[name].split(",") if one) for name in ("without", "only")]
    return Change(own=own, without=split[0], only=split[1])


@contextlib.contextmanager
def _progress(count: int, *, is_shown: bool) -> Iterator[Any]:
    """A bar on the error stream, where somebody sees it."""
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=err, disable=not is_shown) as bar:
        task = bar.add_task("seeds", total=count)

        def step(totals: "Totals") -> None:
            said = f"{totals.acknowledged:,} ops, {len(totals.failures)} failed"
            bar.update(task, advance=1, description=said)

        yield step


def _add_planted(totals: "Totals", workers: int) -> None:
    """Play every planted bug with its recorded seed, and count those that were caught."""
    from tests.simulation.plants.search import play_recorded  # noqa: PLC0415 - as above.

    for is_caught in play_recorded(workers):
        totals.planted += 1
        totals.caught += is_caught


def _tell(failure: "Failure", *, is_shrunk: bool, keep: str | None) -> None:
    """Say how a seed fails, made as small as can be, and keep it if that is wanted."""
    from tests.simulation.found import keep_scenario  # noqa: PLC0415 - as above.
    from tests.simulation.run import simulate  # noqa: PLC0415
    from tests.simulation.shrink import shrink, story_of  # noqa: PLC0415

    outcome = simulate(failure.seed, failure.options)
    if is_shrunk and outcome.faults:
        err.print(f"Seed {failure.seed} fails. Making it smaller ...")
        outcome = shrink(outcome)
    click.echo(story_of(outcome), err=True)
    told_options = msgspec.json.encode(_switched(outcome.options)).decode()
    click.echo(
        f"Again: throughcare simulate --seeds {failure.seed} --options '{told_options}'", err=True
    )
    if keep:
        click.echo(f"Kept as {keep_scenario(keep, outcome)}", err=True)


def _switched(options: "Options") -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(options).items() if value}


def _print(totals: "Totals", *, as_json: bool) -> None:
    if as_json:
        shown = {name: getattr(totals, name) for name in FIGURES}
        failed = [{"seed": one.seed, "faults": one.faults[:3]} for one in totals.failures]
        click.echo(msgspec.json.encode(shown | {"failed": failed}).decode())
        return
    for name in FIGURES:
        click.echo(f"{name:>16} {getattr(totals, name):,}")
    if missed := totals.missed():
        click.echo(f"Never happened in these seeds: {', '.join(missed)}.")
