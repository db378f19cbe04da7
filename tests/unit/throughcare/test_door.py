"""The control door: does what it is told by whoever may read the estate's folder, and says so."""

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from throughcare import door as module
from throughcare.door import (
    DOOR_NAME,
    BadCommand,
    Door,
    DoorFile,
    NoAnswer,
    NoDemonstration,
    call,
)
from throughcare.line_proxy import UnknownFault


async def _greet(words: Mapping[str, str]) -> dict[str, Any]:
    if words.get("code") != "LEI":
        raise UnknownFault(words.get("code", ""))
    return {"greeted": words["code"]}


def _with_door(folder: Path, asking: Any) -> Any:
    async def told() -> Any:
        door = Door({"greet": _greet}, folder / DOOR_NAME)
        await door.open()
        try:
            return await asyncio.to_thread(asking)
        finally:
            door.close()

    return asyncio.run(told())


def test_a_command_is_done_and_answered(tmp_path: Path) -> None:
    assert _with_door(tmp_path, lambda: call(tmp_path, "greet", code="LEI")) == {"greeted": "LEI"}


def test_the_file_of_the_door_is_private_and_goes_with_it(tmp_path: Path) -> None:
    mode = _with_door(tmp_path, lambda: (tmp_path / DOOR_NAME).stat().st_mode & 0o777)
    assert mode == 0o600
    assert not (tmp_path / DOOR_NAME).exists()


def test_a_fault_is_told_as_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadCommand, match="A line knows no such state"):
        _with_door(tmp_path, lambda: call(tmp_path, "greet", code="MDI"))


def test_an_unknown_command_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadCommand, match="no command 'dance'"):
        _with_door(tmp_path, lambda: call(tmp_path, "dance"))


def test_without_a_demonstration_the_caller_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoDemonstration, match="Looked in"):
        call(tmp_path, "greet", code="LEI")


def test_one_that_is_too_slow_is_not_said_to_be_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_S_MAX", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = DoorFile(silent.getsockname()[1], "secret")
        (tmp_path / DOOR_NAME).write_bytes(msgspec.json.encode(file))
        with pytest.raises(NoAnswer) as told:
            call(tmp_path, "states")
    assert "demo states" in told.value.hint


def test_a_door_left_behind_by_a_killed_demonstration_is_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        file = DoorFile(gone.getsockname()[1], "secret")
    (tmp_path / DOOR_NAME).write_bytes(msgspec.json.encode(file))
    with pytest.raises(NoDemonstration) as told:
        call(tmp_path, "states")
    assert "--dir FOLDER" in told.value.hint


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\n\r\n", b"{}\n", b'{"secret": "x", "do": "greet"}\n', b"[" * 900]
)
def test_who_does_not_know_the_secret_does_nothing(tmp_path: Path, line: bytes) -> None:
    def ask() -> bytes:
        door = msgspec.json.decode((tmp_path / DOOR_NAME).read_bytes(), type=DoorFile)
        with socket.create_connection(("127.0.0.1", door.port), timeout=5) as raw:
            raw.sendall(line)
            raw.shutdown(socket.SHUT_WR)
            return raw.makefile("rb").read()

    answer = _with_door(tmp_path, ask)
    assert not answer or json.loads(answer)["fault"]
