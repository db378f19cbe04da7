"""The commands that look at or change one node's store: verify, backup, restore.

A node is named by its settings file, or by its code in an estate's folder; without either, by the
environment, as the node itself is.
"""

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
import rich.box
import rich.table

import edge.settings
from sync_protocol.errors import NotFound, Refused
from sync_protocol.io.backup import latest_backup
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import Clock
from throughcare.backups import back_up_node, rebuild_hub, restore_node
from throughcare.clocks import clock_of
from throughcare.compose import read_environment
from throughcare.estate import ESTATE_NAME, Estate, EstateNode, NodeFolder, read_estate
from throughcare.faults import EXIT_REFUSED, FaultsFound, out, told
from throughcare.holding import held
from throughcare.roster import estate_now
from throughcare.stores import (
    HubDuties,
    StorePaths,
    check_not_lost,
    duties_of,
    open_store,
)
from throughcare.verify import StoreReport, verify_estate, verify_one

Command = TypeVar("Command", bound=Callable[..., Any])


class NoBackup(Refused):
    """There is no backup to restore."""

    code = "no_backup"
    hint = "Name a backup's file, or look in the node's backups folder."


class Target(msgspec.Struct, frozen=True):
    """One node, as its settings say."""

    settings: edge.settings.Settings
    node: EstateNode

    @property
    def paths(self) -> StorePaths:
        """Where its store and keys are."""
        settings = self.settings
        return StorePaths(settings.store, settings.store_key_file, settings.signing_key_file)

    @property
    def estate(self) -> Estate:
        """The estate as this node knows it: at the centre with whoever was let in since."""
        named = read_estate(self.settings.estate)
        if self.node != named.hub:
            return named
        return estate_now(named, self.settings.store, self.settings.store_key_file)

    @property
    def duties(self) -> HubDuties | None:
        """What the centre's store is handed besides; None of an office."""
        estate = self.estate
        return duties_of(estate) if self.node == estate.hub else None

    @property
    def clock(self) -> Clock:
        """The clock that it lives by."""
        settings = self.settings
        return clock_of(read_estate(settings.estate), settings.clock_shift_ms)

    @contextmanager
    def open(self) -> Iterator[OpStore]:
        """Its store, let go of when the block ends."""
        with self.open_with(None) as store:
            yield store

    @contextmanager
    def open_with(self, duties: HubDuties | None) -> Iterator[OpStore]:
        """As `open`, with what only the centre's store is handed, for whoever writes there."""
        check_not_lost(self.paths, self.settings.backup_dir)
        store = open_store(self.paths, self.node, duties, clock=self.clock)
        try:
            yield store
        finally:
            store.close()


def which_node(command: Command) -> Command:
    """The options that name a node, for a command that takes `folder`, `code` and `settings`."""
    options = (
        click.option(
            "--dir",
            "folder",
            type=click.Path(path_type=Path, file_okay=False),
            help="An estate's folder, such as .demo.",
        ),
        click.option("--node", "code", help="With --dir: the node's code, such as LEI."),
        click.option(
            "--settings",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            help="The settings file that the node is started with.",
        ),
    )
    for option in options:
        command = option(command)
    return command


def find_target(folder: Path | None, code: str | None, settings: Path | None) -> Target:
    """The node that the options name; raises BadSettings or BadEstate with every fault."""
    if folder is not None:
        if code is None:
            raise click.UsageError("Say which node of the estate with --node, such as --node LEI.")
        node = read_estate(folder / ESTATE_NAME).node(code)
        settings = NodeFolder(folder / node.code).settings
        if not settings.is_file():
            raise NotFound(f"{settings} is missing: start the demonstration once.")
    # An office's settings are the hub's and one more, so this reads those of either.
    read = edge.settings.read_settings(read_environment(settings))
    return Target(read, read_estate(read.estate).node(read.node))


