"""Looks for words on a node's disk: in every file as it lies there, and in every page of every
store as whoever has the node's key reads it, free pages and the write-ahead log included.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_protocol.departure import key_context
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.boxes import BoxClosed, open_box
from sync_protocol.io.connection import SqlConnection, open_encrypted
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.op_log import NONCE_BYTES
from throughcare.estate import NodeFolder

PAGE_BYTES = 4096
SALT_BYTES = 16
RESERVED_BYTES = 80
"""The end of a page: sixteen bytes of chance, and its authentication."""
CHANCE_BYTES = 16
LOG_OPENING_BYTES = 32
FRAME_OPENING_BYTES = 24
LETTERS = "abcdefghiklmnoprstuvxz"
MARK_LETTERS = 10
"""A search index cuts a word where another begins alike; its end it keeps whole."""


def word(*chosen: object) -> str:
    """A word that nobody writes, fit to be a name; the same for the same things."""
    chance = Random(repr(chosen))
    return "Zq" + "".join(chance.choice(LETTERS) for _ in range(MARK_LETTERS + 4))


def marks_of(words: Sequence[str]) -> list[bytes]:
    """What is looked for of these words."""
    return [one[-MARK_LETTERS:].lower().encode() for one in words]


def files_with(own: NodeFolder, words: Sequence[str]) -> list[str]:
    """The files of a node in which one of the words can be read as they lie there."""
    marks = marks_of(words)
    return sorted(
        str(file.relative_to(own.path))
        for file in own.path.rglob("*")
        if file.is_file() and _holds([file.read_bytes()], marks)
    )


def stores_with(own: NodeFolder, words: Sequence[str]) -> list[str]:
    """The files of a node in which whoever has its key can read one of the words: every page of
    every store, backup and write-ahead log, those that are free included.
    """
    marks, key = marks_of(words), load_key(own.store_key)
    return sorted(
        str(file.relative_to(own.path))
        for file in own.path.rglob("*")
        if file.is_file() and _holds(_pages(file, key), marks)
    )


def tables_with(own: NodeFolder, words: Sequence[str]) -> list[str]:
    """The tables of a node's opened store, those of the search index too, with one of the words."""
    marks = marks_of(words)
    connection = open_encrypted(own.store, load_key(own.store_key), must_exist=True)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return sorted(name for (name,) in names if _holds(_cells(connection, name), marks))
    finally:
        connection.close()


def bodies_that_open(own: NodeFolder, subject: bytes) -> tuple[int, int]:
    """How many bodies of ops about a subject are there, and how many open with any key there."""
    connection = open_encrypted(own.store, load_key(own.store_key), must_exist=True)
    try:
        keys = connection.execute("SELECT key FROM keys WHERE key NOT NULL")
        bodies = connection.execute(
            "SELECT o.op_id, o.body FROM ops o JOIN subjects s ON s.subject_no IN (o.subject_no,"
            " o.other_no) WHERE s.subject = ? AND o.body NOT NULL",
            (subject,),
        )
    finally:
        connection.close()
    ciphers = [AESGCM(key) for (key,) in keys]
    opened = [op_id for op_id, body in bodies if any(_opens(one, op_id, body) for one in ciphers)]
    return len(bodies), len(opened)


def boxes_that_open(own: NodeFolder, node: NodeId, subject: SubjectId) -> int:
    """How many of the boxes with a subject's keys open with the node's own box key."""
    connection = open_encrypted(own.store, load_key(own.store_key), must_exist=True)
    try:
        rows = connection.execute(
            "SELECT hub_box, recovery_box FROM keys JOIN subjects USING(subject_no)"
            " WHERE subject = ? AND key IS NULL",
            (subject,),
        )
    finally:
        connection.close()
    secret, context = load_key(own.box_key), key_context(node, subject)
    return sum(_is_open(secret, box, context) for row in rows for box in row)


def _is_open(secret: bytes, box: bytes, context: bytes) -> bool:
    try:
        open_box(secret, box, context)
    except BoxClosed:
        return False
    return True


def _opens(cipher: AESGCM, op_id: bytes, body: bytes) -> bool:
    try:
        cipher.decrypt(op_id[:NONCE_BYTES], body, op_id)
    except InvalidTag:
        return False
    return True


def _cells(connection: SqlConnection, name: str) -> Iterator[bytes]:
    # The name is one that the store itself says.
    for row in connection.stream(f'SELECT * FROM "{name}"'):
        for value in row:
            yield value if isinstance(value, bytes) else str(value).encode()


def _holds(parts: Iterator[bytes] | Sequence[bytes], marks: Sequence[bytes]) -> bool:
    return any(mark in part.lower() for part in parts for mark in marks)


def _pages(file: Path, key: bytes) -> Iterator[bytes]:
    """The pages of a file that is a store or a store's write-ahead log, read with its key."""
    content = file.read_bytes()
    if file.name.endswith("-wal"):
        step = FRAME_OPENING_BYTES + PAGE_BYTES
        starts = range(LOG_OPENING_BYTES, len(content) - step + 1, step)
        for at in starts:
            number = int.from_bytes(content[at : at + 4], "big")
            yield _read(content[at + FRAME_OPENING_BYTES : at + step], number, key)
    elif len(content) >= PAGE_BYTES and len(content) % PAGE_BYTES == 0:
        for at in range(0, len(content), PAGE_BYTES):
            yield _read(content[at : at + PAGE_BYTES], at // PAGE_BYTES + 1, key)


def _read(page: bytes, number: int, key: bytes) -> bytes:
    begins, ends = SALT_BYTES if number == 1 else 0, PAGE_BYTES - RESERVED_BYTES
    chance = page[ends : ends + CHANCE_BYTES]
    # S305 asks for another mode: it is the one that the store's files are written in.
    reader = Cipher(algorithms.AES(key), modes.CBC(chance)).decryptor()
    return reader.update(page[begins:ends]) + reader.finalize()
