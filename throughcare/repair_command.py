"""The command `throughcare repair`: sets a node right against its log and against the centre."""

import asyncio
import json
import sys
from pathlib import Path

import click
import msgspec

from sync_protocol.io.http_peer import HttpPeer
from sync_protocol.io.op_store import OpStore
from throughcare.estate import read_estate
from throughcare.faults import EXIT_REFUSED, FaultsFound, out, told
from throughcare.holding import held
from throughcare.repair import Repaired, repair_alone, repair_spoke
from throughcare.store_commands import Target, find_target, which_node
from throughcare.verify import copy_of


@click.command("repair")
@which_node
@click.option(
    "--dry-run", "is_trial", is_flag=True, help="Only say what differs; the node may run."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")
@told
def repair_command(
    *, folder: Path | None, code: str | None, settings: Path | None, is_trial: bool, as_json: bool
) -> None:
    """Check a node against its own log and against the centre, and set right what differs.

    Nothing is ever taken away: each side is given what it lacks. Stop the node first; one that runs
    compares itself with the centre as soon as their views differ.
    """
    target = find_target(folder, code, settings)
    if is_trial:
        with copy_of(target.paths, target.node) as store:
            found = _repair(target, store, is_trial=True)
    else:
        with held(target.paths.store.parent), target.open() as store:
            found = _repair(target, store, is_trial=False)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found)))
    else:
        _show(found)
    is_left = found.agrees is False or (is_trial and found.differed)
    if is_left and as_json:
        sys.exit(EXIT_REFUSED)
    if is_left:
        raise FaultsFound(_what_is_left(found))


def _repair(target: Target, store: OpStore, *, is_trial: bool) -> Repaired:
    name, hub = target.node.code, read_estate(target.settings.estate).hub
    if target.node == hub:
        return repair_alone(store, name, is_trial=is_trial)
    line = HttpPeer(target.settings.hub_url or hub.url)
    return asyncio.run(repair_spoke(store, name, line, hub, is_trial=is_trial))


def _show(found: Repaired) -> None:
    """Says in words what was found, and whether the centre has the same now."""
    verb = "would be" if found.is_trial else "were"
    lines = [
        (found.digests, f"digests {verb} set right: they were not those of their changes"),
        (found.projections, f"what is shown {'would be' if found.is_trial else 'was'} made anew"),
        (found.own_lost, "changes of this node's own were missing from its log"),
        (found.subjects, "files differed from the centre's"),
        (found.missing_here, f"changes {verb} fetched from the centre"),
        (found.missing_there, f"changes {verb} given to the centre"),
        (found.judged_otherwise, f"changes {verb} judged as the centre judged them"),
    ]
    for count, words in lines:
        if count:
            out.print(words.capitalize() if count is True else f"{count} {words}")
    if not found.differed:
        out.print(f"{found.node} agrees with its own log; nothing had to be set right.")
    if found.agrees:
        out.print(f"{found.node} and the centre hold the same.")


def _what_is_left(found: Repaired) -> str:
    if found.is_trial:
        return f"{found.node}: stop it, and give the command without --dry-run to set this right."
    return f"{found.node} and the centre still differ: compare both with throughcare verify."
