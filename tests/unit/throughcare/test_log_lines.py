"""A log that cannot be written never keeps a node from answering."""

import os
from pathlib import Path

import pytest
import structlog

from throughcare.log_lines import LogLines, settle_log


def test_a_line_is_written_as_it_is(tmp_path: Path) -> None:
    with (tmp_path / "log.txt").open("wb") as log:
        lines = LogLines(log.fileno())
        assert lines.write("It was told.\n") == 13
        lines.flush()
    assert (tmp_path / "log.txt").read_text() == "It was told.\n"


def test_a_line_for_which_there_is_no_room_is_let_go_of(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(_number: int, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    was = structlog.get_config()
    try:
        settle_log()
        structlog.get_logger().error("this is told")
        monkeypatch.setattr(os, "write", refuse)
        structlog.get_logger().error("this is not")
    finally:
        monkeypatch.undo()
        structlog.configure(**was)
    said = capfd.readouterr().out
    assert "this is told" in said
    assert "this is not" not in said
