"""The control door of a running demonstration: one line of JSON in, one line of JSON out.

It listens on this machine alone and wants the secret that is kept in the estate's folder, so that
only who may read that folder can cut a line or kill a node. A request names what to `do`; whoever
opens the door says which names there are.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sync_protocol.errors import DOES_NOT_DECODE, Refused, ThroughcareError, Unavailable
from throughcare.estate import write_private

DOOR_NAME: Final = "door.json"
LOCAL: Final = "127.0.0.1"
LINE_BYTES_MAX: Final = 16 * 1024
ANSWER_S_MAX: Final = 60.0

Command = Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]]


class NoDemonstration(Unavailable):
    """No demonstration runs on this folder."""

    code = "no_demonstration"
    hint = (
        "Start one there with `demo`, or name the folder of the one that runs before the command: "
        "demo --dir FOLDER states."
    )


class NoAnswer(Unavailable):
    """The demonstration runs and did not answer in time."""

    code = "no_answer"
    hint = "Read what it prints where it runs; ask it again with `demo states` in a minute."


class BadCommand(Refused):
    """The demonstration did not take this command."""

    code = "bad_command"
    hint = "`demo states` names its nodes and lines, `demo --help` the commands."


class DoorFile(msgspec.Struct, frozen=True):
    """Where the door is, and the secret that opens it."""

    port: int
    secret: str


class Request(msgspec.Struct, frozen=True):
    """What to do, and to what."""

    secret: str
    do: str
    words: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True):
    """What came of it: `fault` is empty where it was done."""

    said: dict[str, Any] = {}
    fault: str = ""


class Door:
    """Listens for commands and does them one at a time."""

    def __init__(self, commands: Mapping[str, Command], file: Path) -> None:
        """`file` is written when the door opens and removed when it closes."""
        self._commands = commands
        self._file = file
        self._secret = secrets.token_urlsafe(24)
        self._turn = asyncio.Lock()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begins to listen on a port that the system chooses."""
        self._server = await asyncio.start_server(self._take, LOCAL, 0, limit=LINE_BYTES_MAX)
        port = self._server.sockets[0].getsockname()[1]
        write_private(self._file, msgspec.json.encode(DoorFile(port, self._secret)))

    def close(self) -> None:
        """Stops listening."""
        self._file.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readuntil(b"\n")
            writer.write(msgspec.json.encode(await self._answer(line)) + b"\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            # Whoever calls without saying a whole command gets no answer.
            return
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            request = msgspec.json.decode(line, type=Request)
        except DOES_NOT_DECODE:
            return Answer(fault="This is not a command.")
        if not secrets.compare_digest(request.secret.encode(), self._secret.encode()):
            return Answer(fault="The secret is not this demonstration's.")
        command = self._commands.get(request.do)
        if command is None:
            return Answer(fault=f"There is no command {request.do!r}.")
        async with self._turn:
            try:
                return Answer(said=dict(await command(request.words)))
            except ThroughcareError as fault:
                return Answer(fault=str(fault))


def call(folder: Path, do: str, **words: str) -> dict[str, Any]:
    """Asks the demonstration of this folder to do something; returns what it said.

    Raises NoDemonstration where none runs, NoAnswer where it is too slow, and BadCommand where it
    did not take the command.
    """
    try:
        door = msgspec.json.decode((folder / DOOR_NAME).read_bytes(), type=DoorFile)
        with socket.create_connection((LOCAL, door.port), timeout=ANSWER_S_MAX) as line:
            line.sendall(msgspec.json.encode(Request(door.secret, do, words)) + b"\n")
            with line.makefile("rb") as answers:
                answer = msgspec.json.decode(answers.readline(), type=Answer)
    except TimeoutError as fault:
        raise NoAnswer(f"{do}, after {ANSWER_S_MAX:.0f} seconds.") from fault
    except (OSError, *DOES_NOT_DECODE) as fault:
        raise NoDemonstration(f"Looked in {folder}.") from fault
    if answer.fault:
        raise BadCommand(answer.fault)
    return answer.said
