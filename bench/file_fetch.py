"""The limit of W5: the whole caseload as one packed SQLite file, fetched over HTTP and opened.

Nothing that moves a caseload row by row can be much faster than this, and this can do nothing else:
it brings one state whole, to whoever asks, in the clear.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import msgspec
import zstandard

from bench.measure import BenchFailed, Figures
from bench.programs import LOCAL, free_port, serving
from bench.workloads import Change, parts_of, plain

NAME: Final = "caseload.db.zst"
TABLE: Final = (
    "CREATE TABLE op (seq INTEGER PRIMARY KEY, subject BLOB NOT NULL, content BLOB NOT NULL)"
)


class FileFetch:
    """A file server, and whoever fetches from it."""

    name = "file"
    measures = frozenset({"w5"})

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """The seconds until the file is fetched, unpacked, on disk and found whole."""
        changes = parts_of(name, people)["ops"]
        (served := folder / "served").mkdir()
        (served / NAME).write_bytes(_packed(folder / "made.db", changes))
        port = free_port()
        command = [sys.executable, "-m", "http.server", str(port), "--bind", LOCAL]
        with serving([*command, "--directory", str(served)], folder, port=port):
            began = time.perf_counter()
            fetched = _fetch(f"http://{LOCAL}:{port}/{NAME}", folder / "fetched.db")
            seconds = time.perf_counter() - began
        if fetched != len(changes):
            raise BenchFailed(f"the file fetched holds {fetched} of {len(changes)} changes")
        return {"seconds": seconds, "mb": (served / NAME).stat().st_size / 1e6}


def _packed(path: Path, changes: Sequence[Change]) -> bytes:
    rows = [(one.subject, msgspec.msgpack.encode(plain(one))) for one in changes]
    with closing(sqlite3.connect(path)) as made:
        made.execute(TABLE)
        made.executemany("INSERT INTO op (subject, content) VALUES (?, ?)", rows)
        made.execute("CREATE INDEX op_by_subject ON op (subject)")
        made.commit()
    return zstandard.ZstdCompressor().compress(path.read_bytes())


def _fetch(url: str, path: Path) -> int:
    """How many rows the file holds, once it lies on disk."""
    with httpx.stream("GET", url, trust_env=False) as answer, path.open("wb") as file:
        answer.raise_for_status()
        unpack = zstandard.ZstdDecompressor().decompressobj()
        for piece in answer.iter_bytes():
            file.write(unpack.decompress(piece))
        file.flush()
        os.fsync(file.fileno())
    with closing(sqlite3.connect(path)) as opened:
        return int(opened.execute("SELECT count(*) FROM op").fetchone()[0])
