"""Thirty days pass in a demonstration, by real programs, and nobody takes it for a wrong clock."""

import time
from pathlib import Path

import pytest

from tests.process.programs import free_base, run, running_demo
from throughcare.estate import ESTATE_NAME, folder_of, read_estate
from throughcare.stores import open_store, paths_of

pytestmark = pytest.mark.process

DAY_MS = 86_400_000


def _last_ms(folder: Path, code: str, column: str, table: str) -> int:
    node = read_estate(folder / ESTATE_NAME).node(code)
    store = open_store(paths_of(folder_of(folder, node)), node)
    with store.reading() as reading:
        (row,) = reading.select(f"SELECT max({column}) FROM {table}")
    store.close()
    return int(row[0])


def test_all_clocks_move_together_while_everything_runs(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    here = ("demo", "--dir", str(folder))
    with running_demo(folder, free_base(), "--clock-shift", "1d"):
        moved = run(*here, "clock", "all", "+30d")
        assert moved.returncode == 0, moved.stderr
        assert "N55LEE lives 31d ahead of this machine." in moved.stdout
        assert run(*here, "states").stdout.count("it lives 31d ahead of this machine") == 4
        now_ms = time.time_ns() // 1_000_000
        give_up_s = time.monotonic() + 30
        while _last_ms(folder, "CENTRE", "last_contact_ms", "peers") < now_ms + 31 * DAY_MS:
            assert time.monotonic() < give_up_s
            time.sleep(0.2)
        assert abs(_last_ms(folder, "CENTRE", "abs(clock_drift_ms)", "peers")) < 60_000

        back = run(*here, "clock", "lei", "-2h")
        assert back.stdout == "LEI lives 742h ahead of this machine.\n"
        true = run(*here, "clock", "all", "0")
        assert true.stdout.count("lives by this machine's clock.") == 4
        wrong = run(*here, "clock", "LEI", "soon")
        assert wrong.returncode == 1
        assert "Say how far: +30d, -2h" in wrong.stderr
