"""The peers, the floor and the limits as contenders: each is given the same changes.

PouchDB and Yjs run as programs of their own; the floor is a plain web service; the limits are what
the database alone does with rows of the same bytes.
"""

import math
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from sqlcipher3 import dbapi2 as sqlcipher

from bench.measure import BenchFailed, Figures
from bench.peers_install import PEERS, node
from bench.programs import (
    LOCAL,
    folder_bytes,
    free_port,
    resident_mb,
    run_to_end,
    serving,
)
from bench.workloads import Change, parts_of, peer_lines, plain

FLOOR_BATCH: Final = 5_000
LIMIT_BATCH: Final = 500
WARM_UP_NOTES: Final = 10
_SYNCHRONISED: Final = frozenset({"w1", "w2", "w3", "w4"})


class NodePeer:
    """PouchDB or Yjs: a server and a program that plays the spokes."""

    def __init__(self, name: str, scheme: str, more: frozenset[str] = frozenset()) -> None:
        """`name` is that of its scripts in bench/peers; `more`: what else these can do."""
        self.name = name
        self.measures = _SYNCHRONISED | more
        self._scheme = scheme

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """Starts the server on an empty folder, runs the workload, and weighs the server."""
        ops_file, held, local = folder / "ops.jsonl", folder / "server", folder / "spokes"
        held.mkdir()
        local.mkdir()
        ops_file.write_bytes(b"\n".join(peer_lines(parts_of(name, people))))
        server = [node(), str(PEERS / f"{self.name}_server.mjs"), str(held)]
        with serving(server, folder) as running:
            address = f"{self._scheme}://{LOCAL}:{running.port}"
            script = str(PEERS / f"{self.name}_run.mjs")
            printed = run_to_end([node(), script, name, address, str(local), str(ops_file)], folder)
            said = msgspec.json.decode(printed, type=dict[str, float])
            said["server_mb"] = resident_mb(running.pid)
            said["disk_mb"] = folder_bytes(held) / 1e6
        return _figures(name, said)


class Floor:
    """The 60-line log: what web server, database and disk cost by themselves."""

    name = "floor"
    measures = frozenset({"w1", "w2", "w3"})

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """Sends the changes as rows of bytes, 5,000 a request."""
        parts = parts_of(name, people)
        with _floor(folder) as (address, pid):
            if name == "w2":
                return _figures(name, _one_note(address, _rows(parts["notes"])))
            if name == "w3":
                _send(address, _rows(parts["ops"]))
            changes = parts["queued" if name == "w3" else "ops"]
            seconds = _send(address, _rows(changes))
            return _figures(
                name,
                {"seconds": seconds, "ops": len(changes), "server_mb": resident_mb(pid)},
            )


class Limit:
    """Raw rows of the same bytes into the database, durable at every batch."""

    measures = frozenset({"w1"})

    def __init__(self, name: str) -> None:
        """`sqlite` or `sqlcipher`."""
        self.name = name

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """500 rows a transaction, `synchronous=FULL`."""
        rows = _rows(parts_of(name, people)["ops"])
        path = str(folder / "limit.db")
        opened: Any = sqlcipher.connect(path) if self.name == "sqlcipher" else sqlite3.connect(path)
        with closing(opened) as database:
            if self.name == "sqlcipher":
                database.execute(f"PRAGMA key = \"x'{'5a' * 32}'\"")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("CREATE TABLE op (seq INTEGER PRIMARY KEY, content BLOB NOT NULL)")
            database.commit()
            began = time.perf_counter()
            for start in range(0, len(rows), LIMIT_BATCH):
                batch = [(row,) for row in rows[start : start + LIMIT_BATCH]]
                database.executemany("INSERT INTO op (content) VALUES (?)", batch)
                database.commit()
            seconds = time.perf_counter() - began
        return _figures(name, {"seconds": seconds, "ops": len(rows)})


def _figures(name: str, said: dict[str, float]) -> Figures:
    """What was said in the units of the table."""
    figures: dict[str, float] = {
        key: said[key] for key in ("p50_ms", "p99_ms", "server_mb", "disk_mb") if key in said
    }
    if name == "w1":
        figures["ops_s"] = said["ops"] / said["seconds"]
    if name == "w5":
        figures["seconds"] = said["seconds"]
    if name in ("w3", "w4"):
        figures["ms"] = said["seconds"] * 1000
    if name == "w4":
        figures["listed"] = 0.0
        figures["lost"] = said["records"] - said["kept"]
    return figures


def _rows(changes: Sequence[Change]) -> list[bytes]:
    return [msgspec.msgpack.encode(plain(change)) for change in changes]


@contextmanager
def _floor(folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = [sys.executable, str(PEERS / "floor.py"), str(folder / "floor.db"), str(port)]
    with serving(command, folder, port=port) as running:
        yield f"http://{LOCAL}:{port}/ops", running.pid


def _send(address: str, rows: Sequence[bytes]) -> float:
    with httpx.Client(timeout=120) as line:
        began = time.perf_counter()
        for start in range(0, len(rows), FLOOR_BATCH):
            content = msgspec.msgpack.encode(rows[start : start + FLOOR_BATCH])
            line.post(address, content=content).raise_for_status()
        return time.perf_counter() - began


def _one_note(address: str, rows: Sequence[bytes]) -> dict[str, float]:
    """Each note is sent by one thread while another waits for it with a long request."""
    arrived = threading.Semaphore(0)
    last: list[float] = [0.0]

    def listen() -> None:
        after = 0
        with httpx.Client(timeout=60) as line:
            while after < len(rows):
                answer = line.get(address, params={"after": after}).raise_for_status()
                for after, _content in msgspec.msgpack.decode(answer.content):  # noqa: B007
                    last[0] = time.perf_counter()
                    arrived.release()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    times = []
    with httpx.Client(timeout=60) as line:
        for row in rows:
            began = time.perf_counter()
            line.post(address, content=msgspec.msgpack.encode([row])).raise_for_status()
            if not arrived.acquire(timeout=30):
                raise BenchFailed("a note did not come through the floor")
            times.append((last[0] - began) * 1000)
            time.sleep(0.01)
    listener.join(5)
    return quantiles(times)


def quantiles(times: Sequence[float]) -> dict[str, float]:
    """The median and the slowest in a hundred, as the peers' scripts count them.

    The first notes warm every contender up and are left out alike.
    """
    ordered = sorted(times[WARM_UP_NOTES:])
    return {
        key: ordered[math.ceil(share * len(ordered)) - 1]
        for key, share in (("p50_ms", 0.5), ("p99_ms", 0.99))
    }
