"""The floor: an append-only log over HTTP with no signature, scope, merge or projection in it.

It shows what the web server, the database and the disk cost by themselves. Nothing of Throughcare
is imported. Usage: python floor.py FILE PORT; it serves 127.0.0.1 until it is stopped.
"""

import asyncio
import sqlite3
import sys

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State

MSGPACK = "application/msgpack"
_decoder = msgspec.msgpack.Decoder(list[bytes])


def open_log(path: str) -> sqlite3.Connection:
    """Opens the log, durable at every commit."""
    log = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    log.execute("PRAGMA journal_mode = WAL")
    log.execute("PRAGMA synchronous = FULL")
    log.execute("CREATE TABLE IF NOT EXISTS op (seq INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    return log


@post("/ops", sync_to_thread=False, media_type=MSGPACK)
async def append(request: Request[None, None, State], state: State) -> Response[bytes]:
    """Appends the ops of the body in one transaction; answers with the last number."""
    ops = _decoder.decode(await request.body())
    log: sqlite3.Connection = state.log
    log.execute("BEGIN IMMEDIATE")
    log.executemany("INSERT INTO op (content) VALUES (?)", ((op,) for op in ops))
    log.execute("COMMIT")
    state.grown.set()
    state.grown = asyncio.Event()
    last = log.execute("SELECT max(seq) FROM op").fetchone()[0]
    return Response(msgspec.msgpack.encode(last), media_type=MSGPACK)


@get("/ops", media_type=MSGPACK)
async def read(after: int, state: State) -> Response[bytes]:
    """Answers with the ops after a number, waiting for one if there is none yet."""
    query = "SELECT seq, content FROM op WHERE seq > ? ORDER BY seq LIMIT 5000"
    rows = state.log.execute(query, (after,)).fetchall()
    if not rows:
        await asyncio.wait_for(state.grown.wait(), 25)
        rows = state.log.execute(query, (after,)).fetchall()
    return Response(msgspec.msgpack.encode(rows), media_type=MSGPACK)


if __name__ == "__main__":
    state = State({"log": open_log(sys.argv[1]), "grown": asyncio.Event()})
    app = Litestar([append, read], state=state, request_max_body_size=1 << 26)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
