"""The commands `throughcare recovery`: what a restored centre has back, and who is given up.

Until every node has offered again what it holds, or two administrators of the centre have given up
one that will not come, the centre lets nobody leave and has nothing sealed or purged.
"""

import json
from pathlib import Path
from typing import Any

import click
import rich.box
import rich.table

from casework.access.caller import Caller
from sync_protocol.errors import Refused
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.recovery import (
    PEOPLE_NEEDED,
    Regained,
    give_up,
    read_recovery,
    read_regained,
)
from throughcare.estate import Estate
from throughcare.faults import out, told
from throughcare.store_commands import Target, ask_password, find_target, which_node
from throughcare.stores import open_accounts


class NotTheCentre(Refused):
    """Only the centre recovers from the others."""

    code = "not_the_centre"
    hint = "Name the centre, such as with --node CENTRE."


class NotAnAdministrator(Refused):
    """Giving up a node is for administrators of the centre."""

    code = "not_an_administrator"
    hint = "Ask one; throughcare staff list names them."


@click.group("recovery")
def recovery_group() -> None:
    """See what a restored centre has back from the nodes; give up a node that will not come."""


@recovery_group.command("show")
@which_node
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")
@told
def recovery_show_command(
    *, folder: Path | None, code: str | None, settings: Path | None, as_json: bool
) -> None:
    """Say which nodes a restored centre still awaits, and what it holds of each."""
    target = _hub_target(folder, code, settings)
    with target.open() as store:
        report = _report(store, target.estate)
    if as_json:
        click.echo(json.dumps(report))
    else:
        _show(report)


@recovery_group.command("give-up")
@click.argument("office")
@click.option("--as", "user_name", required=True, help="Your account at the centre.")
@which_node
@told
def recovery_give_up_command(
    office: str, *, user_name: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Say that an office's node will not come back; two administrators must say so.

    What it alone held is lost. If it does come back, it offers what it holds all the same.
    """
    target = _hub_target(folder, code, settings)
    node = target.estate.node(office)
    password = ask_password()
    with target.open() as store:
        caller = open_accounts(store, target.paths).sign_in(user_name, password, "command line")
        if caller.role != "administrator":
            raise NotAnAdministrator(user_name)
        with store.core.transaction():
            given_up = give_up(store.core, node.node_id, caller.staff.hex())
            _witness(store, caller, node.code)
    if given_up.is_settled:
        out.print(f"{node.code} is given up; the centre no longer waits for it.")
    else:
        left = PEOPLE_NEEDED - len(given_up.given_up_by)
        out.print(f"Noted. {left} more administrator has to give {node.code} up.")


def _hub_target(folder: Path | None, code: str | None, settings: Path | None) -> Target:
    target = find_target(folder, code, settings)
    if target.duties is None:
        raise NotTheCentre(target.node.code)
    return target


def _report(store: OpStore, estate: Estate) -> dict[str, Any]:
    with store.changing() as connection:
        recovery = read_recovery(connection)
        regained = {one.node: one for one in read_regained(connection)}
    awaited = {one.node: one for one in recovery.nodes} if recovery is not None else {}
    nodes = []
    for node in estate.nodes:
        held = regained.get(node.node_id) or Regained(
            node=node.node_id, ops=0, parked=0, lives=0, gaps=0
        )
        waits = awaited.get(node.node_id)
        nodes.append(
            {
                "node": node.code,
                "changes": held.ops,
                "parked": held.parked,
                "lives": held.lives,
                "gaps": held.gaps,
                "is_awaited": waits is not None and not waits.is_settled,
                "offered_ms": waits.offered_ms if waits is not None else None,
                "given_up_by": len(waits.given_up_by) if waits is not None else 0,
            }
        )
    is_recovering = recovery is not None and bool(recovery.awaited)
    since_ms = recovery.since_ms if recovery is not None else None
    return {"is_recovering": is_recovering, "since_ms": since_ms, "nodes": nodes}


def _show(report: dict[str, Any]) -> None:
    table = rich.table.Table(box=rich.box.SIMPLE, padding=(0, 1, 0, 0))
    for column in ("node", "changes held", "parked", "lives", "gaps", "state"):
        table.add_column(column)
    for one in report["nodes"]:
        counts = (one["changes"], one["parked"], one["lives"], one["gaps"])
        table.add_row(one["node"], *map(str, counts), _state(one))
    out.print(table)
    if report["is_recovering"]:
        out.print("The centre is recovering: nobody leaves, and nothing is sealed or purged.")
    elif report["since_ms"] is None:
        out.print("The centre was never restored.")
    else:
        out.print("The centre has recovered.")


def _state(one: dict[str, Any]) -> str:
    if one["offered_ms"] is not None:
        return "has offered all"
    if one["is_awaited"]:
        return f"awaited, given up by {one['given_up_by']} of {PEOPLE_NEEDED}"
    return "given up" if one["given_up_by"] else ""


def _witness(store: OpStore, caller: Caller, code: str) -> None:
    store.witness([AuditLine(actor=caller.staff, act="gave_up_node", detail=code)])
