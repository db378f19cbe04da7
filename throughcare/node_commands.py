"""The commands `throughcare node`: who is of the estate, and who is let in.

At the centre each of them is done by an administrator under their own name, and one lets in whom
another has invited (S3). The centre may run meanwhile: it hears of it at once.
"""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import click
import msgspec
import rich.box
import rich.table

from casework.access.caller import Caller
from server.pages.enrolment import faults_of
from server.services.joining import Joining
from server.services.node_entries import PORT, Entry, NewPlace
from server.services.quarantine import Said, revoke, trust_again
from sync_protocol.errors import InvalidValue, NotFound
from sync_protocol.ids import NodeId, uuid7
from sync_protocol.io.system_clock import system_chance
from throughcare.centre import open_authority, open_joining
from throughcare.enrol_command import enrol_command
from throughcare.estate import CENTRE_CODE, read_estate, write_private
from throughcare.faults import out, told
from throughcare.founding import found_command
from throughcare.recovery_commands import NotAnAdministrator, NotTheCentre
from throughcare.roster import Roster
from throughcare.store_commands import Target, find_target, which_node
from throughcare.stores import duties_of, open_accounts

STATE_WORDS: Final = {
    "invited": "not let in yet",
    "waiting": "waits to be let in",
    "active": "let in",
    "revoked": "revoked",
}
_as = click.option("--as", "user_name", required=True, help="Your account at the centre.")
_why = click.option("--why", required=True, help="Kept in the audit with your name.")


class _Centre(msgspec.Struct, frozen=True):
    """The centre as a command works there."""

    joining: Joining
    target: Target

    def administrator(self, user_name: str) -> Caller:
        """Who this is, by their password; raises NotAnAdministrator, or as signing in does."""
        accounts = open_accounts(self.joining.store, self.target.paths)
        caller = accounts.sign_in(user_name, _password(), "command line")
        if caller.role != "administrator":
            raise NotAnAdministrator(user_name)
        return caller

    def entry(self, code: str) -> Entry:
        """The node at a place; raises NotFound."""
        return self.joining.nodes.entry(code.upper())

    def known(self, code: str) -> Entry | None:
        """The node at a place; None where it has none."""
        try:
            return self.entry(code)
        except NotFound:
            return None

    def new_node(self) -> NodeId:
        """The id of a node that is new."""
        return NodeId(uuid7(self.target.clock.now_ms(), system_chance(10)))


@click.group("node")
def node_group() -> None:
    """Let nodes in, revoke them, and set a new computer up."""


node_group.add_command(found_command)
node_group.add_command(enrol_command)


@node_group.command("list")
@which_node
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a script.")
@told
def list_command(
    *, folder: Path | None, code: str | None, settings: Path | None, as_json: bool
) -> None:
    """At the centre: list every node with its state, and who waits to be let in."""
    with _centre(folder, code, settings) as centre:
        rows = _rows(centre)
    if as_json:
        click.echo(json.dumps({"nodes": rows}))
        return
    if not rows:
        out.print("No office is known. Invite one: throughcare node invite --help")
        return
    table = rich.table.Table(box=rich.box.SIMPLE)
    for column in ("place", "name", "state", "certificate until"):
        table.add_column(column)
    for one in rows:
        state = STATE_WORDS[one["state"]]
        table.add_row(one["place"], one["name"], state, one["certificate_until"])
    out.print(table)
    for one in rows:
        if one["words"]:
            # They are read aloud: a table would break them to fit.
            click.echo(f"{one['place']} waits with the words: {' '.join(one['words'])}")


