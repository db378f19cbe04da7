"""The demonstration estate: a centre and its offices as real programs, every line through a proxy.

Made and filled once, then kept; up again within seconds. It runs until it is told to stop, and then
stops every program that it started.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import rich.progress

from sync_protocol.errors import Refused, ThroughcareError, Unavailable
from sync_protocol.io.system_clock import Clock
from throughcare.children import Child, read_pid, write_own_pid
from throughcare.clocks import clock_of
from throughcare.estate import CENTRE_CODE, ESTATE_NAME, Estate, folder_of, read_estate
from throughcare.faults import err, out
from throughcare.line_proxy import Line, PortTaken, is_free
from throughcare.loading import load_estate
from throughcare.making import (
    LINE_PORTS_FROM,
    PLACES_USUAL,
    SIGN_INS_NAME,
    SignIn,
    check_clear,
    clear,
    is_made,
    line_port,
    make_estate,
    open_estate,
    read_sign_ins,
    stop_left_behind,
    write_settings,
)
from throughcare.supervisor import RunningNode, Supervisor

PID_NAME: Final = "demo.pid"
SEED: Final = 2026
PORT_LAST: Final = 65_535 - 100
PROGRAM: Final = "throughcare"


class AlreadyRuns(Unavailable):
    """This demonstration runs already."""

    code = "already_runs"
    hint = "Stop it there with Ctrl-C, or name another folder with --dir."


class Stopped(Unavailable):
    """It was told to stop before it was done; everything it started is stopped."""

    code = "stopped"
    hint = "Start it again to go on."


class BadPortBase(Refused):
    """The ports cannot be used."""

    code = "bad_port_base"
    hint = f"Name a port from 1024 to {PORT_LAST} with --port-base."


class CannotStart(Unavailable):
    """Several things keep the demonstration from starting; nothing was changed."""

    code = "cannot_start"
    hint = "Do what each line says, then start it again."


class Wanted(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    folder: Path
    is_fresh: bool
    port_base: int
    people: int
    clock_shift_ms: int | None = None
    """How far ahead of this machine's every node's clock runs; as it was where it is not said."""


class Running(msgspec.Struct, frozen=True):
    """A demonstration that is up."""

    folder: Path
    estate: Estate
    sign_ins: tuple[SignIn, ...]
    supervisor: Supervisor


Visit = Callable[[Running], Awaitable[None]]


def run(wanted: Wanted, visit: Visit) -> None:
    """Brings the estate up, lets `visit` do its work with it, and stops everything again.

    Whatever keeps it from starting is told at once, before anything is removed or made.
    """
    check(wanted)
    estate = prepare(wanted)
    write_own_pid(wanted.folder / PID_NAME)
    try:
        asyncio.run(_run(wanted.folder, estate, visit))
    except (asyncio.CancelledError, KeyboardInterrupt) as stopped:
        raise Stopped from stopped
    finally:
        (wanted.folder / PID_NAME).unlink(missing_ok=True)


def check(wanted: Wanted) -> None:
    """Raises what keeps this demonstration from starting: every fault, each with what to do."""
    faults = list(_faults(wanted))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise CannotStart("\n".join(str(fault) for fault in faults))


def prepare(wanted: Wanted) -> Estate:
    """The estate on disk: the one kept there, or a new one filled with people."""
    folder = wanted.folder
    if wanted.is_fresh or not is_made(folder):
        clear(folder)
        estate = make_estate(folder, PLACES_USUAL, wanted.port_base)
        _fill(folder, estate, wanted.people, clock_of(estate, wanted.clock_shift_ms or 0))
    else:
        estate = open_estate(folder, wanted.port_base)
    write_settings(folder, estate, wanted.clock_shift_ms)
    return estate


async def stay(running: Running) -> None:
    """Prints where to go and who may sign in, and stays until it is told to stop."""
    show(running.folder, running.estate, running.sign_ins)
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    watching = asyncio.create_task(running.supervisor.watch())
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if watching.done():
        watching.result()
    watching.cancel()
    out.print("Stopping every node.")


def show(folder: Path, estate: Estate, sign_ins: Sequence[SignIn]) -> None:
    """Prints the addresses and, for each, one member of staff of each role."""
    out.print("[bold]Throughcare is up.[/]")
    for node in estate.nodes:
        out.print(f"\n[bold]{node.name}[/] ({node.code})  [link]{node.url}[/]", soft_wrap=True)
        own = [one for one in sign_ins if one.code == node.code]
        for role in dict.fromkeys(one.role for one in own):
            one = next(one for one in own if one.role == role)
            called_role = role.replace("_", " ")
            out.print(f"    {called_role:<14}  {one.user_name:<16}  {one.password}", soft_wrap=True)
    here = "" if str(folder) == ".demo" else f" --dir {folder}"
    code = estate.spokes[0].code
    command = f"{called()} demo{here}"
    for line in (
        f"\nEverybody's sign-ins, yours alone to read: {folder / SIGN_INS_NAME}",
        "All people are invented.",
        f"Cut a line with `{command} line {code} down`, mend it with `{command} line {code} up`.",
        f"Kill a node with `{command} kill {code}`: it comes back by itself.",
        f"Let 30 days pass everywhere with `{command} clock all +30d`.",
        "Stop all of it with Ctrl-C.",
    ):
        out.print(line, soft_wrap=True)


def called() -> str:
    """What to type for this program here: its name where the shell finds it, else its path."""
    if shutil.which(PROGRAM) is not None:
        return PROGRAM
    installed = Path(sys.prefix) / "bin" / PROGRAM
    here = Path.cwd()
    return str(installed.relative_to(here) if installed.is_relative_to(here) else installed)


def make_supervisor(folder: Path, estate: Estate) -> Supervisor:
    """The programs and lines of an estate, not yet started."""
    nodes = []
    for node in estate.nodes:
        is_hub = node.place.kind == "centre"
        own = folder_of(folder, node)
        role = "server" if is_hub else "edge"
        command = (sys.executable, "-m", "throughcare", "serve", role, "--settings")
        child = Child(
            command=(*command, str(own.settings)),
            environment=os.environ,
            log=own.log,
            pid_file=own.pid,
        )
        line = None if is_hub else Line(line_port(node), estate.hub.port)
        nodes.append(RunningNode(node.code, node.url, child, line, own.settings))
    return Supervisor(nodes, folder, lambda said: err.print(f"[dim]{said}[/]"))


async def _run(folder: Path, estate: Estate, visit: Visit) -> None:
    supervisor = make_supervisor(folder, estate)
    task = asyncio.current_task()
    assert task is not None, "asyncio runs this in a task"
    # Told to stop at any moment, it stops what it started.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        with err.status("Starting every node"):
            await supervisor.open()
        await visit(Running(folder, estate, read_sign_ins(folder), supervisor))
    finally:
        with suppress(asyncio.CancelledError):
            await supervisor.close()


def _fill(folder: Path, estate: Estate, people: int, clock: Clock) -> None:
    columns = (*rich.progress.Progress.get_default_columns()[:2], rich.progress.TimeElapsedColumn())
    with rich.progress.Progress(*columns, console=err) as bars:
        tasks = {node.name: bars.add_task(f"{node.name}", total=None) for node in estate.nodes}

        def progress(name: str, done: int, total: int) -> None:
            bars.update(tasks[name], completed=done, total=max(total, 1))

        loaded = load_estate(
            folder, estate, people=people, seed=SEED, progress=progress, clock=clock
        )
    err.print(f"[dim]{loaded.people} invented people, {loaded.ops} changes.[/]")


def _faults(wanted: Wanted) -> Iterator[ThroughcareError]:
    is_base_good = 1024 <= wanted.port_base <= PORT_LAST
    if not is_base_good:
        yield BadPortBase(f"{wanted.port_base} was asked for.")
    running = read_pid(wanted.folder / PID_NAME)
    if running is not None:
        # The ports that it holds are no fault of their own.
        yield AlreadyRuns(f"Process {running.pid} on {wanted.folder}.")
        return
    try:
        codes = _codes(wanted)
    except Refused as fault:
        yield fault
        codes = [CENTRE_CODE, *(place.code for place in PLACES_USUAL)]
    if is_base_good:
        stop_left_behind(wanted.folder)
        yield from _taken(codes, wanted.port_base)


def _codes(wanted: Wanted) -> list[str]:
    """The nodes that will run; raises NotOurs or BadEstate where the folder cannot be used."""
    if not wanted.is_fresh and is_made(wanted.folder):
        return [node.code for node in read_estate(wanted.folder / ESTATE_NAME).nodes]
    check_clear(wanted.folder)
    return [CENTRE_CODE, *(place.code for place in PLACES_USUAL)]


def _taken(codes: Sequence[str], port_base: int) -> Iterator[PortTaken]:
    """One fault for all ports that somebody else listens on, with what each is for."""
    ports = {port_base + number: code for number, code in enumerate(codes)}
    lines = {port + LINE_PORTS_FROM: f"the line of {code}" for port, code in ports.items()}
    lines.pop(port_base + LINE_PORTS_FROM)
    taken = [f"{port} ({use})" for port, use in {**ports, **lines}.items() if not is_free(port)]
    if taken:
        yield PortTaken(f"In use: {', '.join(taken)}.")
