"""The commands about who may sign in: accounts of a node, and at the centre who works where.

What the centre's commands do is in its audit as done on its own computer, by nobody of its staff.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import rich.box
import rich.table

from casework.access.accounts import Account, Accounts, NewAccount
from casework.access.caller import ROLES, Caller
from casework.access.sessions import Sessions
from casework.desk.desk import Desk, EstateNode, Place
from casework.desk.holding import OnlyAtCentre
from casework.desk.posts import (
    Appointment,
    PostView,
    appoint,
    end_post,
    give_new_code,
    post_of,
    posts_at,
    unlock_post,
)
from casework.records import REGISTRY
from casework.rules.rows import day_of, read_day
from sync_protocol.errors import NotFound
from sync_protocol.ids import NO_ACTOR, ActorId, uuid7
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import system_chance
from throughcare import estate as estates
from throughcare.estate import CENTRE_CODE
from throughcare.faults import out, told
from throughcare.store_commands import Target, ask_password, find_target, which_node
from throughcare.stores import open_accounts, open_posts

HERE: Final = Caller(NO_ACTOR, "The centre's own computer", "administrator", "command line")


@click.group("staff")
def staff_group() -> None:
    """Accounts of a node, and at the centre who works where."""


@staff_group.command("add")
@click.argument("user_name")
@click.option("--name", "display_name", required=True, help="As pages show it: K. Birkshaw.")
@click.option("--role", type=click.Choice(ROLES), default="staff", show_default=True)
@which_node
@told
def staff_add_command(
    *,
    user_name: str,
    display_name: str,
    role: Any,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """Open an account; the password is asked for, or read from standard input."""
    target = find_target(folder, code, settings)
    password = ask_password()
    with target.open() as store:
        account = _accounts(store, target).open_account(
            NewAccount(
                staff=ActorId(uuid7(target.clock.now_ms(), system_chance(10))),
                user_name=user_name,
                display_name=display_name,
                role=role,
                password=password,
            )
        )
        _witness(store, account, "account_opened")
    out.print(f"{account.user_name} may sign in at {target.node.code} as {account.role}.")


@staff_group.command("list")
@which_node
@told
def staff_list_command(*, folder: Path | None, code: str | None, settings: Path | None) -> None:
    """List the accounts of a node."""
    target = find_target(folder, code, settings)
    with target.open() as store:
        accounts = _accounts(store, target).accounts()
    table = rich.table.Table(box=rich.box.SIMPLE)
    for column in ("user name", "name", "role", "state"):
        table.add_column(column)
    for one in accounts:
        state = _state(one)
        table.add_row(one.user_name, one.display_name, one.role, state)
    out.print(table)


@staff_group.command("reset-password")
@click.argument("user_name")
@which_node
@told
def staff_reset_command(
    *, user_name: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Give an account a new password and forgive its failed attempts."""
    target = find_target(folder, code, settings)
    with target.open() as store:
        accounts = _accounts(store, target)
        account = _named(accounts, user_name, target)
        accounts.set_password(account.staff, ask_password())
        _sign_out_everywhere(store, account, "password_set")
    out.print("The new password counts from now on; whoever was signed in has to sign in again.")