@node_group.command("invite")
@click.argument("place")
@click.option("--kind", type=click.Choice(["prison", "probation"]), help="Of a new office.")
@click.option("--name", help="Of a new office, as pages show it: Leeds (HMP).")
@click.option("--host", "hosts", multiple=True, help="A name or address its staff find it at.")
@click.option("--port", type=click.IntRange(1, 65_535), help=f"{PORT} where it is not named.")
@click.option(
    "--to",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The invitation's file; <PLACE>-invitation.json where it is not named.",
)
@_why
@_as
@which_node
@told
def invite_command(
    place: str,
    *,
    kind: Literal["prison", "probation"] | None,
    name: str | None,
    hosts: tuple[str, ...],
    port: int | None,
    file: Path | None,
    why: str,
    user_name: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: give a code for an office's computer, and write the invitation it opens.

    For an office that is known already the place alone is named, and what is to be another than it
    was: its code is for its first computer, or for one that takes the place of the former.
    """
    written = file or Path(f"{place.upper()}-invitation.json")
    with _centre(folder, code, settings) as centre:
        caller = centre.administrator(user_name)
        known = centre.known(place)
        wanted = _place(place, known, (kind, name), (hosts, port))
        node = known.node if known is not None else centre.new_node()
        given = centre.joining.invite(node, wanted, caller.staff, why)
    write_private(written, given.invitation.encode())
    out.print(f"Code: [bold]{given.code}[/]")
    out.print("It is not shown again. It works once, for 24 hours.")
    out.print("Tell it by telephone, apart from the invitation.")
    out.print(f"Wrote {written}, which is no secret. At the new computer:", soft_wrap=True)
    out.print(f"throughcare node enrol --invitation {written.name} --dir FOLDER", soft_wrap=True)


@node_group.command("approve")
@click.argument("place")
@click.option("--words", required=True, help="The six words that the office read to you.")
@_as
@which_node
@told
def approve_command(
    place: str,
    *,
    words: str,
    user_name: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: let in the computer that waits, having compared the six words with it.

    Whoever gave the code cannot: another administrator has to.
    """
    with _centre(folder, code, settings) as centre:
        caller = centre.administrator(user_name)
        entry = centre.entry(place)
        centre.joining.approve(entry, caller.staff, words)
    out.print(f"{entry.name} is let in.")


@node_group.command("refuse")
@click.argument("place")
@_why
@_as
@which_node
@told
def refuse_command(
    place: str,
    *,
    why: str,
    user_name: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: turn away the computer that waits; whatever was there before goes on."""
    with _centre(folder, code, settings) as centre:
        caller = centre.administrator(user_name)
        entry = centre.entry(place)
        centre.joining.nodes.refuse(entry.node, caller.staff, why)
    out.print(f"{entry.name} was refused. For another attempt it needs a new code.")


@node_group.command("revoke")
@click.argument("place")
@_why
@_as
@which_node
@told
def revoke_command(
    place: str,
    *,
    why: str,
    user_name: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: trust an office's computer no more; it is told to lock what it holds.

    What it sends from now on counts for nothing until two people have judged it.
    """
    with _centre(folder, code, settings) as centre:
        caller = centre.administrator(user_name)
        entry = centre.entry(place)
        revoke(centre.joining.store, entry.node, Said(caller.staff, why))
    out.print(f"{entry.name} is revoked. Enrol another computer with: throughcare node invite")


@node_group.command("trust-again")
@click.argument("place")
@_why
@_as
@which_node
@told
def trust_command(
    place: str,
    *,
    why: str,
    user_name: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: trust a revoked computer again, where you know that nobody had it."""
    with _centre(folder, code, settings) as centre:
        caller = centre.administrator(user_name)
        entry = centre.entry(place)
        trust_again(centre.joining.store, entry.node, Said(caller.staff, why))
    out.print(f"{entry.name} is trusted again; what is in quarantine stays there.")


@contextmanager
def _centre(folder: Path | None, code: str | None, settings: Path | None) -> Iterator[_Centre]:
    target = find_target(folder, code or CENTRE_CODE, settings)
    estate = read_estate(target.settings.estate)
    if target.node != estate.hub:
        raise NotTheCentre(target.node.code)
    roster = Roster(estate)
    with target.open_with(duties_of(estate, target.clock, roster)) as store:
        authority = open_authority(target.settings.folder, estate, target.clock.now_ms())
        joining = open_joining(store, estate, authority, roster, target.settings.estate)
        yield _Centre(joining, target)


def _rows(centre: _Centre) -> list[dict[str, Any]]:
    nodes = centre.joining.nodes
    waiting = {one.node: one for one in nodes.waiting()}
    return [
        {
            "place": one.place_code,
            "name": one.name,
            "node": one.node.hex(),
            "state": one.state,
            "certificate_until": _day(one.certificate_ends_ms),
            "words": list(waiting[one.node].words) if one.node in waiting else [],
        }
        for one in nodes.entries()
    ]


def _day(at_ms: int | None) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}" if at_ms is not None else ""


def _place(
    code: str,
    known: Entry | None,
    what: tuple[Literal["prison", "probation"] | None, str | None],
    at: tuple[tuple[str, ...], int | None],
) -> NewPlace:
    """The place as it is to be; raises with every fault."""
    (kind, name), (hosts, port) = what, at
    if known is not None:
        kind = "prison" if known.place_kind == "prison" else "probation"
        name, hosts, port = name or known.name, hosts or known.hosts, port or known.port
    if kind is None or not name or not hosts:
        raise click.UsageError(
            f"{code.upper()} is not known yet: say what it is with --kind, --name and --host."
        )
    values = {"code": code.upper(), "hosts": " ".join(hosts).lower(), "port": str(port or PORT)}
    faults = faults_of(values)
    if faults:
        raise InvalidValue("; ".join(faults.values()))
    named = tuple(values["hosts"].split())
    return NewPlace(kind=kind, code=code.upper(), name=name, hosts=named, port=port or PORT)


def _password() -> str:
    """Never an argument, which others would see."""
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
