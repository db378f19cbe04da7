"""The yardsticks for bytes: the same ops as gzip'd JSON, and as plain msgpack.

JSON holds what a receiver needs to have the op: the header's fields in order and the body's, ids as
base64, no hash, no signature, no frame. So it carries less than an exchange does.
"""

import gzip
from collections.abc import Sequence
from typing import Final

import msgspec

from sync_protocol.io.op_store import OpStore
from sync_protocol.op import Op, OpBytes, read_op

BATCH: Final = 500
GZIP_LEVEL: Final = 6


def ops_of(store: OpStore) -> list[OpBytes]:
    """Every op of a store, in the order in which it was stored."""
    return [stored.raw for stored in store.core.log.select("1 ORDER BY op_no")]


def gzip_json_bytes(ops: Sequence[OpBytes], batch: int = BATCH) -> int:
    """The size of the ops as gzip'd JSON, so many at a time."""
    return sum(
        len(gzip.compress(msgspec.json.encode(part), GZIP_LEVEL, mtime=0))
        for start in range(0, len(ops), batch)
        for part in [[_plain(read_op(raw)) for raw in ops[start : start + batch]]]
    )


def msgpack_bytes(ops: Sequence[OpBytes]) -> int:
    """The size of the ops' own bytes: header and body, once each."""
    return sum(len(raw.opening) + len(raw.body or b"") for raw in ops)


def _plain(op: Op) -> list[object]:
    header = msgspec.structs.asdict(op.header)
    header.pop("body_hash")
    assert op.body is not None, "nothing of a workload is redacted"
    return [*header.values(), op.body.salt, op.body.happened_at, op.body.values]