@staff_group.command("close")
@click.argument("user_name")
@which_node
@told
def staff_close_command(
    *, user_name: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Close an account: nobody signs in to it again, and what it wrote keeps its name."""
    target = find_target(folder, code, settings)
    with target.open() as store:
        accounts = _accounts(store, target)
        account = _named(accounts, user_name, target)
        accounts.close_account(account.staff)
        _sign_out_everywhere(store, account, "account_closed")
    out.print(f"{account.user_name} can no longer sign in at {target.node.code}.")


@staff_group.command("unlock")
@click.argument("user_name")
@which_node
@told
def staff_unlock_command(
    *, user_name: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Let an account that was locked after too many attempts try again."""
    target = find_target(folder, code, settings)
    with target.open() as store:
        accounts = _accounts(store, target)
        account = _named(accounts, user_name, target)
        accounts.unlock(account.staff)
        _witness(store, account, "account_unlocked")
    out.print(f"{account.user_name} can try again at {target.node.code}.")


@staff_group.command("code")
@click.argument("user_name")
@which_node
@told
def staff_code_command(
    *, user_name: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """Give an account a one-time code, for a first or a forgotten password."""
    target = find_target(folder, code, settings)
    with target.open() as store:
        accounts = _accounts(store, target)
        account = _named(accounts, user_name, target)
        given = accounts.give_code(account.staff)
        _witness(store, account, "code_given")
    out.print(f"One-time code for {account.user_name}: {given} (works once, within 14 days)")


@staff_group.command("appoint")
@click.argument("user_name")
@click.option("--at", "place", required=True, help="The code of the place, such as LEI.")
@click.option("--name", "display_name", required=True, help="As pages show it: K. Birkshaw.")
@click.option("--role", type=click.Choice(ROLES), default="staff", show_default=True)
@click.option("--team", default="", help="The code of a team, where they are of one.")
@which_node
@told
def staff_appoint_command(
    *,
    user_name: str,
    place: str,
    display_name: str,
    role: Any,
    team: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: name somebody for a place, and give their one-time code."""
    given = Appointment(
        code=place.upper(), user_name=user_name, display_name=display_name, role=role, team=team
    )
    with _centre(folder, code, settings) as desk:
        done = appoint(desk, HERE, given)
        first = give_new_code(desk, HERE, post_of(desk, HERE, given.code, done.staff))
    out.print(f"{given.display_name} works at {given.code} as {given.role}.")
    out.print(f"One-time code: {first} (works once, within 14 days, at that place)")


@staff_group.command("posts")
@click.option("--at", "place", required=True, help="The code of the place, such as LEI.")
@which_node
@told
def staff_posts_command(
    *, place: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """At the centre: list who works at a place, and who did."""
    with _centre(folder, code, settings) as desk:
        views = posts_at(desk, HERE, place.upper())
    table = rich.table.Table(box=rich.box.SIMPLE)
    for column in ("user name", "name", "role", "team", "state"):
        table.add_column(column)
    for post in (view.post for view in views):
        state = "open" if post.is_open else f"ended {post.ended_on}"
        role = post.role or "not known"
        table.add_row(post.user_name, post.display_name, role, post.team, state)
    out.print(table)


@staff_group.command("end-post")
@click.argument("user_name")
@click.option("--at", "place", required=True, help="The code of the place, such as LEI.")
@click.option("--last-day", default="", help="As 2026-11-30; today without it.")
@which_node
@told
def staff_end_command(
    *,
    user_name: str,
    place: str,
    last_day: str,
    folder: Path | None,
    code: str | None,
    settings: Path | None,
) -> None:
    """At the centre: end somebody's post; it counts at the place from its next contact on."""
    with _centre(folder, code, settings) as desk:
        view = _post_named(desk, place.upper(), user_name)
        day = last_day or day_of(desk.now_ms())
        if read_day(day) is None:
            raise click.UsageError(f"{day} is no day: write it as 2026-11-30.")
        end_post(desk, HERE, view, last_day=day)
    out.print(f"The last day of {view.post.display_name} at {place.upper()} is {day}.")


@staff_group.command("unlock-post")
@click.argument("user_name")
@click.option("--at", "place", required=True, help="The code of the place, such as LEI.")
@which_node
@told
def staff_unlock_post_command(
    *, user_name: str, place: str, folder: Path | None, code: str | None, settings: Path | None
) -> None:
    """At the centre: unlock an account of a place, from the place's next contact on."""
    with _centre(folder, code, settings) as desk:
        view = _post_named(desk, place.upper(), user_name)
        unlock_post(desk, HERE, view)
    out.print(f"{view.post.display_name} can try again once {place.upper()} has heard of it.")


@contextmanager
def _centre(folder: Path | None, code: str | None, settings: Path | None) -> Iterator[Desk]:
    """The desk of the centre, which alone names who works where."""
    target = find_target(folder, code or CENTRE_CODE, settings)
    estate = target.estate
    if target.node != estate.hub:
        raise OnlyAtCentre(f"{target.node.code} is an office.")
    known = {one.node_id: _known(one) for one in estate.nodes}
    with target.open_with(target.duties) as store:
        yield Desk(
            store=store,
            registry=REGISTRY,
            node=known[target.node.node_id],
            nodes=known,
            staff_name=_accounts(store, target).display_name,
            now_ms=store.core.parts.clock.now_ms,
            chance=system_chance,
        )


def _known(node: estates.EstateNode) -> EstateNode:
    return EstateNode(node.node_id, node.name, Place(node.place.kind, node.place.code, node.name))


def _post_named(desk: Desk, code: str, user_name: str) -> PostView:
    wanted = user_name.strip().casefold()
    for view in posts_at(desk, HERE, code):
        if view.post.user_name.casefold() == wanted:
            return view
    raise NotFound(f"post of {user_name} at {code}")


def _accounts(store: OpStore, target: Target) -> Accounts:
    estate = target.estate
    return open_accounts(store, target.paths, open_posts(store, estate, target.node))


def _state(one: Account) -> str:
    if not one.is_open:
        return "closed"
    if one.is_locked:
        return "locked"
    return "waiting for a first password" if one.is_waiting else "open"


def _named(accounts: Accounts, user_name: str, target: Target) -> Account:
    wanted = user_name.strip().casefold()
    for one in accounts.accounts():
        if one.user_name.casefold() == wanted:
            return one
    raise NotFound(f"account at {target.node.code}")


def _sign_out_everywhere(store: OpStore, account: Account, act: str) -> None:
    """Ends the sessions that the account has open, and leaves the audit line of what was done."""
    Sessions(store, store.core.parts.clock.now_ms, system_chance).end_all(account.staff)
    _witness(store, account, act)


def _witness(store: OpStore, account: Account, act: str) -> None:
    """Done on the node's own computer: the audit names the account, and nobody of its staff."""
    store.witness([AuditLine(actor=NO_ACTOR, act=act, detail=account.staff.hex())])
