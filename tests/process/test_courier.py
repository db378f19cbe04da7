"""An office without a line, by real programs: a stick there and back while everybody works on."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.process.programs import free_base, run, running_demo
from throughcare.acts import receive_new
from throughcare.estate import ESTATE_NAME, read_estate
from throughcare.making import read_sign_ins
from throughcare.people.names import MadeName
from throughcare.terminal import Terminal

pytestmark = pytest.mark.process

SETTLE_S_MAX = 60.0


async def _receive(folder: Path, code: str, name: MadeName, cell: str) -> None:
    node = read_estate(folder / ESTATE_NAME).node(code)
    sign_in = next(one for one in read_sign_ins(folder) if (one.code, one.role) == (code, "staff"))
    terminal = await Terminal(code, node.url, sign_in).enter()
    await receive_new(terminal, name, cell)
    await terminal.close()


def _reports(folder: Path) -> dict[str, Any]:
    said = run("verify", "--dir", str(folder), "--json")
    return {one["name"]: one for one in json.loads(said.stdout)["nodes"]}


def _settle(folder: Path) -> None:
    """Waits until nothing is on its way: only then can it be told whether the stores agree."""
    give_up_s = time.monotonic() + SETTLE_S_MAX
    while any(one["unsent"] or one["faults"] for one in _reports(folder).values()):
        assert time.monotonic() < give_up_s, _reports(folder)
        time.sleep(0.2)


def _courier(folder: Path, code: str, *words: str) -> str:
    said = run("courier", *words, "--dir", str(folder), "--node", code)
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_a_stick_goes_there_and_back_while_both_nodes_run(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    asked, answered = str(tmp_path / "asked"), str(tmp_path / "answered")
    with running_demo(folder, free_base()):
        _settle(folder)
        run("demo", "--dir", str(folder), "line", "LEI", "down")
        asyncio.run(_receive(folder, "LEI", MadeName("Avery", "Courier"), "LEI-A-1-050"))
        waiting = _reports(folder)["LEI"]["unsent"]
        assert waiting > 0
        _courier(folder, "LEI", "export", "--to", asked)
        assert f"Taken in: {waiting} changes from LEI." in _courier(
            folder, "CENTRE", "import", asked
        )
        _courier(folder, "CENTRE", "export", "--for", "LEI", "--to", answered)
        assert f"{waiting} of this office's own" in _courier(folder, "LEI", "import", answered)
        _settle(folder)

        # The programs that ran beside it go on from what was written behind their backs.
        asyncio.run(_receive(folder, "LEI", MadeName("Blake", "Courier"), "LEI-A-1-051"))
        asyncio.run(_receive(folder, "MDI", MadeName("Casey", "Courier"), "MDI-A-1-050"))
        run("demo", "--dir", str(folder), "line", "LEI", "up")
        _settle(folder)
        log = (folder / "LEI" / "log.txt").read_text()
        assert "Traceback" not in log
        assert "exchange_failed" not in log
