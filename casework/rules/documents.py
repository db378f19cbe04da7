"""Documents and photographs as staff see them: one for each hash, and otherwise all of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from casework.rules.rows import Row, gathered_structs, is_closed
from sync_protocol.ids import RecordId


class Filed(msgspec.Struct, frozen=True):
    """One document, from every record of the same bytes."""

    sha256: str
    type: str
    title: str
    dated: str
    records: tuple[RecordId, ...]


def documents_of(rows: Iterable[Row]) -> tuple[Filed, ...]:
    """The documents that are in the file, the latest first; the same bytes are one."""
    by_hash: dict[str, list[Row]] = {}
    for row in rows:
        if not is_closed(row):
            by_hash.setdefault(str(row.values.get("sha256")), []).append(row)
    filed = [_one_of(sha256, same) for sha256, same in by_hash.items()]
    return tuple(sorted(filed, key=lambda one: (one.dated, one.sha256), reverse=True))


def photographs_of(person: Row | None) -> tuple[Mapping[str, Any], ...]:
    """The photographs of a person, the latest first; the same bytes are one."""
    taken = sorted(
        gathered_structs(person, "photo"),
        key=lambda one: (str(one.get("taken_on")), str(one.get("sha256")), str(one.get("source"))),
        reverse=True,
    )
    first: dict[str, Mapping[str, Any]] = {}
    for one in taken:
        first.setdefault(str(one.get("sha256")), one)
    return tuple(first.values())


def _one_of(sha256: str, rows: list[Row]) -> Filed:
    ordered = sorted(rows, key=lambda row: (str(row.values.get("dated")), row.key.record))
    first = ordered[0].values
    return Filed(
        sha256=sha256,
        type=str(first.get("type", "")),
        title=str(first.get("title", "")),
        dated=str(first.get("dated", "")),
        records=tuple(sorted(row.key.record for row in ordered)),
    )
