"""The commands of the demonstration: start it, cut a line, kill a node, start one."""

import json
from pathlib import Path
from typing import Any, Final

import click

from throughcare import demo
from throughcare.door import call
from throughcare.faults import out, told
from throughcare.line_proxy import FAULTS
from throughcare.story import tell

FOLDER: Final = Path(".demo")
PORT_BASE: Final = 8400
PEOPLE: Final = 300


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
    story: bool,
    as_json: bool,
) -> None:
    """Run a centre, two prisons and a probation office on this machine."""
    context.obj = folder
    if context.invoked_subcommand is not None:
        return
    wanted = demo.Wanted(folder=folder, is_fresh=fresh, port_base=port_base, people=people)
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


@demo_group.command("states")
@click.pass_obj
@told
def states_command(folder: Path) -> None:
    """Say what every node and line is doing."""
    for node in call(folder, "states")["nodes"]:
        runs = f"runs as {node['pid']}" if node["is_running"] else "is down"
        line = f"; its line is {node['line']}" if node["line"] else ""
        out.print(f"{node['code']:<8} {node['url']}  {runs}{line}")