@click.command("verify")
@which_node
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")
@told
def verify_command(
    *, folder: Path | None, code: str | None, settings: Path | None, as_json: bool
) -> None:
    """Check a store from its bytes up; with --dir alone, every node of an estate and the hub."""
    if folder is not None and code is None:
        reports = verify_estate(folder, read_estate(folder / ESTATE_NAME)).nodes
    else:
        target = find_target(folder, code, settings)
        estate = target.estate
        keys = {node.node_id: node.key for node in estate.nodes}
        reports = (verify_one(target.paths, target.node, keys.get),)
    if as_json:
        click.echo(json.dumps({"nodes": msgspec.to_builtins(reports)}))
    else:
        _show_reports(reports)
    faults = [f"{report.name}: {fault}" for report in reports for fault in report.faults]
    if faults and as_json:
        sys.exit(EXIT_REFUSED)
    if faults:
        raise FaultsFound("\n".join(faults))


@click.command("backup")
@which_node
@told
def backup_command(*, folder: Path | None, code: str | None, settings: Path | None) -> None:
    """Take a backup now and verify it; the node may run."""
    target = find_target(folder, code, settings)
    own = target.settings
    backup = back_up_node(
        target.paths, target.node, own.backup_dir, kept=own.backups_kept, clock=target.clock
    )
    out.print(f"Verified: {backup.path} ({backup.ops} changes, {backup.bytes} bytes).")


@click.command("restore")
@which_node
@click.option(
    "--from",
    "backup",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The backup; the newest of the node where it is not named.",
)
@click.option(
    "--without-backup",
    "is_rebuild",
    is_flag=True,
    help="Of the centre, where no backup is left: begin empty, and have it filled by the offices.",
)
@told
def restore_command(
    *,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
    backup: Path | None,
    is_rebuild: bool,
) -> None:
    """Put a verified backup in the store's place; what stood there is kept beside it.

    The node goes on under a new life, or the centre under a new incarnation, so what happened after
    the backup comes back from the others.
    """
    target = find_target(folder, code, settings)
    if is_rebuild:
        _rebuild(target, backup)
        return
    chosen = backup or latest_backup(target.settings.backup_dir)
    if chosen is None or not chosen.is_file():
        raise NoBackup(str(chosen or target.settings.backup_dir))
    with held(target.paths.store.parent):
        restored = restore_node(target.paths, target.node, chosen, target.duties)
    out.print(f"{target.node.code} is restored from {chosen} ({restored.ops} changes).")
    out.print("Start it: what was sent since then comes back from the others.")


def _rebuild(target: Target, backup: Path | None) -> None:
    """Begins the centre's store anew."""
    if backup is not None:
        raise click.UsageError("Either --from a backup, or --without-backup.")
    if target.duties is None:
        raise click.UsageError("Only the centre is rebuilt from the others; restore this node.")
    with held(target.paths.store.parent):
        rebuild_hub(target.paths, target.node, target.duties)
    out.print(f"{target.node.code} begins empty; what stood there is kept beside it.")
    out.print("Start it, and see with throughcare recovery show what has come back, and from whom.")
    out.print("Accounts of its own staff are gone: open them with throughcare staff add.")


def ask_password() -> str:
    """A password typed twice, or one line of standard input: never an argument that others see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise click.UsageError("The two passwords differ.")
    return first


def _show_reports(reports: tuple[StoreReport, ...]) -> None:
    table = rich.table.Table(box=rich.box.SIMPLE, padding=(0, 1, 0, 0))
    columns = (
        "node",
        "changes",
        "waiting",
        "parked",
        "lost",
        "conflicts",
        "digests",
        "projections",
    )
    for column in columns:
        table.add_column(column)
    for one in reports:
        counts = (one.ops, one.unsent, one.parked, one.lost, one.conflicts)
        equal = (
            "equal" if value else "DIFFER" for value in (one.digests_equal, one.projections_equal)
        )
        table.add_row(one.name, *map(str, counts), *equal)
    out.print(table)
