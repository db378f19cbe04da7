"""Keeps the programs of a demonstration running, and the lines between them as they are wanted.

A node that ends without being asked is started again after a delay long enough to be seen. What is
done by hand comes through the control door: cut a line, mend it, kill a node, start it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from casework.desk.readiness import CLOCK_PUT_BACK, Readiness
from sync_protocol.errors import DOES_NOT_DECODE, Refused, Unavailable
from throughcare.children import Child, stop_all
from throughcare.clocks import moved, read_shift, write_shift
from throughcare.door import DOOR_NAME, Door
from throughcare.line_proxy import Line

RESTART_DELAY_S: Final = 3.0
WATCH_EVERY_S: Final = 0.1
READY_S_MAX: Final = 30.0
READY_EVERY_S: Final = 0.05
READY_CALL_S_MAX: Final = 2.0
QUICK_ENDS_MAX: Final = 5
QUICK_END_S: Final = 10.0
ALL: Final = "all"

Report = Callable[[str], None]


class NodeEnded(Unavailable):
    """A node ended and does not stay up."""

    code = "node_ended"
    hint = "Read its log.txt; the last lines are above."


class NotReady(Unavailable):
    """A node did not answer in time."""

    code = "not_ready"
    hint = "Read its log.txt in the estate's folder."


class UnknownNodeCode(Refused):
    """No node of this demonstration has that code."""

    code = "unknown_node_code"
    hint = "Name one of the nodes printed at the start, such as LEI."


class RunningNode:
    """One node's program, its line to the hub, and whether it is wanted."""

    def __init__(
        self, code: str, url: str, child: Child, line: Line | None, settings: Path | None = None
    ) -> None:
        """`line` is None for the hub; `settings` is the file that the node is started with."""
        self.code = code
        self.url = url
        self.child = child
        self.line = line
        self.settings = settings
        self.is_wanted = False
        self.kills = 0
        self.quick_ends = 0
        self.started_s = 0.0

    def start(self) -> None:
        """Starts the program now."""
        self.is_wanted = True
        self.started_s = asyncio.get_running_loop().time()
        self.child.start()


class NodeState(msgspec.Struct, frozen=True):
    """What the door tells of one node."""

    code: str
    url: str
    pid: int | None
    is_running: bool
    line: str | None
    clock_shift_ms: int = 0


