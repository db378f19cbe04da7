"""The commands of the demonstration: start it, cut a line, kill a node, start one, move a clock."""

import json
from pathlib import Path
from typing import Any, Final

import click

from throughcare import demo
from throughcare.clocks import moved, words_of
from throughcare.door import call
from throughcare.faults import out, told
from throughcare.line_proxy import FAULTS
from throughcare.story import tell

FOLDER: Final = Path(".demo")
PORT_BASE: Final = 8400
PEOPLE: Final = 60


@click.group("demo", invoke_without_command=True)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="Where the estate is kept between runs.",
)
@click.option("--fresh", is_flag=True, help="Make the estate anew; what was there is removed.")
@click.option("--port-base", type=int, default=PORT_BASE, show_default=True, help="First port.")
@click.option(
    "--people", type=click.IntRange(4), default=PEOPLE, show_default=True, help="Invented people."
)
@click.option("--clock-shift", help="How far ahead of this machine's every clock runs: 30d, 0.")
@click.option("--story", is_flag=True, help="Play a day with a cut line and a power cut; then end.")
@click.option("--json", "as_json", is_flag=True, help="With --story: one JSON object at the end.")
@click.pass_context
@told
def demo_group(
    context: click.Context,
    *,
    folder: Path,
    fresh: bool,
    port_base: int,
    people: int,
    clock_shift: str | None,
    story: bool,
    as_json: bool,
) -> None:
    """Run a centre, two prisons and a probation office on this machine."""
    context.obj = folder
    if context.invoked_subcommand is not None:
        return
    wanted = demo.Wanted(
        folder=folder,
        is_fresh=fresh,
        port_base=port_base,
        people=people,
        clock_shift_ms=None if clock_shift is None else moved(0, clock_shift),
    )
    if not story:
        demo.run(wanted, demo.stay)
        return
    figures: dict[str, Any] = {}

    async def visit(running: demo.Running) -> None:
        figures.update(await tell(running))

    demo.run(wanted, visit)
    if as_json:
        click.echo(json.dumps(figures))


@demo_group.command("line")
@click.argument("code")
@click.argument("fault", type=click.Choice(sorted(FAULTS)))
@click.pass_obj
@told
def line_command(folder: Path, code: str, fault: str) -> None:
    """Cut a node's line to the centre, spoil it, or mend it with "up"."""
    state = call(folder, "line", code=code, fault=fault)
    out.print(f"The line of {state['code']} is {state['line']}.")


@demo_group.command("kill")
@click.argument("code")
@click.option("--stay-down", is_flag=True, help="Leave it down until: demo start CODE.")
@click.pass_obj
@told
def kill_command(folder: Path, code: str, *, stay_down: bool) -> None:
    """End a node as a power cut would; it starts again after a few seconds."""
    state = call(folder, "kill", code=code, restart="no" if stay_down else "yes")
    out.print(f"{state['code']} was killed{'.' if stay_down else '; it starts again by itself.'}")


@demo_group.command("start")
@click.argument("code")
@click.pass_obj
@told
def start_command(folder: Path, code: str) -> None:
    """Start a node that is down."""
    state = call(folder, "start", code=code)
    out.print(f"{state['code']} runs at {state['url']}.")


@demo_group.command("clock", context_settings={"ignore_unknown_options": True})
@click.argument("code")
@click.argument("shift")
@click.pass_obj
@told
def clock_command(folder: Path, code: str, shift: str) -> None:
    """Move a node's clock, or that of "all": +30d and -2h from where it is, 0 to this machine's.

    A node that runs is started again. More than five minutes from the centre's time, an office's
    own clock counts as wrong: move all together for days to pass.
    """
    for state in call(folder, "clock", code=code, shift=shift)["nodes"]:
        out.print(f"{state['code']} lives {_time_of(state['clock_shift_ms'])}.")


def _time_of(shift_ms: int) -> str:
    if not shift_ms:
        return "by this machine's clock"
    return f"{words_of(abs(shift_ms))} {'ahead of' if shift_ms > 0 else 'behind'} this machine"


@demo_group.command("states")
@click.pass_obj
@told
def states_command(folder: Path) -> None:
    """Say what every node and line is doing."""
    for node in call(folder, "states")["nodes"]:
        runs = f"runs as {node['pid']}" if node["is_running"] else "is down"
        line = f"; its line is {node['line']}" if node["line"] else ""
        shift_ms = node["clock_shift_ms"]
        clock = f"; it lives {_time_of(shift_ms)}" if shift_ms else ""
        out.print(f"{node['code']:<8} {node['url']}  {runs}{line}{clock}")
