"""Installs the peers from their lock file when it differs from what was installed last."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from bench.measure import BenchFailed

PEERS: Final = Path(__file__).resolve().parent / "peers"
STAMP: Final = PEERS / "node_modules" / ".stamp"
NAMED: Final = ("pouchdb", "express-pouchdb", "leveldown", "yjs", "ws")


def install_peers() -> None:
    """Puts the locked packages in place; needs no network where they are there already."""
    lock = hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text("ascii") == lock:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise BenchFailed("This machine has no npm: the peers need Node.js 20 or newer.")
    ended = subprocess.run(
        [npm, "ci", "--silent"], cwd=PEERS, env=dict(os.environ), check=False, capture_output=True
    )
    if ended.returncode != 0:
        raise BenchFailed(f"npm ci in bench/peers: {ended.stderr.decode()[-300:]}")
    STAMP.write_text(lock, "ascii")


def node() -> str:
    """The Node.js that runs the peers."""
    found = shutil.which("node")
    if found is None:
        raise BenchFailed("This machine has no Node.js, which runs the peers.")
    return found


def versions() -> dict[str, str]:
    """The version of each peer and of what it stores in."""
    lock = msgspec.json.decode((PEERS / "package-lock.json").read_bytes())
    return {
        name: lock["packages"][f"node_modules/{name}"]["version"]
        for name in NAMED
        if f"node_modules/{name}" in lock["packages"]
    }
