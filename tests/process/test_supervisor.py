"""The supervisor: what ends unasked comes back, and what keeps ending is told."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.process.programs import free_base
from throughcare import supervisor as supervising
from throughcare.children import Child
from throughcare.door import DOOR_NAME
from throughcare.line_proxy import Line
from throughcare.supervisor import NodeEnded, NotReady, RunningNode, Supervisor, UnknownNodeCode
from throughcare.terminal import eventually

pytestmark = pytest.mark.process

READY = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
DEAF = "import time; time.sleep(60)"
FAILING = "raise SystemExit('the key is missing')"

Story = Callable[[Supervisor, list[str]], Awaitable[None]]


def _play(folder: Path, program: str, story: Story, *, has_line: bool = False) -> None:
    port, said = free_base(), list[str]()
    child = Child(
        command=(sys.executable, "-c", program, str(port)),
        environment=os.environ,
        log=folder / "log.txt",
        pid_file=folder / "pid",
    )
    line = Line(0, port) if has_line else None
    node = RunningNode("LEI", f"http://127.0.0.1:{port}", child, line)

    async def told() -> None:
        supervisor = Supervisor([node], folder, said.append)
        try:
            async with asyncio.timeout(30):
                await story(supervisor, said)
        finally:
            await supervisor.close()
            assert not child.is_running
            assert not (folder / DOOR_NAME).exists()

    asyncio.run(told())


async def _has(said: list[str], words: str) -> bool:
    return words in said


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "RESTART_DELAY_S", 0.1)


def test_a_node_that_ends_unasked_comes_back(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor, said: list[str]) -> None:
        await supervisor.open()
        watching = asyncio.create_task(supervisor.watch())
        first = supervisor.known("lei").child.pid
        assert first is not None
        os.kill(first, 9)
        await eventually(lambda: _has(said, "LEI was started again."), "it is started again")
        await supervisor.until_ready("LEI")
        assert supervisor.known("LEI").child.pid not in (None, first)
        watching.cancel()

    _play(tmp_path, READY, story)


def test_a_node_that_was_stopped_stays_down_until_it_is_started(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor, said: list[str]) -> None:
        await supervisor.open()
        watching = asyncio.create_task(supervisor.watch())
        await supervisor.stop("LEI")
        await asyncio.sleep(0.5)
        assert [state.is_running for state in supervisor.states()] == [False]
        await supervisor.kill("LEI", restart=False)
        await supervisor.start("LEI")
        assert [state.is_running for state in supervisor.states()] == [True]
        watching.cancel()

    _play(tmp_path, READY, story)


def test_a_node_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor, said: list[str]) -> None:
        with pytest.raises(NodeEnded, match="the key is missing"):
            await supervisor.open()

    _play(tmp_path, FAILING, story)


def test_a_node_that_keeps_ending_is_given_up(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor, said: list[str]) -> None:
        supervisor.known("LEI").start()
        with pytest.raises(NodeEnded, match="the key is missing"):
            await supervisor.watch()
        assert said.count("LEI was started again.") == supervising.QUICK_ENDS_MAX

    _play(tmp_path, FAILING, story)


def test_a_node_that_never_answers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "READY_S_MAX", 0.5)

    async def story(supervisor: Supervisor, said: list[str]) -> None:
        with pytest.raises(NotReady, match=r"LEI at .* after 0 s|LEI at .* after 1 s"):
            await supervisor.open()

    _play(tmp_path, DEAF, story)


def test_a_line_is_set_by_code_and_the_centre_has_none(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor, said: list[str]) -> None:
        await supervisor.open()
        await supervisor.set_line("lei", "down")
        assert [state.line for state in supervisor.states()] == ["down"]
        with pytest.raises(UnknownNodeCode, match="WEI is none of LEI"):
            await supervisor.set_line("WEI", "down")

    _play(tmp_path, READY, story, has_line=True)


def test_a_node_without_a_line_cannot_be_cut_off(tmp_path: Path) -> None:
    async def story(supervisor: Supervisor, said: list[str]) -> None:
        with pytest.raises(UnknownNodeCode, match="has no line of its own"):
            await supervisor.set_line("LEI", "down")

    _play(tmp_path, READY, story)
