"""The rows of a log, changed behind the back of everything, and whether `verify` notices.

On disk every page is sealed, so that such a change is seen before it is read; here it is made as
memory or a hand with the key would make it. What a row holds that nothing binds is not a part of
the log and is not changed here: when an op reached this node, the number of its row, up to where
the hub had come when a segment was stored, and at a spoke the hub's word on the spoke's own ops,
which comes in a reply that the hub signed and is in no manifest.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import ThroughcareError
from sync_protocol.io.connection import Row
from sync_protocol.io.verify import verify_store
from tests.contract.world import Node
from tests.fuzz import samples
from tests.fuzz.door_targets import Pristine

Piece = tuple[bytes, Callable[[bytes], bool]]
UNBOUND: Final = {"ops": ("op_no", "reached_ms"), "segments": ("last_hub_seq",)}
"""Columns of this machine alone."""
TOLD: Final = frozenset({"hub_seq", "flags"})
"""The hub's word on an op."""
INTEGER_BYTES: Final = 8


def rows_of(table: str) -> list[Piece]:
    """Every value of a table in the stores of the hub and of a spoke."""
    pieces: list[Piece] = []
    for node in (samples.lived().hub, samples.leeds()):
        kept = Pristine(node)
        connection = node.store.core.connection
        described = connection.execute(f"PRAGMA table_info({table})")
        columns = [row[1] for row in described]
        own = {
            row[0]
            for row in connection.execute("SELECT life_no FROM lives WHERE node = ?", (node.id,))
            if not node.store.core.parts.is_hub
        }
        for values in connection.execute(f"SELECT * FROM {table}"):
            row = dict(zip(columns, values, strict=True))
            for column, value in row.items():
                is_told = column in TOLD and row["life_no"] in own
                if value not in (None, "", b"") and column not in UNBOUND[table] and not is_told:
                    place = (table, column, row)
                    pieces.append((_as_bytes(value), partial(_noticed, node, kept, place)))
    return pieces


def _noticed(
    node: Node, kept: Pristine, place: tuple[str, str, dict[str, Any]], changed: bytes
) -> bool:
    table, column, row = place
    kept.put_back()
    where = " AND ".join(f"{name} IS :{name}" for name in row)
    values = {**row, "changed": _like(row[column], changed)}
    connection = node.store.core.connection
    try:
        connection.execute(f"UPDATE {table} SET {column} = :changed WHERE {where}", values)
        return bool(verify_store(node.store, _find_key).faults)
    except (sqlcipher.IntegrityError, ThroughcareError):
        # Two rows of one name are none: an index says so as soon as it is looked at.
        return True
    finally:
        kept.put_back()


def _find_key(node: bytes) -> bytes | None:
    world = samples.lived()
    found = [one for one in (world.hub, *world.spokes.values()) if one.id == node]
    return found[0].signer.public_key if found else None


def _as_bytes(value: object) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(INTEGER_BYTES, "big", signed=True)
    return value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]


def _like(value: object, changed: bytes) -> object:
    if isinstance(value, int):
        return int.from_bytes(changed, "big", signed=True)
    return changed.decode("latin-1") if isinstance(value, str) else changed


PIECES: Final[dict[str, Callable[[], Sequence[Piece]]]] = {
    "log": lambda: rows_of("ops"),
    "segments": lambda: rows_of("segments"),
}

assert Row is not None, "a row is a tuple"
