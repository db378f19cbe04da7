"""The commands that look at the audit of a node: whether each chain holds, and its newest lines.

They look at a copy, so the node may run, and change nothing. What is shown is ids and codes.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import rich.box
import rich.table

from sync_protocol.ids import NodeId
from sync_protocol.io.audit_copies import WORDS, bad_copies, trail_faults
from sync_protocol.io.audit_trail import first_bad_line, read_trail, trail_begin, trail_end
from sync_protocol.io.connection import Connection
from throughcare.estate import Estate, read_estate
from throughcare.faults import FaultsFound, out, told
from throughcare.store_commands import Target, find_target, which_node
from throughcare.verify import copy_of

SHOWN: Final = 50
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")


@click.group("audit")
def audit_group() -> None:
    """Check the audit of a node, at the centre of all nodes, and show its newest lines."""


@audit_group.command("verify")
@which_node
@_json
@told
def verify_audit_command(
    *, folder: Path | None, code: str | None, settings: Path | None, as_json: bool
) -> None:
    """Check every chain of audit lines here; exit 1 and name the first bad line of each."""
    target = find_target(folder, code, settings)
    estate = read_estate(target.settings.estate)
    with copy_of(target.paths, target.node) as store, store.changing() as connection:
        chains = _chains(connection, target, estate)
        faults = _faults(connection, target, estate)
    if as_json:
        click.echo(json.dumps({"chains": chains, "faults": faults}))
    else:
        for name, (begin, end) in chains.items():
            out.print(f"{name}: lines {begin + 1} to {end}.")
    if faults:
        raise FaultsFound("\n".join(faults))


@audit_group.command("show")
@which_node
@click.option("--lines", type=click.IntRange(1), default=SHOWN, show_default=True)
@told
def show_audit_command(
    *, folder: Path | None, code: str | None, settings: Path | None, lines: int
) -> None:
    """Show the newest lines of a node's own audit, the oldest of them first."""
    target = find_target(folder, code, settings)
    table = rich.table.Table(box=rich.box.SIMPLE, padding=(0, 1, 0, 0))
    for column in ("line", "when (UTC)", "who", "role", "terminal", "act", "whom", "why"):
        table.add_column(column, overflow="fold")
    with copy_of(target.paths, target.node) as store, store.changing() as connection:
        after = trail_end(connection).line_no - lines
        for one in read_trail(connection, "line_no > ?", (after,)):
            line = one.line
            when = datetime.fromtimestamp(one.at_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
            whom = line.subject.hex() if line.subject else ""
            act = f"{line.act} {line.detail}".strip()
            who = (line.actor.hex(), line.role, line.terminal)
            table.add_row(str(one.line_no), when, *who, act, whom, line.why)
    out.print(table)


def _chains(connection: Connection, target: Target, estate: Estate) -> dict[str, tuple[int, int]]:
    """Of each chain here, the last line that is here no more, and the last of all."""
    own = (trail_begin(connection).line_no, trail_end(connection).line_no)
    chains = {target.node.code: own}
    sql = "SELECT node, min(from_line), max(last_line) FROM audit_branches GROUP BY node"
    for node, begin, end in connection.execute(sql):
        if node != target.node.node_id:
            chains[_name(estate, NodeId(node))] = (begin, end)
    return chains


def _faults(connection: Connection, target: Target, estate: Estate) -> list[str]:
    """The first bad line of each chain; a node's own first."""
    bad = first_bad_line(connection)
    own = [] if bad is None else [f"{target.node.code}: line {bad.line_no} {bad.words}."]
    kept = [
        f"{_name(estate, node)}, as it is here: line {one.line_no} {one.words}."
        for node, one in bad_copies(connection)
    ]
    came = [
        f"{_name(estate, one.node)}, as it came: line {one.line_no} {WORDS[one.code]}."
        for one in trail_faults(connection)
    ]
    return own + kept + came


def _name(estate: Estate, node: NodeId) -> str:
    return next((one.code for one in estate.nodes if one.node_id == node), node.hex())