class Supervisor:
    """The running demonstration: its nodes, lines and door."""

    def __init__(self, nodes: Sequence[RunningNode], folder: Path, report: Report) -> None:
        """`report` is told in words what happens."""
        self.nodes: Mapping[str, RunningNode] = {node.code: node for node in nodes}
        self._report = report
        self._restarts: set[asyncio.Task[None]] = set()
        self._failed: NodeEnded | None = None
        commands: dict[str, Callable[[Mapping[str, str]], Awaitable[dict[str, Any]]]] = {
            "line": self._line_command,
            "kill": self._kill_command,
            "start": self._start_command,
            "clock": self._clock_command,
            "states": self._states_command,
        }
        self._door = Door(commands, folder / DOOR_NAME)

    async def open(self) -> None:
        """Opens every line and the door, starts every node, and waits until all answer."""
        for node in self.nodes.values():
            if node.line is not None:
                await node.line.open()
        await self._door.open()
        for node in self.nodes.values():
            node.start()
        await asyncio.gather(*(self.until_ready(code) for code in self.nodes))

    async def close(self) -> None:
        """Stops every node and closes the lines and the door."""
        self._door.close()
        for restart in self._restarts:
            restart.cancel()
        for node in self.nodes.values():
            node.is_wanted = False
        children = [node.child for node in self.nodes.values()]
        # In a thread: a node that stops may still want to speak through its line.
        await asyncio.to_thread(stop_all, children)
        for node in self.nodes.values():
            if node.line is not None:
                await node.line.close()

    async def watch(self) -> None:
        """Starts again what ends unasked; returns only by raising NodeEnded for one that keeps on.

        Cancel it to stop watching.
        """
        while self._failed is None:
            for node in self.nodes.values():
                if node.is_wanted and not node.child.is_running:
                    self._start_later(node)
            await asyncio.sleep(WATCH_EVERY_S)
        raise self._failed

    async def until_ready(self, code: str) -> None:
        """Returns once the node answers; raises NotReady, or NodeEnded where it ended."""
        node = self.known(code)
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + READY_S_MAX
        async with httpx.AsyncClient(timeout=READY_CALL_S_MAX, trust_env=False) as asking:
            while loop.time() < give_up_s:
                if node.is_wanted and node.child.exit_code is not None:
                    raise NodeEnded(f"{code}:\n{node.child.last_words()}")
                try:
                    answer = await asking.get(f"{node.url}/ready")
                except httpx.TransportError:
                    await asyncio.sleep(READY_EVERY_S)
                    continue
                if answer.is_success or _is_only_put_back(answer):
                    return
                await asyncio.sleep(READY_EVERY_S)
        raise NotReady(f"{code} at {node.url} after {READY_S_MAX:.0f} s.")

    async def set_line(self, code: str, fault: str) -> None:
        """Gives a node's line a fault, or mends it with "up"."""
        line = self.known(code).line
        if line is None:
            raise UnknownNodeCode(f"{code} is the centre and has no line of its own.")
        await line.become(fault)
        self._report(f"The line of {code} is {fault}.")

    async def kill(self, code: str, *, restart: bool = True) -> None:
        """Ends a node as a power cut would; it is started again unless told otherwise."""
        node = self.known(code)
        node.is_wanted = False
        node.kills += 1
        await asyncio.to_thread(node.child.kill)
        self._report(f"{code} was killed.")
        if restart:
            self._start_later(node)

    async def stop(self, code: str) -> None:
        """Stops a node in good order and leaves it stopped."""
        node = self.known(code)
        node.is_wanted = False
        await asyncio.to_thread(node.child.stop)
        self._report(f"{code} is stopped.")

    async def start(self, code: str) -> None:
        """Starts a node that does not run, and waits until it answers."""
        node = self.known(code)
        if not node.child.is_running:
            node.start()
        await self.until_ready(code)
        self._report(f"{code} runs.")

    async def move_clock(self, codes: Sequence[str], words: str) -> None:
        """Moves the clocks of these nodes as `words` say; those that run are started again.

        All of them stop before any starts, so that none meets another that lives at another time.
        """
        shifts = {code: moved(_shift_of(self.known(code)), words) for code in codes}
        running = [code for code in codes if self.known(code).child.is_running]
        for code in running:
            await self.stop(code)
        for code, shift_ms in shifts.items():
            settings = self.known(code).settings
            if settings is not None:
                write_shift(settings, shift_ms)
        for code in running:
            self.known(code).start()
        await asyncio.gather(*(self.until_ready(code) for code in running))
        self._report(f"The clock of {', '.join(codes)} was moved: {words}.")

    def known(self, code: str) -> RunningNode:
        """The node with this code, in either case; raises UnknownNodeCode."""
        node = self.nodes.get(code.upper())
        if node is None:
            raise UnknownNodeCode(f"{code} is none of {', '.join(self.nodes)}.")
        return node

    def states(self) -> list[NodeState]:
        """What every node is doing."""
        return [
            NodeState(
                node.code,
                node.url,
                node.child.pid,
                node.child.is_running,
                None if node.line is None else node.line.state().fault,
                _shift_of(node),
            )
            for node in self.nodes.values()
        ]

    def _start_later(self, node: RunningNode) -> None:
        lived_s = asyncio.get_running_loop().time() - node.started_s
        node.quick_ends = node.quick_ends + 1 if lived_s < QUICK_END_S else 0
        if node.quick_ends > QUICK_ENDS_MAX:
            self._failed = NodeEnded(f"{node.code}:\n{node.child.last_words()}")
            return
        node.is_wanted = False
        self._report(f"{node.code} is down; it starts again in {RESTART_DELAY_S:.0f} seconds.")
        restart = asyncio.create_task(self._restart(node))
        self._restarts.add(restart)
        restart.add_done_callback(self._restarts.discard)

    async def _restart(self, node: RunningNode) -> None:
        await asyncio.sleep(RESTART_DELAY_S)
        if not node.child.is_running:
            node.start()
            self._report(f"{node.code} was started again.")

    async def _line_command(self, words: Mapping[str, str]) -> dict[str, Any]:
        await self.set_line(words.get("code", ""), words.get("fault", ""))
        return self._state_of(words["code"])

    async def _kill_command(self, words: Mapping[str, str]) -> dict[str, Any]:
        await self.kill(words.get("code", ""), restart=words.get("restart") != "no")
        return self._state_of(words["code"])

    async def _start_command(self, words: Mapping[str, str]) -> dict[str, Any]:
        await self.start(words.get("code", ""))
        return self._state_of(words["code"])

    async def _clock_command(self, words: Mapping[str, str]) -> dict[str, Any]:
        code = words.get("code", "")
        codes = [*self.nodes] if code == ALL else [self.known(code).code]
        await self.move_clock(codes, words.get("shift", ""))
        return {"nodes": [self._state_of(one) for one in codes]}

    async def _states_command(self, words: Mapping[str, str]) -> dict[str, Any]:
        del words
        return {"nodes": msgspec.to_builtins(self.states())}

    def _state_of(self, code: str) -> dict[str, Any]:
        states = {state.code: state for state in self.states()}
        return dict(msgspec.to_builtins(states[self.known(code).code]))


def _is_only_put_back(answer: httpx.Response) -> bool:
    """Whether nothing is wrong but the clock: whoever moves a demonstration's back means to."""
    try:
        said = msgspec.json.decode(answer.content, type=Readiness)
    except DOES_NOT_DECODE:
        return False
    unsound = [check for check in said.checks if not check.is_sound and not check.is_of_job]
    return {check.code for check in unsound} == {CLOCK_PUT_BACK}


def _shift_of(node: RunningNode) -> int:
    return 0 if node.settings is None else read_shift(node.settings)
